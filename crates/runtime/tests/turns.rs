//! Two chained stages of a counting fold on the embedded log: cut anywhere, stopped anywhere, opened
//! again, restored from its changelog, the state and the outputs are the same.

use std::path::Path;
use std::sync::Arc;
use wattledger_runtime::{
    Class, Cleanup, Consumer, EmbeddedLog, Fold, Log, MemoryStore, Outgoing, Producer, Record,
    Refusal, RocksStore, StateFault, Store, Task, TaskConfig, TaskError, Timer, TopicSettings, Turn,
    Visibility,
};

const PARTITIONS: u32 = 2;

/// Counts the records of a key; every third is passed on; a timer 10 after the first passes a total.
struct Count {
    output: Arc<str>,
}

fn state_key(routing: &[u8]) -> Vec<u8> {
    [b"C", routing].concat()
}

impl Count {
    fn pass(&self, turn: &mut Turn<'_, Self>, key: &[u8], text: String) {
        turn.emit(Outgoing::keyed(&self.output, key.to_vec(), text.into_bytes()));
    }
}

impl Fold for Count {
    type Value = u64;

    fn version(&self) -> u32 {
        1
    }
    fn decode(key: &[u8], bytes: &[u8]) -> Result<u64, StateFault> {
        let unreadable = |_| StateFault { key: key.to_vec(), detail: "not 8 bytes".to_owned() };
        bytes.try_into().map(u64::from_be_bytes).map_err(unreadable)
    }
    fn encode(value: &u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&value.to_be_bytes());
    }
    fn classify(&mut self, record: &Record) -> Class {
        match record.value.as_deref() {
            None => Class::Nothing,
            Some(b"rubbish") => {
                Class::Unreadable(Refusal { code: "rubbish", message: "unreadable".to_owned() })
            }
            Some(value) if value.starts_with(b"tick ") => {
                let text = std::str::from_utf8(&value[5..]).unwrap_or("0");
                Class::Tick(text.parse().unwrap_or(0))
            }
            Some(value) if value.starts_with(b"release ") => Class::Release(value[8..].into()),
            Some(_) => {
                Class::Data { routing: record.key.as_slice().into(), unit: record.key.as_slice().into() }
            }
        }
    }
    fn fold(&mut self, record: &Record, turn: &mut Turn<'_, Self>) -> Result<(), Refusal> {
        let value = record.value.as_deref().unwrap_or_default();
        if value.starts_with(b"tick ") {
            return Ok(());
        }
        assert!(value != b"poison" || turn.logical_time() >= 100, "the toy fold panics on poison");
        let key = state_key(&record.key);
        let count = turn.take(&key).unwrap_or(0) + 1;
        turn.put(&key, count);
        if count == 1 {
            let due = turn.logical_time() + 10;
            let routing: Box<[u8]> = record.key.as_slice().into();
            turn.set_timer(Timer { due, kind: 1, routing, entity: Box::from(&b"total"[..]) });
        }
        if count % 3 == 0 {
            self.pass(turn, &record.key, format!("{count}"));
        }
        Ok(())
    }
    fn fire(&mut self, timer: &Timer, turn: &mut Turn<'_, Self>) {
        let count = turn.get(&state_key(&timer.routing)).copied().unwrap_or(0);
        self.pass(turn, &timer.routing, format!("total {count}"));
    }
}

fn topics() -> Vec<(&'static str, TopicSettings)> {
    let kept = TopicSettings { partitions: PARTITIONS, cleanup: Cleanup::Retain(1_000) };
    let compact = TopicSettings { partitions: PARTITIONS, cleanup: Cleanup::Compact };
    vec![
        ("in", kept),
        ("middle", kept),
        ("out", kept),
        ("dead-letter", kept),
        ("first-changelog", compact),
        ("second-changelog", compact),
    ]
}

fn log(path: &Path) -> EmbeddedLog {
    EmbeddedLog::open(&path.join("log"), &topics()).unwrap()
}

