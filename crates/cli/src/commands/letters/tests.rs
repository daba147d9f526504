//! The commands `dead-letter` and `parked` on answers made for them.

use super::*;
use crate::arguments::{Cli, Command};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const START: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

fn letter() -> Value {
    json!({
        "topic": "charging.events", "partition_number": 2, "record_offset": 17,
        "stage": "sessions", "reason": "WIRE-010", "message": "schema 9 is unknown",
        "set_aside_at": START, "record_key": "default/S1", "bytes": 3,
        "redriven_at": null, "kept": true, "hex": "c30100", "text": null, "reads_as": null,
    })
}

/// Two pages of a thousand and some wait.
fn transport() -> Transport {
    let left = Arc::new(AtomicI64::new(1_500));
    let list = json!({ "items": [letter()], "totals": [
        { "reason": "WIRE-010", "stage": "sessions", "letters": 1_500, "redriven": 0 }] });
    let redrive = async move |Json(_): Json<Value>| {
        let some = left.load(Ordering::Relaxed).min(1_000);
        left.fetch_sub(some, Ordering::Relaxed);
        Json(json!({ "redriven": some, "left": [] }))
    };
    let order = async |Json(_): Json<Value>| Json(json!({ "result": "carried_out", "records": 4 }));
    let units = json!({ "units": [{ "stage": "sessions", "partition": 1, "unit": "S-17",
                                    "records": 4 }] });
    let router = Router::new()
        .route("/v1/dead-letters", get(async || Json(list)))
        .route(
            "/v1/dead-letters/{topic}/{partition}/{offset}",
            get(async || Json(json!({ "letters": [letter()] }))),
        )
        .route("/v1/dead-letters/redrive", post(redrive))
        .route("/v1/parked", get(async || Json(units)))
        .route("/v1/parked/skip", post(order));
    Transport::in_process(router).unwrap()
}

fn told(words: &[&str]) -> Result<String, CliError> {
    use clap::Parser as _;
    let cli = Cli::try_parse_from([&["wattledger"], words].concat()).unwrap();
    let mut out = Vec::new();
    if let Command::DeadLetter(arguments) = &cli.command {
        letters(arguments, &transport(), &mut out)?;
    }
    if let Command::Parked(arguments) = &cli.command {
        parked(arguments, &transport(), &mut out)?;
    }
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn what_was_set_aside_is_told_with_its_place_and_why_and_in_sums() {
    let text = told(&["dead-letter", "list"]).unwrap();
    for said in ["charging.events/2/17", "schema 9 is unknown", "1500"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_letter_shows_its_bytes() {
    let text = told(&["dead-letter", "show", "charging.events/2/17"]).unwrap();
    for said in ["set aside by sessions", "default/S1", "c30100"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn by_filter_all_pages_are_driven_in() {
    let why = ["--reason", "registry is back", "--by", "ada"];
    let words = [&["dead-letter", "redrive", "--code", "WIRE-010"], &why[..]].concat();
    assert_eq!(told(&words).unwrap(), "1500 driven in again.\n");
}

#[test]
fn without_names_filter_or_all_nothing_is_driven_in() {
    let words = ["dead-letter", "redrive", "--reason", "x", "--by", "ada"];
    assert!(matches!(told(&words), Err(CliError::Refused(_))));
}

#[test]
fn what_is_held_back_is_listed_and_skipped() {
    assert!(told(&["parked", "list"]).unwrap().contains("S-17"));
    let words = [
        "parked", "skip", "sessions", "S-17", "--reason", "bench", "--by", "ada",
    ];
    assert_eq!(told(&words).unwrap(), "Done: 4 records.\n");
}
