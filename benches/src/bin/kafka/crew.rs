//! Workers of all stages, as a live engine has them, for as long as something is measured.

use super::PARTITIONS;
use std::sync::Arc;
use wattledger_engine::kafka::run::Edge;
use wattledger_engine::kafka::stages::{Pace, StageWorker};
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_engine::service::Service;
use wattledger_engine::task::{StageName, TaskOpener};
use wattledger_runtime::log::kafka::KafkaLog;

/// As in a live engine.
const TIMERS_PER_RECORD: usize = 256;

/// Has workers fold while `measured` runs, then stops them.
pub fn during<R>(workers: usize, log: &KafkaLog, measured: impl FnOnce(&Service) -> R) -> R {
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
                let name = format!("benchmark-{number}");
                let opener = opener.clone();
                let joined = StageWorker::join(edge, &name, &StageName::ALL, opener, Pace::LIVE);
                joined.unwrap().run(service)
            };
            let named = std::thread::Builder::new().name("stages".to_owned());
            named.spawn_scoped(scope, work).unwrap()
        };
        let working: Vec<_> = (0..workers).map(work).collect();
        let result = measured(service);
        service.stop();
        for worker in working {
            worker.join().unwrap().unwrap();
        }
        result
    })
}
