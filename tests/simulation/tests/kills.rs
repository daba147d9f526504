//! A simulated day, killed at twenty moments, publishes what an undisturbed one does.

use crate::disturbed::{self, ledger, ledger_length};
use crate::outputs::Outputs;
use crate::program::{Draw, Invocation, Running, children, kill};
use std::collections::BTreeSet;
use std::path::Path;

const KILLS: usize = 20;
/// 2025-11-24T16:00:00Z and a day later.
const DAY: (i64, i64) = (1_764_000_000_000, 1_764_086_400_000);
/// Set it to look for trouble with another day and other moments.
const SEED: &str = "WATTLEDGER_SIMULATION_SEED";
const PARTITIONS: u32 = 4;

/// A directory prepared for one and the same day.
fn prepared(seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = DAY;
    let scenario = serde_json::json!({
        "seed": seed, "from": from, "to": to, "stations": 20, "sessions": 60,
    });
    std::fs::write(folder.path().join("scenario.json"), scenario.to_string()).unwrap();
    folder
}

fn simulate(directory: &Path, number: usize) -> Running {
    Invocation::new(directory, &["simulate"]).start(number)
}

/// The lines of a processor's ledger. An attempt whose answer was lost is asked for once more, under
/// the same key: that line counts once.
fn asked(directory: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(ledger(directory)).unwrap();
    let mut seen = BTreeSet::new();
    let lines = text.lines().filter(|line| seen.insert(*line));
    lines.map(str::to_owned).collect()
}

/// Compares line by line: a failure names the first that differs.
fn assert_same_ledger(one: &Path, other: &Path) {
    let (one, other) = (asked(one), asked(other));
    for (number, (one, other)) in (1..).zip(one.iter().zip(&other)) {
        assert_eq!(one, other, "line {number} of the processor's ledger");
    }
    assert_eq!(one.len(), other.len(), "the processor's ledger");
}

fn check(seed: u64) {
    let (undisturbed, killed) = (prepared(seed), prepared(seed));
    let (undisturbed, killed) = (undisturbed.path(), killed.path());
    simulate(undisturbed, 0).finish();
    let moments = (KILLS, ledger_length(undisturbed));
    disturbed::run(killed, moments, &mut Draw(seed), |number| {
        simulate(killed, number)
    });

    let audit = Invocation::new(killed, &["audit", "--json"]).output();
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["verdict"], "clean", "{audit:#}");
    Invocation::new(killed, &["audit", "--refold"]).output();
    let expected = Outputs::read(undisturbed, PARTITIONS);
    let counts = expected.counts();
    assert!(counts.len() >= 10, "a day fills the topics: {counts:?}");
    expected.assert_same(&Outputs::read(killed, PARTITIONS), "undisturbed and killed");
    assert_same_ledger(undisturbed, killed);
}

#[test]
fn a_day_killed_at_twenty_moments_publishes_the_same_bytes() {
    let seed = std::env::var(SEED).map_or(7, |seed| seed.parse().unwrap());
    check(seed);
}

#[test]
fn a_processor_killed_while_it_starts_is_started_again() {
    let folder = prepared(7);
    let mut running = simulate(folder.path(), 0);
    let (engine, mut starting) = (running.id(), Vec::new());
    let ended = running.wait_until(|| {
        starting = children(engine);
        !starting.is_empty()
    });
    assert!(ended.is_none(), "{ended:?}: {}", running.words());
    kill(&starting);
    running.finish();
}
