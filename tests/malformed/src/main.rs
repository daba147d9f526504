//! Measures an engine on good records alone, on malformed ones alone, and on both, each in a process
//! of its own, all at the same time, so that what else the machine does meets them alike: `malformed GOOD
//! MALFORMED`. Prints each figure beside its goal; 1 when one is missed.
//!
//! A malformed record costs something by itself: it is read, and most become dead letters. Held to its
//! goal is what good events cost when malformed ones come among them, beside what they cost alone: of the
//! mixed run's processor time, what the malformed records took by themselves is not the good ones'.
//! Printed beside it is the share with everything counted against the good events.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic,
    reason = "a measurement: a failed step fails it, what it prints is for people"
)]

use std::process::{Command, ExitCode};
use wattledger_malformed::{
    Among, EVENTS_OF_A_SESSION, Found, Redriven, Run, framed_sessions, run,
};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let asked = |malformed, among| Run {
        good,
        malformed,
        among,
    };
    match arguments.get(2).map(String::as_str) {
        Some("nothing") => return alone(asked(malformed, Among::Nothing)),
        Some(_) => return alone(asked(malformed, Among::Good)),
        None => {}
    }
    let runs = [
        asked(0, Among::Good),
        asked(malformed, Among::Nothing),
        asked(malformed, Among::Good),
    ];
    let found = std::thread::scope(|scope| {
        runs.map(|run| scope.spawn(move || measured(run)))
            .map(|running| running.join().unwrap())
    });
    let [Some(clean), Some(by_itself), Some(mixed)] = found else {
        println!("missed: a run stopped, or something of it was not right");
        return ExitCode::from(1);
    };
    told(&runs[2], &clean, &by_itself, &mixed)
}

/// Prints what was found beside its goals.
fn told(asked: &Run, clean: &Measured, by_itself: &Measured, mixed: &Measured) -> ExitCode {
    let (good, malformed) = (asked.good as f64, asked.malformed.max(1) as f64);
    let each = |what: &str, seconds: f64, events: f64| {
        println!(
            "{what:44} {:>8.2} us of a processor",
            1e6 * seconds / events
        );
    };
    each("a good event alone", clean.cpu, good);
    each("a malformed record alone", by_itself.cpu, malformed);
    each(
        "a good event among malformed records",
        mixed.cpu - by_itself.cpu,
        good,
    );
    let share = |clean: f64, mixed: f64| 100.0 * clean / mixed;
    println!(
        "good throughput of clean, what malformed records cost counted against it: {:.1} %",
        share(clean.cpu, mixed.cpu)
    );
    let net = share(clean.cpu, mixed.cpu - by_itself.cpu);
    let more = (mixed.kib - clean.kib) / 1_024.0;
    let right = 100.0 * mixed.right / malformed;
    println!("{:28} {:>12} {:>12}", "", "goal", "found");
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
            format!("{net:.1} %"),
            net >= 90.0,
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
    cpu: f64,
    kib: f64,
}

/// A run in a process of its own; `None` when it stopped or something of it was not right.
fn measured(asked: Run) -> Option<Measured> {
    let among = match asked.among {
        Among::Good => "good",
        Among::Nothing => "nothing",
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&asked.good.to_string(), &asked.malformed.to_string(), among])
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
        (true, [right, _, cpu, kib]) => Some(Measured {
            right: *right,
            cpu: *cpu,
            kib: *kib,
        }),
        _ => None,
    }
}

fn alone(asked: Run) -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let Found {
        spent,
        right,
        wrong,
        invoices,
        gross,
        memory_kib,
        redriven,
    } = run(folder.path(), asked);
    let Run {
        good,
        malformed,
        among,
    } = asked;
    let (sessions, framed) = match among {
        Among::Good => (good / EVENTS_OF_A_SESSION, framed_sessions(malformed)),
        Among::Nothing => (0, 0),
    };
    println!(
        "{} good events, {malformed} malformed records",
        sessions * EVENTS_OF_A_SESSION
    );
    if !wrong.is_empty() {
        println!("not as their class: {wrong:?}");
    }
    println!("{invoices} invoices of {sessions} sessions, {gross} minor units");
    let Redriven {
        letters,
        again,
        invoices: more,
        gross: of_more,
        took: redrive,
    } = redriven;
    if letters > 0 {
        println!(
            "{letters} letters driven in again, {again} of them twice: {more} invoices of {framed} sessions, \
             {of_more} minor units, in {:.1} s",
            redrive.as_secs_f64()
        );
    }
    println!(
        "{right} with the outcome of their class, {:.2} s by the wall, {:.2} s of processors, {memory_kib} KiB",
        spent.wall.as_secs_f64(),
        spent.cpu.as_secs_f64()
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
