//! Two chained stages of a counting fold on the embedded log: cut anywhere, stopped anywhere,
//! opened again, restored from its changelog, the state and the outputs are the same.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a failed step fails the test, and its numbers are small"
)]

#[path = "toy/counting.rs"]
mod counting;

use counting::{Count, PARTITIONS, Turned, config, input, state_key, topics};
use std::path::Path;
use std::sync::Arc;
use wattledger_runtime::task::Entries;
use wattledger_runtime::{
    Cleanup, Consumer, EmbeddedLog, Link, Log, MemoryStore, Outgoing, Record, RocksStore, Store,
    Task, TaskError, TopicSettings, Visibility,
};

fn log(path: &Path) -> EmbeddedLog {
    EmbeddedLog::open(&path.join("log"), &topics()).unwrap()
}

fn task(
    log: &EmbeddedLog,
    stage: &str,
    partition: u32,
    store: Box<dyn Store>,
) -> Result<Turned, TaskError> {
    Turned::open(stage, partition, Arc::new(log.clone()), store)
}

fn rocks(path: &Path, stage: &str, partition: u32) -> Box<dyn Store> {
    Box::new(RocksStore::open(&path.join(format!("{stage}-{partition}"))).unwrap())
}

fn append(log: &EmbeddedLog, records: &[(Vec<u8>, Vec<u8>)]) {
    let topic: Arc<str> = "in".into();
    let mut producer = log.producer("driver").unwrap();
    producer.begin().unwrap();
    for (key, value) in records {
        producer
            .send(Outgoing::keyed(&topic, key.clone(), value.clone()))
            .unwrap();
    }
    producer.commit().unwrap();
}

fn read(log: &EmbeddedLog, topic: &str) -> Vec<Record> {
    let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
    let limit = wattledger_runtime::log::FetchLimit {
        records: usize::MAX,
        bytes: usize::MAX,
    };
    let mut records = Vec::new();
    for partition in 0..log.partitions(topic).unwrap() {
        consumer.fetch(partition, 0, limit, &mut records).unwrap();
    }
    records
}

/// Folds everything in turns of `size`, stopping and opening all again after every `life` turns;
/// `settle` says whether the stores are written before a stop.
fn run(seed: u64, size: usize, life: usize, settle: bool) -> (Vec<Record>, Vec<Entries>) {
    let folder = tempfile::tempdir().unwrap();
    append(&log(folder.path()), &input(seed, 50));
    let mut states = Vec::new();
    loop {
        let log = log(folder.path());
        let mut tasks: Vec<Turned> = ["first", "second"]
            .into_iter()
            .flat_map(|stage| (0..PARTITIONS).map(move |partition| (stage, partition)))
            .map(|(stage, partition)| {
                task(
                    &log,
                    stage,
                    partition,
                    rocks(folder.path(), stage, partition),
                )
                .unwrap()
            })
            .collect();
        let mut quiet = true;
        for _ in 0..life {
            let Some(task) = tasks
                .iter_mut()
                .find_map(|task| (task.lag().unwrap() > 0).then_some(task))
            else {
                break;
            };
            quiet = false;
            task.turn(size).unwrap();
        }
        if settle {
            log.sync().unwrap();
            tasks
                .iter_mut()
                .for_each(|task| task.task.settle().unwrap());
        }
        if quiet {
            states.extend(tasks.iter_mut().map(|task| task.task.dump().unwrap()));
            let mut outputs = read(&log, "middle");
            outputs.extend(read(&log, "out"));
            outputs.extend(read(&log, "dead-letter"));
            return (outputs, states);
        }
    }
}

#[test]
fn however_turns_are_cut_and_wherever_they_stop_bytes_are_equal() {
    let undisturbed = run(1, 1_000, 1_000, true);
    assert!(undisturbed.0.len() > 20, "the toy says too little");
    assert!(run(1, 1, 7, true) == undisturbed, "turns of 1");
    assert!(run(1, 3, 2, false) == undisturbed, "stores always behind");
    assert!(
        run(1, 5, 1, false) == undisturbed,
        "stopped after every turn"
    );
}

#[test]
fn a_lost_store_is_restored_from_its_changelog() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    append(&log, &input(9, 300));
    let mut first = task(&log, "first", 0, rocks(folder.path(), "first", 0)).unwrap();
    while first.turn(7).unwrap().records > 0 {}
    let kept = first.task.dump().unwrap();
    drop(first);
    let mut restored = task(&log, "first", 0, Box::new(MemoryStore::default())).unwrap();
    assert_eq!(restored.task.dump().unwrap(), kept);
}

