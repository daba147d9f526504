//! Events in JSON: what is read, and how each thing that is wrong is named.

use crate::cloud_events::{EventFault, Intake, TYPES, batch, event, json_schema, single};
use crate::schema::RECORD_BYTES_MAX;
use crate::topics::charging;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wattledger_domain::charging::{
    ChargingRecord, Connectivity, FieldBody, FieldEvent, Measurand, MeterSample, PayerRequest,
    Phase, ReadingContext, TokenRef,
};
use wattledger_domain::ids::{AccountId, TokenHash};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::time::Timestamp;

/// Eight o'clock, the time of every event here.
const EIGHT: Timestamp = Timestamp(1_777_881_600_000);

/// An intake that marks the hash with the token's length and resolves tokens from eight o'clock on.
pub fn read<T>(how: impl FnOnce(&Intake<'_>) -> T) -> T {
    let token = |token: &str, at: Timestamp| TokenRef {
        hash: TokenHash([u8::try_from(token.len()).unwrap(); 16]),
        account: (at >= EIGHT).then(|| AccountId::new("acc-1")),
        group: None,
    };
    how(&Intake {
        received_at: Timestamp(9),
        token: &token,
    })
}

fn taken(value: &Value) -> Result<FieldEvent, EventFault> {
    read(|intake| event(value, intake))
}

fn envelope(name: &str, data: Value) -> Value {
    json!({ "specversion": "1.0", "type": format!("wattledger.charging.{name}.v1"),
        "source": "gateway:north", "id": "evt-1", "subject": "S1",
        "time": "2026-05-04T10:00:00+02:00", "datacontenttype": "application/json", "data": data })
}

fn reading() -> Value {
    json!({ "time": "2026-05-04T08:00:01.5Z", "value": "12.5", "measurand": "Power.Active.Import",
        "unit": "kW", "multiplier": 0, "phase": "L1", "context": "Sample.Clock" })
}

/// An event of a type with every field.
fn full(name: &str) -> Value {
    let data = match name {
        "authorization_requested" => json!({ "authorization": "auth-1", "evse": 1, "account": null,
            "method": { "processor": "simulated", "token": "tok", "label": "visa 4242" },
            "token": null, "limit": { "minor": 2000, "currency": "EUR" } }),
        "session_started" => json!({ "evse": 1, "transaction": 7, "sequence": 0,
            "authorization": "auth-1", "token": "SECRET", "meterStart": 0.5, "state": "Charging",
            "offline": true, "samples": [reading()] }),
        "session_updated" => json!({ "evse": 1, "transaction": "7", "sequence": 1,
            "state": "SuspendedEV", "samples": [reading()] }),
        "session_ended" => {
            json!({ "evse": 1, "transaction": "7", "sequence": 2, "meterStop": "1e3",
            "reason": "Local", "token": "SECRET", "samples": [reading()] })
        }
        "connector_status_changed" => json!({ "evse": 0, "status": "Faulted",
            "errorCode": "GroundFailure", "vendorError": "E17" }),
        "station_booted" => {
            json!({ "reason": "PowerUp", "vendor": "V", "model": "M", "firmware": "1" })
        }
        other => panic!("{other}"),
    };
    envelope(name, data)
}

#[test]
fn an_event_is_read_with_its_envelope_and_its_token_hashed_at_event_time() {
    let read = taken(&full("session_started")).unwrap();
    assert_eq!(
        (read.source.as_str(), read.id.as_str()),
        ("gateway:north", "evt-1")
    );
    assert_eq!(read.station.as_str(), "S1");
    assert_eq!((read.occurred_at, read.received_at), (EIGHT, Timestamp(9)));
    let FieldBody::SessionStarted(start) = read.body else {
        panic!()
    };
    let token = start.token.unwrap();
    assert_eq!(
        (token.hash, token.account),
        (TokenHash([6; 16]), Some(AccountId::new("acc-1")))
    );
    assert_eq!(start.transaction.unwrap().as_str(), "7");
    assert_eq!(start.meter_start, Some(MilliwattHours(500)));
    assert_eq!(start.connectivity, Connectivity::Offline);
    let at = Timestamp(EIGHT.0 + 1_500);
    let (measurand, phase, context) = (Measurand::PowerImport, Phase::L1, ReadingContext::Clock);
    assert_eq!(
        start.samples,
        [MeterSample {
            at,
            measurand,
            phase,
            context,
            value: 12_500_000
        }]
    );
}

#[test]
fn an_absent_field_is_absent_and_never_zero() {
    let read = taken(&envelope("session_started", json!({ "evse": 3 }))).unwrap();
    let FieldBody::SessionStarted(start) = read.body else {
        panic!()
    };
    assert_eq!(
        (start.meter_start, start.sequence, start.state),
        (None, None, None)
    );
    assert_eq!((start.token, start.transaction), (None, None));
    assert_eq!(start.connectivity, Connectivity::Online);
    assert!(taken(&envelope("session_ended", json!({}))).is_ok());
    assert!(taken(&envelope("station_booted", json!({ "unheard": [1] }))).is_ok());
}

#[test]
fn exactly_one_payer_is_taken() {
    let payer = |fields: Value| {
        let mut data = json!({ "authorization": "auth-1" });
        data.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        taken(&envelope("authorization_requested", data)).map(|event| match event.body {
            FieldBody::AuthorizationRequested(request) => (request.payer, request.limit),
            other => panic!("{other:?}"),
        })
    };
    let account = PayerRequest::Account(AccountId::new("acc-7"));
    assert_eq!(payer(json!({ "account": "acc-7" })), Ok((account, None)));
    let limit = Some(Money::new(2_000, Currency::EUR));
    let (_, read) =
        payer(json!({ "token": "T", "limit": { "minor": 2000, "currency": "EUR" } })).unwrap();
    assert_eq!(read, limit);
    for wrong in [json!({}), json!({ "account": "a", "token": "T" })] {
        let fault = payer(wrong).unwrap_err();
        assert_eq!((fault.path.as_str(), fault.code), ("data.token", "payer"));
    }
}

/// A reading's value in thousandths of its unit.
#[track_caller]
fn value(fields: Value, expect: Option<i64>) {
    let read = taken(&envelope(
        "session_updated",
        json!({ "samples": [fields.clone()] }),
    ));
    let found = read.ok().map(|event| match event.body {
        FieldBody::SessionUpdated(update) => update.samples[0].value,
        other => panic!("{other:?}"),
    });
    assert_eq!(found, expect, "{fields}");
}

#[test]
fn readings_are_exact_decimals_in_thousandths_of_their_unit() {
    value(json!({ "value": 1204310.5 }), Some(1_204_310_500));
    value(
        json!({ "value": "1204.3105", "unit": "kWh" }),
        Some(1_204_310_500),
    );
    value(
        json!({ "value": "1.2043105", "unit": "MWh" }),
        Some(1_204_310_500),
    );
    value(
        json!({ "value": 12043105, "multiplier": -1 }),
        Some(1_204_310_500),
    );
    value(json!({ "value": "1.5e3" }), Some(1_500_000));
    value(json!({ "value": "0.0005" }), Some(1));
    value(json!({ "value": "0.0004" }), Some(0));
    value(json!({ "value": 0 }), Some(0));
    value(
        json!({ "value": -4.25, "measurand": "Power.Active.Import" }),
        Some(-4_250),
    );
    value(
        json!({ "value": "55.5", "measurand": "SoC", "unit": "Percent" }),
        Some(55_500),
    );
    value(
        json!({ "value": "1000", "unit": "MWh" }),
        Some(1_000_000_000_000),
    );
    value(json!({ "value": "1000.001", "unit": "MWh" }), None);
    value(json!({ "value": "-1" }), None);
    value(json!({ "value": "NaN" }), None);
    value(json!({ "value": "Infinity" }), None);
    value(json!({ "value": "1e40" }), None);
    value(json!({ "value": "12,5" }), None);
    value(json!({ "value": true }), None);
    value(json!({}), None);
}

#[test]
fn measurands_that_billing_cannot_use_are_left_out() {
    let samples =
        json!([{ "value": 31, "measurand": "Temperature", "unit": "Celsius" }, { "value": 1 }]);
    let read = taken(&envelope("session_updated", json!({ "samples": samples }))).unwrap();
    let FieldBody::SessionUpdated(update) = read.body else {
        panic!()
    };
    assert_eq!(update.samples.len(), 1);
}

#[track_caller]
fn refused(value: &Value, path: &str, code: &str) {
    let fault = taken(value).expect_err(path);
    assert_eq!(
        (fault.path.as_str(), fault.code, fault.index),
        (path, code, None),
        "{fault}"
    );
    let documented = super::events_doc::text().contains(&format!("| `{code}` |"));
    assert!(documented, "docs/events.md does not explain `{code}`");
}

#[track_caller]
fn check(name: &str, pointer: &str, value: Value, path: &str, code: &str) {
    let mut event = full(name);
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[field] = value;
    refused(&event, path, code);
}

#[test]
fn faults_of_the_envelope_are_named() {
    let name = "station_booted";
    for field in [
        "specversion",
        "type",
        "source",
        "id",
        "subject",
        "time",
        "data",
    ] {
        check(name, &format!("/{field}"), Value::Null, field, "field");
        let form = if field == "data" {
            json!(["a"])
        } else {
            json!({})
        };
        check(name, &format!("/{field}"), form, field, "field");
    }
    check(name, "/specversion", json!("0.3"), "specversion", "field");
    check(name, "/type", json!("com.other.event"), "type", "type");
    check(
        name,
        "/type",
        json!("wattledger.charging.station_booted.v2"),
        "type",
        "type",
    );
    check(name, "/id", json!(""), "id", "field");
    check(name, "/source", json!("x".repeat(4_097)), "source", "field");
    check(name, "/time", json!("yesterday"), "time", "time");
    check(name, "/time", json!("9999-01-01T00:00:00Z"), "time", "time");
    check(name, "/time", json!("1969-12-31T23:59:59Z"), "time", "time");
    refused(&json!([]), "$", "field");
}

#[test]
fn faults_inside_are_named_with_their_place() {
    let (start, update) = ("session_started", "session_updated");
    check(start, "/data/evse", Value::Null, "data.evse", "field");
    check(start, "/data/evse", json!(1.5), "data.evse", "field");
    check(start, "/data/sequence", json!(-1), "data.sequence", "field");
    check(
        start,
        "/data/meterStart",
        json!(-0.5),
        "data.meterStart",
        "energy",
    );
    check(
        start,
        "/data/meterStart",
        json!("1e10"),
        "data.meterStart",
        "energy",
    );
    check(
        start,
        "/data/meterStart",
        json!("full"),
        "data.meterStart",
        "number",
    );
    check(
        start,
        "/data/meterStart",
        json!("9e30"),
        "data.meterStart",
        "number",
    );
    check(start, "/data/state", json!("Flying"), "data.state", "word");
    check(
        update,
        "/data/samples/0/value",
        Value::Null,
        "data.samples[0].value",
        "field",
    );
    check(
        update,
        "/data/samples/0/time",
        json!("noon"),
        "data.samples[0].time",
        "time",
    );
    check(
        update,
        "/data/samples/0/unit",
        json!("BTU"),
        "data.samples[0].unit",
        "word",
    );
    check(
        update,
        "/data/samples",
        json!([reading(), 7]),
        "data.samples[1]",
        "field",
    );
    check(
        update,
        "/data/samples",
        json!(vec![0; 10_001]),
        "data.samples",
        "field",
    );
    check(
        "connector_status_changed",
        "/data/status",
        Value::Null,
        "data.status",
        "field",
    );
    let request = "authorization_requested";
    check(
        request,
        "/data/authorization",
        Value::Null,
        "data.authorization",
        "field",
    );
    check(
        request,
        "/data/method/token",
        Value::Null,
        "data.method.token",
        "field",
    );
    check(
        request,
        "/data/limit/minor",
        json!(0),
        "data.limit.minor",
        "field",
    );
    check(
        request,
        "/data/limit/currency",
        json!("euro"),
        "data.limit.currency",
        "field",
    );
}

#[test]
fn card_numbers_are_refused_wherever_they_stand_and_not_repeated() {
    check(
        "station_booted",
        "/data/model",
        json!("4242424242424242"),
        "data.model",
        "card_data_refused",
    );
    check(
        "station_booted",
        "/id",
        json!("pan 4242 4242 4242 4242 12/29"),
        "id",
        "card_data_refused",
    );
    let method = "/data/method/token";
    let path = "data.method.token";
    check(
        "authorization_requested",
        method,
        json!("5555-5555-5555-4444"),
        path,
        "card_data_refused",
    );
    let unheard = envelope(
        "station_booted",
        json!({ "notes": ["ok", 378282246310005_i64] }),
    );
    refused(&unheard, "data.notes[1]", "card_data_refused");
    let fault = taken(&unheard).unwrap_err().to_string();
    assert!(
        fault.contains("[PAN:0005]") && !fault.contains("37828224"),
        "{fault}"
    );
}

#[test]
fn a_batch_is_taken_whole_or_refused_with_the_index() {
    let good = full("session_updated");
    let bad = envelope("session_started", json!({}));
    let take = |items: &Value| read(|intake| batch(items.to_string().as_bytes(), intake));
    assert_eq!(take(&json!([good, good])).unwrap().len(), 2);
    assert_eq!(take(&json!([])).unwrap(), []);
    let fault = take(&json!([good, good, bad, 7])).unwrap_err();
    assert_eq!((fault.index, fault.path.as_str()), (Some(2), "data.evse"));
    assert_eq!(take(&good).unwrap_err().code, "batch");
    assert_eq!(read(|intake| batch(b"[", intake)).unwrap_err().code, "json");
    assert_eq!(
        read(|intake| single(b"\xff", intake)).unwrap_err().code,
        "json"
    );
    let deep = "[".repeat(100_000);
    assert_eq!(
        read(|intake| batch(deep.as_bytes(), intake))
            .unwrap_err()
            .code,
        "json"
    );
}

#[test]
fn the_largest_event_that_is_taken_fits_a_record() {
    let mut event = full("session_ended");
    let mut longest = reading();
    longest["measurand"] = "Energy.Active.Net".into();
    longest["unit"] = "mWh".into();
    longest["value"] = i64::MIN.into();
    event["data"]["samples"] = vec![longest; 10_000].into();
    for pointer in [
        "/source",
        "/id",
        "/subject",
        "/data/transaction",
        "/data/reason",
    ] {
        *event.pointer_mut(pointer).unwrap() = "x".repeat(4_096).into();
    }
    let bytes = charging::encode(&ChargingRecord::Field(taken(&event).unwrap()));
    assert!(bytes.len() <= RECORD_BYTES_MAX, "{}", bytes.len());
}

/// Every property below an object of the JSON Schema, with its pointer in an event.
fn properties(schema: &Value, pointer: &str, out: &mut Vec<(String, Value)>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{name}");
        out.push((pointer.clone(), property.clone()));
        properties(property, &pointer, out);
        if property["items"]["$ref"] == "#/$defs/sample" {
            properties(
                &json_schema()["$defs"]["sample"],
                &format!("{pointer}/0"),
                out,
            );
        }
    }
}

