//! Wall clocks: what the time is at a site, and when it next strikes a given time of day.

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use wattledger_domain::tariff::{LocalDate, Weekday};
use wattledger_domain::time::Timestamp;

const DAY: i64 = 86_400_000;

/// Before the year 0 and after the year 9999 there is no wall clock.
const YEARS: std::ops::Range<i64> = -62_167_219_200_000..253_402_214_400_000;

/// The calendar date of an instant in an IANA zone; `None` for a zone that does not exist, and for
/// an instant outside the years 0 to 9999.
#[must_use]
pub fn local_date(zone: &str, at: Timestamp) -> Option<LocalDate> {
    Some(local(zone.parse().ok()?, at, &[])?.date)
}

/// The date after a date; `None` after the last one there is.
pub fn next_date(date: LocalDate) -> Option<LocalDate> {
    let LocalDate { year, month, day } = date;
    let next = NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day))?.succ_opt()?;
    Some(LocalDate {
        year: next.year(),
        month: u8::try_from(next.month()).ok()?,
        day: u8::try_from(next.day()).ok()?,
    })
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
    /// Seconds east of Greenwich.
    pub offset: i32,
    /// Which of the strikes began the stretch of the day that this is in; 0 without any.
    pub stretch: usize,
}

/// An instant on the wall clock of a zone, and in which stretch of a day divided by `strikes`
/// (sorted times of day in milliseconds, the first of them 0).
pub fn local(zone: Tz, at: Timestamp, strikes: &[i64]) -> Option<Local> {
    if !YEARS.contains(&at.0) {
        return None;
    }
    let time = zone.from_utc_datetime(&DateTime::from_timestamp_millis(at.0)?.naive_utc());
    let date = LocalDate {
        year: time.year(),
        month: u8::try_from(time.month()).ok()?,
        day: u8::try_from(time.day()).ok()?,
    };
    let seconds = i64::from(time.num_seconds_from_midnight());
    let time_of_day = seconds
        .checked_mul(1_000)?
        .checked_add(at.0.rem_euclid(1_000))?;
    let stretch = strikes
        .partition_point(|strike| *strike <= time_of_day)
        .saturating_sub(1);
    let offset = time.offset().fix().local_minus_utc();
    Some(Local {
        date,
        day: weekday(time.weekday()),
        time_of_day,
        offset,
        stretch,
    })
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

/// The next instant after `at` at which the wall clock strikes, or at which the zone's offset
/// changes, whichever is first. `now` is `at` on the wall clock.
pub fn next_strike(zone: Tz, at: Timestamp, now: &Local, strikes: &[i64]) -> Timestamp {
    let later = strikes
        .get(now.stretch.saturating_add(1))
        .copied()
        .unwrap_or(DAY);
    let guess = at.0.saturating_add(later.saturating_sub(now.time_of_day));
    let here = Some(now.offset);
    if offset(zone, guess) == here {
        return Timestamp(guess);
    }
    // The offset changes on the way: stop there and look again.
    let (mut before, mut after) = (at.0, guess);
    while after.saturating_sub(before) > 1 {
        let half = after.saturating_sub(before).checked_div(2).unwrap_or(1);
        let middle = before.saturating_add(half);
        if offset(zone, middle) == here {
            before = middle;
        } else {
            after = middle;
        }
    }
    Timestamp(after)
}

/// Seconds east of Greenwich.
fn offset(zone: Tz, at: i64) -> Option<i32> {
    let time = DateTime::from_timestamp_millis(at)?.naive_utc();
    Some(zone.offset_from_utc_datetime(&time).fix().local_minus_utc())
}
