//! The classes of what is malformed, each with its one outcome.

use crate::good::{self, EVENTS_OF_A_SESSION};
use serde_json::{Value, json};
use std::sync::Arc;
use wattledger_domain::charging::{ChargingRecord, FieldBody, FieldEvent, TokenRef};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::time::Timestamp;
use wattledger_wire::avro::put_long;
use wattledger_wire::cloud_events::{self, Intake};
use wattledger_wire::topics::charging;
use wattledger_wire::{SchemaSource, SourceFault, Writer};

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// A dead letter with one of these codes.
    DeadLetter(&'static [&'static str]),
    /// Nothing at all.
    Nothing,
    /// Taken; no session is known for it.
    Unresolved,
    /// Taken: its clock is not believed (`anomaly_10` in crates/sessions says what comes of it).
    Taken,
}

/// A class.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// Its outcome.
    pub expected: Expected,
    make: fn(u64) -> Option<Vec<u8>>,
}

/// The class of records that can be read once their schema registry is configured: they are driven
/// in again then.
pub const FRAMED: &str = "registry that is not configured";

use Expected::{DeadLetter, Nothing, Taken, Unresolved};

macro_rules! classes {
    ($($name:expr, $expected:expr, $make:expr;)*) => {
        /// Every class.
        pub const CLASSES: &[Class] = &[$(Class { name: $name, expected: $expected, make: $make },)*];
    };
}

