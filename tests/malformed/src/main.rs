//! Measures an engine on good records alone, then with as many malformed ones among them, each in a
//! process of its own: `malformed GOOD MALFORMED`. Prints each figure beside its goal; 1 when one is
//! missed.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic,
    reason = "a measurement: a failed step fails it, what it prints is for people"
)]

use std::process::{Command, ExitCode};
use wattledger_malformed::{EVENTS_OF_A_SESSION, Found, Redriven, Run, framed_sessions, run};

/// What a session of a good gateway costs: 6 kWh at 0.50, 19 % on it.
const GROSS: i64 = 357;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse().ok());
    let (good, malformed) = (
        number(0).unwrap_or(1_000_000),
        number(1).unwrap_or(1_000_000),
    );
    let good = good / EVENTS_OF_A_SESSION * EVENTS_OF_A_SESSION;
    if arguments.get(2).is_some() {
        return alone(Run { good, malformed });
    }
    let (Some(clean), Some(mixed)) = (measured(good, 0), measured(good, malformed)) else {
        println!("missed: a run stopped, or something of it was not right");
        return ExitCode::from(1);
    };
    let share = 100.0 * clean.seconds / mixed.seconds;
    let more = (mixed.kib - clean.kib) / 1_024.0;
    println!("{:28} {:>12} {:>12}", "", "goal", "found");
    let right = 100.0 * mixed.right / malformed.max(1) as f64;
    let rows = [
        (
            "right outcomes",
            "100 %",
            format!("{right:.4} %"),
            right >= 100.0,
        ),
        ("stops", "0", "0".to_owned(), true),
        (
            "good throughput of clean",
            ">= 90 %",
            format!("{share:.1} %"),
            share >= 90.0,
        ),
        (
            "memory beside clean",
            "<= 64 MiB",
            format!("{more:+.1} MiB"),
            more <= 64.0,
        ),
    ];
    let mut code = ExitCode::SUCCESS;
    for (what, goal, found, met) in rows {
        let missed = if met { "" } else { "  missed" };
        println!("{what:28} {goal:>12} {found:>12}{missed}");
        if !met {
            code = ExitCode::from(1);
        }
    }
    code
}

/// What a process of its own measured.
struct Measured {
    right: f64,
    seconds: f64,
    kib: f64,
}

/// A run in a process of its own; `None` when it stopped or something of it was not right.
fn measured(good: u64, malformed: u64) -> Option<Measured> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&good.to_string(), &malformed.to_string(), "alone"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    print!("{text}");
    print!("{}", String::from_utf8_lossy(&output.stderr));
    let last = text.lines().last().unwrap_or_default();
    let figures: Vec<f64> = last
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    match (output.status.success(), &figures[..]) {
        (true, [right, seconds, kib]) => Some(Measured {
            right: *right,
            seconds: *seconds,
            kib: *kib,
        }),
        _ => None,
    }
}

fn alone(asked: Run) -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let Found {
        took,
        right,
        wrong,
        invoices,
        gross,
        memory_kib,
        redriven,
    } = run(folder.path(), asked);
    let Run { good, malformed } = asked;
    let sessions = good / EVENTS_OF_A_SESSION;
    println!("{good} good events, {malformed} malformed records");
    if !wrong.is_empty() {
        println!("not as their class: {wrong:?}");
    }
    println!("{invoices} invoices of {sessions} sessions, {gross} minor units");
    let framed = framed_sessions(malformed);
    let Redriven {
        letters,
        again,
        invoices: more,
        gross: of_more,
        took: redrive,
    } = redriven;
    println!(
        "{letters} letters driven in again, {again} of them twice: {more} invoices of {framed} sessions, \
         {of_more} minor units, in {:.1} s",
        redrive.as_secs_f64()
    );
    println!(
        "{right} with the outcome of their class, {:.2} s, {memory_kib} KiB",
        took.as_secs_f64()
    );
    let is_right = right == malformed
        && (invoices, gross.unsigned_abs()) == (sessions, sessions * GROSS.unsigned_abs())
        && (more, of_more.unsigned_abs(), again) == (framed, framed * GROSS.unsigned_abs(), 0);
    if is_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}
