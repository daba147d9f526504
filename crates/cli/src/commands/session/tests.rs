//! The command `session` on answers and files made for it.

use super::*;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

const START: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

fn rated() -> Value {
    json!({
        "session": "ses_1", "version": 1, "account": "demo", "auth_id": "auth-1",
        "transaction_id": "7", "station": "s1", "evse": 2, "site": "berlin",
        "legal_entity": "demo-energy", "tariff": "t", "tariff_version": 3,
        "time_zone": "Europe/Berlin", "currency": "EUR", "started_at": START,
        "ended_at": START + 5_400_000, "energy": 12_345_000, "charging_ms": 3_600_000,
        "suspended_by_vehicle_ms": 1_800_000, "suspended_by_station_ms": 0, "other_ms": 0,
        "end_evidence": "reported", "flags": "late_events clock_suspect", "rated_at": START,
    })
}

fn story() -> Value {
    let part = |at: i64, part: &str, is: Value| json!({ "at": at, "part": part, "is": is });
    let money = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    json!({ "session": "ses_1", "time_zone": "Europe/Berlin", "rated": rated(), "items": [
        part(START, "event", json!({
            "source": "gw", "id": "e1", "kind": "session_started", "evse": 2, "auth_id": "auth-1",
            "transaction_id": "7", "occurred_at": START, "received_at": START + 120_000,
        })),
        part(START, "authorization", json!({
            "account": "demo", "tariff": "t", "tariff_version": 3, "policy": "p",
            "policy_version": 1, "method": "visa 4242", "limit": money(5_000),
        })),
        part(START, "payment_command", json!({
            "payment": "pay_1", "op": 1, "attempt": 2, "operation": "authorize",
            "amount": money(5_000), "processor": "simulated",
        })),
        part(START, "payment_outcome", json!({
            "payment": "pay_1", "op": 1, "attempt": 2, "via": "webhook",
            "result": { "is": "authorized", "held": money(5_000), "capture_before": START },
        })),
        part(START, "command", json!({ "action": "stop", "reason": "hold_exhausted", "amount": null })),
        part(START, "running_cost", json!({
            "energy_mwh": 1_000_000, "gross": money(52), "forecast": money(90),
        })),
        part(START, "outcome", json!({
            "source": "gw", "id": "e2", "outcome": "late", "detail": "recomputed",
        })),
        part(START, "rated", json!({ "session": rated(), "periods": [], "steps": [{
            "ordinal": 1, "dimension": "energy", "element": 0, "quantity": 12_345_000,
            "price_e8": 52_000_000, "tax_rate": 190_000, "step_size": 1, "from_at": START,
            "to_at": START + 3_600_000,
        }]})),
        part(START, "document", json!({ "head": {
            "kind": "invoice", "number": "DE-2026-000001", "gross": 764, "currency": "EUR",
        }})),
        part(START, "payment", json!({
            "movement": "captured", "amount": 764, "currency": "EUR", "processor": "simulated",
            "payment": "pay_1",
        })),
        part(START, "entry", json!({ "book": "b", "sequence": 4, "cause": "document", "postings": [
            { "ledger": "receivable", "side": "debit", "amount": 764, "currency": "EUR" },
        ]})),
        part(START, "meteor", json!({ "size": 1 })),
    ]})
}

#[test]
fn the_whole_story_is_told_in_the_time_of_the_site() {
    let shown = text(&story());
    for part in [
        "Session ses_1: rated",
        " Where       station s1, EVSE 2, site berlin",
        "2026-03-01 11:00:00 +01:00 to 2026-03-01 12:30:00 +01:00 (1 h 30 min)",
        "12.345 kWh: 1 h 00 min charging, 30 min paused by the car",
        "late events, clock suspect",
        "invoice DE-2026-000001 over 7.64 EUR",
        "session started from gw e1, EVSE 2, authorisation auth-1, transaction 7, received \
         2026-03-01 11:02:00 +01:00",
        "account demo, tariff t version 3, policy p version 1, pays with visa 4242, up to 50.00 EUR",
        "simulated to authorize 50.00 EUR (pay_1 operation 1, attempt 2)",
        "authorized 50.00 EUR, to be captured before 2026-03-01 11:00:00 +01:00, by webhook",
        "stop: hold exhausted",
        "1.000 kWh, 0.52 EUR; 0.90 EUR expected",
        "late: recomputed (gw e2)",
        "energy 12.345 kWh × 0.52 EUR/kWh, 19 % tax (element 1, 2026-03-01 11:00:00 +01:00 to \
         12:00:00 +01:00)",
        "captured 7.64 EUR at simulated (pay_1)",
        "debit  receivable 7.64 EUR",
        "meteor",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

#[test]
fn a_session_that_waits_says_so() {
    let held = json!({ "reasons": "no_payer", "energy": 1_000, "proposed_minor": null });
    let story = json!({ "session": "ses_2", "rated": null,
                        "items": [{ "at": START, "part": "held", "is": held }] });
    let shown = text(&story);
    assert!(
        shown.starts_with("Session ses_2: held for review\n"),
        "{shown}"
    );
    assert!(
        shown.contains("for review: no payer (0.001 kWh)"),
        "{shown}"
    );
    assert!(shown.contains("on the clock of UTC"), "{shown}");
    let mut at_home = story;
    at_home["time_zone"] = "Europe/Berlin".into();
    let shown = text(&at_home);
    assert!(shown.contains("on the clock of Europe/Berlin"), "{shown}");
    assert!(shown.contains("2026-03-01 11:00:00 +01:00"), "{shown}");
}

#[test]
fn a_session_that_is_not_there_is_refused_and_rubbish_does_not_panic() {
    let route = get(|| async { Json(Value::Null) });
    let transport = Transport::in_process(Router::new().route("/v1/sessions/{id}", route)).unwrap();
    let arguments = SessionArguments {
        price: false,
        at: None,
        reaches: None,
        station: None,
        id: "../x ?y".to_owned(),
        json: false,
    };
    let error = run(&arguments, &transport, &mut Vec::new()).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (1, "there is no session `../x ?y`")
    );
    for answer in [
        json!({}),
        json!([]),
        json!({ "items": [1, {}], "rated": {} }),
    ] {
        text(&answer);
    }
}
