//! A stage that panics: its unit is held back, and released or skipped as people order.
#![allow(clippy::panic, reason = "what is tested")]

use super::{Stage, StageFold, StateOf};
use crate::topics;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wattledger_domain::parking::{ParkingAction, ParkingOrder};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::overlay::Budget;
use wattledger_runtime::{
    Cleanup, EmbeddedLog, Log, MemoryStore, Outgoing, Record, Refusal, Task, TaskConfig,
    TopicSettings, Turns as _, Visibility, Worker,
};
use wattledger_wire::DecodeError;
use wattledger_wire::topics::parking;

/// Says on its output what it folds; `bad` makes it panic until it is mended.
struct Telling {
    out: Arc<str>,
}

thread_local! {
    /// A fold has no self: whether it is mended.
    static MENDED: AtomicBool = const { AtomicBool::new(false) };
}

impl Stage for Telling {
    const NAME: &'static str = "telling";
    const VERSION: u32 = 1;
    type Record = String;
    type Key = ();
    type Value = i64;
    type Timer = ();
    type Effect = String;

    fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
        let text = std::str::from_utf8(bytes).ok();
        text.map(str::to_owned).ok_or(DecodeError::UnknownSchema(0))
    }
    fn tick(_: &String) -> Option<Timestamp> {
        None
    }
    fn unit(_: &String, routing: &[u8]) -> Box<[u8]> {
        routing.into()
    }
    fn key<'k>((): &'k (), _: &mut Vec<u8>) -> &'k str {
        ""
    }
    fn timer((): &(), _: &mut Vec<u8>) -> (u8, Box<str>) {
        (0, "".into())
    }
    fn timer_from(_: u8, _: &str, _: &[u8]) -> Option<()> {
        None
    }
    fn fold(
        _: &mut StateOf<'_, Self>,
        record: &String,
        effects: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let mended = MENDED.with(|mended| mended.load(Ordering::Relaxed));
        assert!(mended || record != "bad", "as the test says");
        effects.push(record.clone());
        Ok(())
    }
    fn fire(_: &mut StateOf<'_, Self>, (): &(), _: Timestamp, _: &mut Vec<String>) {}
    fn boxed(_: &Self::Value) -> usize {
        0
    }

    fn emit(&self, effect: String, _: Timestamp, out: &mut Vec<Outgoing>) {
        out.push(Outgoing::keyed(
            &self.out,
            topics::key("all"),
            effect.into_bytes(),
        ));
    }
}

struct World {
    log: Arc<dyn Log>,
    task: Task<StageFold<Telling>>,
    worker: Worker,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let topic = |name: &'static str| {
            (
                name,
                TopicSettings {
                    partitions: 1,
                    cleanup: match name {
                        "changes" => Cleanup::Compact,
                        _ => Cleanup::Retain(1_000_000_000),
                    },
                },
            )
        };
        let named = ["in", "out", "dead", "changes"].map(topic);
        let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open(folder.path(), &named).unwrap());
        let stage = Telling { out: "out".into() };
        let config = TaskConfig {
            stage: "telling".into(),
            input: "in".into(),
            group: "g".into(),
            partition: 0,
            changelog: Some("changes".into()),
            dead_letter: "dead".into(),
            timers_per_record: 0,
            cache: Budget::of(10),
            parked_max: 100,
        };
        let store = Box::new(MemoryStore::default());
        let task = Task::open(config, StageFold::new(stage), Arc::clone(&log), store).unwrap();
        let worker = Worker::open(&log, "test").unwrap();
        MENDED.with(|mended| mended.store(false, Ordering::Relaxed));
        Self {
            log,
            task,
            worker,
            _folder: folder,
        }
    }

    fn tell(&mut self, unit: &str, bytes: &[u8]) {
        let mut producer = self.log.producer("teller").unwrap();
        producer.begin().unwrap();
        let record = Outgoing::keyed(&"in".into(), topics::key(unit), bytes.to_vec());
        producer.send(record).unwrap();
        producer.commit().unwrap();
        let mut input = self.log.consumer("in", Visibility::Process).unwrap();
        while self.task.lag(input.as_mut()).unwrap() > 0 {
            self.worker
                .turn(&mut self.task, input.as_mut(), 10)
                .unwrap();
        }
    }

    fn order(&mut self, unit: &str, action: ParkingAction) {
        let order = ParkingOrder {
            unit: unit.into(),
            action,
            reason: "looked at it".into(),
            ordered_by: "ada".into(),
            ordered_at: Timestamp(0),
        };
        self.tell(unit, &parking::encode(&order));
    }

    fn parked(&self) -> Vec<(String, u64)> {
        let units = self.task.standing().parked_units.into_iter();
        units
            .map(|(unit, count)| (String::from_utf8(unit.into()).unwrap(), count))
            .collect()
    }

    fn records(&self, topic: &str) -> Vec<Record> {
        let mut consumer = self.log.consumer(topic, Visibility::Process).unwrap();
        let mut records = Vec::new();
        let limit = FetchLimit {
            records: 100,
            bytes: 1 << 20,
        };
        consumer.fetch(0, 0, limit, &mut records).unwrap();
        records
    }

    fn told(&self) -> Vec<String> {
        let records = self.records("out").into_iter();
        records
            .map(|record| String::from_utf8(record.value.unwrap()).unwrap())
            .collect()
    }

    /// Two records of `S1` are held back, `S2` goes on.
    fn held_back() -> Self {
        let mut world = Self::new();
        for (unit, text) in [("S1", "one"), ("S1", "bad"), ("S1", "two"), ("S2", "three")] {
            world.tell(unit, text.as_bytes());
        }
        assert_eq!(world.told(), ["one", "three"]);
        assert_eq!(world.parked(), [("S1".to_owned(), 2)]);
        world
    }
}

#[test]
fn a_unit_that_is_released_once_it_is_mended_is_folded_in_order() {
    let mut world = World::held_back();
    world.order("S1", ParkingAction::Release);
    assert_eq!(world.parked(), [("S1".to_owned(), 2)], "it panics again");
    MENDED.with(|mended| mended.store(true, Ordering::Relaxed));
    world.order("S1", ParkingAction::Release);
    assert_eq!(world.parked(), []);
    assert_eq!(world.told(), ["one", "three", "bad", "two"]);
    world.tell("S1", b"four");
    world.order("S1", ParkingAction::Release);
    assert_eq!(world.told(), ["one", "three", "bad", "two", "four"]);
    assert_eq!(world.records("dead"), []);
}

#[test]
fn a_unit_that_is_skipped_lies_among_the_dead_letters_whole() {
    let mut world = World::held_back();
    world.order("S1", ParkingAction::Skip);
    assert_eq!(world.parked(), []);
    let dead = world.records("dead").into_iter();
    let dead: Vec<Vec<u8>> = dead.filter_map(|record| record.value).collect();
    assert_eq!(dead, [b"bad".to_vec(), b"two".to_vec()]);
    world.tell("S1", b"four");
    assert_eq!(world.told(), ["one", "three", "four"]);
}
