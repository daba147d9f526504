//! What a running session costs and will: over HTTP and on the command line, while it runs and after.

use serde_json::{Value, json};
use wattledger_tests_live::events::{ago, event};
use wattledger_tests_live::{Engine, Place, eventually};

/// 0.50 per kWh with 20 %, and 6.00 an hour of parking, in UTC.
fn documents() -> Value {
    json!([
        { "kind": "Policy", "id": "default", "spec": {} },
        { "kind": "LegalEntity", "id": "seller", "spec": { "name": "Seller", "country": "DE",
            "timeZone": "UTC", "currency": "EUR", "policy": "default" } },
        { "kind": "Site", "id": "site", "spec": { "timeZone": "UTC", "legalEntity": "seller" } },
        { "kind": "Station", "id": "demo-station", "spec": { "site": "site",
            "evses": [{ "id": 1, "maxPowerW": 22000 }] } },
        { "kind": "Tariff", "id": "flat", "spec": { "id": "flat", "currency": "EUR", "elements": [
            { "price_components": [{ "type": "ENERGY", "price": 0.50, "vat": 20, "step_size": 0 },
                { "type": "PARKING_TIME", "price": 6, "vat": 20, "step_size": 0 }] }] } },
        { "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "flat" } },
        { "kind": "Account", "id": "driver", "spec": {} },
        { "kind": "Token", "spec": { "token": "CARD-1", "account": "driver" } },
    ])
}

/// A session that began an hour ago and took 11 kWh in it.
fn running(place: &Place) -> (Engine, String) {
    let engine = place.ready();
    let file = place.write("documents.json", documents().to_string());
    let _ = place.done(&["apply", "-f", &file]);
    let register = |wh: i64| json!([{ "value": wh }]);
    engine.take(&[
        event("session_started", "1", 3_600, &json!({ "evse": 1, "transaction": 7, "token": "CARD-1", "meterStart": 0, "state": "Charging" })),
        event("session_updated", "2", 1_800, &json!({ "evse": 1, "transaction": 7, "state": "Charging", "samples": register(5_500) })),
        event("session_updated", "3", 1, &json!({ "evse": 1, "transaction": 7, "state": "Charging", "samples": register(11_000) })),
    ]);
    let session = eventually("the session among the records", || {
        let tail = [
            "tail",
            "account.events",
            "--from",
            "earliest",
            "--until-end",
            "--json",
        ];
        let told = place.done(&tail).out;
        let at = told.find("\"ses_")?.checked_add(1)?;
        let id = told.get(at..)?.split('"').next()?;
        Some(id.to_owned())
    });
    (engine, session)
}

fn priced(engine: &Engine, session: &str, asked: &str) -> Value {
    let path = format!("/v1/sessions/{session}/price?{asked}");
    eventually("a price of all that was metered", || {
        let answer = engine.get(&path);
        (answer.status == 200).then_some(())?;
        let told = answer.json();
        (told["energy_kwh"] == "11").then_some(told)
    })
}

#[test]
fn a_running_session_tells_what_it_costs_and_when_it_will_cost_more() {
    let place = Place::new();
    let (engine, session) = running(&place);
    let told = priced(&engine, &session, "");
    // 11 kWh at 0.50, and 20 %.
    let total = json!({ "before_tax": "5.50", "tax": "1.10", "after_tax": "6.60" });
    assert_eq!(told["total"], total, "{told:#}");
    assert_eq!(
        (&told["currency"], &told["tariff"]["id"]),
        (&json!("EUR"), &json!("flat"))
    );
    assert_eq!(told["expected"]["state"], "charging");
    assert_eq!(told["next_change"], Value::Null);
    assert!(
        told.get("at").is_none() && told.get("reaches").is_none(),
        "{told:#}"
    );
    // At 11 kW and a little: 6.60 an hour. In two hours less a little 12.00 more are reached.
    let as_of = told["as_of"].as_str().unwrap();
    let at = chrono::DateTime::parse_from_rfc3339(as_of).unwrap() + chrono::Duration::hours(1);
    let at = at
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
        .replace("+00:00", "Z");
    let asked = priced(&engine, &session, &format!("at={at}&reaches=19.80"));
    assert_eq!(asked["at"]["total"]["after_tax"], "13.20", "{asked:#}");
    let seconds = asked["reaches"]["seconds"].as_i64().unwrap();
    assert!((7_190..=7_200).contains(&seconds), "{asked:#}");
    assert_eq!(asked["reaches"]["amount"], "19.80");
    // What is reached already is reached now; a fortune never.
    let now = priced(&engine, &session, "reaches=6.6");
    assert_eq!(
        (&now["reaches"]["time"], &now["reaches"]["seconds"]),
        (&told["as_of"], &json!(0))
    );
    let never = priced(&engine, &session, "reaches=100000");
    assert_eq!(never["reaches"]["time"], Value::Null);
    assert!(never["reaches"]["looked_until"].is_string());

    let said = place
        .done(&["session", &session, "--at", &at, "--reaches", "19.80"])
        .out;
    for words in [
        "11 kWh",
        "6.60 EUR (5.50 and 1.10 tax)",
        "13.20 EUR",
        "19.80 EUR at",
        "charging at 11",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let said = place
        .done(&["session", &session, "--reaches", "100000", "--json"])
        .json();
    assert_eq!(said, never);
    let said = place
        .done(&["session", &session, "--reaches", "100000"])
        .out;
    assert!(
        said.contains("never 100000.00 EUR under the present conditions"),
        "{said}"
    );
    engine.stop();
}

#[test]
fn what_cannot_be_answered_is_said_so() {
    let place = Place::new();
    let (engine, session) = running(&place);
    priced(&engine, &session, "");
    let refused = |path: &str, status: u16, code: &str, words: &str| {
        let answer = engine.get(path);
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], code, "{answer:?}");
        assert!(answer.text.contains(words), "{answer:?}");
    };
    let path = format!("/v1/sessions/{session}/price");
    refused(&format!("{path}?at=soon"), 400, "parameter", "RFC 3339");
    refused(
        &format!("{path}?at={}", ago(7_200)),
        400,
        "parameter",
        "is metered",
    );
    refused(
        &format!("{path}?at=2099-01-01T00:00:00Z"),
        400,
        "parameter",
        "a week ahead",
    );
    refused(&format!("{path}?reaches=much"), 400, "parameter", "EUR");
    refused(&format!("{path}?reaches=1.001"), 400, "parameter", "EUR");
    refused(&format!("{path}?reaches=-1"), 400, "parameter", "EUR");
    refused(
        &format!("{path}?when=now"),
        400,
        "parameter",
        "not a parameter",
    );
    refused(
        "/v1/sessions/ses_nobody/price",
        404,
        "session",
        "ses_nobody",
    );
    refused(
        "/v1/sessions/ses_nobody/price?station=demo-station",
        404,
        "session",
        "ses_nobody",
    );
    let told = place.ask(&["session", "ses_nobody", "--price"]);
    assert_eq!(told.code, 1, "{told:?}");

    engine.take(&[event(
        "session_ended",
        "4",
        0,
        &json!({ "evse": 1, "transaction": 7, "meterStop": 11_000 }),
    )]);
    eventually("the end", || {
        (engine.get(&path).status == 409).then_some(())
    });
    refused(&path, 409, "not_running", "it has ended");
    engine.stop();
    let told = place.ask(&["session", &session, "--price"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("wattledger run"), "{told:?}");
}
