//! Instants. Only values: nothing here can ask what time it is.

use crate::quantity::Milliseconds;
use std::fmt;

/// An instant in UTC: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// 2010-01-01T00:00:00Z: a charger clock before this is not trusted (design §2).
    pub const EARLIEST_TRUSTED: Self = Self(1_262_304_000_000);
    /// 2100-01-01T00:00:00Z: the last instant that a document or event may carry.
    pub const LATEST: Self = Self(4_102_444_800_000);

    /// The instant `span` later, held at the ends of the 64-bit range.
    ///
    /// Holding is right for deadlines: a deadline past the year 292,000,000 never comes either way.
    #[must_use]
    pub const fn plus(self, span: Milliseconds) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier, held at the ends of the 64-bit range.
    #[must_use]
    pub const fn minus(self, span: Milliseconds) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The span from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Milliseconds {
        Milliseconds(self.0.saturating_sub(earlier.0))
    }

    /// Days since 1970-01-01 in UTC, rounding down.
    #[must_use]
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// The calendar year in UTC.
    #[must_use]
    pub const fn utc_year(self) -> i64 {
        civil(self.utc_day()).0
    }
}

/// Year, month, day of a day number (proleptic Gregorian; the well-known era computation).
#[allow(
    clippy::arithmetic_side_effects,
    reason = "days come from i64 ms / 86,400,000: |day| < 2^37"
)]
const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_month)
}

impl fmt::Display for Timestamp {
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "all terms are below one day"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.utc_day());
        let ms = self.0.rem_euclid(86_400_000);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if ms % 1_000 != 0 {
            write!(f, ".{:03}", ms % 1_000)?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ms: i64, expect: &str) {
        assert_eq!(Timestamp(ms).to_string(), expect);
    }

    #[test]
    fn instants_read_as_rfc_3339_in_utc() {
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400_000, "2000-02-29T00:00:00Z");
        check(1_262_304_000_000, "2010-01-01T00:00:00Z");
        check(1_619_901_767_042, "2021-05-01T20:42:47.042Z");
        check(-1, "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn years_turn_at_midnight_utc() {
        assert_eq!(Timestamp(1_735_689_599_999).utc_year(), 2024);
        assert_eq!(Timestamp(1_735_689_600_000).utc_year(), 2025);
    }
}
