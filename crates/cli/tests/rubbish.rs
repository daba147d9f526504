//! Rubbish on every command and every endpoint: a sentence and the exit code or status that is
//! documented, never a panic, never a trace, and the engine goes on.
//!
//! Commands come from clap's own tree and routes from the router's source, so that a new one is among them.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "rubbish/place.rs"]
mod place;

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use place::{Place, Told};
use wattledger_cli::arguments::Cli;

/// Commands that go on until they are told to end, where nothing refuses them.
const STAYS: [&str; 4] = ["run", "demo", "processor", "tail"];

/// The commands without commands below them, each with its words.
fn leaves(command: &Command, words: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    let mut below = command.get_subcommands().peekable();
    if below.peek().is_none() {
        found.push((words.to_vec(), command.clone()));
    }
    for one in below.filter(|one| one.get_name() != "help") {
        let words = [words, &[one.get_name().to_owned()]].concat();
        leaves(one, &words, found);
    }
}

/// An argument of its own, with a value.
fn given(argument: &Arg, value: &str) -> Vec<String> {
    match argument.get_long() {
        Some(long) => vec![format!("--{long}={value}")],
        None => vec![value.to_owned()],
    }
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

fn check(told: &Told, words: &[String], at_least: i32) {
    let shown: Vec<String> = words
        .iter()
        .map(|word| word.chars().take(60).collect())
        .collect();
    assert!(
        (at_least..=2).contains(&told.code),
        "{shown:?} ends with {}: {}",
        told.code,
        told.said
    );
    for trace in [
        "panicked at",
        "stack backtrace",
        "RUST_BACKTRACE",
        "Location:",
    ] {
        assert!(!told.said.contains(trace), "{shown:?}: {}", told.said);
    }
    assert!(
        told.code == 0 || told.said.trim().len() > 10,
        "{shown:?} says nothing: {:?}",
        told.said
    );
}

/// Every command line that is tried, and the lowest exit code that it may end with.
fn lines(words: &[String], command: &Command, rubbish: &[String]) -> Vec<(Vec<String>, i32)> {
    let all: Vec<&Arg> = command
        .get_arguments()
        .filter(|one| takes_value(one))
        .collect();
    let required: Vec<&Arg> = all
        .iter()
        .copied()
        .filter(|one| one.is_required_set())
        .collect();
    let filled = |value: &str| -> Vec<String> {
        required.iter().flat_map(|one| given(one, value)).collect()
    };
    let line = |more: &[Vec<String>]| [words, &more.concat()].concat();
    let mut lines = vec![(line(&[filled("x"), vec!["--no-such-flag".to_owned()]]), 1)];
    if !required.is_empty() {
        lines.push((line(&[]), 1));
    }
    let is_list = all.iter().any(|one| {
        one.get_num_args()
            .is_some_and(|count| count.max_values() > 1)
    });
    let places = all.iter().filter(|one| one.is_positional()).count();
    if !is_list {
        lines.push((line(&[vec!["x".to_owned(); places + 1]]), 1));
    }
    // A file that is read cannot be any of this.
    let file = required
        .iter()
        .any(|one| one.get_value_hint() == ValueHint::AnyPath);
    let refused = i32::from(file);
    if !required.is_empty() {
        lines.extend(
            rubbish
                .iter()
                .map(|value| (line(&[filled(value)]), refused)),
        );
    }
    let options = all.iter().filter(|one| !one.is_required_set()).enumerate();
    for (number, option) in options {
        for turn in [0, 5] {
            let value = &rubbish[(number * 3 + turn) % rubbish.len()];
            lines.push((line(&[filled("x"), given(option, value)]), 0));
        }
    }
    lines
}

#[test]
fn every_command_answers_rubbish_with_a_sentence_and_one_or_two() {
    let place = Place::new();
    let engine = place.engine();
    let rubbish = place.rubbish();
    let mut found = Vec::new();
    let mut tree = Cli::command();
    tree.build();
    leaves(&tree, &[], &mut found);
    assert!(found.len() >= 30, "{} commands", found.len());
    let mut count = 0;
    for (words, command) in &found {
        for (line, at_least) in lines(words, command, &rubbish) {
            // What clap gives to every command is tried once, below.
            if line
                .iter()
                .any(|word| word.starts_with("--kafka") || word.starts_with("--data-dir"))
            {
                continue;
            }
            let stays = STAYS.contains(&words[0].as_str());
            let Some(told) = place.told(&line, stays) else {
                continue;
            };
            check(&told, &line, at_least);
            count += 1;
        }
    }
    assert!(count >= 300, "{count} lines");
    assert!(engine.is_ready());
    engine.never_panicked();
}

#[test]
fn rubbish_for_all_commands_at_once_is_refused() {
    let place = Place::new();
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&word| word.into()).collect() };
    let missing = place.missing();
    for line in [
        words(&[]),
        words(&["nonsense"]),
        words(&["status", "--data-dir", ""]),
        words(&["status", "--data-dir", &missing]),
        words(&["status", "--data-dir", &place.binary()]),
        words(&["status", "--data-dir", "\u{1b}[31m"]),
        words(&["status", "--kafka", ""]),
        words(&["status", "--kafka-properties", &missing]),
        words(&[
            "status",
            "--kafka",
            "127.0.0.1:1",
            "--kafka-properties",
            &missing,
        ]),
    ] {
        let told = place.alone(&line);
        check(&told, &line, 1);
    }
}

