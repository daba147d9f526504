//! What is known of a thing that is published day by day: a market's prices, how busy a site is.

use wattledger_domain::time::Timestamp;

/// Days after a session's start that it follows. Sessions of more than a week wait for a person by then.
pub(crate) const DAYS_MAX: i64 = 32;

/// Which days are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesKnown {
    /// Publications so far: those who hold a series take it anew when it rises.
    pub changes: i64,
    /// The last day of any, in days since 1970 in UTC.
    pub last_day: i64,
}

impl SeriesKnown {
    /// After one publication more, whose last day is `last_day`.
    pub(crate) fn after(before: Option<Self>, last_day: i64) -> Self {
        Self {
            changes: Self::changes(before).saturating_add(1),
            last_day: before.map_or(last_day, |before| before.last_day.max(last_day)),
        }
    }

    /// How often it has changed; 0 where nobody has published yet.
    pub(crate) fn changes(known: Option<Self>) -> i64 {
        known.map_or(0, |known| known.changes)
    }

    /// The days that a session which began then may look at.
    pub(crate) fn days(
        known: Option<Self>,
        started_at: Timestamp,
    ) -> std::ops::RangeInclusive<i64> {
        let first = started_at.utc_day();
        let last = known.map_or(i64::MIN, |known| known.last_day);
        first..=last.min(first.saturating_add(DAYS_MAX))
    }
}
