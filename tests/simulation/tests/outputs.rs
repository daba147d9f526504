//! What a run has published: whole records, read from its log, and what they say.

use std::path::Path;
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_engine::topics::PUBLIC;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Log, Record, Visibility};

/// What others read, and what stages and the payments worker read of each other.
fn compared() -> impl Iterator<Item = &'static str> {
    PUBLIC.into_iter().chain([
        "account.events",
        "invoice.events",
        "payment.commands",
        "charging.events",
    ])
}

/// The records of one run, by topic, partition and offset.
#[derive(Debug, PartialEq, Eq)]
pub struct Outputs(pub Vec<Record>);

impl Outputs {
    /// Reads the log of a directory that nothing runs on.
    pub fn read(directory: &Path, partitions: u32) -> Self {
        let config = EngineConfig {
            partitions,
            ..EngineConfig::new(directory)
        };
        let opened = open(&config, b"not needed: the directory has one").unwrap();
        let mut records = Vec::new();
        let limit = FetchLimit {
            records: usize::MAX,
            bytes: usize::MAX,
        };
        for topic in compared() {
            let mut consumer = opened.log.consumer(topic, Visibility::Process).unwrap();
            for partition in 0..opened.log.partitions(topic).unwrap() {
                consumer.fetch(partition, 0, limit, &mut records).unwrap();
            }
        }
        Self(records)
    }

    /// The records of a topic, decoded.
    pub fn decoded<T, E: std::fmt::Debug>(
        &self,
        topic: &str,
        decode: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Vec<T> {
        let records = self.0.iter().filter(|record| &*record.topic == topic);
        records
            .map(|record| decode(record.value.as_deref().unwrap()).unwrap())
            .collect()
    }

    /// How many records each topic holds, those without any left out.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let count = |topic: &str| {
            self.0
                .iter()
                .filter(|record| &*record.topic == topic)
                .count()
        };
        compared()
            .map(|topic| (topic, count(topic)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// Compares two runs record by record; panics at the first that differs.
    pub fn assert_same(&self, other: &Self, what: &str) {
        for (one, two) in self.0.iter().zip(&other.0) {
            let place = (&one.topic, one.partition, one.offset);
            assert!(one == two, "{what}: {place:?} differs:\n{one:?}\n{two:?}");
        }
        assert_eq!(self.counts(), other.counts(), "{what}: one has more");
    }
}
