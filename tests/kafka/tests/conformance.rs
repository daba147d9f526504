//! The conformance suite of all logs, on a real Apache Kafka.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wattledger_kafka_tests::Broker;
use wattledger_runtime::conformance::{self, TestBed, topics};
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings, TopicPlan};
use wattledger_runtime::log::simulated::Mishap;
use wattledger_runtime::log::{CommitError, FetchLimit, GroupOffset, PartitionEnd};
use wattledger_runtime::{
    Cleanup, Consumer, Log, LogError, Outgoing, Producer, Record, Visibility,
};

/// Names of topics, groups and producers get a prefix of the bed's own, so that many beds share a
/// broker.
struct Bed {
    prefix: String,
    log: KafkaLog,
}

static BEDS: AtomicU32 = AtomicU32::new(0);

impl Bed {
    fn new() -> Self {
        let prefix = format!("bed-{}-", BEDS.fetch_add(1, Ordering::Relaxed));
        let log = connected();
        let plans = topics().map(|(name, settings)| TopicPlan {
            name: format!("{prefix}{name}").into(),
            partitions: settings.partitions,
            settings: match settings.cleanup {
                Cleanup::Compact => [("cleanup.policy", "compact".to_owned())].into(),
                Cleanup::Retain(_) => [("retention.ms", "-1".to_owned())].into(),
            },
            groups: Vec::new(),
        });
        log.admin().unwrap().create(&plans, 1).unwrap();
        Self { prefix, log }
    }
}

fn connected() -> KafkaLog {
    KafkaLog::open(KafkaSettings::new(Broker::shared().bootstrap())).unwrap()
}

impl TestBed for Bed {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(Prefixed {
            prefix: self.prefix.clone(),
            log: self.log.clone(),
        })
    }
    fn commits_are_durable(&self) -> bool {
        true
    }
    fn trim(&self, _: u32, _: i64) -> Option<Result<i64, LogError>> {
        None
    }
    fn restart(&mut self) {
        self.log = connected();
    }
    fn cut_power(&mut self, _: usize) -> bool {
        false
    }
    /// librdkafka asks again by itself; `wire.rs` cuts the wire where that matters.
    fn next_commit(&mut self, _: Mishap) -> bool {
        false
    }
}

struct Prefixed {
    prefix: String,
    log: KafkaLog,
}

impl Prefixed {
    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl Log for Prefixed {
    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        self.log.partitions(&self.named(topic))
    }
    fn producer(&self, id: &str) -> Result<Box<dyn Producer>, LogError> {
        let inner = self.log.producer(&self.named(id))?;
        let prefix = self.prefix.clone();
        let log = self.log.clone();
        Ok(Box::new(PrefixedProducer { prefix, inner, log }))
    }
    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError> {
        let inner = self.log.consumer(&self.named(topic), visibility)?;
        let topic = topic.into();
        Ok(Box::new(PrefixedConsumer { topic, inner }))
    }
    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError> {
        self.log.committed(&self.named(group), &self.named(topic))
    }
    fn sync(&self) -> Result<(), LogError> {
        self.log.sync()
    }
}

struct PrefixedConsumer {
    topic: Arc<str>,
    inner: Box<dyn Consumer>,
}

impl Consumer for PrefixedConsumer {
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        let before = records.len();
        self.inner.fetch(partition, from, limit, records)?;
        for record in records.iter_mut().skip(before) {
            record.topic = Arc::clone(&self.topic);
        }
        Ok(())
    }
    fn is_empty(&mut self, partition: u32, from: i64, before: i64) -> Result<bool, LogError> {
        self.inner.is_empty(partition, from, before)
    }
    fn end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.inner.end(partition)
    }
    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        self.inner.ends()
    }
    fn undecided_end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.inner.undecided_end(partition)
    }
    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        self.inner.start(partition)
    }
    fn wait(&mut self, at_most: Duration) {
        self.inner.wait(at_most);
    }
}

struct PrefixedProducer {
    prefix: String,
    inner: Box<dyn Producer>,
    log: KafkaLog,
}

impl PrefixedProducer {
    /// The broker marks a commit in its partitions after it has answered, and shows it once no older
    /// transaction is open there; the suite looks at once.
    fn until_shown(&self, end: &PartitionEnd) {
        let mut consumer = self.log.consumer(&end.topic, Visibility::Process).unwrap();
        for _ in 0..50 {
            if consumer.end(end.partition).unwrap() >= end.next {
                return;
            }
            consumer.wait(Duration::from_millis(10));
        }
    }

    fn named(&self, name: &str) -> Arc<str> {
        format!("{}{name}", self.prefix).into()
    }
}

impl Producer for PrefixedProducer {
    fn begin(&mut self) -> Result<(), LogError> {
        self.inner.begin()
    }
    fn send(&mut self, record: Outgoing) -> Result<(), LogError> {
        let topic = self.named(&record.topic);
        self.inner.send(Outgoing { topic, ..record })
    }
    fn send_offset(&mut self, offset: GroupOffset) -> Result<(), LogError> {
        self.inner.send_offset(GroupOffset {
            group: self.named(&offset.group),
            topic: self.named(&offset.topic),
            ..offset
        })
    }
    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        let ends = self.inner.commit()?;
        ends.iter().for_each(|end| self.until_shown(end));
        Ok(ends
            .into_iter()
            .map(|end| PartitionEnd {
                topic: end.topic.strip_prefix(&*self.prefix).unwrap().into(),
                ..end
            })
            .collect())
    }
    fn abort(&mut self) {
        self.inner.abort();
    }
}

#[test]
fn apache_kafka_conforms() {
    conformance::run(&|| Box::new(Bed::new()));
}
