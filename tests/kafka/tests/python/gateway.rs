//! gateway.py: one session in JSON, in Avro and straight to the engine's topic is the same session.

use crate::interpreter::{bytes, done, lines, program, with_kafka};
use serde_json::Value;
use wattledger_domain::charging::{ChargingRecord, FieldEvent, TokenRef};
use wattledger_domain::ids::TokenHash;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::partitioner;
use wattledger_wire::cloud_events::{self, Intake};
use wattledger_wire::topics::charging;

const PARTITIONS: u32 = 5;

/// Sends the session of one minute to a topic of its own and returns what stands there.
fn sent(topic: &str, arguments: &[&str]) -> Vec<Value> {
    let partitions = PARTITIONS.to_string();
    done(with_kafka("topics.py").args(["--make", &partitions, topic]));
    let mut gateway = with_kafka("gateway.py");
    gateway.args(["--topic", topic, "--station", "north-1"]);
    gateway.args(["--end", "2026-05-04T11:00:00+02:00"]);
    let reports = lines(&done(gateway.args(arguments)));
    let records = lines(&done(with_kafka("topics.py").arg(topic)));
    assert_eq!(reports.len(), records.len(), "each event is reported");
    records
}

/// What intake makes of an event in JSON that was received at `received_at`.
fn taken(record: &Value, received_at: Timestamp) -> FieldEvent {
    let token = |_: &str, _: Timestamp| TokenRef {
        hash: TokenHash([0; 16]),
        account: None,
        group: None,
        tax: None,
    };
    let intake = Intake {
        received_at,
        token: &token,
    };
    cloud_events::single(&bytes(&record["value"]), &intake).unwrap()
}

fn decoded(record: &Value) -> FieldEvent {
    match charging::decode(&bytes(&record["value"])) {
        Ok(ChargingRecord::Field(event)) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gateways_session_is_the_same_in_json_in_avro_and_as_a_trusted_one() {
    let json = sent("gateway-json", &[]);
    let avro = sent("gateway-avro", &["--format", "avro"]);
    let trusted = sent("gateway-trusted", &["--trusted"]);
    // Asked, started, read after 15, 30 and 45 minutes, ended.
    assert_eq!(json.len(), 6);
    for ((json, avro), trusted) in json.iter().zip(&avro).zip(&trusted) {
        let avro = decoded(avro);
        assert_eq!(taken(json, avro.received_at), avro);
        let trusted_event = decoded(trusted);
        assert_eq!(taken(json, trusted_event.received_at), trusted_event);
        let key = bytes(&trusted["key"]);
        assert_eq!(key, b"default/north-1");
        let partition = partitioner::partition(&key, PARTITIONS);
        assert_eq!(trusted["partition"], partition, "murmur2, as the engine");
        let kind = json["headers"]["content-type"].as_str();
        assert_eq!(kind, Some("application/cloudevents+json"));
    }
}

#[test]
fn a_token_in_plain_text_is_hashed_by_nobody_but_intake() {
    let mut gateway = program("gateway.py");
    gateway.args(["--kafka", "127.0.0.1:1", "--token", "CARD-7"]);
    let output = gateway.args(["--format", "avro"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("keyed hash"), "{words}");
}