classes! {
    "empty value", DeadLetter(&["unreadable"]), |_| Some(Vec::new());
    "tombstone", Nothing, |_| None;
    "one byte", DeadLetter(&["json", "WIRE-001", "WIRE-008"]),
        |number| Some(vec![[b'{', 0xC3, 0x00, b' '][at(number, 4)]]);
    "wrong magic", DeadLetter(&["json"]), |number| Some(changed(number, 0, 0xC4));
    "wrong second magic", DeadLetter(&["WIRE-008"]), |number| Some(changed(number, 1, 0x02));
    "unknown fingerprint", DeadLetter(&["WIRE-009"]), |number| Some(changed(number, 5, 0xAA));
    "unknown registry id", DeadLetter(&["WIRE-010"]),
        |number| Some([&[0, 0, 0, 0, 9], &avro(number)[10..]].concat());
    FRAMED, DeadLetter(&["WIRE-010"]), |number| {
        let (session, part) = (turn(number) / EVENTS_OF_A_SESSION, turn(number) % EVENTS_OF_A_SESSION);
        let event = taken(&good::framed(session * EVENTS_OF_A_SESSION + part));
        let id = match event.body {
            FieldBody::SessionStarted(_) => STARTED,
            FieldBody::SessionEnded(_) => ENDED,
            FieldBody::AuthorizationRequested(_)
            | FieldBody::SessionUpdated(_)
            | FieldBody::ConnectorStatusChanged(_)
            | FieldBody::StationBooted(_) => UPDATED,
        };
        let body = &charging::encode(&ChargingRecord::Field(event))[10..];
        Some([&[0], &id.to_be_bytes()[..], body].concat())
    };
    "cut off", DeadLetter(&["WIRE-001", "WIRE-004"]), |number| {
        let bytes = avro(number);
        Some(bytes[..10 + at(number, bytes.len() - 10)].to_vec())
    };
    "JSON cut off", DeadLetter(&["json"]), |number| {
        let bytes = json_of(number);
        Some(bytes[..1 + at(number, bytes.len() - 1)].to_vec())
    };
    "trailing bytes", DeadLetter(&["WIRE-002"]), |number| Some([&avro(number)[..], &[7]].concat());
    "varint of eleven bytes", DeadLetter(&["WIRE-003"]),
        |number| Some([&avro(number)[..10], &[0x80; 11]].concat());
    "negative length", DeadLetter(&["WIRE-004"]), |number| Some(length(number, -5));
    "length of 2^40", DeadLetter(&["WIRE-001"]), |number| Some(length(number, 1 << 40));
    "list of a billion", DeadLetter(&["WIRE-004"]), |number| {
        let bytes = avro(number * 4 + 1);
        let mut cut = bytes[..bytes.len() - 1].to_vec();
        put_long(&mut cut, 1_000_000_000);
        Some(cut)
    };
    "variant out of range", DeadLetter(&["WIRE-006"]), |number| {
        let mut bytes = header(number);
        put_long(&mut bytes, 9);
        Some(bytes)
    };
    "bad UTF-8", DeadLetter(&["WIRE-005"]),
        |number| Some([&avro(number)[..10], &[4, 0xFF, 0xFE]].concat());
    "JSON bad UTF-8", DeadLetter(&["json"]),
        |number| Some([b"{\"id\": \"\xFF", &json_of(number)[1..]].concat());
    "number too large", DeadLetter(&["number"]), |number| Some(reading(number, &json!(1e300)));
    "no number", DeadLetter(&["number"]),
        |number| Some(reading(number, &[json!("NaN"), json!("Inf")][at(number, 2)]));
    "energy below zero or above 1 GWh", DeadLetter(&["energy"]),
        |number| Some(reading(number, &[json!(-1), json!(1_000_000_001_i64)][at(number, 2)]));
    "energy above 1 GWh in Avro", DeadLetter(&["energy"]), |number| {
        let mut event = taken(&good::event(number * 4 + 3));
        if let FieldBody::SessionEnded(ended) = &mut event.body {
            ended.meter_stop = Some(MilliwattHours(1_000_000_000_001));
        }
        Some(charging::encode(&ChargingRecord::Field(event)))
    };
    "no currency", DeadLetter(&["field"]), |number| {
        let mut event = good::event(number);
        event["type"] = "wattledger.charging.authorization_requested.v1".into();
        event["data"] = json!({ "authorization": "a", "account": "driver",
            "limit": { "minor": 100, "currency": "EURO" } });
        Some(event.to_string().into_bytes())
    };
    "currency that nobody has", DeadLetter(&["field"]), |number| {
        let mut event = good::event(number);
        event["type"] = "wattledger.charging.authorization_requested.v1".into();
        event["data"] = json!({ "authorization": "a", "account": "driver",
            "limit": { "minor": 100, "currency": "QQQ" } });
        Some(event.to_string().into_bytes())
    };
    "key given twice", DeadLetter(&["json"]), |number| {
        let text = json_of(number);
        Some([b"{\"subject\":\"another\",", &text[1..]].concat())
    };
    "unknown type", DeadLetter(&["type"]), |number| {
        let mut event = good::event(number);
        event["type"] = "com.example.landed.v1".into();
        Some(event.to_string().into_bytes())
    };
    "nested deep", DeadLetter(&["json"]), |number| Some(vec![b'['; 100 + at(number, 900)]);
    "card number", DeadLetter(&["card_data_refused"]), |number| {
        let mut event = good::event(number);
        event["data"]["note"] = "4242 4242 4242 4242".into();
        Some(event.to_string().into_bytes())
    };
    "time before 2010 or far ahead", Taken, |number| {
        let mut event = good::event(number * 4);
        event["time"] = ["1970-01-01T00:00:07Z", "2099-01-01T00:00:00Z"][at(number, 2)].into();
        event["id"] = format!("clock-{number}").into();
        event["subject"] = format!("clock-station-{}", number % 50).into();
        Some(event.to_string().into_bytes())
    };
    "no start", Unresolved, |number| {
        let mut event = good::event(number * 4 + 3);
        event["id"] = format!("lost-{number}").into();
        event["subject"] = format!("lost-station-{}", number % 500).into();
        Some(event.to_string().into_bytes())
    };
    "over 256 KiB", DeadLetter(&["oversize"]), |_| Some(vec![b' '; 262_145]);
}