fn task(
    log: &EmbeddedLog,
    stage: &str,
    partition: u32,
    store: Box<dyn Store>,
) -> Result<Task<Count>, TaskError> {
    let (input, output) = if stage == "first" { ("in", "middle") } else { ("middle", "out") };
    let config = TaskConfig {
        stage: stage.into(),
        input: input.into(),
        group: format!("test.{stage}").into(),
        partition,
        changelog: Some(format!("{stage}-changelog").into()),
        dead_letter: "dead-letter".into(),
        timers_per_record: 0,
        cache: 4,
        parked_max: 100,
    };
    Task::open(config, Count { output: output.into() }, Arc::new(log.clone()), store)
}

fn rocks(path: &Path, stage: &str, partition: u32) -> Box<dyn Store> {
    Box::new(RocksStore::open(&path.join(format!("{stage}-{partition}"))).unwrap())
}

/// Records of six keys with ticks and rubbish between, the same for a seed.
fn input(seed: u64, count: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    (0..count)
        .map(|index| {
            let key = format!("key-{}", next() % 6).into_bytes();
            let value = match next() % 10 {
                0 => format!("tick {}", index / 2),
                1 => "rubbish".to_owned(),
                _ => "one".to_owned(),
            };
            (key, value.into_bytes())
        })
        .collect()
}

fn append(log: &EmbeddedLog, records: &[(Vec<u8>, Vec<u8>)]) {
    let topic: Arc<str> = "in".into();
    let mut producer = log.producer("driver").unwrap();
    producer.begin().unwrap();
    for (key, value) in records {
        producer.send(Outgoing::keyed(&topic, key.clone(), value.clone())).unwrap();
    }
    producer.commit().unwrap();
}

fn read(log: &EmbeddedLog, topic: &str) -> Vec<Record> {
    let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
    let limit = wattledger_runtime::log::FetchLimit { records: usize::MAX, bytes: usize::MAX };
    let mut records = Vec::new();
    for partition in 0..log.partitions(topic).unwrap() {
        consumer.fetch(partition, 0, limit, &mut records).unwrap();
    }
    records
}

/// Folds everything in turns of `size`, stopping and opening all again after every `life` turns;
/// `settle` says whether the stores are written before a stop.
fn run(seed: u64, size: usize, life: usize, settle: bool) -> (Vec<Record>, Vec<Vec<(Vec<u8>, Vec<u8>)>>) {
    let folder = tempfile::tempdir().unwrap();
    append(&log(folder.path()), &input(seed, 200));
    let mut states = Vec::new();
    loop {
        let log = log(folder.path());
        let mut tasks: Vec<Task<Count>> = ["first", "second"]
            .into_iter()
            .flat_map(|stage| (0..PARTITIONS).map(move |partition| (stage, partition)))
            .map(|(stage, partition)| {
                task(&log, stage, partition, rocks(folder.path(), stage, partition)).unwrap()
            })
            .collect();
        let mut quiet = true;
        for _ in 0..life {
            let Some(task) = tasks.iter_mut().find_map(|task| (task.lag().unwrap() > 0).then_some(task))
            else {
                break;
            };
            quiet = false;
            task.turn(size).unwrap();
        }
        if settle {
            log.sync().unwrap();
            tasks.iter_mut().for_each(|task| task.settle().unwrap());
        }
        if quiet {
            states.extend(tasks.iter_mut().map(|task| task.dump().unwrap()));
            let mut outputs = read(&log, "middle");
            outputs.extend(read(&log, "out"));
            outputs.extend(read(&log, "dead-letter"));
            return (outputs, states);
        }
    }
}

#[test]
fn however_turns_are_cut_and_wherever_they_stop_bytes_are_equal() {
    for seed in 1..6 {
        let undisturbed = run(seed, 1_000, 1_000, true);
        assert!(undisturbed.0.len() > 20, "the toy says too little");
        assert!(run(seed, 1, 7, true) == undisturbed, "turns of 1, SEED={seed}");
        assert!(run(seed, 3, 2, false) == undisturbed, "stores always behind, SEED={seed}");
        assert!(run(seed, 5, 1, false) == undisturbed, "stopped after every turn, SEED={seed}");
    }
}