/// Path and method of every route.
fn routes() -> Vec<(String, &'static str)> {
    let source = include_str!("../../api/src/serve.rs");
    let parts = source.split(".route(").skip(1);
    let routes = parts.map(|part| {
        let mut quoted = part.split('"');
        let path = quoted.nth(1).unwrap().to_owned();
        let rest = quoted.next().unwrap();
        let method = if rest
            .trim_start_matches([',', ' ', '\n'])
            .starts_with("post(")
        {
            "POST"
        } else {
            "GET"
        };
        (path, method)
    });
    routes.collect()
}

/// A path with its parameters filled.
fn filled(path: &str, value: &str) -> String {
    let mut left = path;
    let mut whole = String::new();
    while let Some((before, rest)) = left.split_once('{') {
        whole.push_str(before);
        whole.push_str(value);
        left = rest.split_once('}').unwrap().1;
    }
    whole + left
}

#[test]
fn every_endpoint_answers_rubbish_with_a_status_and_a_documented_code() {
    let place = Place::new();
    let engine = place.engine();
    let routes = routes();
    assert!(routes.len() >= 25, "{} routes", routes.len());
    let long = "x".repeat(3_000);
    let values = [
        "nope",
        "-1",
        "%00",
        "%ff",
        "..%2F..%2Fetc",
        "%F0%9F%9A%97",
        "%20",
        &long,
    ];
    let many = format!("?{}", "a=b&".repeat(5_000));
    let queries = [
        "?limit=-1&skip=x&by=moon",
        "?limit=99999999999999999999",
        "?from=2026-02-30&to=1",
        "?order=%ff",
        "?limit=0&wait_ms=x&cursor=zz",
        &many,
    ];
    let large = vec![b'['; 1_200_000];
    let deep = vec![b'['; 100_000];
    let bodies: [&[u8]; 10] = [
        b"",
        b"\xff\x00\xfe",
        b"null",
        b"7",
        b"\"x\"",
        b"{}",
        b"[]",
        br#"{"a": 1, "a": 2}"#,
        &deep,
        &large,
    ];
    for (path, method) in &routes {
        for value in values {
            engine.answers(method, &filled(path, value), b"{}");
        }
        for query in queries {
            engine.answers(method, &(filled(path, "x") + query), b"{}");
        }
        if *method == "POST" {
            for body in bodies {
                engine.answers(method, &filled(path, "x"), body);
            }
        }
        for other in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            engine.answers(other, &filled(path, "x"), b"\xff");
        }
    }
    assert!(engine.is_ready());
    engine.never_panicked();
}

#[test]
fn no_door_takes_a_card_number_in_the_words_of_a_person_nor_an_order_without_a_reason() {
    let place = Place::new();
    let engine = place.engine();
    let order = |reason: &str, by: &str| {
        serde_json::json!({ "letters": [], "stage": "sessions", "unit": "S-1", "verdict": "waive",
            "tariff": "t", "reason": reason, "decidedBy": by, "by": by })
    };
    for (path, method) in routes() {
        // Others take no words: the audit has no body, and a webhook is signed by its processor.
        let is_order = path.starts_with("/v1/review/")
            || path.starts_with("/v1/parked/")
            || matches!(&*path, "/v1/rerate" | "/v1/dead-letters/redrive");
        if method != "POST" || !is_order {
            continue;
        }
        for (reason, by) in [
            ("card 4242 4242 4242 4242", "ada"),
            ("a typo", "5555-5555-5555-4444"),
        ] {
            let body = order(reason, by).to_string();
            let answer = engine.answer(method, &filled(&path, "x"), body.as_bytes());
            let said = answer.to_string();
            assert!(said.contains("card_data_refused"), "{path}: {said}");
            assert!(!said.contains("4242 4242 4242"), "{path}: {said}");
        }
    }
    for (reason, by) in [(" ", "ada"), ("a typo", "\t ")] {
        let body = order(reason, by).to_string();
        let answer = engine.answer("POST", "/v1/dead-letters/redrive", body.as_bytes());
        assert_eq!(answer["error"]["code"], "field", "{answer}");
    }
    place.holds_nowhere(b"4242 4242 4242 4242");
}
