//! Wall clocks: what the time is at a site, and when it next strikes a given time of day.

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeZone};
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
    local(zone.parse().ok()?, at, &[])?.date()
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
    /// Days since 1970-01-01 by the calendar on the wall.
    pub days: i64,
    /// The day of the week.
    pub day: Weekday,
    /// Milliseconds since local midnight by the clock's face.
    pub time_of_day: i64,
    /// Which of the strikes began the stretch of the day that this is in; 0 without any.
    pub stretch: usize,
    /// How far the clock stands from UTC.
    pub offset: Offsetting,
}

/// An offset from UTC, and for how long it is known to hold.
///
/// An offset that is the same a day later is taken to have been so all day: no zone changes its clocks
/// and changes them back within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offsetting {
    /// Seconds east of Greenwich.
    seconds: i32,
    /// It holds up to here, this instant included.
    until: Timestamp,
}

impl Local {
    /// The date.
    pub fn date(&self) -> Option<LocalDate> {
        let epoch = NaiveDate::default();
        let date = if self.days < 0 {
            epoch.checked_sub_days(Days::new(self.days.unsigned_abs()))?
        } else {
            epoch.checked_add_days(Days::new(self.days.unsigned_abs()))?
        };
        Some(LocalDate {
            year: date.year(),
            month: u8::try_from(date.month()).ok()?,
            day: u8::try_from(date.day()).ok()?,
        })
    }
}

/// An instant on the wall clock of a zone, and in which stretch of a day divided by `strikes`
/// (sorted times of day in milliseconds, the first of them 0).
pub fn local(zone: Tz, at: Timestamp, strikes: &[i64]) -> Option<Local> {
    later_local((zone, None), at, strikes)
}

/// As [`local`], by what an earlier look at the same clock has told of its offset.
pub fn later_local(
    (zone, known): (Tz, Option<Offsetting>),
    at: Timestamp,
    strikes: &[i64],
) -> Option<Local> {
    if !YEARS.contains(&at.0) {
        return None;
    }
    let offset = match known {
        Some(known) if at <= known.until => known,
        Some(_) | None => offsetting(zone, at)?,
    };
    let wall = i64::from(offset.seconds)
        .checked_mul(1_000)?
        .checked_add(at.0)?;
    let (days, time_of_day) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
    let stretch = stretch_of(time_of_day, strikes);
    Some(Local {
        days,
        day: weekday(days),
        time_of_day,
        stretch,
        offset,
    })
}

/// Which strike began the stretch that a time of day is in; 0 without any.
///
/// Where strikes lie evenly, as those of market prices do, the place follows from the time: it is looked at first.
#[inline]
fn stretch_of(time_of_day: i64, strikes: &[i64]) -> usize {
    let count = i64::try_from(strikes.len()).unwrap_or(0);
    let evenly = time_of_day.saturating_mul(count).div_euclid(DAY);
    let evenly = usize::try_from(evenly).unwrap_or(0);
    let next = strikes.get(evenly.saturating_add(1));
    if strikes
        .get(evenly)
        .is_some_and(|begin| *begin <= time_of_day)
        && next.is_none_or(|next| time_of_day < *next)
    {
        return evenly;
    }
    strikes
        .partition_point(|strike| *strike <= time_of_day)
        .saturating_sub(1)
}

fn offsetting(zone: Tz, at: Timestamp) -> Option<Offsetting> {
    let seconds = offset(zone, at.0)?;
    let tomorrow = at.0.saturating_add(DAY);
    let same = offset(zone, tomorrow) == Some(seconds);
    Some(Offsetting {
        seconds,
        until: if same { Timestamp(tomorrow) } else { at },
    })
}

/// 1970-01-01 was a Thursday.
const fn weekday(days: i64) -> Weekday {
    match days.rem_euclid(7) {
        0 => Weekday::Thursday,
        1 => Weekday::Friday,
        2 => Weekday::Saturday,
        3 => Weekday::Sunday,
        4 => Weekday::Monday,
        5 => Weekday::Tuesday,
        _ => Weekday::Wednesday,
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
    let here = Some(now.offset.seconds);
    if guess <= now.offset.until.0 || offset(zone, guess) == here {
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
