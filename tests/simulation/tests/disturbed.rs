//! A run of the program that is killed at chosen moments and started again until it is done.

use crate::program::{Draw, Running, children, kill};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So long a kill waits at most once the run has come as far as was drawn.
const DELAY_MILLISECONDS: u64 = 150;

/// The ledger of a directory's processor.
pub fn ledger(directory: &Path) -> PathBuf {
    directory.join("processor.jsonl")
}

/// How long the ledger is. It gains a line at each T, so it tells how far a replay has come.
pub fn ledger_length(directory: &Path) -> u64 {
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

impl Victim {
    fn drawn(draw: &mut Draw) -> Self {
        match draw.below(4) {
            0 => Self::Engine,
            1 => Self::Processor,
            2 => Self::EngineThenProcessor,
            _ => Self::ProcessorThenEngine,
        }
    }

    /// Kills it; says whether the engine was killed.
    fn fall(self, running: &Running) -> bool {
        let (engine, processor) = (running.id(), children(running.id()));
        kill(&match self {
            Self::Engine => vec![engine],
            Self::Processor => processor,
            Self::EngineThenProcessor => [vec![engine], processor].concat(),
            Self::ProcessorThenEngine => [processor, vec![engine]].concat(),
        });
        self != Self::Processor
    }
}

/// Runs to the end through `kills` kills, spread over a run whose ledger is `whole` long at its end.
///
/// `start` is given the number of the start, from 0.
pub fn run(
    directory: &Path,
    (kills, whole): (usize, u64),
    draw: &mut Draw,
    start: impl Fn(usize) -> Running,
) {
    let mut moments: Vec<u64> = (0..kills).map(|_| draw.below(whole * 9 / 10)).collect();
    moments.sort_unstable();
    let mut running = start(0);
    for (number, moment) in (1..).zip(moments) {
        let ended = running
            .wait_until(|| ledger_length(directory) >= moment)
            .or_else(|| running.wait(Duration::from_millis(draw.below(DELAY_MILLISECONDS))));
        let words = running.words();
        assert!(ended.is_none(), "{ended:?} before kill {number}: {words}");
        if Victim::drawn(draw).fall(&running) {
            running.bury();
            running = start(number);
        }
    }
    running.finish();
}
