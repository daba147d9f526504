//! Times as text: RFC 3339, RFC 1123, and wall clocks of a zone.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone as _};
use wattledger_domain::time::Timestamp;

/// An RFC 3339 instant; an absent offset means UTC (OCPI). `None` for anything else, and outside
/// the years 1970 to 2100.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    parse_usual(text).or_else(|| parse_any(text))
}

/// `2024-06-03T09:30:00Z`, with or without a fraction of up to nine digits and the Z: nearly all there are.
fn parse_usual(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let digit = |place: usize| {
        let digit = bytes.get(place).filter(|byte| byte.is_ascii_digit())?;
        Some(i64::from(digit & 15))
    };
    let two = |place: usize| {
        let (tens, ones) = (digit(place)?, digit(place.wrapping_add(1))?);
        Some(tens.wrapping_mul(10).wrapping_add(ones))
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks
        .iter()
        .any(|(place, mark)| bytes.get(*place) != Some(mark))
    {
        return None;
    }
    let year = two(0)?.wrapping_mul(100).wrapping_add(two(2)?);
    let (month, day) = (two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if !(1970..=2099).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_before(year, month, day)?;
    let seconds = days.wrapping_mul(24).wrapping_add(hour);
    let seconds = seconds.wrapping_mul(60).wrapping_add(minute);
    let seconds = seconds.wrapping_mul(60).wrapping_add(second);
    let milliseconds = milliseconds_of(bytes.get(19..)?)?;
    bounded(seconds.wrapping_mul(1_000).wrapping_add(milliseconds))
}

/// Days from 1970-01-01 to a date of the years 1970 to 2099; `None` for a date that does not exist.
fn days_before(year: i64, month: i64, day: i64) -> Option<i64> {
    // 2000 is a leap year, and the only one of them that ends a century.
    let leap = year.rem_euclid(4) == 0;
    let (length, before): (i64, i64) = match month {
        1 => (31, 0),
        2 => (28, 31),
        3 => (31, 59),
        4 => (30, 90),
        5 => (31, 120),
        6 => (30, 151),
        7 => (31, 181),
        8 => (31, 212),
        9 => (30, 243),
        10 => (31, 273),
        11 => (30, 304),
        12 => (31, 334),
        _ => return None,
    };
    let length = if leap && month == 2 { 29 } else { length };
    if day < 1 || day > length {
        return None;
    }
    let leap_day = i64::from(leap && month > 2);
    // 1972 was the first leap year of them.
    let leap_years = year.wrapping_sub(1969).div_euclid(4);
    let years = year.wrapping_sub(1970).wrapping_mul(365);
    let past = before
        .wrapping_add(day)
        .wrapping_sub(1)
        .wrapping_add(leap_day);
    Some(years.wrapping_add(leap_years).wrapping_add(past))
}

/// The milliseconds that the end of a time says: `Z`, nothing, or a fraction before them.
fn milliseconds_of(end: &[u8]) -> Option<i64> {
    let end = end.strip_suffix(b"Z").unwrap_or(end);
    let Some((b'.', digits)) = end.split_first() else {
        return end.is_empty().then_some(0);
    };
    if !(1..=9).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |place: usize| i64::from(digits.get(place).copied().unwrap_or(b'0') & 15);
    let tens = digit(0).wrapping_mul(10).wrapping_add(digit(1));
    Some(tens.wrapping_mul(10).wrapping_add(digit(2)))
}

fn parse_any(text: &str) -> Option<Timestamp> {
    let read = DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis());
    let read = read.or_else(|_| {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .map(|time| time.and_utc().timestamp_millis())
    });
    bounded(read.ok()?)
}

/// An RFC 1123 instant, such as `Sat, 01 May 2021 20:42:47 GMT`.
#[must_use]
pub fn parse_rfc_1123(text: &str) -> Option<Timestamp> {
    bounded(DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis())
}

/// A wall-clock time of an IANA zone. A repeated hour is read as its first run.
///
/// # Errors
/// A sentence: unknown zone, another format, or a time that the clocks skipped.
pub fn parse_local(text: &str, format: &str, zone: &str) -> Result<Timestamp, String> {
    let zone: chrono_tz::Tz = zone
        .parse()
        .map_err(|_| format!("`{zone}` is not an IANA zone"))?;
    let local = NaiveDateTime::parse_from_str(text, format)
        .map_err(|error| format!("not in the form `{format}` ({error})"))?;
    let instant = match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant,
        LocalResult::None => return Err("the clocks skipped this time".to_owned()),
    };
    bounded(instant.timestamp_millis()).ok_or_else(|| "outside the years 1970 to 2100".to_owned())
}