/// Own directory and tail, changelog alone, input folded again: one state.
#[test]
fn every_way_to_restore_gives_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    append(&log, &input(5, 300));
    let mut first = task(&log, "first", 0, rocks(folder.path(), "first", 0)).unwrap();
    for turn in 0.. {
        if first.turn(7).unwrap().records == 0 {
            break;
        }
        if turn == 9 {
            log.sync().unwrap();
            first.task.settle().unwrap();
        }
    }
    drop(first);
    let shared: Arc<dyn Log> = Arc::new(log.clone());
    let empty = || Box::new(MemoryStore::default());
    let refolded = Task::refold(config("first", 0), Count::of("first", 0), shared, empty());
    let refolded = refolded.unwrap().dump().unwrap();
    let mut changelog = task(&log, "first", 0, empty()).unwrap();
    let mut own = task(&log, "first", 0, rocks(folder.path(), "first", 0)).unwrap();
    assert!(refolded.len() > 2, "the toy says too little");
    assert_eq!(changelog.task.dump().unwrap(), refolded);
    assert_eq!(own.task.dump().unwrap(), refolded);
}

#[test]
fn a_store_ahead_of_its_log_stops_loudly() {
    let folder = tempfile::tempdir().unwrap();
    {
        let log = log(folder.path());
        append(&log, &input(3, 50));
        let mut first = task(&log, "first", 0, rocks(folder.path(), "first", 0)).unwrap();
        while first.turn(7).unwrap().records > 0 {}
        log.sync().unwrap();
        first.task.settle().unwrap();
    }
    std::fs::remove_dir_all(folder.path().join("log")).unwrap();
    let empty = log(folder.path());
    let opened = task(&empty, "first", 0, rocks(folder.path(), "first", 0));
    let error = opened.err().expect("it must not open");
    assert!(matches!(error, TaskError::Ahead { .. }), "{error}");
}

#[test]
fn a_record_that_panics_parks_its_key_and_not_its_partition() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let one = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
    let poison = "key-1";
    append(
        &log,
        &[
            one(poison, "poison"),
            one(poison, "one"),
            one("key-0", "one"),
            one("key-3", "one"),
        ],
    );
    let partition = wattledger_runtime::partitioner::partition(poison.as_bytes(), PARTITIONS);
    let mut first = task(
        &log,
        "first",
        partition,
        rocks(folder.path(), "first", partition),
    )
    .unwrap();
    while first.lag().unwrap() > 0 {
        first.turn(10).unwrap();
    }
    assert_eq!(
        first.task.parked().values().copied().collect::<Vec<_>>(),
        [2]
    );
    append(&log, &[one("all", "tick 100"), one(poison, "release")]);
    for key in ["key-0", "key-1", "key-2", "key-3", "key-4"] {
        append(&log, &[one(key, "tick 100")]);
    }
    append(&log, &[one(poison, "release")]);
    while first.lag().unwrap() > 0 {
        first.turn(10).unwrap();
    }
    assert!(first.task.parked().is_empty());
    let counted = first.task.dump().unwrap();
    let expected = 2_u64.to_be_bytes().to_vec();
    assert!(
        counted.contains(&(state_key(poison.as_bytes()), expected)),
        "both were folded in the end"
    );
}

#[test]
fn whatever_panics_the_partition_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let one = |value: &str| (b"key-1".to_vec(), value.as_bytes().to_vec());
    append(
        &log,
        &["one", "venom", "poison", "release", "tick 13", "one"].map(one),
    );
    let partition = wattledger_runtime::partitioner::partition(b"key-1", PARTITIONS);
    let mut first = task(&log, "first", partition, Box::new(MemoryStore::default())).unwrap();
    for _ in 0..20 {
        first.turn(10).unwrap();
    }
    assert_eq!(first.lag().unwrap(), 0, "it panics for ever");
    assert_eq!(first.task.logical_time(), 13, "the tick counts even so");
    assert_eq!(
        first.task.parked().values().copied().collect::<Vec<_>>(),
        [2]
    );
    let letters = read(&log, "dead-letter");
    let letters: Vec<_> = letters
        .iter()
        .filter_map(|record| record.value.as_deref())
        .collect();
    assert_eq!(letters.len(), 2);
    assert!(letters.contains(&&b"venom"[..]) && letters.contains(&&b"tick 13"[..]));
    append(&log, &["tick 100", "release"].map(one));
    while first.lag().unwrap() > 0 {
        first.turn(10).unwrap();
    }
    assert!(first.task.parked().is_empty());
    let expected = (state_key(b"key-1"), 3_u64.to_be_bytes().to_vec());
    assert!(first.task.dump().unwrap().contains(&expected));
}

