//! The command `review` on answers made for it.

use super::*;
use axum::routing::{get, post};
use axum::{Json, Router};

const START: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

fn row() -> Value {
    json!({
        "session": "ses_1", "account": "demo", "station": "s1", "started_at": START,
        "ended_at": START + 3_600_000, "energy": 12_345_000, "proposed_minor": 764,
        "currency": "EUR", "held_at": START, "waiting_since": START, "round": 2,
        "reasons": "energy_implausible too_dear",
    })
}

fn case() -> Value {
    json!({
        "waits": row(), "round": 2, "version": 1, "station": "s1", "decisions": [],
        "proposal": {
            "time_zone": "Europe/Berlin", "register_start": 1_000_000, "register_end": 13_345_000,
            "end": "reported", "flags": ["reading_outlier"], "tariff": "day",
            "device": { "vendor": "Acme", "model": "Wall 2", "firmware": "1.2", "profile": null,
                        "profile_version": null, "suggestion": "energyUnit: kWh_as_Wh" },
            "readings": [{ "at": START, "kind": "energy_total", "value": 1_000_000 }],
            "readings_left_out": 7,
            "lines": [{ "kind": "energy", "quantity": 12_345_000, "price_e8": 52_000_000,
                        "net": 642, "from_at": START, "to_at": START }],
            "groups": [{ "tax_rate": 190_000, "net": 642, "tax": 122, "gross": 764 },
                       { "tax_rate": 149_750, "net": 1_020, "tax": 153, "gross": 1_173 }],
            "taxes": [{ "group_rate": 149_750, "name": "GST", "account_number": "123 RT0001",
                        "tax_rate": 50_000, "base": 1_020, "amount": 51 },
                      { "group_rate": 149_750, "name": "QST", "account_number": null,
                        "tax_rate": 99_750, "base": 1_020, "amount": 102 }],
            "rounding": -2,
        },
        "story": [],
    })
}

fn transport() -> Transport {
    let list = json!({
        "now": START + 90_000_000, "items": [row()],
        "totals": [{ "of": "all", "sessions": 1, "currency": "EUR", "proposed_minor": 764 }],
        "by_reason": [], "by_age": [{ "of": "1 to 7 days", "sessions": 1, "currency": "EUR",
                                      "proposed_minor": 764 }],
    });
    let echo = async |Json(body): Json<Value>| Json(json!({ "result": "waiting", "body": body }));
    let router = Router::new()
        .route("/v1/review", get(async || Json(list)))
        .route("/v1/review/{session}", get(async || Json(case())))
        .route("/v1/review/{session}/decisions", post(echo));
    Transport::in_process(router).unwrap()
}

fn told(words: &[&str]) -> String {
    use clap::Parser as _;
    let cli = crate::arguments::Cli::try_parse_from([&["wattledger", "review"], words].concat());
    let crate::arguments::Command::Review(arguments) = cli.unwrap().command else {
        panic!("not review");
    };
    let mut out = Vec::new();
    run(&arguments, &transport(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_waits_is_told_with_its_age_its_reasons_and_its_money() {
    let text = told(&["list"]);
    for said in [
        "ses_1",
        "25 h",
        "energy implausible, too dear",
        "7.64 EUR",
        "1 to 7 days",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_case_shows_what_was_read_what_was_odd_and_the_bill_line_by_line() {
    let text = told(&["show", "ses_1"]);
    for said in [
        "waits for a person: energy implausible, too dear",
        "round 2, version 1",
        "reading outlier",
        "Acme Wall 2 1.2",
        "none; the data say `energyUnit: kWh_as_Wh`",
        "12.345 kWh × 0.52 EUR/kWh",
        "19 % tax",
        "GST 5 % (123 RT0001)   on 10.20 EUR",
        "QST 9.975 %",
        "1.02 EUR",
        "-0.02 EUR",
        "(7 readings in between are not shown)",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_decision_carries_what_was_looked_at() {
    let decide = [
        "decide",
        "ses_1",
        "correct",
        "--meter-stop",
        "105000",
        "--json",
    ];
    let why = ["--reason", "photo", "--by", "ada"];
    let answer: Value = serde_json::from_str(&told(&[&decide[..], &why[..]].concat())).unwrap();
    assert_eq!(
        answer["body"],
        json!({ "verdict": "correct", "reason": "photo", "decidedBy": "ada", "round": 2,
                "version": 1, "meterStop": "105000" })
    );
}

#[test]
fn a_decision_wants_a_reason_and_a_name() {
    use clap::Parser as _;
    let words = [
        "wattledger",
        "review",
        "decide",
        "ses_1",
        "waive",
        "--by",
        "ada",
    ];
    assert!(crate::arguments::Cli::try_parse_from(words).is_err());
}
