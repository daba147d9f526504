//! What an event writes: the records of the changelog, over an hour of a session's life.

use super::turn::{PARTITIONS, open, send, turns};
use wattledger_benches::goal::{at_most, figure};
use wattledger_benches::scene::{self, Scene};
use wattledger_engine::topics::{self, Topics};
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Consumer, EmbeddedLog, Log, RocksStore, Visibility};

/// Live sessions, as each is written at every reading: few are as good as many.
const SCENE: Scene = Scene { sessions: 1_000 };
/// Minutes measured, and a reading in each.
const MINUTES: usize = 60;

pub fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let topics = Topics::default();
    let log = EmbeddedLog::open(&folder.path().join("log"), &topics::settings(PARTITIONS)).unwrap();
    let store = |partition: u32| {
        RocksStore::open(&folder.path().join(format!("store-{partition}"))).unwrap()
    };
    let mut tasks: Vec<_> = (0..PARTITIONS)
        .map(|partition| open(&log, &topics, partition, store(partition)))
        .collect();
    let mut producer = log.producer("benchmark").unwrap();
    let begun = std::iter::once(scene::tick(0)).chain(SCENE.openings());
    send(&mut *producer, &topics, SCENE.documents().chain(begun));
    turns(&mut tasks, &log);
    let mut changelog = log
        .consumer(&topics.sessions_changelog, Visibility::Process)
        .unwrap();
    let mut read = Written::default();
    read.rest(&mut *changelog);
    let mut minutes: Vec<Written> = Vec::new();
    for minute in 1..=MINUTES {
        let records = std::iter::once(scene::tick(minute)).chain(SCENE.readings(minute));
        send(&mut *producer, &topics, records);
        turns(&mut tasks, &log);
        let before = Written { ..read };
        read.rest(&mut *changelog);
        minutes.push(read.since(&before));
    }
    let each = |bytes: usize, minutes: usize| bytes as f64 / (minutes * SCENE.sessions) as f64;
    let of = |what: fn(&Written) -> usize, some: &[Written]| {
        each(some.iter().map(what).sum(), some.len())
    };
    let handful = &minutes[..6];
    at_most(
        "changelog values of an event, first 6 readings",
        "bytes/event",
        250.0,
        of(|written| written.values, handful),
    );
    figure(
        "  over an hour of readings",
        "bytes/event",
        of(|written| written.values, &minutes),
    );
    figure(
        "  their keys",
        "bytes/event",
        of(|written| written.keys, &minutes),
    );
    figure(
        "  records",
        "per 1,000 events",
        1_000.0 * of(|written| written.records, &minutes),
    );
}

/// What stands in the changelog.
#[derive(Clone, Copy, Default)]
struct Written {
    from: [i64; PARTITIONS as usize],
    records: usize,
    keys: usize,
    values: usize,
}

impl Written {
    /// Reads to the end and counts the entities, not the task's own notes.
    fn rest(&mut self, changelog: &mut dyn Consumer) {
        let limit = FetchLimit {
            records: 1_000,
            bytes: 1 << 20,
        };
        for (partition, from) in (0..).zip(&mut self.from) {
            loop {
                let mut records = Vec::new();
                changelog
                    .fetch(partition, *from, limit, &mut records)
                    .unwrap();
                let Some(last) = records.last() else { break };
                *from = last.offset + 1;
                for record in records
                    .iter()
                    .filter(|record| record.key.first() == Some(&b'E'))
                {
                    self.records += 1;
                    self.keys += record.key.len();
                    self.values += record.value.as_ref().map_or(0, Vec::len);
                }
            }
        }
    }

    const fn since(&self, before: &Self) -> Self {
        Self {
            from: self.from,
            records: self.records - before.records,
            keys: self.keys - before.keys,
            values: self.values - before.values,
        }
    }
}
