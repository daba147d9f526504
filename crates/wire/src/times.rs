//! Times as text: RFC 3339, RFC 1123, and wall clocks of a zone.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone as _};
use wattledger_domain::time::Timestamp;

/// An RFC 3339 instant; an absent offset means UTC (OCPI). `None` for anything else, and outside
/// the years 1970 to 2100.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
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
    fn a_skipped_wall_clock_time_is_refused_and_a_repeated_one_is_its_first() {
        let oslo = |text| parse_local(text, "%d.%m.%Y %H:%M", "Europe/Oslo");
        assert!(oslo("31.03.2019 02:30").is_err());
        assert_eq!(oslo("27.10.2019 02:30"), Ok(Timestamp(1_572_136_200_000)));
        assert!(parse_local("1", "%d", "Mars/Olympus").is_err());
    }
}
