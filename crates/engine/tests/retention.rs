//! What an engine lets its log forget, day by day for more than a year.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

use std::sync::Arc;
use wattledger_domain::time::Timestamp;
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_engine::retention;
use wattledger_engine::service::Service;
use wattledger_runtime::log::GroupOffset;
use wattledger_runtime::{Outgoing, Visibility};
use wattledger_views::NextOffset;

const DAY: i64 = 86_400_000;
const NOON: i64 = 1_764_072_000_000;

/// Three records in partition 0.
fn append(service: &Service, topic: &Arc<str>) {
    let mut producer = service.log.producer("test").unwrap();
    producer.begin().unwrap();
    for _ in 0..3 {
        let record = Outgoing::keyed(topic, b"default/key".to_vec(), b"value".to_vec());
        producer.send(record.to_partition(0)).unwrap();
    }
    producer.commit().unwrap();
}

fn folded(service: &Service, group: &str, topic: &Arc<str>, next: i64) {
    let mut producer = service.log.producer("test").unwrap();
    producer.begin().unwrap();
    let (group, topic) = (group.into(), Arc::clone(topic));
    let partition = 0;
    producer
        .send_offset(GroupOffset {
            group,
            topic,
            partition,
            next,
        })
        .unwrap();
    producer.commit().unwrap();
}

#[track_caller]
fn check(service: &Service, topic: &Arc<str>, start: i64) {
    let mut consumer = service.log.consumer(topic, Visibility::Durable).unwrap();
    assert_eq!(consumer.start(0).unwrap(), start, "{topic}");
}

#[test]
fn only_what_stages_and_views_have_taken_goes_and_the_books_stay() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::new(
        open(&EngineConfig::new(folder.path()), None, b"secret").unwrap(),
        "test",
    );
    let service = service.unwrap();
    let topics = &service.topics;
    let all = [
        &topics.charging_events,
        &topics.account_events,
        &topics.charging_commands,
        &topics.analytics_events,
        &topics.billing_invoices,
        &topics.replay_progress,
    ];
    all.iter().for_each(|topic| append(&service, topic));
    folded(&service, "wattledger.sessions", &topics.charging_events, 3);
    folded(&service, "wattledger.accounts", &topics.account_events, 1);
    let shown = [
        (&topics.charging_events, 2),
        (&topics.account_events, 3),
        (&topics.charging_commands, 3),
        (&topics.billing_invoices, 3),
    ]
    .map(|(topic, next)| NextOffset {
        topic: topic.as_ref().into(),
        partition: 0,
        next,
    });
    service.views.apply(&[], &shown).unwrap();
    for day in 0..=6 {
        let retained = retention::once(
            &service,
            service.embedded.as_ref().unwrap(),
            Timestamp(NOON + day * DAY),
        )
        .unwrap();
        assert_eq!(retained.trimmed, [], "day {day}");
    }
    retention::once(
        &service,
        service.embedded.as_ref().unwrap(),
        Timestamp(NOON + 7 * DAY),
    )
    .unwrap();
    check(&service, &topics.charging_commands, 3);
    check(&service, &topics.charging_events, 0);
    for day in 8..=366 {
        retention::once(
            &service,
            service.embedded.as_ref().unwrap(),
            Timestamp(NOON + day * DAY),
        )
        .unwrap();
    }
    check(&service, &topics.charging_events, 2);
    check(&service, &topics.account_events, 1);
    check(&service, &topics.analytics_events, 3);
    check(&service, &topics.billing_invoices, 0);
    check(&service, &topics.replay_progress, 0);
}
