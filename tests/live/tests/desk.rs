//! The review desk as people work at it: a session waits, a person decides, one numbered invoice and one
//! capture come of it, and every promise still holds.
#![allow(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use serde_json::{Value, json};
use wattledger_tests_live::events::{event, session};
use wattledger_tests_live::{Engine, Place, allowed, configured, eventually};

/// A session whose register at the end cannot be: 900 kWh in half an hour.
fn jumped(place: &Place, engine: &Engine, name: &str) -> String {
    allowed(place, engine, name);
    let mut events = session(name);
    events[3]["data"]["meterStop"] = json!(1_000_000);
    engine.take(&events);
    waiting(place, 1);
    let list = place.done(&["review", "list", "--json"]).json();
    list["items"][0]["session"].as_str().unwrap().to_owned()
}

/// Waits until so many sessions wait for a person.
fn waiting(place: &Place, count: usize) {
    eventually("what waits", || {
        let list = place.done(&["review", "list", "--json"]).json();
        (list["items"].as_array().unwrap().len() == count).then_some(())
    });
}

/// The story of a session once money came in.
fn paid(place: &Place, session: &str) -> Vec<Value> {
    eventually("a capture", || {
        let story = place.done(&["session", session, "--json"]).json();
        let items = story["items"].as_array().unwrap().clone();
        let is_paid = |item: &Value| item["is"]["movement"] == "captured";
        items.iter().any(is_paid).then_some(items)
    })
}

fn clean(place: &Place) {
    let audit = place.ask(&["audit", "--json"]);
    assert_eq!(audit.json()["verdict"], "clean", "{audit:?}");
}

#[test]
fn a_held_session_is_decided_and_billed_and_captured_once() {
    let place = Place::new();
    let engine = configured(&place);
    let session = jumped(&place, &engine, "jump");

    let list = place.done(&["review", "list"]);
    assert!(list.out.contains("energy implausible"), "{list:?}");
    let shown = place.done(&["review", "show", &session]);
    for said in ["1000.000 kWh", "proposed bill", "round 1, version 0"] {
        assert!(shown.out.contains(said), "{said}: {}", shown.out);
    }

    let decide = |more: &[&str]| {
        let mut words = vec![
            "review",
            "decide",
            &session,
            "correct",
            "--meter-stop",
            "105000",
        ];
        words.extend(["--reason", "photo of the meter", "--by", "ada"]);
        words.extend(more);
        place.ask(&words)
    };
    assert_eq!(decide(&["--round", "9", "--version", "0"]).code, 1);
    let done = decide(&[]);
    assert!(done.out.contains("Carried out: version 1"), "{done:?}");
    // The same decision again is the same one.
    let again = decide(&["--round", "1", "--version", "0"]);
    assert_eq!((again.code, &again.out), (0, &done.out));

    let story = paid(&place, &session);
    let of = |part: &str| story.iter().filter(|item| item["part"] == part).count();
    assert_eq!((of("document"), of("decided"), of("held")), (1, 1, 1));
    let captures = story
        .iter()
        .filter(|item| item["is"]["movement"] == "captured");
    assert_eq!(captures.count(), 1);
    let told = place.done(&["session", &session]);
    assert!(told.out.contains("photo of the meter"), "{told:?}");
    waiting(&place, 0);
    clean(&place);
    engine.stop();
}

#[test]
fn a_billed_session_is_waived_credited_and_given_back_once() {
    let place = Place::new();
    let engine = configured(&place);
    allowed(&place, &engine, "good");
    engine.take(&session("good"));
    let session = eventually("a rating", || {
        let found = place.done(&["get", "sessions", "--json"]).json();
        Some(found["items"][0]["session"].as_str()?.to_owned())
    });
    paid(&place, &session);
    let body = json!({
        "verdict": "waive", "reason": "the station was out of order", "decidedBy": "ada",
        "round": 0, "version": 1,
    });
    let path = format!("/v1/review/{session}/decisions");
    for _ in 0..3 {
        let answer = engine.post(&path, "application/json", body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["result"], "carried_out");
    }
    let mut late = body.clone();
    late["reason"] = "again".into();
    let answer = engine.post(&path, "application/json", late.to_string());
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].as_str()),
        (409, Some("decision"))
    );

    let refunds = eventually("a refund", || {
        let story = place.done(&["session", &session, "--json"]).json();
        let items = story["items"].as_array().unwrap().clone();
        let back: Vec<Value> = items
            .into_iter()
            .filter(|item| item["is"]["movement"] == "refunded")
            .collect();
        (!back.is_empty()).then_some(back)
    });
    assert_eq!(refunds.len(), 1);
    clean(&place);
    engine.stop();
}

#[test]
fn a_session_without_a_payer_is_given_one_that_exists() {
    let place = Place::new();
    let engine = configured(&place);
    let started = json!({ "evse": 1, "transaction": "t", "sequence": 0, "token": "nobody",
                          "meterStart": 100_000, "state": "Charging" });
    let ended = json!({ "evse": 1, "transaction": "t", "sequence": 1, "meterStop": 105_000 });
    engine.take(&[
        event("session_started", "0", 1_830, &started),
        event("session_ended", "1", 30, &ended),
    ]);
    waiting(&place, 1);
    let list = place
        .done(&["review", "list", "--json", "--reason", "no_payer"])
        .json();
    let session = list["items"][0]["session"].as_str().unwrap().to_owned();
    let to = |account: &str| {
        let words = [
            "review",
            "decide",
            &session,
            "set-payer",
            "--account",
            account,
        ];
        let why = ["--reason", "a new card of theirs", "--by", "ada"];
        place.ask(&[&words[..], &why[..]].concat())
    };
    assert_eq!(to("nobody-knows-them").code, 1);
    let bob = json!({ "kind": "Account", "id": "bob", "spec": { "name": "Bob" } });
    let file = place.write("bob.json", bob.to_string());
    let applied = place.done(&["apply", "-f", &file]);
    assert!(applied.out.contains("recorded"), "{applied:?}");
    let done = to("bob");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("billed to bob"), "{done:?}");
    waiting(&place, 0);
    clean(&place);
    engine.stop();
}
