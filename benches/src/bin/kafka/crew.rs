//! Workers of all stages, as a live engine has them, for as long as something is measured.

use super::{Door, PARTITIONS, Plan};
use std::sync::Arc;
use wattledger_engine::directory::{Directory, TenantSecret};
use wattledger_engine::kafka::intake::IntakeWorker;
use wattledger_engine::kafka::run::Edge;
use wattledger_engine::kafka::stages::{Pace, StageWorker};
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_engine::service::Service;
use wattledger_engine::task::{StageName, TaskOpener};
use wattledger_runtime::log::kafka::KafkaLog;

/// As in a live engine.
const TIMERS_PER_RECORD: usize = 256;

/// Has workers fold while `measured` runs, then stops them; their names begin with `prefix`.
pub fn during<R>(
    plan: Plan,
    prefix: &str,
    log: &KafkaLog,
    measured: impl FnOnce(&Service) -> R,
) -> R {
    // As in the program; the broker has been started with the system's own.
    rustix::thread::disable_transparent_huge_pages(true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = EngineConfig {
        partitions: PARTITIONS,
        ..EngineConfig::new(folder.path())
    };
    let opened = open(&config, Some(log.clone()), b"benchmark").unwrap();
    let service = &Service::new(opened, "benchmark").unwrap();
    let opener = &TaskOpener {
        log: Arc::clone(&service.log),
        topics: service.topics.clone(),
        config: config.pipeline(TIMERS_PER_RECORD),
    };
    let edge = &Edge {
        log: log.clone(),
        framed: None,
    };
    std::thread::scope(|scope| {
        let work = |number: usize| {
            let work = move || {
                let name = format!("{prefix}-{number}");
                let join = || {
                    let opener = opener.clone();
                    StageWorker::join(edge, &name, &StageName::ALL, opener, Pace::LIVE).unwrap()
                };
                // As a live engine does: a worker that has lost the cluster joins anew.
                while let Err(error) = join().run(service) {
                    eprintln!("{name} joins anew: {error}");
                }
            };
            let named = std::thread::Builder::new().name("stages".to_owned());
            named.spawn_scoped(scope, work).unwrap()
        };
        let mut working: Vec<_> = (0..plan.workers).map(work).collect();
        if plan.door == Door::Intake {
            working.push(scope.spawn(move || take_in(edge, opener, service)));
        }
        let result = measured(service);
        service.stop();
        for worker in working {
            worker.join().unwrap();
        }
        result
    })
}

fn take_in(edge: &Edge, opener: &TaskOpener, service: &Service) {
    let secret = TenantSecret::new(b"benchmark".to_vec());
    let directory = Directory::open(&opener.log, &opener.topics, secret, None).unwrap();
    let joined = IntakeWorker::join(edge, "benchmark-intake", &opener.topics, directory);
    joined.unwrap().run(service).unwrap();
}
