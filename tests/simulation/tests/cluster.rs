//! An hour of charging on a real Apache Kafka, its processes and its broker killed, against the same
//! hour undisturbed on the embedded log: the same sessions, amounts, captures and postings.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    dead_code,
    reason = "tests: a failed step fails the test, its numbers are small, and parts are shared"
)]

#[path = "outputs.rs"]
mod outputs;
#[path = "program.rs"]
mod program;

use outputs::Outputs;
use program::{Draw, Invocation, Running, children, kill};
use std::path::Path;
use std::time::Duration;
use wattledger_kafka_tests::{Broker, Setup};
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings};

const PARTITIONS: u32 = 2;
/// 2025-11-24T16:00:00Z and an hour later.
const HOUR: (i64, i64) = (1_764_000_000_000, 1_764_003_600_000);
const KILLS: usize = 8;

fn prepared(seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = HOUR;
    let scenario = serde_json::json!({
        "seed": seed, "from": from, "to": to, "stations": 6, "sessions": 12,
    });
    std::fs::write(folder.path().join("scenario.json"), scenario.to_string()).unwrap();
    folder
}

fn undisturbed(seed: u64) -> Outputs {
    let folder = prepared(seed);
    let made = Invocation::new(folder.path(), &["simulate"]);
    made.with("WATTLEDGER_PARTITIONS", PARTITIONS)
        .start(0)
        .finish();
    Outputs::read(folder.path(), PARTITIONS)
}

fn make_topics(directory: &Path, broker: &Broker) {
    let partitions = PARTITIONS.to_string();
    let create = [
        "topics",
        "create",
        "--kafka",
        broker.bootstrap(),
        "--partitions",
        &partitions,
    ];
    Invocation::new(directory, &create).output();
}

fn simulate(directory: &Path, number: usize) -> Running {
    Invocation::new(directory, &["simulate"]).start(number)
}

fn audited(directory: &Path) {
    let audit = Invocation::new(directory, &["audit", "--json"]).output();
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["verdict"], "clean", "{audit:#}");
}

fn assert_same_bills(expected: &Outputs, found: &Outputs) {
    let (expected, found) = (expected.bills(), found.bills());
    assert!(
        expected.len() > 20,
        "the hour says too little: {}",
        expected.len()
    );
    let missing: Vec<_> = expected.difference(&found).take(3).collect();
    let extra: Vec<_> = found.difference(&expected).take(3).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing: {missing:#?}\nnot expected: {extra:#?}"
    );
}

/// Kills the engine with its processor, the processor alone, or the broker, at moments of the seed.
#[test]
fn an_hour_on_kafka_bills_the_same_however_often_it_is_killed() {
    let expected = undisturbed(11);
    let broker = Broker::start();
    let folder = prepared(11);
    make_topics(folder.path(), &broker);
    let mut draw = Draw(11);
    let mut number = 0;
    let mut running = simulate(folder.path(), number);
    for _ in 0..KILLS {
        let moment = Duration::from_millis(2_000 + draw.below(5_000));
        if running.wait(moment).is_some() {
            break;
        }
        match draw.below(4) {
            0 => {
                broker.kill();
                broker.restart();
                continue;
            }
            1 => {
                kill(&children(running.id()));
                continue;
            }
            2 => kill(&[vec![running.id()], children(running.id())].concat()),
            _ => kill(&[running.id()]),
        }
        running.bury();
        number += 1;
        running = simulate(folder.path(), number);
    }
    running.finish();
    audited(folder.path());
    Invocation::new(folder.path(), &["audit", "--refold"]).output();
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    assert_same_bills(&expected, &Outputs::of(&log));
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

/// Processes join, are killed, come back under their names, and are stopped for longer than their
/// sessions last, under a load in wall-clock time.
#[test]
fn processes_come_and_go_under_load_and_every_promise_holds() {
    let broker = Broker::start_as(&Setup {
        settings: vec!["group.min.session.timeout.ms=1000".to_owned()],
        proxied: None,
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
        "40s",
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
    kill(&[second.id()]);
    second.bury();
    let second = folding(folders[1].path(), "second", 1);
    assert!(
        loading.wait(Duration::from_secs(4)).is_none(),
        "{}",
        loading.words()
    );
    signal("STOP", third.id());
    assert!(
        loading.wait(Duration::from_secs(10)).is_none(),
        "{}",
        loading.words()
    );
    signal("CONT", third.id());
    loading.finish();
    assert!(
        first.wait_until(|| lag(whole) == 0).is_none(),
        "{}",
        first.words()
    );
    audited(whole);
    drop((second, third));
}

fn signal(name: &str, id: u32) {
    let sent = std::process::Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_second_process_of_a_name_ends_the_first_and_says_why() {
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

/// One process drives, two fold and pay, one of them is killed twice: the same bills.
#[test]
fn a_replay_over_several_processes_bills_the_same() {
    let expected = undisturbed(12);
    let broker = Broker::start();
    let driving = prepared(12);
    make_topics(driving.path(), &broker);
    let drive = free_address();
    let url = format!("http://{drive}");
    let others: Vec<_> = (0..2).map(|_| tempfile::tempdir().unwrap()).collect();
    let work = |place: usize, number: usize| {
        let folder = others[place].path();
        let kafka = serde_json::json!({ "brokers": broker.bootstrap(), "properties": null });
        std::fs::write(folder.join("kafka.json"), kafka.to_string()).unwrap();
        std::fs::copy(
            driving.path().join("tenant.secret"),
            folder.join("tenant.secret"),
        )
        .unwrap();
        let instance = format!("worker-{place}");
        let run = [
            "run",
            "--replay",
            "--processor",
            &url,
            "--listen",
            "127.0.0.1:0",
            "--instance",
            &instance,
        ];
        Invocation::new(folder, &run).start(number)
    };
    let mut driver = Invocation::new(driving.path(), &["simulate", "--drive", &drive]).start(0);
    let secret = driving.path().join("tenant.secret");
    assert!(
        driver.wait_until(|| secret.exists()).is_none(),
        "{}",
        driver.words()
    );
    let first = work(0, 0);
    let mut second = work(1, 0);
    for number in 1..3 {
        assert!(
            driver.wait(Duration::from_secs(8)).is_none(),
            "too short an hour"
        );
        kill(&[second.id()]);
        second.bury();
        second = work(1, number);
    }
    driver.finish();
    drop((first, second));
    audited(driving.path());
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    assert_same_bills(&expected, &Outputs::of(&log));
}

/// A loopback address on which nobody listens.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
