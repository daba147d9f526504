//! What a task has done, as plain counters that somebody else shows.

/// Counters of one task since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Turns that committed.
    pub turns: u64,
    /// Records folded, ticks and duplicates among them.
    pub records: u64,
    /// Records dropped because their link had been seen.
    pub duplicates: u64,
    /// Records that went to the dead-letter topic.
    pub dead_letters: u64,
    /// Records that wait in a parked unit.
    pub parked: u64,
    /// Timers fired.
    pub timers: u64,
    /// Outputs sent.
    pub outputs: u64,
    /// Time in folds, microseconds.
    pub fold_micros: u64,
    /// Time in commits, microseconds.
    pub commit_micros: u64,
}
