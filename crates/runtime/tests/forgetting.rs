//! The toy on a log that forgets: what it has folded is trimmed under its feet, deletions are purged,
//! and a store from long ago is brought to the same state as one that has always followed.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a failed step fails the test, and its numbers are small"
)]

#[path = "toy/counting.rs"]
mod counting;
#[path = "disk/power.rs"]
mod power;

use counting::{PARTITIONS, Turned, input, topics};
use std::path::Path;
use std::sync::Arc;
use wattledger_runtime::log::embedded::{Clock, DELETIONS_KEPT};
use wattledger_runtime::log::{FetchLimit, LogError};
use wattledger_runtime::task::Entries;
use wattledger_runtime::{EmbeddedLog, Log, Outgoing, RocksStore, Visibility};

const NOON: i64 = 1_764_072_000_000;
const HOUR: i64 = 3_600_000;

fn append(log: &EmbeddedLog, records: &[(Vec<u8>, Vec<u8>)]) {
    let topic: Arc<str> = "in".into();
    let mut producer = log.producer("driver").unwrap();
    producer.begin().unwrap();
    for (key, value) in records {
        let record = Outgoing::keyed(&topic, key.clone(), value.clone());
        producer.send(record.to_partition(0)).unwrap();
    }
    producer.commit().unwrap();
    log.sync().unwrap();
}

fn open(log: &EmbeddedLog, store: &Path) -> Turned {
    let store = Box::new(RocksStore::open(store).unwrap());
    Turned::open("first", 0, Arc::new(log.clone()), store).unwrap()
}

fn fold(log: &EmbeddedLog, task: &mut Turned) {
    while task.lag().unwrap() > 0 {
        task.turn(7).unwrap();
    }
    log.sync().unwrap();
    task.task.settle().unwrap();
}

/// Lets the clock go on by two days, an hour at a time, nothing held back by a floor.
fn forget(log: &EmbeddedLog) -> i64 {
    let mut gone = 0;
    for hour in 0..48 {
        let retained = log.retain(NOON + hour * HOUR, &|_, _| i64::MAX).unwrap();
        assert_eq!(retained.clock, Clock::Steady);
        let changelog = retained.trimmed.iter();
        let changelog = changelog.filter(|trimmed| &*trimmed.topic == "first-changelog");
        gone += changelog.map(|trimmed| trimmed.gone).sum::<i64>();
    }
    gone
}

/// The state of a task that has always followed, and of one whose store is from before the
/// deletions; `forgetting` says whether the log has purged them meanwhile.
fn states(forgetting: bool) -> (Entries, Entries, i64) {
    let folder = tempfile::tempdir().unwrap();
    let (store, old) = (folder.path().join("store"), folder.path().join("old"));
    let log = EmbeddedLog::open(&folder.path().join("log"), &topics()).unwrap();
    append(&log, &input(3, 30));
    let mut task = open(&log, &store);
    fold(&log, &mut task);
    drop(task);
    power::copy(&store, &old, power::written(&store));
    let mut task = open(&log, &store);
    append(&log, &[(b"clock".to_vec(), b"tick 1000".to_vec())]);
    fold(&log, &mut task);
    let gone = if forgetting { forget(&log) } else { 0 };
    append(&log, &[(b"key-1".to_vec(), b"one".to_vec())]);
    fold(&log, &mut task);
    let followed = task.task.dump().unwrap();
    drop(task);
    (followed, open(&log, &old).task.dump().unwrap(), gone)
}

#[test]
fn a_store_from_before_purged_deletions_is_made_again_from_the_start() {
    let (followed, restored, gone) = states(true);
    assert!(gone > 3, "{gone} deletions were purged");
    assert!(followed == restored, "a deleted key came back");
    let (followed, restored, _) = states(false);
    assert!(followed == restored);
}

#[test]
fn a_topic_loses_what_it_no_longer_keeps_and_a_reader_from_before_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(folder.path(), &topics()).unwrap();
    append(&log, &input(5, 20));
    let retained = log.retain(NOON, &|_, _| i64::MAX).unwrap();
    assert!(retained.trimmed.is_empty(), "younger than its topic keeps");
    let retained = log.retain(NOON + HOUR, &|_, _| 12).unwrap();
    let [trimmed] = &retained.trimmed[..] else {
        panic!("{retained:?}")
    };
    assert_eq!(
        (&*trimmed.topic, trimmed.partition, trimmed.gone),
        ("in", 0, 12)
    );
    let mut consumer = log.consumer("in", Visibility::Durable).unwrap();
    let limit = FetchLimit {
        records: 100,
        bytes: usize::MAX,
    };
    let mut records = Vec::new();
    let refused = consumer.fetch(0, 11, limit, &mut records);
    assert!(matches!(refused, Err(LogError::Trimmed { start: 12, .. })));
    consumer.fetch(0, 12, limit, &mut records).unwrap();
    assert_eq!(records.len(), 8);
    assert_eq!(PARTITIONS, 2);
}

#[test]
fn a_clock_that_leaps_or_goes_back_makes_nothing_go() {
    let folder = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(folder.path(), &topics()).unwrap();
    append(&log, &input(5, 20));
    let mut heard = Vec::new();
    for hour in [0, 24 * 365 * 50, 1, -24 * 365 * 80] {
        let retained = log.retain(NOON + hour * HOUR, &|_, _| i64::MAX).unwrap();
        heard.push((retained.clock, retained.trimmed.len()));
    }
    let expected = [
        (Clock::Steady, 0),
        (Clock::Leapt, 0),
        (Clock::Steady, 1),
        (Clock::Behind, 0),
    ];
    assert_eq!(heard, expected);
    const { assert!(DELETIONS_KEPT == 24 * HOUR) };
}
