//! How a worker turns: how much it gathers, and how often its stores follow.

use crate::live::SETTLE;
use std::time::Duration;

/// How a worker turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long records are gathered into a turn when few come.
    pub gather: Duration,
    /// The same when many do: a turn costs the broker and us alike, however small it is.
    pub gather_max: Duration,
    /// Records of a turn, over all tasks.
    pub records_max: usize,
    /// How often the stores follow: seldom, as what changes often is then written once, but a restart
    /// reads so much of the changelog again.
    pub settle: Duration,
}

impl Pace {
    /// For an engine that lives by the wall clock.
    pub const LIVE: Self = Self {
        gather: Duration::from_millis(15),
        gather_max: Duration::from_millis(30),
        records_max: 20_000,
        settle: SETTLE,
    };
    /// For a replay, where everybody waits for everybody.
    pub const REPLAY: Self = Self {
        gather: Duration::ZERO,
        gather_max: Duration::ZERO,
        ..Self::LIVE
    };
}

impl Pace {
    /// How long records are gathered when the last turn had so many: the longest from 512 on.
    pub(super) fn gather_after(self, last: usize) -> Duration {
        let eighths = u32::try_from(last / 64).unwrap_or(u32::MAX).min(8);
        let more = self.gather_max.saturating_sub(self.gather);
        let more = more.saturating_mul(eighths).checked_div(8);
        self.gather.saturating_add(more.unwrap_or_default())
    }
}