/// What the clocks of a zone show at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wall {
    /// The day, counted from 1970-01-01.
    pub day: i64,
    /// How far they are ahead of UTC, in seconds.
    pub offset: i32,
}

/// What the clocks of an IANA zone show; `None` when there is no such zone.
#[must_use]
pub fn wall(at: Timestamp, zone: &str) -> Option<Wall> {
    let zone: chrono_tz::Tz = zone.parse().ok()?;
    let instant = DateTime::from_timestamp_millis(at.0)?;
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc());
    let offset = chrono::Offset::fix(&offset).local_minus_utc();
    let shown = at.0.div_euclid(1_000).saturating_add(i64::from(offset));
    Some(Wall {
        day: shown.div_euclid(86_400),
        offset,
    })
}

pub(crate) fn bounded(milliseconds: i64) -> Option<Timestamp> {
    (0..=Timestamp::LATEST.0)
        .contains(&milliseconds)
        .then_some(Timestamp(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_an_offset() {
        assert_eq!(
            parse("2021-05-01T20:42:47.042Z"),
            Some(Timestamp(1_619_901_767_042))
        );
        assert_eq!(
            parse("2021-05-01T22:42:47+02:00"),
            Some(Timestamp(1_619_901_767_000))
        );
        assert_eq!(
            parse("2021-05-01T20:42:47"),
            Some(Timestamp(1_619_901_767_000))
        );
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("9999-01-01T00:00:00Z"), None);
        assert_eq!(
            parse_rfc_1123("Sat, 01 May 2021 20:42:47 GMT"),
            Some(Timestamp(1_619_901_767_000))
        );
    }

    #[test]
    fn the_usual_form_reads_as_any_form_does() {
        // Each day of the years, at a moving time of day.
        for day in 0..47_482_i64 {
            let at = day * 86_400_000 + day * 1_861 % 86_400_000;
            let time = DateTime::from_timestamp_millis(at).unwrap();
            for form in [
                "%Y-%m-%dT%H:%M:%SZ",
                "%Y-%m-%dT%H:%M:%S%.3fZ",
                "%Y-%m-%dT%H:%M:%S%.9f",
            ] {
                let text = time.format(form).to_string();
                let read = parse_usual(&text);
                assert!(read.is_some() && read == parse_any(&text), "{text}");
            }
        }
        for text in [
            "2023-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:60Z",
            "1969-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1234567891Z",
            "2024-01-01T00:00:00+01:00",
            "2024-01-01t00:00:00z",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00ZZ",
            "2024-01-01T00:00Z",
            "2024-01-01",
            "",
            "2024-01-01T00:00:0:Z",
            "2O24-01-01T00:00:00Z",
            "2024-01-01T00:00:00,5Z",
        ] {
            assert_eq!(parse_usual(text), None, "{text}");
        }
        assert_eq!(
            parse_usual("2024-02-29T00:00:00.9999Z"),
            parse_any("2024-02-29T00:00:00.9999Z")
        );
    }

    #[test]
    fn a_skipped_wall_clock_time_is_refused_and_a_repeated_one_is_its_first() {
        let oslo = |text| parse_local(text, "%d.%m.%Y %H:%M", "Europe/Oslo");
        assert!(oslo("31.03.2019 02:30").is_err());
        assert_eq!(oslo("27.10.2019 02:30"), Ok(Timestamp(1_572_136_200_000)));
        assert!(parse_local("1", "%d", "Mars/Olympus").is_err());
    }
}
