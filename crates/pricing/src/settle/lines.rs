//! The lines of a bill, or none where only its total is asked for.
//!
//! Invariant: whether lines are kept decides nothing about amounts: both ways are one.

use wattledger_domain::cost::SettledLine;
use wattledger_domain::time::Timestamp;

/// What takes lines as they are found.
pub trait Lines {
    /// Whether somebody looks at them.
    const KEPT: bool;

    fn add(&mut self, line: SettledLine);

    /// Whether there is none.
    fn is_empty(&self) -> bool;

    /// The first instant of all and the last.
    fn span(&self) -> Option<(Timestamp, Timestamp)>;
}

impl Lines for Vec<SettledLine> {
    const KEPT: bool = true;

    fn add(&mut self, line: SettledLine) {
        self.push(line);
    }

    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let spans = self.iter().map(|line| (line.from, line.to));
        spans.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
    }
}

/// Lines that nobody looks at: only whether there are any counts.
#[derive(Default)]
pub struct Unlisted {
    any: bool,
}

impl Lines for Unlisted {
    const KEPT: bool = false;

    fn add(&mut self, _: SettledLine) {
        self.any = true;
    }

    fn is_empty(&self) -> bool {
        !self.any
    }

    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        None
    }
}
