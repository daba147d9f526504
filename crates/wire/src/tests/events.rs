//! Events in JSON: what is read, and how each thing that is wrong is named.

mod faults;
mod schema;

use crate::cloud_events::{EventFault, Intake, event};
use serde_json::{Value, json};
use wattledger_domain::charging::{
    Connectivity, FieldBody, FieldEvent, Measurand, MeterSample, PayerRequest, Phase,
    ReadingContext, TokenRef,
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
        tax: None,
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
