//! Measures an engine on good records alone, then with as many malformed ones among them, each in a
//! process of its own: `malformed GOOD MALFORMED`.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic,
    reason = "a measurement: a failed step fails it, what it prints is for people"
)]

use std::process::{Command, ExitCode};
use wattledger_malformed::{EVENTS_OF_A_SESSION, Found, Run, run};

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
    let this = std::env::current_exe().unwrap();
    let measure = |malformed: u64| {
        let (good, malformed) = (good.to_string(), malformed.to_string());
        let output = Command::new(&this)
            .args([&good, &malformed, "alone"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        print!("{text}");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let figures = text.lines().last().unwrap().split_whitespace();
        let figures: Vec<f64> = figures.filter_map(|word| word.parse().ok()).collect();
        (figures[0], figures[1])
    };
    let (clean, least) = measure(0);
    let (mixed, most) = measure(malformed);
    let (share, more) = (100.0 * clean / mixed, (most - least) / 1_024.0);
    println!("good throughput {share:.1} % of clean, memory {more:+.1} MiB");
    if share >= 90.0 && more <= 64.0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
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
    } = run(folder.path(), asked);
    let Run { good, malformed } = asked;
    println!("{good} good events, {malformed} malformed records");
    println!("{right} of {malformed} with the outcome of their class; others: {wrong:?}");
    println!("{invoices} invoices, {gross} minor units");
    println!("{} s, {memory_kib} KiB", took.as_secs_f64());
    let sessions = good / EVENTS_OF_A_SESSION;
    let right =
        right == malformed && invoices == sessions && gross.unsigned_abs() == sessions * 357;
    if right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}
