//! What every log must do, as tests that each log runs: one protocol, one suite.
//!
//! A log joins by a [`TestBed`]. Invariant: nothing here asks for more than Kafka can do; offsets
//! may have gaps, a reader of a compacted topic may see older records of a key, ends may lie past
//! markers.
#![allow(
    clippy::unwrap_used,
    reason = "a suite of tests: a failed step fails the test"
)]

mod durability;
mod fencing;
mod retention;
mod transactions;

use crate::log::embedded::EmbeddedLog;
use crate::log::simulated::Mishap;
use crate::log::{
    Cleanup, CommitError, Consumer, FetchLimit, GroupOffset, Log, LogError, PartitionEnd, Producer,
    TopicSettings, Visibility,
};
use crate::record::{Outgoing, Record};
use std::sync::Arc;

/// A log under test, and what can be done to it from outside.
pub trait TestBed {
    /// The log as the process sees it now, with the topics of [`topics`].
    fn log(&self) -> Arc<dyn Log>;

    /// Makes everything committed so far durable.
    fn sync(&mut self) {
        self.log().sync().unwrap();
    }

    /// Whether a commit is durable by itself.
    fn commits_are_durable(&self) -> bool;

    /// Deletes records before an offset, never past what a group has still to read; `None` when
    /// this log leaves that to its broker.
    fn trim(&self, partition: u32, before: i64) -> Option<Result<i64, LogError>>;

    /// The log itself where it is told the time and forgets by it; `None` when it leaves that to its
    /// broker.
    fn told_the_time(&self) -> Option<EmbeddedLog> {
        None
    }

    /// Ends the process in the middle of whatever it does, and starts it again.
    fn restart(&mut self);

    /// Loses the power with the disk at the `point`-th place since the last sync, from 0; `false`
    /// when there are not so many, and always for a log that no single machine can lose.
    fn cut_power(&mut self, point: usize) -> bool;

    /// Lets the next commit meet a mishap; `false` when this bed cannot.
    fn next_commit(&mut self, mishap: Mishap) -> bool;
}

/// The topic of most tests.
pub const KEPT: &str = "kept";
/// A second one, of another number of partitions.
pub const OTHER: &str = "other";
/// A compacted one.
pub const COMPACTED: &str = "compacted";

/// The topics that a log under test must have, empty.
#[must_use]
pub fn topics() -> [(&'static str, TopicSettings); 3] {
    let kept = |partitions| TopicSettings {
        partitions,
        cleanup: Cleanup::Retain(i64::MAX),
    };
    let compacted = TopicSettings {
        partitions: 1,
        cleanup: Cleanup::Compact,
    };
    [(KEPT, kept(2)), (OTHER, kept(3)), (COMPACTED, compacted)]
}

type Case = fn(&dyn Fn() -> Box<dyn TestBed>);

/// The suite, a name and a test each, for harnesses that report them apart.
#[must_use]
pub fn cases() -> Vec<(&'static str, Case)> {
    let parts = [
        transactions::CASES,
        fencing::CASES,
        retention::CASES,
        durability::CASES,
    ];
    parts.concat()
}

/// Runs the whole suite; `make` gives a bed with an empty log.
///
/// # Panics
/// With what the log did wrong; the case's name is in the log line before.
pub fn run(make: &dyn Fn() -> Box<dyn TestBed>) {
    for (name, case) in cases() {
        tracing::info!(name, "conformance");
        case(make);
    }
}

fn outgoing(topic: &str, key: &str, value: &str) -> Outgoing {
    Outgoing::keyed(&topic.into(), key.into(), value.into())
}

/// A record for partition 0.
fn first(value: &str) -> Outgoing {
    outgoing(KEPT, "key", value).to_partition(0)
}

fn group_offset(group: &str, next: i64) -> GroupOffset {
    GroupOffset {
        group: group.into(),
        topic: KEPT.into(),
        partition: 0,
        next,
    }
}

/// A producer with a transaction open that holds these.
fn opened(log: &dyn Log, id: &str, records: &[Outgoing]) -> Box<dyn Producer> {
    let mut producer = log.producer(id).unwrap();
    producer.begin().unwrap();
    for record in records {
        producer.send(record.clone()).unwrap();
    }
    producer
}

fn append(log: &dyn Log, id: &str, records: &[Outgoing]) -> Vec<PartitionEnd> {
    opened(log, id, records).commit().unwrap()
}

fn append_values(log: &dyn Log, values: &[&str]) {
    let records: Vec<_> = values.iter().map(|value| first(value)).collect();
    append(log, "appender", &records);
}

fn committed(log: &dyn Log, group: &str) -> Option<i64> {
    committed_of(log, group, KEPT, 0)
}

fn committed_of(log: &dyn Log, group: &str, topic: &str, partition: usize) -> Option<i64> {
    log.committed(group, topic)
        .unwrap()
        .get(partition)
        .copied()
        .flatten()
}

/// Everything visible from an offset on, fetched in pieces until nothing more comes.
fn read_from(
    consumer: &mut dyn Consumer,
    partition: u32,
    from: i64,
    at_once: usize,
) -> Vec<Record> {
    let limit = FetchLimit {
        records: at_once,
        bytes: usize::MAX,
    };
    let mut records: Vec<Record> = Vec::new();
    let mut next = from;
    let end = consumer.end(partition).unwrap();
    while next < end {
        let before = records.len();
        consumer
            .fetch(partition, next, limit, &mut records)
            .unwrap();
        if records.len() == before && consumer.is_empty(partition, next, end).unwrap() {
            break;
        }
        let fetched = records.get(before..).unwrap_or_default();
        assert!(fetched.len() <= at_once, "more records than asked for");
        for record in fetched {
            assert!(
                record.offset >= next,
                "offset {} again, after {next}",
                record.offset
            );
            assert_eq!(record.partition, partition);
            next = record.offset + 1;
        }
    }
    records
}

fn read(log: &dyn Log, topic: &str, partition: u32, visibility: Visibility) -> Vec<Record> {
    let mut consumer = log.consumer(topic, visibility).unwrap();
    let start = consumer.start(partition).unwrap();
    read_from(consumer.as_mut(), partition, start, 100)
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(
        || "-".to_owned(),
        |bytes| String::from_utf8_lossy(bytes).into_owned(),
    )
}

/// The values of partition 0 that a reader of this kind sees.
fn values_seen(log: &dyn Log, visibility: Visibility) -> Vec<String> {
    let records = read(log, KEPT, 0, visibility);
    records
        .iter()
        .map(|record| text(record.value.as_deref()))
        .collect()
}

fn values(log: &dyn Log) -> Vec<String> {
    values_seen(log, Visibility::Process)
}

#[track_caller]
fn refused(outcome: Result<Vec<PartitionEnd>, CommitError>) {
    match outcome {
        Ok(ends) => panic!("committed up to {ends:?}"),
        Err(CommitError::Indefinite(error)) => panic!("must be aborted for sure: {error}"),
        Err(CommitError::Aborted(_)) => {}
    }
}

fn arc(text: &str) -> Arc<str> {
    text.into()
}