/// How records are cut into turns shows nowhere: an epoch counts from its announcement on.
#[test]
fn an_announced_epoch_is_taken_in_the_turn_of_its_announcement_and_no_other_is() {
    let topic: Arc<str> = "in".into();
    let linked = |epoch, sequence| {
        let link = Link {
            source: "source".into(),
            epoch,
            sequence,
            event: (0, 0),
        };
        let record = Outgoing::keyed(&topic, b"key".to_vec(), b"one".to_vec()).to_partition(0);
        Outgoing {
            link: Some(link),
            ..record
        }
    };
    let announcement = Outgoing::keyed(&topic, b"key".to_vec(), b"announce".to_vec());
    for size in [1, 10] {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path());
        let mut producer = log.producer("driver").unwrap();
        producer.begin().unwrap();
        let announcement = announcement.clone().to_partition(0);
        for record in [
            linked(0, 1),
            announcement,
            linked(1, 1),
            linked(1, 1),
            linked(2, 1),
        ] {
            producer.send(record).unwrap();
        }
        producer.commit().unwrap();
        let mut first = task(&log, "first", 0, Box::new(MemoryStore::default())).unwrap();
        let stopped = std::iter::repeat_with(|| first.turn(size))
            .take(10)
            .find_map(Result::err);
        let stopped = stopped.map(|error| error.to_string()).unwrap();
        assert!(
            stopped.contains("began epoch 2 after 1"),
            "turns of {size}: {stopped}"
        );
    }
}

#[test]
fn an_older_producer_of_an_id_is_fenced() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let topic: Arc<str> = "in".into();
    let mut zombie = log.producer("worker").unwrap();
    zombie.begin().unwrap();
    zombie
        .send(Outgoing::keyed(&topic, b"k".to_vec(), b"zombie".to_vec()))
        .unwrap();
    let mut owner = log.producer("worker").unwrap();
    assert!(zombie.commit().is_err());
    owner.begin().unwrap();
    owner
        .send(Outgoing::keyed(&topic, b"k".to_vec(), b"owner".to_vec()))
        .unwrap();
    owner.commit().unwrap();
    let values: Vec<_> = read(&log, "in")
        .into_iter()
        .filter_map(|record| record.value)
        .collect();
    assert_eq!(values, [b"owner".to_vec()]);
}

#[test]
fn aborted_and_open_transactions_are_invisible_and_durable_readers_wait_for_the_sync() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let topic: Arc<str> = "in".into();
    let mut producer = log.producer("worker").unwrap();
    producer.begin().unwrap();
    producer
        .send(Outgoing::keyed(&topic, b"k".to_vec(), b"aborted".to_vec()))
        .unwrap();
    assert!(read(&log, "in").is_empty());
    producer.abort();
    producer.begin().unwrap();
    producer
        .send(Outgoing::keyed(&topic, b"k".to_vec(), b"kept".to_vec()))
        .unwrap();
    producer.commit().unwrap();
    assert_eq!(read(&log, "in").len(), 1);
    let mut durable = log.consumer("in", Visibility::Durable).unwrap();
    let ends = |consumer: &mut Box<dyn Consumer>| -> i64 {
        (0..PARTITIONS)
            .map(|partition| consumer.end(partition).unwrap())
            .sum()
    };
    assert_eq!(ends(&mut durable), 0);
    log.sync().unwrap();
    assert_eq!(ends(&mut durable), 1);
}

#[test]
fn another_partition_count_and_a_second_process_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = log(folder.path());
    assert!(EmbeddedLog::open(&folder.path().join("log"), &topics()).is_err());
    drop(open);
    let more = [(
        "in",
        TopicSettings {
            partitions: 3,
            cleanup: Cleanup::Retain(1),
        },
    )];
    assert!(EmbeddedLog::open(&folder.path().join("log"), &more).is_err());
}

#[test]
fn trimming_stops_at_what_a_group_has_still_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    append(&log, &input(5, 100));
    log.sync().unwrap();
    let mut first = task(&log, "first", 0, rocks(folder.path(), "first", 0)).unwrap();
    first.turn(10).unwrap();
    log.sync().unwrap();
    assert_eq!(log.trim("in", 0, 1_000).unwrap(), 10);
    let mut consumer = log.consumer("in", Visibility::Process).unwrap();
    let limit = wattledger_runtime::log::FetchLimit {
        records: 5,
        bytes: 1 << 20,
    };
    let mut records = Vec::new();
    assert!(consumer.fetch(0, 3, limit, &mut records).is_err());
    consumer.fetch(0, 10, limit, &mut records).unwrap();
    assert_eq!(records.first().map(|record| record.offset), Some(10));
}
