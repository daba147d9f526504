//! Chance from causes: the same seed and causes give the same draws, in any order of asking.

use std::ops::RangeInclusive;
use wattledger_domain::hash::Digest;

/// A stream of draws (splitmix64).
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// The stream of these causes.
    #[must_use]
    pub fn of(seed: u64, causes: &[&str]) -> Self {
        let seed = seed.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![&seed];
        parts.extend(causes.iter().map(|cause| cause.as_bytes()));
        let digest = Digest::of_parts(&parts).0;
        let first = digest.iter().take(8);
        Self(first.fold(0, |state, byte| state << 8 | u64::from(*byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number of the range, each as likely (to 1 in 2⁶⁴); the start when the range is empty.
    pub fn between(&mut self, range: RangeInclusive<i64>) -> i64 {
        let (from, to) = range.into_inner();
        let width = i128::from(to)
            .saturating_sub(i128::from(from))
            .saturating_add(1)
            .max(1);
        let scaled = i128::from(self.next()).saturating_mul(width) >> 64;
        from.saturating_add(i64::try_from(scaled).unwrap_or(0))
    }

    /// True so many times in a thousand.
    pub fn permille(&mut self, rate: u16) -> bool {
        self.between(0..=999) < i64::from(rate)
    }

    /// One of them, each as likely.
    pub fn pick<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let last = i64::try_from(others.len()).unwrap_or(0);
        let index = self.between(0..=last).checked_sub(1);
        let other = index.and_then(|index| others.get(usize::try_from(index).ok()?));
        other.copied().unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_causes_draw_alike_and_other_causes_do_not() {
        let ten = |causes: &[&str]| {
            let mut draw = Draw::of(7, causes);
            (0..10)
                .map(|_| draw.between(0..=1_000_000))
                .collect::<Vec<_>>()
        };
        assert_eq!(ten(&["a", "b"]), ten(&["a", "b"]));
        assert_ne!(ten(&["a", "b"]), ten(&["ab"]));
    }

    #[test]
    fn a_rate_is_met_and_a_range_kept() {
        let mut draw = Draw::of(1, &["rates"]);
        let hits = (0..10_000).filter(|_| draw.permille(100)).count();
        assert!((900..1_100).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| (-3..=3).contains(&draw.between(-3..=3))));
        assert!((0..100).all(|_| !draw.permille(0) && draw.permille(1_000)));
        assert_eq!(draw.between(5..=5), 5);
        let picks: std::collections::BTreeSet<i32> =
            (0..100).map(|_| draw.pick(1, &[2, 3])).collect();
        assert_eq!(picks.len(), 3);
    }
}
