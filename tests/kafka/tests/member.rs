//! A member goes on where its task stands, whatever its group has been told, and stops loudly where
//! the records are gone.
//!
//! librdkafka 2.12 takes an offset that waits for an open transaction for none when the assignment
//! changes meanwhile (rd_kafka_assignment_apply_offsets): members may not depend on what it finds.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_kafka_tests::Broker;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::log::kafka::{
    Change, GroupInput, KafkaLog, KafkaSettings, Member, TopicPlan,
};
use wattledger_runtime::{Log, LogError, Outgoing, Record};

const TOPIC: &str = "members";
const PATIENCE: Duration = Duration::from_secs(60);
const ALL: FetchLimit = FetchLimit {
    records: 1_000,
    bytes: 1 << 20,
};

/// A topic of ten records of which no group has read one.
fn filled(broker: &Broker) -> KafkaLog {
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    let plan = TopicPlan {
        name: TOPIC.into(),
        partitions: 1,
        settings: [("retention.ms", "-1".to_owned())].into(),
        groups: Vec::new(),
    };
    log.admin().unwrap().create(&[plan], 1).unwrap();
    let topic: Arc<str> = TOPIC.into();
    let mut producer = log.producer("fills").unwrap();
    producer.begin().unwrap();
    for number in 0..10 {
        let value = format!("{number}");
        let record = Outgoing::keyed(&topic, b"key".to_vec(), value.into());
        producer.send(record).unwrap();
    }
    producer.commit().unwrap();
    log
}

/// Joins a group that has no offset, and waits for the partition.
fn joined(log: &KafkaLog, group: &str) -> Member {
    let input = GroupInput {
        group: group.into(),
        topic: TOPIC.into(),
    };
    let mut member = log.join("member", &[input]).unwrap();
    let began = Instant::now();
    loop {
        let changes = member.poll(Duration::from_millis(50), 100).unwrap();
        if let Some(Change::Assigned { partition, .. }) = changes.first() {
            assert_eq!(*partition, 0);
            return member;
        }
        assert!(began.elapsed() < PATIENCE, "nothing was assigned");
    }
}

/// What comes from an offset on, until there are so many.
fn values(member: &mut Member, from: i64, count: usize) -> Result<Vec<String>, LogError> {
    let began = Instant::now();
    let mut records = Vec::new();
    while records.len() < count && began.elapsed() < PATIENCE {
        member.poll(Duration::from_millis(50), 100)?;
        let next = records
            .last()
            .map_or(from, |last: &Record| last.offset.saturating_add(1));
        member.consumer(TOPIC)?.fetch(0, next, ALL, &mut records)?;
    }
    let text = |record: Record| String::from_utf8(record.value.unwrap()).unwrap();
    Ok(records.into_iter().map(text).collect())
}

#[test]
fn a_member_goes_on_where_its_task_stands_though_its_group_was_told_nothing() {
    let broker = Broker::start();
    let log = filled(&broker);
    let mut member = joined(&log, "members.nothing");
    // The client has looked for an offset and found none before the task is ready.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        member.poll(Duration::from_millis(100), 100).unwrap();
    }
    member.start(TOPIC, 0, 7).unwrap();
    assert_eq!(values(&mut member, 7, 3).unwrap(), ["7", "8", "9"]);
}

#[test]
fn a_member_whose_records_are_not_there_names_them() {
    let broker = Broker::start();
    let log = filled(&broker);
    let mut member = joined(&log, "members.gone");
    member.start(TOPIC, 0, 50).unwrap();
    let error = values(&mut member, 50, 1).unwrap_err().to_string();
    assert!(
        error.contains("goes on at offset 50 of members-0"),
        "{error}"
    );
    assert!(error.contains("topics check"), "{error}");
}
