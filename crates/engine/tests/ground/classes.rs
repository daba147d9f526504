//! What a gateway may send that is no good, by class.

use crate::world::{at, end, event};
use serde_json::{Value, json};
use wattledger_domain::charging::{ChargingRecord, FieldBody, FieldEvent, TokenRef};
use wattledger_domain::ids::{EventId, StationId, TokenHash};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_wire::avro::put_long;
use wattledger_wire::cloud_events::{self, Intake};
use wattledger_wire::topics::charging;

/// A class, what it looks like, and what becomes of it by HTTP, by import, on gateway.events and on
/// charging.events.
pub struct Case {
    pub class: &'static str,
    pub bytes: Vec<u8>,
    pub http: &'static str,
    pub import: &'static str,
    pub gateway: &'static str,
    pub written: &'static str,
}

/// An event in Avro.
pub fn avro(event: &Value) -> Vec<u8> {
    charging::encode(&ChargingRecord::Field(read(event)))
}

pub fn read(event: &Value) -> FieldEvent {
    let token = |_: &str, _| TokenRef {
        hash: TokenHash([7; 16]),
        account: None,
        group: None,
        tax: None,
    };
    let intake = Intake {
        received_at: at(70),
        token: &token,
    };
    cloud_events::event(event, &intake).unwrap()
}

/// Its Avro with bytes in place of those from an offset on.
pub fn ending(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let whole = avro(&end());
    [whole.get(..offset).unwrap(), bytes].concat()
}

pub fn long(number: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_long(&mut bytes, number);
    bytes
}

/// A field of the end's data, changed.
pub fn with(name: &str, value: Value) -> Vec<u8> {
    let mut event = end();
    event["data"][name] = value;
    event.to_string().into_bytes()
}

/// Where an Avro body begins: after framing and fingerprint.
pub const BODY: usize = 10;

/// What no door can read: refused over HTTP and by an import, a dead letter where the stage reads it.
pub fn unreadable() -> Vec<Case> {
    let case = |class, bytes, written| Case {
        class,
        bytes,
        http: "refused json",
        import: "refused",
        gateway: written,
        written,
    };
    let whole = avro(&end());
    let mut other = whole.clone();
    other[5] ^= 0xff;
    let mut magic = whole.clone();
    magic[1] = 0x02;
    let last = whole.len() - 1;
    let mut cases = vec![
        Case {
            gateway: "dead letter unreadable",
            ..case("empty value", Vec::new(), "dead letter WIRE-008")
        },
        case("one byte", vec![0xc3], "dead letter WIRE-008"),
        Case {
            gateway: "dead letter json",
            ..case("one byte of text", vec![b'['], "dead letter WIRE-008")
        },
        case("wrong magic", magic, "dead letter WIRE-008"),
        case("unknown fingerprint", other, "dead letter WIRE-009"),
        case(
            "unknown registry id",
            vec![0, 0, 0, 0, 9, 2],
            "dead letter WIRE-010",
        ),
        case(
            "trailing bytes",
            [&whole[..], &[0]].concat(),
            "dead letter WIRE-002",
        ),
        case(
            "number of more than ten bytes",
            ending(BODY, &[0xff; 11]),
            "dead letter WIRE-003",
        ),
        case(
            "negative length",
            ending(BODY, &long(-2)),
            "dead letter WIRE-004",
        ),
        case(
            "length of 2^40",
            ending(BODY, &long(1 << 40)),
            "dead letter WIRE-001",
        ),
        case(
            "a list of 10^9 items",
            ending(last, &long(1_000_000_000)),
            "dead letter WIRE-004",
        ),
        case(
            "union index out of range",
            ending(last - 1, &long(9)),
            "dead letter WIRE-006",
        ),
        case(
            "bad UTF-8",
            ending(BODY, &[4, 0xff, 0xfe]),
            "dead letter WIRE-005",
        ),
        Case {
            http: "refused oversize",
            gateway: "dead letter oversize",
            ..case("over 256 KiB", vec![0xc3; 300_000], "dead letter WIRE-011")
        },
    ];
    // Cut off at each byte.
    for length in BODY..whole.len() {
        cases.push(case(
            "truncated",
            whole[..length].to_vec(),
            "dead letter WIRE-001",
        ));
    }
    cases
}

/// What can be read and cannot be: the doors say which field.
pub fn absurd() -> Vec<Case> {
    let case = |class, bytes, http: &'static str| Case {
        class,
        bytes,
        http,
        import: "refused",
        gateway: http,
        written: "dead letter WIRE-008",
    };
    vec![
        case("NaN", br#"{"meterStop": NaN}"#.to_vec(), "refused json"),
        case(
            "infinite",
            with("meterStop", json!("inf")),
            "refused number",
        ),
        case(
            "wider than 64 bits",
            with("meterStop", json!("1e30")),
            "refused number",
        ),
        case(
            "energy below zero",
            with("meterStop", json!(-1)),
            "refused energy",
        ),
        case(
            "energy above 1 GWh",
            with("meterStop", json!(1e10)),
            "refused energy",
        ),
        case(
            "unknown word",
            with("samples", json!([{ "value": 1, "unit": "BTU" }])),
            "refused word",
        ),
        case(
            "a key given twice",
            end()
                .to_string()
                .replace("{\"evse\"", "{\"meterStop\": 5, \"evse\"")
                .into(),
            "refused json",
        ),
        case(
            "a currency that nobody has",
            limited("QQQ"),
            "refused field",
        ),
        case("no currency at all", limited("EURO"), "refused field"),
    ]
}

/// A request whose limit is in some currency.
pub fn limited(currency: &str) -> Vec<u8> {
    let limit = json!({ "minor": 1_000, "currency": currency });
    let data = json!({ "authorization": "a", "evse": 1, "account": "driver", "limit": limit });
    let event = event("authorization_requested", "9", 5, data);
    event.to_string().into_bytes()
}

/// What is well formed in Avro and cannot be: intake holds it to what JSON is held to. The trusted
/// gateway of charging.events is believed.
pub fn absurd_in_avro() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut far = read(&end());
    far.occurred_at.0 = i64::MAX;
    let mut energy = read(&end());
    if let FieldBody::SessionEnded(ended) = &mut energy.body {
        ended.meter_stop = Some(MilliwattHours(1_000_000_000_001));
    }
    let mut nameless = read(&end());
    nameless.station = StationId::new("");
    let mut card = read(&end());
    card.id = EventId::new("4242 4242 4242 4242");
    let euro = serde_json::from_slice(&limited("EUR")).unwrap();
    let mut limit = read(&euro);
    if let FieldBody::AuthorizationRequested(asked) = &mut limit.body {
        asked.limit = Some(Money::new(1_000, Currency::recorded("QQQ").unwrap()));
    }
    let written = |event| charging::encode(&ChargingRecord::Field(event));
    vec![
        ("a time that no calendar has", written(far), "time"),
        ("energy above 1 GWh", written(energy), "energy"),
        ("no station", written(nameless), "field"),
        ("a card number", written(card), "card_data_refused"),
        ("a currency that nobody has", written(limit), "field"),
    ]
}