fn path_of(pointer: &str) -> String {
    pointer
        .trim_start_matches('/')
        .replace("/0/", "[0].")
        .replace('/', ".")
}

#[test]
fn the_json_schema_and_the_reader_agree_on_every_field() {
    let schema = json_schema();
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), TYPES.len());
    for name in TYPES {
        let part = &schema["$defs"][name]["properties"];
        assert_eq!(
            part["type"]["const"],
            format!("wattledger.charging.{name}.v1")
        );
        let mut found = Vec::new();
        properties(&part["data"], "/data", &mut found);
        for (pointer, property) in found {
            let event = full(name);
            let here = event.pointer(&pointer);
            assert!(here.is_some(), "{name}{pointer} is not read");
            let with = |value: Value| {
                let mut event = event.clone();
                if !["/data/method", "/data/limit"]
                    .iter()
                    .any(|object| pointer.starts_with(object))
                {
                    let data = event["data"].as_object_mut().unwrap();
                    ["token", "account"]
                        .iter()
                        .filter(|payer| pointer.ends_with(**payer))
                        .for_each(|_| drop(data.insert("method".to_owned(), Value::Null)));
                }
                *event.pointer_mut(&pointer).unwrap() = value;
                taken(&event)
            };
            let form = if property["type"] == "object" {
                json!([])
            } else {
                json!({})
            };
            let fault = with(form).expect_err(&pointer);
            assert_eq!(fault.path, path_of(&pointer), "{name}");
            agrees(&pointer, &property, &with);
        }
    }
}

/// Words and bounds of a property are the reader's.
fn agrees(pointer: &str, property: &Value, with: &dyn Fn(Value) -> Result<FieldEvent, EventFault>) {
    if let Some(words) = property["enum"].as_array() {
        let fault = with("no such word".into()).unwrap_err();
        let (_, known) = fault.reason.split_once("is not one of ").unwrap();
        let known: BTreeSet<String> = serde_json::from_str(known).unwrap();
        let words = words.iter().map(|word| word.as_str().unwrap().to_owned());
        assert_eq!(known, words.collect(), "{pointer}");
    }
    if property["type"] == "integer" {
        let (low, high) = (
            property["minimum"].as_i64().unwrap(),
            property["maximum"].as_i64().unwrap(),
        );
        assert!(
            with(low.into()).is_ok() && with(high.into()).is_ok(),
            "{pointer}"
        );
        assert!(with((low - 1).into()).is_err(), "{pointer}");
        assert!(
            high == i64::MAX || with((high + 1).into()).is_err(),
            "{pointer}"
        );
    }
}
