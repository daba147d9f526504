//! Hours of charging on a real Apache Kafka, its processes and its broker killed, against the same
//! hours undisturbed on the embedded log: the same sessions, amounts, captures and postings.
//!
//! `make chaos` does it with a whole day: `WATTLEDGER_CHAOS_HOURS`, `WATTLEDGER_CHAOS_KILLS`.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
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
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wattledger_kafka_tests::{Broker, Setup};
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings};

const PARTITIONS: u32 = 2;
/// 2025-11-24T16:00:00Z.
const FROM: i64 = 1_764_000_000_000;
const HOUR_MS: i64 = 3_600_000;
/// Group sessions of the processes that are killed, in milliseconds.
const SESSION_MS: u64 = 6_000;

/// One cluster at a time: each has a broker and some processes, and times are looked at.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number from the environment, for `make chaos`.
fn given(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

fn prepared(seed: u64, hours: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let to = FROM + i64::try_from(hours).unwrap() * HOUR_MS;
    let scenario = serde_json::json!({
        "seed": seed, "from": FROM, "to": to, "stations": 6, "sessions": 12 * hours,
    });
    std::fs::write(folder.path().join("scenario.json"), scenario.to_string()).unwrap();
    folder
}

fn undisturbed(seed: u64, hours: usize) -> Outputs {
    let folder = prepared(seed, hours);
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
        "the hours say too little: {}",
        expected.len()
    );
    let missing: Vec<_> = expected.difference(&found).take(3).collect();
    let extra: Vec<_> = found.difference(&expected).take(3).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing: {missing:#?}\nnot expected: {extra:#?}"
    );
}

/// Kills the engine with its processor, either alone, or the broker, at moments of the seed; one
/// engine in five comes back under another name.
#[test]
fn two_hours_on_kafka_bill_the_same_however_often_they_are_killed() {
    let _alone = alone();
    let hours = given("WATTLEDGER_CHAOS_HOURS", 2);
    let kills = given("WATTLEDGER_CHAOS_KILLS", 20);
    let expected = undisturbed(11, hours);
    let broker = Broker::start_as(&Setup {
        settings: vec!["group.min.session.timeout.ms=1000".to_owned()],
        ..Setup::default()
    });
    let folder = prepared(11, hours);
    let properties = folder.path().join("kafka.properties");
    std::fs::write(&properties, format!("session.timeout.ms={SESSION_MS}\n")).unwrap();
    make_topics(folder.path(), &broker);
    let kafka = serde_json::json!({
        "brokers": broker.bootstrap(), "properties": properties.to_str().unwrap(),
    });
    std::fs::write(folder.path().join("kafka.json"), kafka.to_string()).unwrap();
    let mut draw = Draw(11);
    let (mut number, mut engines, mut others) = (0, 0, 0);
    // A longer day is killed at longer intervals, and takes longer after the last of them.
    let longer = u32::try_from(hours.div_ceil(12)).unwrap();
    let mut running = simulate(folder.path(), number);
    while engines < kills {
        let moment = Duration::from_millis(1_500 + draw.below(3_000));
        if running.wait(moment * longer).is_some() {
            break;
        }
        match draw.below(6) {
            0 => {
                broker.kill();
                broker.restart();
                others += 1;
                continue;
            }
            1 => {
                kill(&children(running.id()));
                others += 1;
                continue;
            }
            2 => kill(&[vec![running.id()], children(running.id())].concat()),
            _ => kill(&[running.id()]),
        }
        running.bury();
        number += 1;
        engines += 1;
        if engines % 5 == 0 {
            std::fs::write(folder.path().join("instance"), format!("again-{number}")).unwrap();
        }
        running = simulate(folder.path(), number);
    }
    let calm = Instant::now();
    running.finish_within(Duration::from_secs(600) * longer);
    println!(
        "killed: {engines} engines, {others} brokers and processors; calm after that for {:?}",
        calm.elapsed()
    );
    assert!(
        engines >= kills * 3 / 4,
        "it was over after {engines} kills"
    );
    audited(folder.path());
    Invocation::new(folder.path(), &["audit", "--refold"]).output();
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    assert_same_bills(&expected, &Outputs::of(&log));
}

/// One process drives, two fold and pay, one of them is killed twice: the same bills.
#[test]
fn a_replay_over_several_processes_bills_the_same() {
    let _alone = alone();
    let expected = undisturbed(12, 1);
    let broker = Broker::start();
    let driving = prepared(12, 1);
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
