//! How everything that is wrong with an event is named.

use super::{envelope, full, read, reading, taken};
use crate::cloud_events::{batch, single};
use crate::schema::RECORD_BYTES_MAX;
use crate::topics::charging;
use serde_json::{Value, json};
use wattledger_domain::charging::ChargingRecord;

#[track_caller]
fn refused(value: &Value, path: &str, code: &str) {
    let fault = taken(value).expect_err(path);
    assert_eq!(
        (fault.path.as_str(), fault.code, fault.index),
        (path, code, None),
        "{fault}"
    );
    let documented = super::super::events_doc::text().contains(&format!("| `{code}` |"));
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

/// A field of `data`, such as `samples/0/value`, made wrong.
#[track_caller]
fn inside(name: &str, field: &str, value: Value, code: &str) {
    let path = format!("data.{}", field.replace("/0/", "[0].").replace('/', "."));
    check(name, &format!("/data/{field}"), value, &path, code);
}

#[test]
fn faults_of_a_session_are_named_with_their_place() {
    let start = "session_started";
    inside(start, "evse", Value::Null, "field");
    inside(start, "evse", json!(1.5), "field");
    inside(start, "sequence", json!(-1), "field");
    inside(start, "meterStart", json!(-0.5), "energy");
    inside(start, "meterStart", json!("1e10"), "energy");
    inside(start, "meterStart", json!("full"), "number");
    inside(start, "meterStart", json!("9e30"), "number");
    inside(start, "state", json!("Flying"), "word");
    inside("connector_status_changed", "status", Value::Null, "field");
}

#[test]
fn faults_of_samples_are_named_with_their_index() {
    let update = "session_updated";
    inside(update, "samples/0/value", Value::Null, "field");
    inside(update, "samples/0/time", json!("noon"), "time");
    inside(update, "samples/0/unit", json!("BTU"), "word");
    inside(update, "samples", json!(vec![0; 10_001]), "field");
    let second = json!([reading(), 7]);
    check(update, "/data/samples", second, "data.samples[1]", "field");
}

#[test]
fn faults_of_an_authorization_are_named_with_their_place() {
    let request = "authorization_requested";
    inside(request, "authorization", Value::Null, "field");
    inside(request, "method/token", Value::Null, "field");
    inside(request, "limit/minor", json!(0), "field");
    inside(request, "limit/currency", json!("euro"), "field");
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

#[test]
fn a_key_that_an_event_gives_twice_is_named() {
    let event = full("session_ended").to_string();
    let twice = event.replacen("\"data\":{", "\"data\":{\"evse\":7,", 1);
    let fault = read(|intake| single(twice.as_bytes(), intake)).expect_err("evse twice");
    assert_eq!(
        (&*fault.path, fault.code, fault.index),
        ("data.evse", "json", None)
    );
    assert!(
        fault.reason.contains("`data.evse` is given twice"),
        "{fault}"
    );
    let both = format!("[{event},{twice}]");
    let fault = read(|intake| batch(both.as_bytes(), intake)).expect_err("in a batch");
    assert_eq!(
        (&*fault.path, fault.code, fault.index),
        ("data.evse", "json", Some(1))
    );
    let fault = read(|intake| batch(b"[1,", intake)).expect_err("cut off");
    assert_eq!((&*fault.path, fault.code, fault.index), ("$", "json", None));
}

#[test]
fn a_limit_in_a_currency_that_nobody_has_is_refused() {
    for code in ["EURO", "eur", "QQQ", "XXX"] {
        inside(
            "authorization_requested",
            "limit/currency",
            json!(code),
            "field",
        );
    }
}
