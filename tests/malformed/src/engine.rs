//! The engine that good and malformed records go through: intake, control, sessions, accounts,
//! invoices.

use crate::classes::{Class, Expected, class_of, malformed};
use crate::good::{self, EVENTS_OF_A_SESSION};
use crate::redriven::{Redriven, redriven};
use crate::spent::Spent;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use wattledger_domain::control::{ControlRecord, ControlTick, TickedStages};
use wattledger_domain::ids::TokenHash;
use wattledger_domain::outcome::Outcome;
use wattledger_domain::reference::{BackDating, ReferenceSubmitted};
use wattledger_domain::time::Timestamp;
use wattledger_engine::directory::Directory;
use wattledger_engine::intake::{self, Door};
use wattledger_engine::opening::{EngineConfig, Opened, open};
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::replay::submitted_record;
use wattledger_engine::topics::{self, Topics};
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Log, Outgoing, Producer, Record, Visibility};
use wattledger_wire::documents;
use wattledger_wire::topics as wire;

/// Good events, and the malformed records among them, between two commits of intake: a turn of the program
/// has 500 records.
const AT_ONCE: u64 = 500;

/// How many of what.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Good events.
    pub good: u64,
    /// Malformed records among them.
    pub malformed: u64,
    /// Whether the good ones are sent at all.
    pub among: Among,
}

/// What malformed records are sent among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// The good events.
    Good,
    /// Nothing, at the same times: to know what they cost by themselves.
    Nothing,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What intake and all stages took for all records; making the records is not in it.
    pub spent: Spent,
    /// Malformed records with their class's outcome.
    pub right: u64,
    /// Those with another, by class: one example each.
    pub wrong: BTreeMap<&'static str, String>,
    /// Invoices, and what they come to.
    pub invoices: u64,
    /// Minor units.
    pub gross: i64,
    /// The most memory, KiB.
    pub memory_kib: u64,
    /// What came of what was driven in again.
    pub redriven: Redriven,
}

struct Engine<'a> {
    opened: &'a Opened,
    pipeline: Pipeline,
    producer: Box<dyn Producer>,
    directory: Directory,
}

impl Engine<'_> {
    fn commit(&mut self, records: Vec<Outgoing>) {
        self.producer.begin().unwrap();
        for record in records {
            self.producer.send(record).unwrap();
        }
        self.producer.commit().unwrap();
        while self.pipeline.step().unwrap() {}
        self.pipeline.settle().unwrap();
    }

    fn tick(&self, at: Timestamp) -> Outgoing {
        tick(&self.opened.topics, at)
    }

    /// Takes in what arrived and lets all stages come to rest.
    fn work(&mut self, arrived: Vec<Arrived>, received_at: Timestamp) {
        let mut out = Vec::new();
        for (value, offset) in arrived {
            self.take(value, offset, received_at, &mut out);
        }
        out.push(self.tick(received_at));
        self.commit(out);
    }

    /// What intake makes of a record; it is given as Kafka gives it.
    fn take(&self, value: Option<Vec<u8>>, offset: u64, at: Timestamp, out: &mut Vec<Outgoing>) {
        let record = Record {
            topic: Arc::clone(&self.opened.topics.gateway_events),
            partition: 0,
            offset: i64::try_from(offset).unwrap(),
            key: b"gateway".to_vec(),
            value,
            link: None,
            headers: Vec::new(),
        };
        let door = Door {
            directory: &self.directory,
            received_at: at,
        };
        match door.record(&record) {
            Ok(event) => out.extend(event.map(|event| intake::record(&self.opened.topics, event))),
            Err(aside) => {
                out.push(intake::dead_letter(
                    &self.opened.topics,
                    &record,
                    &aside,
                    at,
                ));
            }
        }
    }
}

/// A tick as a record.
pub fn tick(topics: &Topics, at: Timestamp) -> Outgoing {
    let tick = ControlRecord::Tick(ControlTick {
        at,
        stages: TickedStages::All,
    });
    let value = wire::control::encode(&tick);
    Outgoing::keyed(&topics.control_events, topics::key("tick"), value)
}

/// A record's value and offset.
type Arrived = (Option<Vec<u8>>, u64);

/// Good events of these numbers, and the malformed records that are due among them.
fn arrived(run: Run, numbers: std::ops::Range<u64>, sent: &mut u64) -> Vec<Arrived> {
    let mut arrived = Vec::new();
    for number in numbers {
        if run.among == Among::Good {
            let value = good::event(number).to_string().into_bytes();
            arrived.push((Some(value), u64::MAX >> 1));
        }
        let due = u128::from(number + 1) * u128::from(run.malformed) / u128::from(run.good);
        while u128::from(*sent) < due {
            arrived.push((malformed(*sent).0, *sent));
            *sent += 1;
        }
    }
    arrived
}

