//! What becomes of everything that a gateway may send: one outcome for each class, on each door. HTTP and
//! import refuse at the door; intake sets aside what it cannot read of gateway.events, in JSON or Avro;
//! what a trusted gateway wrote to charging.events is set aside by the stage.
//!
//! Source of the classes: the poison classes of the design's reliability page. Not among them: a registry
//! that answers 404 or 500, which crates/engine/src/registry/framed/tests.rs has. A map with duplicate
//! keys is a JSON object that gives one twice: no record in Avro has a map.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "ground/classes.rs"]
mod classes;
#[path = "ground/world.rs"]
#[allow(dead_code, reason = "each test tells some of it")]
mod world;

use classes::{Case, absurd, absurd_in_avro, avro, unreadable};
use serde_json::{Value, json};
use wattledger_engine::service::ServiceError;
use wattledger_wire::imports::lines;
use world::{World, at, end, event, start};

#[test]
fn avro_of_a_gateway_is_held_to_the_bounds_of_json() {
    let mut world = World::new();
    for (class, bytes, code) in absurd_in_avro() {
        assert_eq!(
            world.sent(Some(bytes)),
            format!("dead letter {code}"),
            "{class}"
        );
    }
    let letters = world.waiting();
    assert_eq!(letters.len(), 5, "{letters:?}");
    let limit = letters
        .iter()
        .find(|letter| letter.message.contains("currency"));
    let limit = limit.expect("the limit's letter says so");
    assert_eq!(
        limit.message,
        "data.limit.currency: `QQQ` is no currency of ISO 4217"
    );
}

fn said(taken: Result<(), ServiceError>) -> String {
    match taken {
        Ok(()) => "taken".to_owned(),
        Err(ServiceError::Event(fault)) => format!("refused {}", fault.code),
        Err(other) => panic!("{other}"),
    }
}

/// What an import says of a line.
fn imported(world: &mut World, line: &[u8]) -> String {
    let read = lines::read(line).unwrap();
    let mut refused = !read.refused.is_empty();
    for event in &read.events {
        refused |= world.imported(&event.event, event.received_at).is_err();
    }
    let nothing = read.events.is_empty() && read.refused.is_empty();
    match (nothing, refused) {
        (true, _) => "nothing".to_owned(),
        (false, true) => "refused".to_owned(),
        (false, false) => "taken".to_owned(),
    }
}

#[test]
fn what_cannot_be_read_is_refused_at_the_doors_and_set_aside_by_the_stage() {
    let mut world = World::new();
    world.told(&start());
    let (mut known, mut wrong) = (0, Vec::new());
    for case in unreadable().into_iter().chain(absurd()) {
        let Case {
            class,
            bytes,
            http,
            import,
            gateway,
            written,
        } = case;
        let by_http = said(world.posted(&bytes));
        // A line is a line: what breaks into several, or into none, is told line by line.
        let by_import = imported(&mut world, &bytes);
        let nothing = bytes.iter().all(u8::is_ascii_whitespace);
        let expect = if nothing { "nothing" } else { import };
        let gateway = gateway.replace("refused", "dead letter");
        let by_gateway = world.sent(Some(bytes.clone()));
        world.written(&bytes);
        let letters = world.waiting();
        assert_eq!(letters.len(), known + 2, "{class} on both topics");
        let newest = |stage: &str| {
            let of_stage = letters.iter().filter(|letter| &*letter.stage == stage);
            let last = of_stage.max_by_key(|letter| letter.record_offset).unwrap();
            format!("dead letter {}", last.reason)
        };
        let became = [
            &*by_http,
            &*by_import,
            &*newest("intake"),
            &*newest("sessions"),
        ];
        if became != [http, expect, &*gateway, written] || by_gateway != gateway {
            wrong.push(format!("{class}: {became:?}, at intake {by_gateway}"));
        }
        known += 2;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Nothing of it stopped the partition: the session goes on and is billed.
    world.told(&end());
    world.tick(120);
    assert_eq!(world.billed(), [595]);
}

#[test]
fn a_tombstone_where_events_are_folded_is_nothing() {
    let mut world = World::new();
    world.told(&start());
    world.tombstone();
    assert_eq!(world.sent(None), "nothing");
    assert_eq!(world.waiting(), []);
    world.told(&end());
    world.tick(120);
    assert_eq!(world.billed(), [595]);
}

/// What is taken and becomes something else than a bill: by HTTP, by import, on gateway.events and as
/// Avro alike.
#[track_caller]
fn check(class: &str, events: &[Value], expect: &str) {
    for door in ["http", "import", "gateway", "written"] {
        let mut world = World::new();
        for event in events {
            match door {
                "http" => world.told(event),
                "gateway" => {
                    let sent = world.sent(Some(event.to_string().into_bytes()));
                    assert_eq!(sent, "taken");
                }
                "import" => {
                    let mut line = event.clone();
                    line["receivedat"] = at(70).to_string().into();
                    let line = line.to_string();
                    assert_eq!(imported(&mut world, line.as_bytes()), "taken");
                }
                _ => world.written(&avro(event)),
            }
        }
        world.tick(120);
        world.tick(2 * 24 * 60);
        // In Avro a token is a hash that this directory does not know: nobody pays.
        let written = door == "written";
        let mut either = expect.split('|');
        let (first, last) = (either.next().unwrap(), either.next_back());
        let expect = if written {
            first
        } else {
            last.unwrap_or(first)
        };
        assert_eq!(world.became(), expect, "{class} by {door}");
    }
}

#[test]
fn an_event_without_a_start_is_unresolved() {
    check("no start", &[end()], "unresolved, unresolved");
}

#[test]
fn an_unknown_station_is_for_review() {
    let elsewhere = |mut event: Value| {
        event["subject"] = "nowhere".into();
        event
    };
    check(
        "unknown station",
        &[elsewhere(start()), elsewhere(end())],
        "review no_payer no_station|review no_station",
    );
}

#[test]
fn a_register_that_runs_backwards_is_for_review() {
    let mut end = end();
    end["data"]["meterStop"] = 10.into();
    check(
        "register backwards",
        &[start(), end],
        "review no_payer register_backwards|review register_backwards",
    );
}

#[test]
fn a_clock_of_before_2010_or_far_ahead_is_estimated() {
    for time in ["2009-12-31T23:59:59Z", "2099-01-01T00:00:00Z"] {
        let mut end = end();
        end["time"] = time.into();
        check(
            "suspect clock",
            &[start(), end],
            "review no_payer|estimated",
        );
    }
}

#[test]
fn a_limit_in_a_currency_that_the_station_does_not_bill_is_a_dead_letter_of_the_account() {
    let mut world = World::new();
    let limit = json!({ "minor": 1_000, "currency": "SEK" });
    let data = json!({ "authorization": "a", "evse": 1, "method": { "token": "tok_visa_ok" },
                       "limit": limit });
    world.told(&event("authorization_requested", "9", 5, data));
    let letters = world.waiting();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(
        (&*letters[0].stage, &*letters[0].reason),
        ("accounts", "ACCOUNTS-001")
    );
}
