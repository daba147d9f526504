//! `simulate --rate`: load on an engine that runs, from chargers that obey.

use serde_json::Value;
use std::process::Stdio;
use wattledger_tests_live::{Place, eventually};

/// The data of records of a type, from the beginning.
fn records(place: &Place, topic: &str, kind: &str) -> Vec<Value> {
    let tail = place.done(&["tail", topic, "--from", "earliest", "--until-end", "--json"]);
    let found = tail.lines().into_iter();
    found
        .filter(|record| record["type"] == kind)
        .map(|record| record["data"].clone())
        .collect()
}

#[test]
fn a_live_load_is_billed_and_its_chargers_stop_when_a_hold_cannot_grow() {
    let place = Place::new();
    let engine = place.ready();
    let simulate = [
        "simulate",
        "--rate",
        "120",
        "--stations",
        "60",
        "--duration",
        "12s",
        "--seed",
        "261",
        "--json",
    ];
    let told = place.done(&simulate);
    let report = told.json();
    let number = |path: &str| {
        report
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    assert_eq!(number("/accepted"), number("/sent"), "{report}");
    assert!((1_100..1_900).contains(&number("/sent")), "{report}");
    assert!(number("/sessions/started") > 30, "{report}");
    assert_eq!(report["refused"], serde_json::json!({}), "{report}");
    assert!(
        told.err.contains("60 stations tell 120 events a second"),
        "{told:?}"
    );

    // A hold that was refused to grow became a stop, and the stop the end of its session.
    let stopped: Vec<Value> = records(&place, "charging.commands", "ChargingCommand")
        .into_iter()
        .filter(|command| command["action"]["is"] == "Stop")
        .collect();
    let exhausted = stopped
        .iter()
        .find(|command| command["action"]["reason"] == "HOLD_EXHAUSTED");
    let exhausted = exhausted.unwrap_or_else(|| panic!("no hold was exhausted: {report}"));
    let ends = records(&place, "charging.events", "SessionEnded");
    let end = ends
        .iter()
        .find(|end| end["transaction"] == exhausted["transaction"])
        .unwrap_or_else(|| panic!("it did not end: {exhausted}"));
    assert_eq!(end["reason"], "Remote", "{end}");
    assert!(number("/sessions/ended_by_command") >= 1, "{report}");

    // A driver who was refused drew nothing.
    let refused = records(&place, "charging.commands", "ChargingCommand")
        .into_iter()
        .filter(|command| command["action"]["is"] == "Refuse")
        .filter_map(|command| Some(command["authorization"].as_str()?.to_owned()))
        .collect::<std::collections::BTreeSet<String>>();
    assert!(!refused.is_empty(), "{report}");
    let starts = records(&place, "charging.events", "SessionStarted");
    let began_refused = starts.iter().find(|start| {
        let authorization = start["authorization"].as_str();
        authorization.is_some_and(|authorization| refused.contains(authorization))
    });
    assert_eq!(began_refused, None);

    let started = number("/sessions/started");
    eventually("most sessions billed", || {
        let totals = engine.get("/v1/totals").json();
        let billed: u64 = totals["series"]
            .as_array()?
            .iter()
            .filter_map(|series| series["documents"].as_u64())
            .sum();
        (billed * 10 >= started * 7).then_some(())
    });
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
    engine.stop();
}

#[test]
fn an_audit_in_the_middle_of_a_load_is_clean() {
    let place = Place::new();
    let engine = place.ready();
    let simulate = [
        "simulate",
        "--rate",
        "100",
        "--stations",
        "50",
        "--duration",
        "8s",
        "--json",
    ];
    let mut load = place
        .command(&simulate)
        .stdout(Stdio::null())
        .spawn()
        .expect("a load");
    let mut audits: u32 = 0;
    let ended = loop {
        let audit = place.ask(&["audit", "--json"]);
        assert_eq!(
            audit.json()["verdict"],
            "clean",
            "after {audits}: {audit:?}"
        );
        audits = audits.saturating_add(1);
        if let Some(ended) = load.try_wait().expect("a load") {
            break ended;
        }
    };
    assert!(ended.success() && audits > 3, "{ended} {audits}");
    engine.stop();
}

#[test]
fn a_load_without_an_engine_is_refused() {
    let place = Place::new();
    let told = place.ask(&["simulate", "--rate", "5"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("no engine runs"), "{told:?}");
    let nowhere = [
        "simulate",
        "--into",
        "http://127.0.0.1:1",
        "--duration",
        "1s",
    ];
    assert_eq!(place.ask(&nowhere).code, 2);
    for wrong in [
        &["simulate", "--rate", "0"][..],
        &["simulate", "--duration", "soon"],
        &["simulate", "--into", "ftp://x"],
        &["simulate", "--rate", "5", "--out", "day.jsonl"],
        &["simulate", "--rate", "5", "--sessions", "7"],
    ] {
        assert_eq!(place.ask(wrong).code, 1, "{wrong:?}");
    }
}
