//! The framed log over an embedded one, with a registry that comes and goes.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

use super::*;
use crate::registry::tests::server::server;
use crate::topics;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use wattledger_domain::charging::{ChargingRecord, ClockTick};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::EmbeddedLog;
use wattledger_wire::topics::{charging, published};
use wattledger_wire::{DecodeError, NoRegistry};

const EVERYTHING: FetchLimit = FetchLimit {
    records: 100,
    bytes: usize::MAX,
};

fn tick(at: i64) -> ChargingRecord {
    ChargingRecord::Tick(ClockTick { at: Timestamp(at) })
}

struct Bed {
    _folder: tempfile::TempDir,
    raw: EmbeddedLog,
    framed: FramedLog,
    topics: Topics,
    is_up: Arc<AtomicBool>,
}

/// Ours are registered as 1, 2, …; 100 is a newer version of a tick.
fn bed() -> Bed {
    let folder = tempfile::tempdir().unwrap();
    let raw = EmbeddedLog::open(folder.path(), &topics::settings(1)).unwrap();
    let is_up = Arc::new(AtomicBool::new(true));
    let answers = Arc::clone(&is_up);
    let registry = server(move |request| {
        let is_up = answers.load(Ordering::Relaxed);
        is_up.then(|| answer(request))
    });
    let topics = Topics::default();
    let mut framed = FramedLog::open(Arc::new(raw.clone()), &topics, registry).unwrap();
    Arc::get_mut(&mut framed.edge).unwrap().again = Duration::ZERO;
    Bed {
        _folder: folder,
        raw,
        framed,
        topics,
        is_up,
    }
}

fn answer(request: &str) -> (u16, String) {
    let ours = published();
    if let Some(named) = request.strip_prefix("post /subjects/") {
        let is_it = |name: &str| named.starts_with(&format!("{}/", name.to_lowercase()));
        let place = ours.iter().position(|known| is_it(&known.name)).unwrap();
        return (200, json!({ "id": place + 1 }).to_string());
    }
    if request.starts_with("get /schemas/ids/100 ") {
        let name = "wattledger.charging.ClockTick";
        let mut newer = ours.into_iter().find(|known| known.name == name).unwrap();
        let by = json!({ "name": "by", "type": ["null", "string"], "default": null });
        newer.schema["fields"].as_array_mut().unwrap().push(by);
        let text = newer.schema.to_string();
        return (200, json!({ "schema": text }).to_string());
    }
    match request.split(' ').next() {
        Some("put") => (200, "{}".to_owned()),
        _ if request.starts_with("get /subjects ") => (200, "[]".to_owned()),
        _ => (404, json!({ "error_code": 40403 }).to_string()),
    }
}

fn send(log: &dyn Log, topic: &Arc<str>, value: &[u8]) {
    let mut producer = log.producer("test").unwrap();
    producer.begin().unwrap();
    let record = Outgoing::keyed(topic, b"key".to_vec(), value.to_vec());
    producer.send(record.to_partition(0)).unwrap();
    producer.commit().unwrap();
}

fn values(log: &dyn Log, topic: &str, from: i64) -> Vec<Vec<u8>> {
    let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
    let mut records = Vec::new();
    consumer.fetch(0, from, EVERYTHING, &mut records).unwrap();
    let values = records.into_iter().map(|record| record.value.unwrap());
    values.collect()
}

/// A tick as a gateway writes it by the newer version.
fn newer(at: i64, id: u32) -> Vec<u8> {
    let ours = charging::encode(&tick(at));
    [&[0], &id.to_be_bytes()[..], ours.get(10..).unwrap(), &[0]].concat()
}

#[test]
fn records_of_ours_carry_ids_in_the_log_and_none_for_their_readers() {
    let bed = bed();
    let topic = &bed.topics.charging_events;
    let ours = charging::encode(&tick(1));
    send(&bed.framed, topic, &ours);
    let stored = values(&bed.raw, topic, 0).remove(0);
    assert_eq!(stored.first(), Some(&0));
    assert_eq!(charging::decode(&stored).unwrap_err().code(), "WIRE-010");
    assert_eq!(values(&bed.framed, topic, 0), std::slice::from_ref(&ours));
    send(&bed.framed, &bed.topics.dead_letter, &ours);
    assert_eq!(values(&bed.raw, &bed.topics.dead_letter, 0), [ours]);
}

#[test]
fn what_is_no_record_of_ours_stays_as_it_is_both_ways() {
    let bed = bed();
    let changelog = &bed.topics.sessions_changelog;
    let count = 1_u64.to_be_bytes();
    let mut producer = bed.framed.producer("test").unwrap();
    producer.begin().unwrap();
    producer
        .change(changelog, 0, b"parked", Some(&count))
        .unwrap();
    producer.commit().unwrap();
    bed.is_up.store(false, Ordering::Relaxed);
    assert_eq!(values(&bed.framed, changelog, 0), [count]);
    let dead = &bed.topics.dead_letter;
    send(&bed.framed, dead, &newer(1, 100));
    assert_eq!(values(&bed.framed, dead, 0), [newer(1, 100)]);
}

#[test]
fn a_record_waits_for_its_registry_and_all_behind_it_in_order() {
    let bed = bed();
    let topic = &bed.topics.charging_events;
    send(&bed.framed, topic, &charging::encode(&tick(1)));
    send(&bed.raw, topic, &newer(2, 100));
    send(&bed.framed, topic, &charging::encode(&tick(3)));
    bed.is_up.store(false, Ordering::Relaxed);
    let first = charging::encode(&tick(1));
    assert_eq!(values(&bed.framed, topic, 0), std::slice::from_ref(&first));
    let mut consumer = bed.framed.consumer(topic, Visibility::Process).unwrap();
    let mut records = Vec::new();
    consumer.fetch(0, 1, EVERYTHING, &mut records).unwrap();
    assert_eq!(records, []);
    assert!(!consumer.is_empty(0, 1, 3).unwrap(), "it is there");
    bed.is_up.store(true, Ordering::Relaxed);
    let all = [1, 2, 3].map(|at| charging::encode(&tick(at)));
    assert_eq!(values(&bed.framed, topic, 0), all);
}

#[test]
fn an_id_that_the_registry_does_not_know_is_refused_by_the_reader() {
    let bed = bed();
    let topic = &bed.topics.charging_events;
    send(&bed.raw, topic, &newer(1, 999));
    send(&bed.framed, topic, &charging::encode(&tick(2)));
    let read = values(&bed.framed, topic, 0);
    let read = read
        .iter()
        .map(|value| charging::decode_with(value, &NoRegistry));
    let read: Vec<_> = read.collect();
    assert_eq!(read, [Err(DecodeError::UnknownId(999)), Ok(tick(2))]);
}
