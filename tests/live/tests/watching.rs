//! Watching an engine: health, metrics and records as they come; a simulated day through a file.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use wattledger_tests_live::events::{event, session};
use wattledger_tests_live::{Place, configured, eventually};

#[test]
fn health_says_restoring_until_it_says_ready() {
    let place = Place::new();
    place.ready().stop();
    let engine = place.start();
    let mut seen = Vec::new();
    eventually("a ready engine", || {
        let answer = engine.get("/health");
        let state = answer.json()["state"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let expected = if state == "ready" { 200 } else { 503 };
        assert_eq!(answer.status, expected, "{answer:?}");
        seen.push(state);
        seen.last()
            .is_some_and(|state| state == "ready")
            .then_some(())
    });
    assert!(
        seen.iter()
            .all(|state| state == "restoring" || state == "ready"),
        "{seen:?}"
    );
    engine.stop();
}

/// A session that drew more than its EVSE can give.
fn impossible(name: &str) -> Vec<Value> {
    let mut events = session(name);
    events[0]["data"]["authorization"] = Value::Null;
    events[0]["data"]["token"] = json!("DEMO-TOKEN-1");
    events[3]["data"]["meterStop"] = json!(190_000);
    events
}

#[test]
fn metrics_count_what_was_taken_refused_folded_held_and_captured() {
    let place = Place::new();
    let engine = configured(&place);
    engine.take(&impossible("huge"));
    let refused = engine.post("/v1/events", "application/cloudevents+json", "{}");
    assert_eq!(refused.status, 422);
    let text = eventually("the held session in the metrics", || {
        let answer = engine.get("/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        let held = answer.text.contains("billing_sessions_held{reason=");
        let turned = answer.text.contains("runtime_turns_total{stage=");
        (held && turned).then_some(answer.text)
    });
    let has = |start: &str| {
        assert!(
            text.lines().any(|line| line.starts_with(start)),
            "{start}: {text}"
        )
    };
    has("engine_events_accepted_total 4");
    has("engine_requests_rejected_total 1");
    for stage in ["control", "sessions", "accounts", "invoices"] {
        for series in [
            "runtime_lag_records",
            "runtime_turns_total",
            "runtime_records_total",
            "runtime_fold_microseconds_total",
            "runtime_commit_microseconds_total",
            "runtime_dead_letters_total",
            "runtime_parked_records",
            "runtime_timers_pending",
        ] {
            has(&format!("{series}{{stage=\"{stage}\",partition=\"0\"}} "));
        }
    }
    for series in [
        "billing_captured_minor",
        "billing_receivable_minor",
        "billing_gross_minor",
    ] {
        has(&format!("# TYPE {series} gauge"));
    }
    has("billing_sessions_held{reason=");
    for series in ["billing_authorizations_refused", "billing_event_outcomes"] {
        has(&format!("# TYPE {series} gauge"));
    }
    for worker in ["payments", "views"] {
        has(&format!(
            "engine_worker_lag_records{{worker=\"{worker}\"}} "
        ));
    }
    let held = place.done(&["get", "held", "--json"]).json();
    assert_eq!(held["items"].as_array().unwrap().len(), 1, "{held}");
    engine.stop();
}

#[test]
fn tail_shows_records_as_they_come() {
    let place = Place::new();
    let engine = configured(&place);
    let mut command = place.command(&["tail", "charging.events", "--json"]);
    let mut tail = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(tail.stdout.take().unwrap());
    let (shown, lines) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        output.lines().map_while(Result::ok).for_each(|line| {
            let _ = shown.send(line);
        });
    });
    let mut sent: u32 = 0;
    let line = eventually("a boot in the tail", || {
        sent = sent.saturating_add(1);
        let data = json!({ "reason": "PowerUp" });
        engine.take(&[event("station_booted", &format!("boot-{sent}"), 5, &data)]);
        lines.try_iter().find(|line| line.contains("boot-"))
    });
    let record: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["key"], "default/demo-station");
    assert!(
        record["offset"].is_i64() && record["partition"].is_i64(),
        "{record}"
    );
    tail.kill().unwrap();
    tail.wait().unwrap();
    reading.join().unwrap();
    engine.stop();
}

#[test]
fn a_simulated_day_goes_through_a_file_and_is_imported_once() {
    let place = Place::new();
    let day = place.path("day.jsonl");
    let simulate = [
        "simulate",
        "--seed",
        "3",
        "--stations",
        "5",
        "--sessions",
        "20",
    ];
    let told = place.done(&[&simulate[..], &["--out", &day]].concat());
    assert!(told.out.contains("events written"), "{told:?}");
    assert!(!place.data().exists(), "a file needs no engine");
    let _ = place.done(&["import", &day, "--settle", "2"]);
    let first = place.done(&["get", "invoices", "--json"]).json();
    assert!(!first["items"].as_array().unwrap().is_empty(), "{first}");
    let _ = place.done(&["import", &day, "--settle", "2"]);
    assert_eq!(place.done(&["get", "invoices", "--json"]).json(), first);
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
}