/// One in so many is of the class over 256 KiB: a million of them would be a disk of their own.
const LARGE_EVERY: u64 = 2_000;

/// A malformed record: its value, and its class.
#[must_use]
pub fn malformed(number: u64) -> (Option<Vec<u8>>, &'static Class) {
    let class = class_of(number);
    ((class.make)(number), class)
}

/// The class of a malformed record.
#[must_use]
pub fn class_of(number: u64) -> &'static Class {
    let (large, others) = CLASSES.split_last().unwrap();
    let class = &others[at(number, others.len())];
    if number % LARGE_EVERY == 7 && class.name != FRAMED {
        large
    } else {
        class
    }
}

/// How many of its class a record has before it, the large ones among them.
fn turn(number: u64) -> u64 {
    number / u64::try_from(CLASSES.len() - 1).unwrap()
}

/// Sessions whose every event is framed by ids of a registry, among so many malformed records.
#[must_use]
pub fn framed_sessions(malformed: u64) -> u64 {
    let framed = (0..malformed).filter(|number| class_of(*number).name == FRAMED);
    u64::try_from(framed.count()).unwrap() / EVENTS_OF_A_SESSION
}

/// Ids that a registry gave to what a gateway of its own writes.
const STARTED: u32 = 21;
const UPDATED: u32 = 22;
const ENDED: u32 = 23;

/// That registry, configured at last.
pub struct Configured;

impl SchemaSource for Configured {
    fn by_id(&self, id: u32) -> Result<Arc<Writer>, SourceFault> {
        let text = match id {
            STARTED => include_str!("../../../schemas/charging/session_started.v1.avsc"),
            UPDATED => include_str!("../../../schemas/charging/session_updated.v1.avsc"),
            ENDED => include_str!("../../../schemas/charging/session_ended.v1.avsc"),
            _ => return Err(SourceFault::Unknown),
        };
        Ok(Arc::new(Writer::parse(text).unwrap()))
    }
}

fn at(number: u64, length: usize) -> usize {
    usize::try_from(number % u64::try_from(length).unwrap()).unwrap()
}

fn json_of(number: u64) -> Vec<u8> {
    good::event(number).to_string().into_bytes()
}

/// A good event as an event of ours.
pub fn taken(event: &Value) -> FieldEvent {
    let token = &|_: &str, _: Timestamp| TokenRef {
        hash: good::card(),
        account: None,
        group: None,
        tax: None,
    };
    let intake = Intake {
        received_at: Timestamp(good::NOON),
        token,
    };
    cloud_events::event(event, &intake).unwrap()
}

fn avro(number: u64) -> Vec<u8> {
    charging::encode(&ChargingRecord::Field(taken(&good::event(number))))
}

fn changed(number: u64, place: usize, byte: u8) -> Vec<u8> {
    let mut bytes = avro(number);
    bytes[place] = byte;
    bytes
}

/// Framing and a first text of another length.
fn length(number: u64, length: i64) -> Vec<u8> {
    let mut bytes = avro(number)[..10].to_vec();
    put_long(&mut bytes, length);
    bytes
}

/// An update up to where it says whether its EVSE is known.
fn header(number: u64) -> Vec<u8> {
    let event = taken(&good::event(number * 4 + 1));
    let mut bytes = charging::encode(&ChargingRecord::Field(event.clone()))[..10].to_vec();
    for text in [
        event.source.as_str(),
        event.id.as_str(),
        event.station.as_str(),
    ] {
        put_long(&mut bytes, i64::try_from(text.len()).unwrap());
        bytes.extend_from_slice(text.as_bytes());
    }
    put_long(&mut bytes, event.occurred_at.0);
    put_long(&mut bytes, event.received_at.0);
    bytes
}

/// An update with another reading.
fn reading(number: u64, value: &Value) -> Vec<u8> {
    let mut event = good::event(number * 4 + 1);
    event["data"]["samples"][0]["value"] = value.clone();
    event.to_string().into_bytes()
}
