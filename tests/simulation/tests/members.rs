//! Processes of a live engine on a real Apache Kafka: they join, are killed, come back, are stopped
//! for longer than their sessions last, and take over from each other, under a load in wall-clock time.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    reason = "tests: a failed step fails the test, its numbers are small, parts are shared, figures are shown"
)]

#[path = "program.rs"]
mod program;

use program::{Invocation, Running, kill};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wattledger_kafka_tests::{Broker, Setup};
use wattledger_runtime::Log;
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings};

/// One cluster at a time: times are looked at.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn audited(directory: &Path) {
    let audit = Invocation::new(directory, &["audit", "--json"]).output();
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["verdict"], "clean", "{audit:#}");
}

/// A process that folds some stages of a live engine.
fn folding(directory: &Path, instance: &str, number: usize) -> Running {
    let stages = "sessions,accounts,invoices";
    let run = [
        "run",
        "--listen",
        "127.0.0.1:0",
        "--instance",
        instance,
        "--stages",
        stages,
    ];
    Invocation::new(directory, &run).start(number)
}

/// Where the engine of a directory serves.
fn address(directory: &Path) -> Option<String> {
    let text = std::fs::read_to_string(directory.join("engine.json")).ok()?;
    let told: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(format!("http://{}", told["address"].as_str()?))
}

/// What every partition of a stage has still to fold, and payments and views to do.
fn lag(directory: &Path) -> i64 {
    let status = Invocation::new(directory, &["status", "--json"]).output();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let instances = status["instances"].as_array().unwrap().iter();
    let partitions = instances.flat_map(|instance| instance["partitions"].as_array().unwrap());
    partitions
        .map(|partition| partition["lag"].as_i64().unwrap())
        .sum()
}

/// How many partitions of charging.events the process of a directory folds.
fn owned(directory: &Path) -> usize {
    let status = Invocation::new(directory, &["status", "--json"]).output();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let instances = status["instances"].as_array().unwrap().iter();
    let partitions = instances.flat_map(|instance| instance["partitions"].as_array().unwrap());
    partitions
        .filter(|partition| partition["stage"] == "sessions" && partition["task"].is_object())
        .count()
}

/// Processes join, are killed, come back under their names, and are stopped for longer than their
/// sessions last, under a load in wall-clock time.
#[test]
fn processes_come_and_go_under_load_and_every_promise_holds() {
    let _alone = alone();
    let broker = Broker::start_as(&Setup {
        settings: vec!["group.min.session.timeout.ms=1000".to_owned()],
        ..Setup::default()
    });
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let properties = folders[0].path().join("kafka.properties");
    let quick = "session.timeout.ms=4000\nheartbeat.interval.ms=500\ntransaction.timeout.ms=5000\n";
    std::fs::write(&properties, quick).unwrap();
    for folder in &folders {
        let kafka = serde_json::json!({
            "brokers": broker.bootstrap(), "properties": properties.to_str().unwrap(),
        });
        std::fs::write(folder.path().join("kafka.json"), kafka.to_string()).unwrap();
    }
    let whole = folders[0].path();
    let create = ["topics", "create", "--partitions", "4"];
    Invocation::new(whole, &create).output();
    let run = ["run", "--listen", "127.0.0.1:0", "--instance", "whole"];
    let mut first = Invocation::new(whole, &run).start(0);
    assert!(
        first.wait_until(|| address(whole).is_some()).is_none(),
        "{}",
        first.words()
    );
    let into = address(whole).unwrap();
    let load = [
        "simulate",
        "--into",
        &into,
        "--rate",
        "60",
        "--duration",
        "80s",
        "--stations",
        "30",
    ];
    let mut loading = Invocation::new(whole, &load).start(1);

    let mut second = folding(folders[1].path(), "second", 0);
    assert!(
        loading.wait(Duration::from_secs(8)).is_none(),
        "{}",
        loading.words()
    );
    let third = folding(folders[2].path(), "third", 0);
    assert!(
        loading.wait(Duration::from_secs(6)).is_none(),
        "{}",
        loading.words()
    );
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    kill(&[second.id()]);
    let killed = Commits::now(&log);
    second.bury();
    let second = folding(folders[1].path(), "second", 1);
    let took = killed.all_go_on(&log);
    println!("restarted under its name: every partition commits again after {took:?}");
    assert!(took < RESTARTED * SLACK, "{took:?}");
    assert!(
        loading.wait(Duration::from_secs(4)).is_none(),
        "{}",
        loading.words()
    );
    assert_ne!(owned(folders[2].path()), 0, "{}", third.words());
    signal("STOP", third.id());
    let stopped = Commits::now(&log);
    let took = stopped.all_go_on(&log);
    println!("stopped for good: every partition commits again after {took:?}");
    assert!(took < TAKEN_OVER * SLACK, "{took:?}");
    assert!(
        loading.wait(Duration::from_secs(10)).is_none(),
        "{}",
        loading.words()
    );
    signal("CONT", third.id());
    loading.finish();
    let done = first.wait_until(|| lag(whole) == 0);
    assert!(done.is_none(), "{}", first.words());
    audited(whole);
    drop((second, third));
}

/// After a restart of the same instance its partitions commit again within so long,
const RESTARTED: Duration = Duration::from_secs(5);
/// and those of a process that is gone, by others, within a session of 4 s and ten seconds.
const TAKEN_OVER: Duration = Duration::from_secs(14);
/// What the figures may be exceeded by on a machine that does other things too.
const SLACK: u32 = 3;

/// How far the sessions stage had committed at an instant.
struct Commits {
    at: Instant,
    next: Vec<Option<i64>>,
}

impl Commits {
    fn now(log: &KafkaLog) -> Self {
        let next = log.committed("wattledger.sessions", "charging.events");
        Self {
            at: Instant::now(),
            next: next.unwrap(),
        }
    }

    /// Waits until every partition has committed since; how long that took.
    fn all_go_on(&self, log: &KafkaLog) -> Duration {
        loop {
            let now = Self::now(log);
            let pairs = self.next.iter().zip(&now.next);
            if pairs.into_iter().all(|(before, after)| after > before) {
                return self.at.elapsed();
            }
            assert!(
                self.at.elapsed() < Duration::from_secs(120),
                "{:?} {:?}",
                self.next,
                now.next
            );
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

fn signal(name: &str, id: u32) {
    let sent = std::process::Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_second_process_of_a_name_ends_the_first_and_says_why() {
    let _alone = alone();
    let broker = Broker::start();
    let folders: Vec<_> = (0..2).map(|_| tempfile::tempdir().unwrap()).collect();
    for folder in &folders {
        let kafka = serde_json::json!({ "brokers": broker.bootstrap(), "properties": null });
        std::fs::write(folder.path().join("kafka.json"), kafka.to_string()).unwrap();
    }
    Invocation::new(
        folders[0].path(),
        &["topics", "create", "--partitions", "1"],
    )
    .output();
    let mut first = folding(folders[0].path(), "same", 0);
    assert!(
        first
            .wait_until(|| address(folders[0].path()).is_some())
            .is_none()
    );
    assert!(
        first.wait(Duration::from_secs(5)).is_none(),
        "{}",
        first.words()
    );
    // A directory has one process.
    let mut again = folding(folders[0].path(), "other", 1);
    let refused = again.wait_until(|| false).unwrap();
    assert_eq!(refused.code(), Some(1));
    let second = folding(folders[1].path(), "same", 0);
    let ended = first.wait_until(|| false).unwrap();
    assert_eq!(ended.code(), Some(2), "{}", first.words());
    assert!(first.words().contains("--instance"), "{}", first.words());
    drop(second);
}
