//! From the open port to a ready engine, and what is told on the way.

use serde_json::json;
use std::io::Write as _;
use std::process::{Command, Stdio};
use wattledger_tests_live::events::event;
use wattledger_tests_live::{Engine, Place, configured, eventually};

#[test]
fn an_engine_answers_that_it_starts_and_takes_events_once_it_is_ready() {
    let place = Place::new();
    // Opening the directory waits until somebody writes the secret.
    std::fs::create_dir(place.data()).unwrap();
    let secret = place.data().join("tenant.secret");
    assert!(
        Command::new("mkfifo")
            .arg(&secret)
            .status()
            .unwrap()
            .success()
    );
    let mut command = place.command(&["run", "--listen", "127.0.0.1:0"]);
    let child = command
        .env("WATTLEDGER_LOG", "info")
        .stdout(Stdio::null())
        .stderr(place.words_file())
        .spawn()
        .unwrap();
    let address = eventually("an open port", || {
        let words = place.words();
        let line = words.lines().find(|line| line.contains("listening"))?;
        let rest = line.split("127.0.0.1:").nth(1)?;
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("http://127.0.0.1:{port}"))
    });
    let engine = Engine::new(child, address);
    let boot = || event("station_booted", "boot", 1, &json!({})).to_string();
    for path in ["/health", "/v1/health"] {
        let health = engine.get(path);
        assert_eq!(
            (health.status, health.json()["state"].as_str()),
            (503, Some("starting"))
        );
    }
    let refused = engine.post("/v1/events", "application/cloudevents+json", boot());
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.json()["error"]["code"], "starting");
    assert_eq!(engine.get("/metrics").status, 503);
    assert!(!place.data().join("engine.json").exists());

    let mut writing = std::fs::OpenOptions::new()
        .write(true)
        .open(&secret)
        .unwrap();
    writing.write_all(b"a secret for tokens").unwrap();
    drop(writing);
    eventually("a ready engine", || {
        let health = engine.get("/health");
        let state = health.json()["state"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let takes = engine.post("/v1/events", "application/cloudevents+json", boot());
        match takes.status {
            202 => assert!(engine.is_ready(), "it took an event before it was ready"),
            503 => assert!(state != "ready" || engine.is_ready(), "{takes:?}"),
            other => panic!("{other}: {takes:?}"),
        }
        engine.is_ready().then_some(())
    });
    engine.stop();
}

#[test]
fn status_tells_instances_with_their_partitions_and_of_a_stopped_engine_none() {
    let place = Place::new();
    let engine = configured(&place);
    let status = eventually("tasks that say where they stand", || {
        let status = engine.get("/v1/status").json();
        let partitions = status["instances"][0]["partitions"].as_array()?.clone();
        partitions
            .iter()
            .all(|row| row["task"].is_object())
            .then_some(status)
    });
    assert_eq!(status["state"], "ready", "{status}");
    let partitions = status["instances"][0]["partitions"].as_array().unwrap();
    // One of control, four of each other stage.
    assert_eq!(partitions.len(), 13, "{status}");
    assert_eq!(status["unowned"], json!([]));
    let shown = place.done(&["status"]);
    for word in ["ready", "Records to fold", "control", "invoices", "process"] {
        assert!(shown.out.contains(word), "{word}: {shown:?}");
    }
    engine.stop();
    let status = place.done(&["status", "--json"]).json();
    assert_eq!(status["instances"], json!([]), "{status}");
    assert_eq!(status["unowned"].as_array().unwrap().len(), 13);
}

#[test]
fn every_kind_that_is_applied_is_listed() {
    let place = Place::new();
    let engine = configured(&place);
    for kind in [
        "Policy",
        "LegalEntity",
        "Site",
        "Station",
        "Tariff",
        "TariffAssignment",
        "Account",
        "Token",
    ] {
        let listed = place.done(&["get", kind, "--json"]).json();
        let items = listed["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 1, "{kind}: {listed}");
        let id = items[0]["id"].as_str().unwrap();
        let one = place.done(&["get", kind, id, "--json"]).json();
        assert_eq!(one["items"].as_array().unwrap().len(), 1, "{kind}: {one}");
        assert!(!listed.to_string().contains("DEMO-TOKEN-1"), "{listed}");
    }
    let tokens = place.done(&["get", "tokens"]);
    assert!(tokens.out.contains("\"account\":\"demo\""), "{tokens:?}");
    engine.stop();
}
