//! Usage and revenue per station, site, local day or local hour.
//!
//! A session and its documents count where and when its supply *began* on the wall clock of its
//! site. So a credit note lowers the day that it corrects, not the day it was written; a session
//! over midnight counts once, on the day it began; and the sums of any report over all time equal
//! each other and the documents to the cent.

use super::{row, rows};
use crate::error::ViewError;
use crate::local_time::date_text;
use crate::store::Views;
use wattledger_domain::tariff::LocalDate;

/// What the rows of a report stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Stations, by id.
    Station,
    /// Sites, by id.
    Site,
    /// Local days of the site: `2026-10-25`.
    Day,
    /// Local hours of the site with their minutes east of UTC, which tell the two hours of an
    /// autumn night apart: `2026-10-25T02+120`.
    Hour,
}

/// Later than every date, digit by digit.
const AFTER_ALL_DATES: &str = "9999-99-99";

/// Local dates of the sites: from the first, inclusive, to the last, exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// First day; `None` from the beginning.
    pub from: Option<LocalDate>,
    /// First day after; `None` to the end.
    pub to: Option<LocalDate>,
}

impl Period {
    pub(super) fn bounds(self) -> (String, String) {
        let from = self.from.map_or_else(String::new, date_text);
        let to = self
            .to
            .map_or_else(|| AFTER_ALL_DATES.to_owned(), date_text);
        (from, to)
    }
}

row! {
    /// What was used.
    UsageRow {
        /// Station, site, day or hour.
        key: String,
        /// Rated sessions.
        sessions: i64,
        /// Delivered, mWh.
        energy: i64,
        /// Plugged in, from start to end, ms.
        connected_ms: i64,
        /// Energy flowing or asked for, ms.
        charging_ms: i64,
        /// The car asked for no power, ms.
        suspended_by_vehicle_ms: i64,
        /// The station gave none, ms.
        suspended_by_station_ms: i64,
        /// Plugged in otherwise, ms.
        other_ms: i64,
    }
}

row! {
    /// What was invoiced, in minor units; credit notes subtract.
    RevenueRow {
        /// Station, site, day or hour.
        key: String,
        /// ISO 4217.
        currency: String,
        /// How many invoices.
        invoices: i64,
        /// How many credit notes.
        credit_notes: i64,
        /// Billed energy, mWh: invoices less credit notes.
        energy: i64,
        /// Before tax.
        net: i64,
        /// Tax.
        tax: i64,
        /// net + tax.
        gross: i64,
    }
}

macro_rules! usage_sql {
    ($key:literal) => {
        concat!(
            "SELECT ",
            $key,
            " AS key, COUNT(*) AS sessions, CAST(SUM(energy) AS BIGINT) AS energy,
             CAST(SUM(ended_at - started_at) AS BIGINT) AS connected_ms,
             CAST(SUM(charging_ms) AS BIGINT) AS charging_ms,
             CAST(SUM(suspended_by_vehicle_ms) AS BIGINT) AS suspended_by_vehicle_ms,
             CAST(SUM(suspended_by_station_ms) AS BIGINT) AS suspended_by_station_ms,
             CAST(SUM(other_ms) AS BIGINT) AS other_ms
             FROM sessions WHERE local_date >= $1 AND local_date < $2 GROUP BY ",
            $key,
            " ORDER BY ",
            $key
        )
    };
}

macro_rules! revenue_sql {
    ($key:literal) => {
        concat!(
            "SELECT ", $key, " AS key, currency,
             CAST(SUM(CASE WHEN sign > 0 THEN 1 ELSE 0 END) AS BIGINT) AS invoices,
             CAST(SUM(CASE WHEN sign < 0 THEN 1 ELSE 0 END) AS BIGINT) AS credit_notes,
             CAST(SUM(sign * energy) AS BIGINT) AS energy, CAST(SUM(sign * net) AS BIGINT) AS net,
             CAST(SUM(sign * tax) AS BIGINT) AS tax, CAST(SUM(sign * gross) AS BIGINT) AS gross
             FROM invoices WHERE local_date >= $1 AND local_date < $2 GROUP BY ", $key,
            ", currency ORDER BY ", $key, ", currency"
        )
    };
}

/// The key of an hour: date, two digits of the hour, sign and minutes east of UTC. `substr` pads in
/// SQLite and PostgreSQL alike.
macro_rules! by {
    ($sql:ident, $by:expr) => {
        match $by {
            By::Station => $sql!("station"),
            By::Site => $sql!("site"),
            By::Day => $sql!("local_date"),
            By::Hour => $sql!(
                "local_date || 'T' || SUBSTR('0' || CAST(local_hour AS TEXT), \
                 LENGTH(CAST(local_hour AS TEXT)), 2) || \
                 CASE WHEN utc_offset_minutes < 0 THEN '' ELSE '+' END || \
                 CAST(utc_offset_minutes AS TEXT)"
            ),
        }
    };
}

impl Views {
    /// What was used, in order of the key. Newest rating of each session; held sessions are not in.
    ///
    /// # Errors
    /// [`ViewError::Database`]; also when a sum does not fit 64 bits.
    pub fn report_usage(&self, by: By, period: Period) -> Result<Vec<UsageRow>, ViewError> {
        let (from, to) = period.bounds();
        let sql = by!(usage_sql, by);
        self.read(async |connection| Ok(rows!(UsageRow, connection, sql, from, to)?))
    }

    /// What was invoiced, in order of key and currency: invoices less credit notes.
    ///
    /// # Errors
    /// [`ViewError::Database`]; also when a sum does not fit 64 bits.
    pub fn report_revenue(&self, by: By, period: Period) -> Result<Vec<RevenueRow>, ViewError> {
        let (from, to) = period.bounds();
        let sql = by!(revenue_sql, by);
        self.read(async |connection| Ok(rows!(RevenueRow, connection, sql, from, to)?))
    }
}
