//! Marks: where each partition ended at which wall time. Records carry no time, so retention goes by
//! these: what was there at a mark is at least as old as the mark.
//!
//! The time is the caller's, and clocks lie: one that is behind an earlier mark, or before 2020, is
//! not taken; one that leaps ahead is believed only after it has gone on for a day. Invariant: a
//! mark never says that a record is older than it is, for a clock that is right in the end.

use super::{EmbeddedLog, Shared, keys, storage};
use crate::log::LogError;
use rocksdb::{DB, Direction, IteratorMode, WriteBatch};

/// No mark is older: 2020-01-01, before the first line of this program.
const EARLIEST: i64 = 1_577_836_800_000;
/// A step of the clock beyond this many milliseconds is not believed at once: a day.
const LEAP: i64 = 86_400_000;
/// Marks of a partition are at least this many milliseconds apart: five minutes.
const APART: i64 = 300_000;

/// What the log makes of a wall time that it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It goes on from the last.
    Steady,
    /// It is before an earlier one or before 2020: nothing is marked and nothing forgotten.
    Behind,
    /// It is more than a day after the last, and has not gone on for a day yet: as with `Behind`.
    Leapt,
}

/// The wall times told so far.
#[derive(Clone, Copy, Default)]
struct Told {
    /// The last that was believed; 0 before the first.
    last: i64,
    /// Of a leap not yet believed: its first and its last time; 0 when there is none.
    leap: (i64, i64),
}

impl Told {
    fn read(db: &DB) -> Result<Self, LogError> {
        let stored = db.get([keys::CLOCK]).map_err(storage)?.unwrap_or_default();
        let mut numbers = stored.chunks_exact(8).map(keys::number);
        let mut number = || numbers.next().flatten().unwrap_or(0);
        Ok(Self {
            last: number(),
            leap: (number(), number()),
        })
    }

    fn bytes(self) -> Vec<u8> {
        [self.last, self.leap.0, self.leap.1]
            .map(i64::to_be_bytes)
            .concat()
    }

    fn hears(&mut self, at: i64) -> Clock {
        if at < EARLIEST || at < self.last {
            return Clock::Behind;
        }
        let leaps = |from: i64| at.saturating_sub(from) > LEAP;
        if self.last != 0 && leaps(self.last) {
            let (since, seen) = self.leap;
            if since == 0 || at < seen || leaps(seen) {
                self.leap = (at, at);
                return Clock::Leapt;
            }
            if !leaps(since) {
                self.leap = (since, at);
                return Clock::Leapt;
            }
        }
        *self = Self {
            last: at,
            leap: (0, 0),
        };
        Clock::Steady
    }
}

impl EmbeddedLog {
    /// Notes that it is now this late, in milliseconds since 1970: retention counts from here for
    /// everything that is in the log.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn mark(&self, at: i64) -> Result<Clock, LogError> {
        let mut state = self.shared.lock();
        let mut told = Told::read(&self.shared.db)?;
        let clock = told.hears(at);
        if clock == Clock::Behind {
            return Ok(clock);
        }
        let mut batch = WriteBatch::default();
        if clock == Clock::Steady {
            for ((topic, partition), ends) in &state.ends {
                let last = self.shared.mark_at(*topic, *partition, at)?;
                let (marked, next) = last.unwrap_or((0, 0));
                if next < ends.committed && at.saturating_sub(marked) >= APART {
                    let key = keys::mark(*topic, *partition, at);
                    batch.put(key, ends.committed.to_be_bytes());
                }
            }
        }
        batch.put([keys::CLOCK], told.bytes());
        self.shared.db.write(batch).map_err(storage)?;
        state.unsynced += 1;
        Ok(clock)
    }
}

impl Shared {
    /// The newest mark of a partition that is not after a time: its own time, and the next offset
    /// then.
    pub(super) fn mark_at(
        &self,
        topic: u16,
        partition: u32,
        time: i64,
    ) -> Result<Option<(i64, i64)>, LogError> {
        let wanted = keys::mark(topic, partition, time.max(0));
        let mode = IteratorMode::From(&wanted, Direction::Reverse);
        let Some(entry) = self.db.iterator(mode).next() else {
            return Ok(None);
        };
        let (key, value) = entry.map_err(storage)?;
        let of_partition = key.len() == wanted.len() && key[..7] == wanted[..7];
        let mark = keys::number(&key).zip(keys::number(&value));
        Ok(mark.filter(|_| of_partition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const NOON: i64 = 1_764_072_000_000;

    /// What a clock is taken for that says one time after the other, in hours from noon.
    #[track_caller]
    fn check(hours: &[i64], expected: &[Clock]) {
        let mut told = Told::default();
        let heard: Vec<Clock> = hours
            .iter()
            .map(|hour| told.hears(NOON + hour * HOUR))
            .collect();
        assert_eq!(heard, expected);
    }

    use Clock::{Behind, Leapt, Steady};

    #[test]
    fn a_clock_that_goes_on_is_steady_whatever_it_begins_with() {
        check(&[0, 1, 1, 25, 49], &[Steady; 5]);
    }

    #[test]
    fn a_clock_that_goes_back_waits_until_it_has_caught_up() {
        check(
            &[10, 9, 0, 10, 11],
            &[Steady, Behind, Behind, Steady, Steady],
        );
    }

    #[test]
    fn a_leap_is_believed_once_it_has_gone_on_for_a_day() {
        check(
            &[0, 100, 112, 124, 125],
            &[Steady, Leapt, Leapt, Leapt, Steady],
        );
        check(&[0, 100, 200, 300], &[Steady, Leapt, Leapt, Leapt]);
    }

    #[test]
    fn a_leap_that_is_taken_back_has_never_been() {
        check(&[0, 600_000, 1, 2], &[Steady, Leapt, Steady, Steady]);
        check(&[0, 100, 90, 110], &[Steady, Leapt, Leapt, Leapt]);
    }

    #[test]
    fn a_clock_that_was_never_set_says_nothing() {
        check(&[-490_020, 0], &[Behind, Steady]);
    }
}
