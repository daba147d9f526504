//! Good events: sessions of four events each, in JSON and in Avro by turns.

use serde_json::{Value, json};
use wattledger_domain::ids::TokenHash;
use wattledger_domain::time::Timestamp;
use wattledger_engine::directory::TenantSecret;

/// What tokens are hashed with.
pub const SECRET: &str = "secret";
/// A start, two readings, an end.
pub const EVENTS_OF_A_SESSION: u64 = 4;
/// 2026-05-04T08:00:00Z.
pub const NOON: i64 = 1_777_881_600_000;
/// Stations that sessions take turns on.
pub const STATIONS: u64 = 500;
/// A session takes an hour, the next begins an hour and a half later.
const TURN: i64 = 5_400_000;

/// Documents of the network.
pub fn documents() -> Vec<Value> {
    let mut all = vec![
        json!({ "kind": "Policy", "id": "default", "spec": {} }),
        json!({ "kind": "LegalEntity", "id": "seller", "spec": { "name": "Seller", "country": "DE",
            "timeZone": "Europe/Berlin", "currency": "EUR", "policy": "default" } }),
        json!({ "kind": "Site", "id": "site",
            "spec": { "timeZone": "Europe/Berlin", "legalEntity": "seller" } }),
        json!({ "kind": "Tariff", "id": "tariff", "spec": { "id": "tariff", "currency": "EUR",
            "elements": [{ "price_components": [
                { "type": "ENERGY", "price": 0.50, "vat": 19.0, "step_size": 1 }] }] } }),
        json!({ "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "tariff" } }),
        json!({ "kind": "Account", "id": "driver", "spec": { "method": { "token": "tok_visa_ok" } } }),
        json!({ "kind": "Token", "spec": { "token": "CARD-1", "account": "driver" } }),
    ];
    let stations = ["station", "framed"].into_iter();
    all.extend(
        stations
            .flat_map(|name| (0..STATIONS).map(move |number| format!("{name}-{number}")))
            .map(|id| {
                json!({ "kind": "Station", "id": id, "spec": { "site": "site",
                    "evses": [{ "id": 1, "maxPowerW": 22000 }] } })
            }),
    );
    all
}

/// The driver's card as it is told: its hash.
pub fn card() -> TokenHash {
    TenantSecret::new(SECRET).hash("CARD-1")
}

/// An event of a session like a good one, at stations whose gateway writes by a registry.
pub fn framed(number: u64) -> Value {
    let mut event = event(number);
    let session = number / EVENTS_OF_A_SESSION;
    event["source"] = "gateway:framed".into();
    event["subject"] = format!("framed-{}", session % STATIONS).into();
    event
}

/// When a session begins.
pub fn begins(session: u64) -> Timestamp {
    Timestamp(NOON + i64::try_from(session / STATIONS).unwrap() * TURN)
}

/// A good event in JSON: its number says of which session and which of its four.
pub fn event(number: u64) -> Value {
    let (session, part) = (number / EVENTS_OF_A_SESSION, number % EVENTS_OF_A_SESSION);
    let minutes = [0, 20, 40, 60][usize::try_from(part).unwrap()];
    let at = Timestamp(begins(session).0 + minutes * 60_000);
    let register = 1_000 + minutes * 100;
    let transaction = format!("t{session}");
    let sequence = part;
    let (kind, data) = match part {
        0 => (
            "session_started",
            json!({ "evse": 1, "transaction": transaction, "sequence": sequence,
            "token": "CARD-1", "meterStart": register }),
        ),
        3 => (
            "session_ended",
            json!({ "evse": 1, "transaction": transaction, "sequence": sequence,
            "meterStop": register }),
        ),
        _ => (
            "session_updated",
            json!({ "evse": 1, "transaction": transaction, "sequence": sequence,
            "samples": [{ "value": register }, { "value": 6, "unit": "kW",
                "measurand": "Power.Active.Import" }] }),
        ),
    };
    json!({ "specversion": "1.0", "type": format!("wattledger.charging.{kind}.v1"),
        "source": "gateway:good", "id": format!("{session}-{part}"),
        "subject": format!("station-{}", session % STATIONS), "time": at.to_string(), "data": data })
}
