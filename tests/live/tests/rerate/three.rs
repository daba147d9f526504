//! Three sessions by a tariff that turns out wrong, and looks at what becomes of them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use wattledger_tests_live::events::{ago, event};
use wattledger_tests_live::{Engine, Place, Told, configured, eventually};

/// Net and gross before, net and gross after, in cents.
pub type Amounts = (i64, i64, i64, i64);

/// 5 kWh: 2.50 + 0.475 tax; 1.50 + 0.60 and 0.399 tax.
pub const FIVE: Amounts = (250, 298, 210, 250);
/// 11 kWh: 5.50 + 1.045 tax; 1.50 + 2.40 and 0.741 tax.
pub const ELEVEN: Amounts = (550, 655, 390, 464);
/// 2 kWh: 1.00 + 0.19 tax, before and after.
pub const TWO: Amounts = (100, 119, 100, 119);

pub fn flat(elements: &Value) -> Value {
    json!({ "kind": "Tariff", "id": "flat", "spec": {
        "id": "flat", "country_code": "DE", "party_id": "DEM", "currency": "EUR",
        "last_updated": "2020-01-01T00:00:00Z", "elements": elements } })
}

pub fn energy(price: f64) -> Value {
    json!([{ "type": "ENERGY", "price": price, "vat": 19.0, "step_size": 1 }])
}

pub fn before() -> Value {
    flat(&json!([{ "price_components": energy(0.50) }]))
}

pub fn after() -> Value {
    flat(&json!([
        { "price_components": energy(0.50), "restrictions": { "max_kwh": 3 } },
        { "price_components": energy(0.30) },
    ]))
}

pub fn applied(place: &Place, documents: &Value) {
    let file = place.write("documents.json", documents.to_string());
    let told = place.done(&["apply", "-f", &file, "--json"]).json();
    let rows = told["documents"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["result"] == "recorded"), "{told}");
}

/// A session of the demo account with its card, of so many Wh, that ended so many seconds ago.
pub fn charged(engine: &Engine, name: &str, evse: u8, wh: u32, ended: u64) {
    let started = json!({ "evse": evse, "transaction": name, "sequence": 0, "token": "DEMO-TOKEN-1",
                          "meterStart": 100_000, "state": "Charging" });
    let stopped = json!({ "evse": evse, "transaction": name, "sequence": 1,
                          "meterStop": 100_000 + wh });
    engine.take(&[
        event(
            "session_started",
            &format!("{name}-0"),
            ended + 1_800,
            &started,
        ),
        event("session_ended", &format!("{name}-1"), ended, &stopped),
    ]);
}

/// An engine with the demo's configuration, and three sessions; their ids by energy.
pub fn billed(place: &Place) -> (Engine, BTreeMap<i64, String>) {
    let engine = configured(place);
    let sessions = sessions_of(place, &engine);
    (engine, sessions)
}

/// A tariff of one's own at the demo station, three sessions by it, billed and paid; their ids by energy.
pub fn sessions_of(place: &Place, engine: &Engine) -> BTreeMap<i64, String> {
    let mine = json!({ "kind": "TariffAssignment", "id": "mine",
                       "spec": { "tariff": "flat", "station": "demo-station", "priority": 9 } });
    applied(place, &json!([before(), mine]));
    charged(engine, "five", 1, 5_000, 40);
    charged(engine, "eleven", 2, 11_000, 30);
    charged(engine, "two", 1, 2_000, 4_000);
    let sessions: BTreeMap<i64, String> = eventually("three ratings", || {
        let found = place.done(&["get", "sessions", "--json"]).json();
        let items = found["items"].as_array().unwrap().iter();
        let ids = items.map(|item| {
            let id = item["session"].as_str().unwrap().to_owned();
            (item["energy"].as_i64().unwrap() / 1_000_000, id)
        });
        let ids: BTreeMap<i64, String> = ids.collect();
        (ids.len() == 3).then_some(ids)
    });
    for session in sessions.values() {
        eventually("a capture", || {
            moved(place, session, "captured").first().copied()
        });
    }
    sessions
}

pub fn items(place: &Place, session: &str) -> Vec<Value> {
    let story = place.done(&["session", session, "--json"]).json();
    story["items"].as_array().unwrap().clone()
}

/// Amounts of one kind of movement of a session's money.
pub fn moved(place: &Place, session: &str, movement: &str) -> Vec<i64> {
    let items = items(place, session);
    let of = items
        .iter()
        .filter(|item| item["is"]["movement"] == movement);
    of.map(|item| item["is"]["amount"].as_i64().unwrap())
        .collect()
}

/// Documents of a session: how many.
pub fn documents(place: &Place, session: &str) -> usize {
    let items = items(place, session);
    items
        .iter()
        .filter(|item| item["part"] == "document")
        .count()
}

pub fn rerate(place: &Place, tariff: &str, more: &[&str]) -> Told {
    let (from, to) = (ago(86_400), ago(0));
    let words = ["rerate", "--tariff", tariff, "--from", &from, "--to", &to];
    place.ask(&[&words[..], more].concat())
}

pub fn row<'t>(told: &'t Value, session: &str) -> &'t Value {
    let mut rows = told["rows"].as_array().unwrap().iter();
    rows.find(|row| row["session"] == session).unwrap()
}

#[track_caller]
pub fn shows(row: &Value, amounts: Amounts, state: &str) {
    let number = |name: &str| row[name].as_i64().unwrap();
    let found = (
        number("billed_net"),
        number("billed_gross"),
        number("would_be_net"),
        number("would_be_gross"),
    );
    assert_eq!(found, amounts, "{row}");
    assert_eq!(number("difference_gross"), amounts.3 - amounts.1);
    assert_eq!(
        (&row["state"], &row["basis"]),
        (&json!(state), &json!("exact"))
    );
}

/// How many decisions of re-rating the log holds.
pub fn decisions(place: &Place) -> usize {
    let words = [
        "tail",
        "charging.events",
        "--from",
        "earliest",
        "--until-end",
        "--json",
    ];
    let told = place.done(&words);
    told.out
        .lines()
        .filter(|line| line.contains("ReviewDecided"))
        .count()
}

pub fn clean(place: &Place) {
    let audit = place.ask(&["audit", "--json"]);
    assert_eq!(audit.json()["verdict"], "clean", "{audit:?}");
}

/// Has two sessions corrected by a tariff, each once, with what is paid too much given back.
#[track_caller]
pub fn corrected(place: &Place, tariff: &str, sessions: [(&str, Amounts); 2]) {
    let done = rerate(place, tariff, &["--apply", "--by", "ada", "--json"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.json()["results"], json!({ "corrected": 2 }));
    for (session, amounts) in sessions {
        eventually("a credit note and a new invoice", || {
            (documents(place, session) == 3).then_some(())
        });
        let back = eventually("a refund", || {
            let back = moved(place, session, "refunded");
            (!back.is_empty()).then_some(back)
        });
        assert_eq!(back, [amounts.1 - amounts.3]);
    }
}

/// Orders it once more: nothing more comes of it.
#[track_caller]
pub fn nothing_more(place: &Place, sessions: [&str; 2]) {
    let again = rerate(place, "flat@2", &["--apply", "--by", "bob", "--json"]);
    assert_eq!(again.code, 0, "{again:?}");
    let told = again.json();
    assert_eq!(told["results"], json!({}));
    assert_eq!(told["counts"], json!({ "already": 2, "unchanged": 1 }));
    assert_eq!(decisions(place), 2, "one for each session that changed");
    for session in sessions {
        assert_eq!(documents(place, session), 3);
    }
}
