//! The wire between a producer and its broker is cut right at a commit: what was sent is there once,
//! with its offset, whatever the producer was told.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::Arc;
use wattledger_kafka_tests::{ApiKey, Broker, Fault, Proxy, Setup};
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings, TopicPlan};
use wattledger_runtime::log::{CommitError, GroupOffset, read};
use wattledger_runtime::{Log, LogError, Outgoing, Visibility};

const TOPIC: &str = "cut";
const GROUP: &str = "cut.group";

fn work(log: &KafkaLog, value: &str, next: i64) -> Result<(), CommitError> {
    let mut producer = log.producer("worker").unwrap();
    producer.begin().unwrap();
    let topic: Arc<str> = TOPIC.into();
    producer
        .send(Outgoing::keyed(&topic, b"key".to_vec(), value.into()))
        .unwrap();
    producer
        .send_offset(GroupOffset {
            group: GROUP.into(),
            topic,
            partition: 0,
            next,
        })
        .unwrap();
    producer.commit().map(|_| ())
}

fn committed(log: &KafkaLog) -> Option<i64> {
    log.committed(GROUP, TOPIC)
        .unwrap()
        .first()
        .copied()
        .flatten()
}

fn values(log: &KafkaLog) -> Vec<String> {
    let mut consumer = log.consumer(TOPIC, Visibility::Process).unwrap();
    let end = consumer.undecided_end(0).unwrap();
    let mut found = Vec::new();
    let mut take = |record: wattledger_runtime::Record| {
        found.push(String::from_utf8(record.value.unwrap()).unwrap());
    };
    read(consumer.as_mut(), 0, (0, end), &mut take).unwrap();
    found
}

#[test]
fn a_connection_cut_at_a_commit_loses_nothing_and_doubles_nothing() {
    let proxy = Proxy::listen();
    let broker = Broker::start_as(&Setup {
        proxied: Some(proxy.address().to_owned()),
        ..Setup::default()
    });
    proxy.forward_to(broker.proxied());
    let through = KafkaLog::open(KafkaSettings::new(proxy.address())).unwrap();
    let beside = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    let plan = TopicPlan {
        name: TOPIC.into(),
        partitions: 1,
        settings: [("retention.ms", "-1".to_owned())].into(),
        groups: Vec::new(),
    };
    beside.admin().unwrap().create(&[plan], 1).unwrap();
    let mut expected = Vec::new();
    let faults = [
        (ApiKey::END_TXN, Fault::Unanswered),
        (ApiKey::END_TXN, Fault::Undelivered),
        (ApiKey::TXN_OFFSET_COMMIT, Fault::Unanswered),
        (ApiKey::PRODUCE, Fault::Unanswered),
        (ApiKey::INIT_PRODUCER_ID, Fault::Unanswered),
    ];
    for (next, (request, fault)) in (1..).zip(faults) {
        let struck = proxy.struck();
        proxy.arm(request, fault);
        let value = format!("{next}");
        // What a worker does: only a commit that is known not to have happened is made again, and one of
        // which nobody knows is decided by the committed offset.
        for _ in 0..5 {
            match work(&through, &value, next) {
                Ok(()) => break,
                Err(CommitError::Aborted(LogError::Fenced(id))) => panic!("{id} was fenced"),
                Err(_) if committed(&beside) == Some(next) => break,
                Err(_) => {}
            }
        }
        assert!(proxy.struck() > struck, "{request:?} was not struck");
        expected.push(value);
        assert_eq!(values(&beside), expected, "after {request:?} {fault:?}");
        assert_eq!(committed(&beside), Some(next));
    }
}