#[test]
fn a_lost_store_is_restored_from_its_changelog() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    append(&log, &input(9, 300));
    let mut first = task(&log, "first", 0, rocks(folder.path(), "first", 0)).unwrap();
    while first.turn(7).unwrap().records > 0 {}
    let kept = first.dump().unwrap();
    drop(first);
    let mut restored = task(&log, "first", 0, Box::new(MemoryStore::default())).unwrap();
    assert_eq!(restored.dump().unwrap(), kept);
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
        first.settle().unwrap();
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
    append(&log, &[one(poison, "poison"), one(poison, "one"), one("key-0", "one"), one("key-3", "one")]);
    let partition = wattledger_runtime::partitioner::partition(poison.as_bytes(), PARTITIONS);
    let mut first = task(&log, "first", partition, rocks(folder.path(), "first", partition)).unwrap();
    while first.lag().unwrap() > 0 {
        first.turn(10).unwrap();
    }
    assert_eq!(first.parked().values().copied().collect::<Vec<_>>(), [2]);
    append(&log, &[one("all", "tick 100"), one(poison, "release key-1")]);
    for key in ["key-0", "key-1", "key-2", "key-3", "key-4"] {
        append(&log, &[one(key, "tick 100")]);
    }
    append(&log, &[one(poison, "release key-1")]);
    while first.lag().unwrap() > 0 {
        first.turn(10).unwrap();
    }
    assert!(first.parked().is_empty());
    let counted = first.dump().unwrap();
    let expected = 2_u64.to_be_bytes().to_vec();
    assert!(counted.contains(&(state_key(poison.as_bytes()), expected)), "both were folded in the end");
}

#[test]
fn an_older_producer_of_an_id_is_fenced() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let topic: Arc<str> = "in".into();
    let mut zombie = log.producer("worker").unwrap();
    zombie.begin().unwrap();
    zombie.send(Outgoing::keyed(&topic, b"k".to_vec(), b"zombie".to_vec())).unwrap();
    let mut owner = log.producer("worker").unwrap();
    assert!(zombie.commit().is_err());
    owner.begin().unwrap();
    owner.send(Outgoing::keyed(&topic, b"k".to_vec(), b"owner".to_vec())).unwrap();
    owner.commit().unwrap();
    let values: Vec<_> = read(&log, "in").into_iter().filter_map(|record| record.value).collect();
    assert_eq!(values, [b"owner".to_vec()]);
}

#[test]
fn aborted_and_open_transactions_are_invisible_and_durable_readers_wait_for_the_sync() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let topic: Arc<str> = "in".into();
    let mut producer = log.producer("worker").unwrap();
    producer.begin().unwrap();
    producer.send(Outgoing::keyed(&topic, b"k".to_vec(), b"aborted".to_vec())).unwrap();
    assert!(read(&log, "in").is_empty());
    producer.abort();
    producer.begin().unwrap();
    producer.send(Outgoing::keyed(&topic, b"k".to_vec(), b"kept".to_vec())).unwrap();
    producer.commit().unwrap();
    assert_eq!(read(&log, "in").len(), 1);
    let mut durable = log.consumer("in", Visibility::Durable).unwrap();
    let ends = |consumer: &mut Box<dyn Consumer>| -> i64 {
        (0..PARTITIONS).map(|partition| consumer.end(partition).unwrap()).sum()
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
    let more = [("in", TopicSettings { partitions: 3, cleanup: Cleanup::Retain(1) })];
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
    let limit = wattledger_runtime::log::FetchLimit { records: 5, bytes: 1 << 20 };
    let mut records = Vec::new();
    assert!(consumer.fetch(0, 3, limit, &mut records).is_err());
    consumer.fetch(0, 10, limit, &mut records).unwrap();
    assert_eq!(records.first().map(|record| record.offset), Some(10));
}
