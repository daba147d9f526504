//! A simulated day, killed at twenty moments, publishes what an undisturbed one does.

use crate::outputs::Outputs;
use crate::program::{Draw, Invocation, Running, kill};
use std::path::{Path, PathBuf};
use std::time::Duration;

const KILLS: usize = 20;
/// 2025-11-24T16:00:00Z and a day later.
const DAY: (i64, i64) = (1_764_000_000_000, 1_764_086_400_000);
/// So long a kill waits at most once the day has come as far as was drawn.
const DELAY_MILLISECONDS: u64 = 150;

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

fn simulate(directory: &Path, run: usize) -> Running {
    let words = directory.join(format!("words-{run}.txt"));
    Invocation::new(directory, &["simulate"]).start(&words)
}

fn ledger(directory: &Path) -> PathBuf {
    directory.join("processor.jsonl")
}

/// How long the processor's ledger is: it gains a line at each T, so it tells how far a day has come.
fn ledger_length(directory: &Path) -> u64 {
    std::fs::metadata(ledger(directory)).map_or(0, |file| file.len())
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Engine,
    Processor,
    EngineThenProcessor,
    ProcessorThenEngine,
}

const VICTIMS: [Victim; 4] = [
    Victim::Engine,
    Victim::Processor,
    Victim::EngineThenProcessor,
    Victim::ProcessorThenEngine,
];

impl Victim {
    /// Kills it; says whether the engine was killed.
    fn fall(self, running: &Running) -> bool {
        let (engine, processor) = (running.id(), running.children());
        let ids = match self {
            Self::Engine => vec![engine],
            Self::Processor => processor,
            Self::EngineThenProcessor => [vec![engine], processor].concat(),
            Self::ProcessorThenEngine => [processor, vec![engine]].concat(),
        };
        kill(&ids);
        self != Self::Processor
    }
}

/// Runs a day to its end through kills spread over it, `whole` being the ledger's length at the end.
fn run_through_kills(directory: &Path, draw: &mut Draw, whole: u64) {
    let mut moments: Vec<u64> = (0..KILLS).map(|_| draw.below(whole * 9 / 10)).collect();
    moments.sort_unstable();
    let mut running = simulate(directory, 0);
    for (number, moment) in (1..).zip(moments) {
        let ended = running
            .wait_until(|| ledger_length(directory) >= moment)
            .or_else(|| running.wait(Duration::from_millis(draw.below(DELAY_MILLISECONDS))));
        assert!(
            ended.is_none(),
            "it ended before kill {number}: {ended:?}: {}",
            running.words()
        );
        let victim = VICTIMS
            .into_iter()
            .cycle()
            .nth(usize::try_from(draw.below(4)).unwrap())
            .unwrap();
        if victim.fall(&running) {
            running.bury();
            running = simulate(directory, number);
        }
    }
    running.finish();
}

fn check(seed: u64) {
    let (undisturbed, killed) = (prepared(seed), prepared(seed));
    simulate(undisturbed.path(), 0).finish();
    let whole = ledger_length(undisturbed.path());
    run_through_kills(killed.path(), &mut Draw(seed), whole);

    let audit = Invocation::new(killed.path(), &["audit", "--json"]).output();
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["verdict"], "clean", "{audit:#}");
    let expected = Outputs::read(undisturbed.path(), 4);
    let counts = expected.counts();
    assert!(counts.len() >= 10, "a day fills the topics: {counts:?}");
    expected.assert_same(&Outputs::read(killed.path(), 4), "undisturbed and killed");
    let ledgers = [undisturbed.path(), killed.path()]
        .map(|directory| std::fs::read_to_string(ledger(directory)).unwrap());
    let [expected, found] = ledgers;
    for (number, (one, two)) in (1..).zip(expected.lines().zip(found.lines())) {
        assert_eq!(one, two, "line {number} of the processor's ledger");
    }
    assert_eq!(expected.len(), found.len(), "the processor's ledger");
}

#[test]
fn a_day_killed_at_twenty_moments_publishes_the_same_bytes() {
    check(7);
}
