//! The wall clock of a site: which local date and hour an instant falls in.

use crate::error::ViewError;
use chrono::{DateTime, Datelike, Offset, Timelike};
use wattledger_domain::tariff::LocalDate;
use wattledger_domain::time::Timestamp;

/// An instant on the wall clock of a zone. The offset tells the two hours of an autumn night apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// `2026-10-25`.
    pub date: String,
    /// 0 to 23.
    pub hour: i64,
    /// Minutes east of UTC.
    pub utc_offset_minutes: i64,
}

/// What the wall clock of an IANA zone shows at an instant.
///
/// # Errors
/// [`ViewError::UnknownZone`] and [`ViewError::OutsideCalendar`].
pub fn local_time(at: Timestamp, zone: &str) -> Result<LocalTime, ViewError> {
    let known: chrono_tz::Tz = zone
        .parse()
        .map_err(|_| ViewError::UnknownZone(zone.to_owned()))?;
    let local = DateTime::from_timestamp_millis(at.0)
        .ok_or(ViewError::OutsideCalendar(at.0))?
        .with_timezone(&known);
    let seconds_east = i64::from(local.offset().fix().local_minus_utc());
    Ok(LocalTime {
        date: format!(
            "{:04}-{:02}-{:02}",
            local.year(),
            local.month(),
            local.day()
        ),
        hour: i64::from(local.hour()),
        utc_offset_minutes: seconds_east.div_euclid(60),
    })
}

/// A date as it is stored and compared: `2026-10-25`.
#[must_use]
pub fn date_text(date: LocalDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}
