//! The registry's client against a real one, killed and started again.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::time::Duration;
use wattledger_domain::charging::{ChargingRecord, ClockTick};
use wattledger_domain::time::Timestamp;
use wattledger_engine::registry::{Framing, Registry, RegistryError};
use wattledger_kafka_tests::SchemaRegistry;
use wattledger_wire::DecodeError;
use wattledger_wire::topics::{charging, published};

const TICK: &str = "wattledger.charging.ClockTick";

/// A client that knows nothing yet.
fn client(running: &SchemaRegistry) -> Registry {
    Registry::new(running.address(), Duration::from_secs(30)).unwrap()
}

fn tick() -> ChargingRecord {
    ChargingRecord::Tick(ClockTick {
        at: Timestamp(1_764_072_000_000),
    })
}

fn schema(name: &str) -> serde_json::Value {
    let known = published().into_iter().find(|known| known.name == name);
    known.unwrap().schema
}

/// The schema of a tick with one more field.
fn next_tick(field: serde_json::Value) -> String {
    let mut schema = schema(TICK);
    schema["fields"].as_array_mut().unwrap().push(field);
    schema.to_string()
}

/// A record of that schema, its new field null: under Confluent's framing.
fn next_record(id: u32) -> Vec<u8> {
    let ours = charging::encode(&tick());
    let body = ours.get(10..).unwrap();
    [&[0], &id.to_be_bytes()[..], body, &[0]].concat()
}

fn optional(name: &str) -> serde_json::Value {
    serde_json::json!({ "name": name, "type": ["null", "string"], "default": null })
}

#[test]
fn schemas_are_registered_once_and_records_read_by_their_ids() {
    let running = SchemaRegistry::start();
    let registry = client(&running);
    assert_eq!(registry.latest(TICK), Ok(None));
    let framing = registry.publish().unwrap();
    assert_eq!(registry.publish().unwrap(), framing, "again: the same ids");
    for known in published() {
        let latest = registry.latest(&known.name).unwrap().unwrap();
        assert_eq!(
            framing.id(known.fingerprint),
            Some(latest.id),
            "{}",
            known.name
        );
        assert_eq!(latest.version, 1, "{}", known.name);
        let text: serde_json::Value = serde_json::from_str(&latest.schema).unwrap();
        assert_eq!(text, known.schema);
    }
    let framed = framing.frame(charging::encode(&tick()));
    assert_eq!(framed.first(), Some(&0));
    assert_eq!(
        charging::decode_with(&framed, &client(&running)),
        Ok(tick())
    );
    other_versions(&running, &registry, &framing);
    outage(&running, &registry, &framed);
}

/// A gateway's newer version is read as ours; one that does not go with ours is not registered.
fn other_versions(running: &SchemaRegistry, registry: &Registry, framing: &Framing) {
    let next = registry.register(TICK, &next_tick(optional("by"))).unwrap();
    assert!(
        published()
            .iter()
            .all(|known| framing.id(known.fingerprint) != Some(next))
    );
    assert_eq!(registry.latest(TICK).unwrap().unwrap().version, 2);
    let read = charging::decode_with(&next_record(next), &client(running));
    assert_eq!(read, Ok(tick()));
    let required = serde_json::json!({ "name": "by", "type": "string" });
    let refused = registry.register(TICK, &next_tick(required)).unwrap_err();
    assert!(
        matches!(refused, RegistryError::Incompatible { .. }),
        "{refused}"
    );
    assert_eq!(
        registry.publish().as_ref(),
        Ok(framing),
        "ours stay registered"
    );
}

/// What is known is read on without the registry; what is not waits for it.
fn outage(running: &SchemaRegistry, registry: &Registry, framed: &[u8]) {
    let late = registry
        .register(TICK, &next_tick(optional("from")))
        .unwrap();
    let warm = client(running);
    assert_eq!(charging::decode_with(framed, &warm), Ok(tick()));
    running.kill();
    assert_eq!(charging::decode_with(framed, &warm), Ok(tick()));
    let error = charging::decode_with(&next_record(late), &warm).unwrap_err();
    assert!(error.is_retriable(), "{error}");
    running.restart();
    assert_eq!(charging::decode_with(&next_record(late), &warm), Ok(tick()));
    let nobodys = charging::decode_with(&next_record(999_999), &warm);
    assert_eq!(nobodys, Err(DecodeError::UnknownId(999_999)));
}
