//! What a run leaves: states and outputs, without what may differ between runs.
//!
//! Offsets of `middle` may differ: two tasks write to each of its partitions. So may the order in
//! which their records meet there, but not the order of each. Everything else must be equal.

use std::collections::{BTreeMap, BTreeSet};
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::meta::{self, Meta};
use wattledger_runtime::task::Entries;
use wattledger_runtime::{Consumer, Log, Record, Visibility};

/// What a run leaves.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Per task.
    pub states: BTreeMap<(String, u32), Entries>,
    /// Per topic, partition and source.
    outputs: BTreeMap<(String, u32, String), Vec<Record>>,
}

const WHOLE: FetchLimit = FetchLimit {
    records: usize::MAX,
    bytes: usize::MAX,
};

/// All visible records of a topic, in order of partition and offset.
pub fn records(log: &dyn Log, topic: &str, visibility: Visibility) -> Vec<Record> {
    let mut consumer: Box<dyn Consumer> = log.consumer(topic, visibility).unwrap();
    let mut records = Vec::new();
    for partition in 0..log.partitions(topic).unwrap() {
        consumer.fetch(partition, 0, WHOLE, &mut records).unwrap();
    }
    records
}

impl Outcome {
    /// Adds a task's dump.
    pub fn state(&mut self, stage: &str, partition: u32, mut state: Entries) {
        for (key, value) in &mut state {
            if key == meta::KEY {
                let meta = Meta::decode(value).unwrap();
                *value = Meta {
                    input: 0,
                    changelog: 0,
                    ..meta
                }
                .encode();
            }
        }
        self.states.insert((stage.to_owned(), partition), state);
    }

    /// Adds a topic's records; says what is wrong with their links.
    pub fn outputs(&mut self, log: &dyn Log, topic: &str) -> Result<(), String> {
        for mut record in records(log, topic, Visibility::Process) {
            let link = record
                .link
                .as_mut()
                .ok_or_else(|| format!("{topic}: no link"))?;
            let key = (topic.to_owned(), record.partition, link.source.to_string());
            let before = self.outputs.entry(key).or_default();
            let expected = before.len() as u64 + 1;
            if link.sequence != expected {
                let Record {
                    partition, offset, ..
                } = record;
                let found = link.sequence;
                return Err(format!(
                    "{topic}/{partition}/{offset}: {found}, not {expected}"
                ));
            }
            record.offset = 0;
            if link.source.starts_with("second") {
                link.event.0 = 0;
            }
            before.push(record);
        }
        Ok(())
    }

    /// Fails when a run this short shows nothing.
    pub fn says_enough(&self) {
        let topics: BTreeSet<&str> = self.outputs.keys().map(|(topic, ..)| &**topic).collect();
        assert_eq!(
            topics,
            BTreeSet::from(["middle", "out"])
                .union(&topics)
                .copied()
                .collect()
        );
        let outputs: usize = self.outputs.values().map(Vec::len).sum();
        assert!(outputs > 10, "the toy says too little: {outputs}");
        assert_eq!(self.states.len(), 4);
    }

    /// Where two outcomes part.
    pub fn difference(&self, other: &Self) -> String {
        for (key, records) in &self.outputs {
            let others = other.outputs.get(key).map_or(&[][..], Vec::as_slice);
            if records != others {
                let part = records.iter().zip(others).position(|(one, two)| one != two);
                let (one, two) = (records.len(), others.len());
                return format!("outputs {key:?}: {one} and {two}, parting at {part:?}");
            }
        }
        for (task, state) in &self.states {
            if other.states.get(task) != Some(state) {
                return format!(
                    "state of {task:?}: {state:?} and {:?}",
                    other.states.get(task)
                );
            }
        }
        "outputs or states that only one of them has".to_owned()
    }
}
