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
use wattledger_kafka_tests::Broker;
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
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    assert_same_bills(&expected, &Outputs::of(&log));
}