/// Sends everything through an engine in a folder and looks at what came of each record.
///
/// # Panics
/// When the engine stops.
#[must_use]
pub fn run(folder: &Path, run: Run) -> Found {
    let config = EngineConfig::new(folder);
    let opened = open(&config, None, good::SECRET.as_bytes()).unwrap();
    let mut engine = Engine {
        pipeline: Pipeline::open(&opened.log, &opened.topics, &config.pipeline(0)).unwrap(),
        producer: opened.log.producer("intake").unwrap(),
        directory: Directory::open(&opened.log, &opened.topics, opened.secret.clone(), None)
            .unwrap(),
        opened: &opened,
    };
    let hash = |token: &str| opened.secret.hash(token);
    let mut records = vec![];
    records.extend(
        good::documents()
            .iter()
            .map(|value| submitted(&opened, value, &hash)),
    );
    engine.commit(records);
    let tick = engine.tick(Timestamp(good::NOON - 60_000));
    engine.commit(vec![tick]);
    engine.directory.refresh().unwrap();
    let (mut spent, mut sent) = (Spent::default(), 0);
    for first in (0..run.good).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let past = (first + AT_ONCE).min(run.good);
        let received_at = Timestamp(good::begins(past / EVENTS_OF_A_SESSION).0 + 3_600_000);
        let arrived = arrived(run, first..past, &mut sent);
        spent.on(|| engine.work(arrived, received_at));
    }
    // Whose start never came is told after a day.
    let last = good::begins(run.good / EVENTS_OF_A_SESSION).0 + 30 * 3_600_000;
    let tick = engine.tick(Timestamp(last));
    engine.commit(vec![tick]);
    let memory_kib = memory_kib();
    drop(engine);
    let mut found = looked_at(&opened, run);
    found.spent = spent;
    found.memory_kib = memory_kib;
    if run.malformed > 0 && run.among == Among::Good {
        let past = Timestamp(last + 3_600_000);
        found.redriven = redriven(opened, &config, past);
    }
    found
}

fn submitted(
    opened: &Opened,
    value: &serde_json::Value,
    hash: &dyn Fn(&str) -> TokenHash,
) -> Outgoing {
    let submission = documents::submission(value, hash).unwrap();
    let submitted = ReferenceSubmitted {
        document: submission.document,
        valid_from: None,
        valid_to: None,
        back_dating: BackDating::Allowed,
        submitted_at: Timestamp(0),
        submitted_by: "test".into(),
    };
    submitted_record(&opened.topics, submitted)
}

pub fn each(log: &Arc<dyn Log>, topic: &str, mut look: impl FnMut(&Record)) {
    let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
    let limit = FetchLimit {
        records: 10_000,
        bytes: 64 << 20,
    };
    for partition in 0..log.partitions(topic).unwrap() {
        let mut next = 0;
        loop {
            let mut records = Vec::new();
            consumer
                .fetch(partition, next, limit, &mut records)
                .unwrap();
            let Some(last) = records.last() else { break };
            next = last.offset + 1;
            records.iter().for_each(&mut look);
        }
    }
}

fn header<'r>(record: &'r Record, name: &str) -> &'r str {
    let found = record.headers.iter().find(|(known, _)| &**known == name);
    found.map_or("", |(_, value)| std::str::from_utf8(value).unwrap())
}

fn looked_at(opened: &Opened, run: Run) -> Found {
    let mut letters: BTreeMap<u64, Box<str>> = BTreeMap::new();
    each(&opened.log, "dead-letter", |record| {
        let number = header(record, "offset").parse().unwrap_or(u64::MAX);
        letters.insert(number, header(record, "code").into());
    });
    let mut unresolved: BTreeMap<Box<str>, Outcome> = BTreeMap::new();
    each(&opened.log, "event.outcomes", |record| {
        let outcome = wire::outcome::decode(record.value.as_deref().unwrap()).unwrap();
        unresolved.insert(outcome.id.as_str().into(), outcome.outcome);
    });
    let mut found = Found::default();
    for number in 0..run.malformed {
        let class = class_of(number);
        let letter = letters.remove(&number);
        let lost = unresolved.get(format!("lost-{number}").as_str());
        if is_right(class, letter.as_deref(), lost) {
            found.right += 1;
        } else {
            let told = format!("record {number}: {letter:?} {lost:?}");
            found.wrong.entry(class.name).or_insert(told);
        }
    }
    if let Some((number, code)) = letters.pop_first() {
        let told = format!("record {number}: {code}");
        found.wrong.insert("a good record", told);
    }
    each(&opened.log, "billing.invoices", |record| {
        let document = wire::issued::decode(record.value.as_deref().unwrap()).unwrap();
        found.invoices += 1;
        found.gross += document.draft.gross.minor;
    });
    found
}

fn is_right(class: &Class, letter: Option<&str>, lost: Option<&Outcome>) -> bool {
    match class.expected {
        Expected::DeadLetter(codes) => letter.is_some_and(|code| codes.contains(&code)),
        Expected::Nothing | Expected::Taken => letter.is_none(),
        Expected::Unresolved => letter.is_none() && lost == Some(&Outcome::Unresolved),
    }
}

/// The most that this process has had in memory.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    figure.and_then(|figure| figure.parse().ok()).unwrap_or(0)
}
