//! `kill -9` in the middle: what was answered 202 is there, and nothing is billed twice.

use wattledger_tests_live::events::{asked, session};
use wattledger_tests_live::{Place, allowed, configured, eventually};

#[test]
fn an_engine_killed_twice_in_a_session_bills_it_once() {
    let place = Place::new();
    let engine = configured(&place);
    allowed(&place, &engine, "night");
    let events = session("night");
    engine.take(&events[..2]);
    engine.kill();

    let refused = place.ask(&["apply", "-f", &place.path("demo.yaml")]);
    assert_eq!(refused.code, 1, "no engine runs: {refused:?}");
    assert!(refused.err.contains("wattledger run"), "{refused:?}");

    let engine = place.ready();
    engine.take(&events[2..]);
    engine.kill();

    let engine = place.ready();
    engine.take(&[asked("night")]);
    engine.take(&events);
    let invoices = eventually("the session's invoice", || {
        let invoices = place.done(&["get", "invoices", "--json"]).json();
        (!invoices["items"].as_array().unwrap().is_empty()).then_some(invoices)
    });
    let number = invoices["items"][0]["number"].as_str().unwrap();
    eventually("its capture", || {
        let story = place.done(&["invoice", number, "--json"]).out;
        story.contains("captured").then_some(())
    });
    let sessions = place.done(&["get", "sessions", "--json"]).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1, "{sessions}");
    assert_eq!(sessions["items"][0]["energy"], 5_000_000, "{sessions}");
    engine.stop();
    let invoices = place.done(&["get", "invoices", "--json"]).json();
    assert_eq!(invoices["items"].as_array().unwrap().len(), 1, "{invoices}");
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
}
