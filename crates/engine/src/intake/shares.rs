//! What of intake one station may have: a charger gone wild does not keep the others waiting.
//!
//! A bucket per station that fills with time. Invariant: a decision of the door, in received time;
//! no fold knows of it.

use std::collections::BTreeMap;
use wattledger_domain::time::Timestamp;

/// How many events a station may send at once, and how many a second it gets back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Events at once: the backlog of a charger that was offline.
    pub at_once: i64,
    /// Events a second in the long run.
    pub per_second: i64,
}

impl Share {
    /// Where the sender hears of it and can wait: HTTP.
    pub const ANSWERED: Self = Self {
        at_once: 10_000,
        per_second: 100,
    };
    /// Where it cannot: Kafka. What is over it is set aside and can be taken in again, so more is
    /// taken as a backlog.
    pub const UNANSWERED: Self = Self {
        at_once: 100_000,
        per_second: 100,
    };
}

/// From so many stations on, those are forgotten that have their whole share.
const STATIONS_MAX: usize = 50_000;
/// Buckets count thousandths of an event.
const WHOLE: i64 = 1_000;

/// What each station has left.
#[derive(Debug)]
pub struct Shares {
    share: Share,
    left: BTreeMap<Box<str>, Bucket>,
    /// When full buckets were last forgotten.
    swept: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of an event.
    left: i64,
    at: Timestamp,
}

impl Shares {
    /// Every station has its whole share.
    #[must_use]
    pub const fn new(share: Share) -> Self {
        Self {
            share,
            left: BTreeMap::new(),
            swept: Timestamp(i64::MIN),
        }
    }

    /// Takes one event of each station named, as often as it is named, or nothing at all.
    ///
    /// # Errors
    /// The first station that has not so much left.
    pub fn take<'s>(
        &mut self,
        stations: impl Iterator<Item = &'s str>,
        now: Timestamp,
    ) -> Result<(), &'s str> {
        let mut wanted: BTreeMap<&'s str, i64> = BTreeMap::new();
        for station in stations {
            let wants = wanted.entry(station).or_default();
            *wants = wants.saturating_add(WHOLE);
        }
        let mut after = Vec::with_capacity(wanted.len());
        for (station, wants) in wanted {
            let left = self.left_of(station, now).saturating_sub(wants);
            if left < 0 {
                return Err(station);
            }
            after.push((station, left));
        }
        for (station, left) in after {
            let bucket = Bucket { left, at: now };
            match self.left.get_mut(station) {
                Some(known) => *known = bucket,
                None => drop(self.left.insert(station.into(), bucket)),
            }
        }
        self.sweep(now);
        Ok(())
    }

    fn full(&self) -> i64 {
        self.share.at_once.saturating_mul(WHOLE)
    }

    fn left_of(&self, station: &str, now: Timestamp) -> i64 {
        let full = self.full();
        self.left.get(station).map_or(full, |bucket| {
            // A share a second is so many thousandths a millisecond.
            let back = now
                .since(bucket.at)
                .0
                .max(0)
                .saturating_mul(self.share.per_second);
            bucket.left.saturating_add(back).min(full)
        })
    }

    /// Forgets who has a whole share, at most once a second.
    fn sweep(&mut self, now: Timestamp) {
        const EVERY: i64 = 1_000;
        let due = self.swept.0 > now.0 || now.0.saturating_sub(self.swept.0) >= EVERY;
        if self.left.len() <= STATIONS_MAX || !due {
            return;
        }
        self.swept = now;
        let full = self.full();
        let per_second = self.share.per_second;
        self.left.retain(|_, bucket| {
            let back = now.since(bucket.at).0.max(0).saturating_mul(per_second);
            bucket.left.saturating_add(back) < full
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share {
        at_once: 10,
        per_second: 2,
    };

    fn taken(shares: &mut Shares, station: &str, count: usize, at: i64) -> bool {
        let stations = std::iter::repeat_n(station, count);
        shares.take(stations, Timestamp(at)).is_ok()
    }

    #[test]
    fn a_station_over_its_share_waits_and_the_others_do_not() {
        let mut shares = Shares::new(SHARE);
        assert!(taken(&mut shares, "hot", 10, 0));
        assert!(!taken(&mut shares, "hot", 1, 0));
        assert!(taken(&mut shares, "calm", 10, 0));
        assert!(!taken(&mut shares, "hot", 1, 499));
        assert!(taken(&mut shares, "hot", 1, 500));
        assert!(!taken(&mut shares, "hot", 1, 500));
    }

    #[test]
    fn a_batch_over_a_share_takes_nothing_of_anyones() {
        let mut shares = Shares::new(SHARE);
        let batch = std::iter::repeat_n("hot", 11).chain(std::iter::repeat_n("calm", 10));
        assert_eq!(shares.take(batch, Timestamp(0)), Err("hot"));
        assert!(taken(&mut shares, "calm", 10, 0) && taken(&mut shares, "hot", 10, 0));
    }

    #[test]
    fn no_more_than_a_share_piles_up_and_a_clock_set_back_gives_nothing() {
        let mut shares = Shares::new(SHARE);
        assert!(taken(&mut shares, "one", 10, 1_000_000));
        assert!(!taken(&mut shares, "one", 1, 0));
        assert!(!taken(&mut shares, "one", 11, 9_000_000));
        assert!(taken(&mut shares, "one", 10, 9_000_000));
    }

    #[test]
    fn names_that_never_come_again_are_forgotten() {
        let mut shares = Shares::new(SHARE);
        for number in 0..i64::try_from(3 * STATIONS_MAX).unwrap_or(0) {
            assert!(taken(&mut shares, &number.to_string(), 1, number));
        }
        assert!(
            shares.left.len() <= STATIONS_MAX + 2_000,
            "{}",
            shares.left.len()
        );
    }
}
