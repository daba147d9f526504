//! Wall clocks: what the time is at a site, and when it next strikes a given minute.

use chrono::{DateTime, Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use wattledger_domain::tariff::{LocalDate, Weekday};
use wattledger_domain::time::Timestamp;

/// The calendar date of an instant in an IANA zone; `None` for a zone or instant that does not exist.
#[must_use]
pub fn local_date(zone: &str, at: Timestamp) -> Option<LocalDate> {
    Some(local(zone.parse().ok()?, at)?.date)
}

/// An instant on a wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The date.
    pub date: LocalDate,
    /// The day of the week.
    pub day: Weekday,
    /// Milliseconds since local midnight by the clock's face.
    pub time_of_day: i64,
    /// Offset from UTC in seconds.
    pub offset: i32,
}

/// An instant on the wall clock of a zone.
pub fn local(zone: Tz, at: Timestamp) -> Option<Local> {
    let time = zone.from_utc_datetime(&DateTime::from_timestamp_millis(at.0)?.naive_utc());
    let date = LocalDate {
        year: time.year(),
        month: u8::try_from(time.month()).ok()?,
        day: u8::try_from(time.day()).ok()?,
    };
    let seconds = i64::from(time.num_seconds_from_midnight());
    let time_of_day = seconds.checked_mul(1_000)?.checked_add(at.0.rem_euclid(1_000))?;
    Some(Local { date, day: weekday(time.weekday()), time_of_day, offset: time.offset().fix().local_minus_utc() })
}

const fn weekday(day: chrono::Weekday) -> Weekday {
    match day {
        chrono::Weekday::Mon => Weekday::Monday,
        chrono::Weekday::Tue => Weekday::Tuesday,
        chrono::Weekday::Wed => Weekday::Wednesday,
        chrono::Weekday::Thu => Weekday::Thursday,
        chrono::Weekday::Fri => Weekday::Friday,
        chrono::Weekday::Sat => Weekday::Saturday,
        chrono::Weekday::Sun => Weekday::Sunday,
    }
}

/// The next instant after `at` at which the wall clock shows one of these minutes (sorted), or at
/// which the zone's offset changes, whichever is first. Without minutes it never comes.
pub fn next_strike(zone: Tz, at: Timestamp, minutes: &[i64]) -> Timestamp {
    const NEVER: Timestamp = Timestamp(i64::MAX);
    const DAY: i64 = 86_400_000;
    let (Some(first), Some(now)) = (minutes.first(), local(zone, at)) else { return NEVER };
    let later = minutes.iter().map(|minute| minute.saturating_mul(60_000)).find(|ms| *ms > now.time_of_day);
    let strike = later.unwrap_or_else(|| DAY.saturating_add(first.saturating_mul(60_000)));
    let guess = at.0.saturating_add(strike.saturating_sub(now.time_of_day));
    if local(zone, Timestamp(guess)).is_none_or(|then| then.offset == now.offset) {
        return Timestamp(guess);
    }
    // The offset changes on the way: stop there and look again.
    let (mut before, mut after) = (at.0, guess);
    while after.saturating_sub(before) > 1 {
        let middle = before.saturating_add(after.saturating_sub(before).checked_div(2).unwrap_or(1));
        match local(zone, Timestamp(middle)) {
            Some(then) if then.offset == now.offset => before = middle,
            _ => after = middle,
        }
    }
    Timestamp(after)
}
