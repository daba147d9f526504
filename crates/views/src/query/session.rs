//! Sessions and held sessions, by page.

use super::{PAGE_ROWS_MAX, row, rows};
use crate::error::ViewError;
use crate::store::Views;

row! {
    /// A rated session: its newest version, or one version of its story.
    SessionRow {
        /// The session.
        session: String,
        /// Which rating, from 1.
        version: i64,
        /// Who pays.
        account: String,
        /// What allowed it.
        auth_id: Option<String>,
        /// The charger's transaction.
        transaction_id: Option<String>,
        /// Where.
        station: String,
        /// Where exactly.
        evse: i64,
        /// At which site.
        site: String,
        /// Which seller.
        legal_entity: String,
        /// At which tariff.
        tariff: String,
        /// In which version.
        tariff_version: i64,
        /// The site's IANA zone.
        time_zone: String,
        /// Local date of the start.
        local_date: String,
        /// Local hour of the start.
        local_hour: i64,
        /// Minutes east of UTC then.
        utc_offset_minutes: i64,
        /// The tariff's currency.
        currency: String,
        /// ms since 1970.
        started_at: i64,
        /// ms since 1970.
        ended_at: i64,
        /// mWh.
        energy: i64,
        /// ms.
        charging_ms: i64,
        /// ms.
        suspended_by_vehicle_ms: i64,
        /// ms.
        suspended_by_station_ms: i64,
        /// ms.
        other_ms: i64,
        /// `reported`, `inferred` or `open`.
        end_evidence: String,
        /// What was odd, words parted by spaces.
        flags: String,
        /// Logical time, ms since 1970.
        rated_at: i64,
    }
}

row! {
    /// A session that waits for a person.
    HeldRow {
        /// The session.
        session: String,
        /// Who would pay.
        account: String,
        /// What allowed it.
        auth_id: Option<String>,
        /// Where.
        station: String,
        /// ms since 1970.
        started_at: i64,
        /// ms since 1970.
        ended_at: i64,
        /// What the registers say, mWh.
        energy: i64,
        /// What it would come to, gross minor units, where that can be said.
        proposed_minor: Option<i64>,
        /// Of the proposal.
        currency: Option<String>,
        /// Logical time, ms since 1970.
        held_at: i64,
        /// Since when it waits, whatever was proposed meanwhile: ms since 1970.
        waiting_since: i64,
        /// How often it was held, from 1: a decision names it.
        round: i64,
        /// The version billed so far; absent in records of before the desk.
        version: Option<i64>,
        /// Why, words parted by spaces, in order.
        reasons: String,
    }
}

/// Held sessions with their reasons, from one of the two sources `h` of them.
macro_rules! held_sql {
    ($source:literal) => {
        concat!(
            "SELECT h.session, h.account, h.auth_id, h.station, h.started_at, h.ended_at,
             h.energy, h.proposed_minor, h.currency, h.held_at, h.round, h.version, (
                SELECT MIN(f.held_at) FROM held_sessions f WHERE f.session = h.session
                AND COALESCE(f.version, 0) = COALESCE(h.version, 0)) AS waiting_since, COALESCE((
                SELECT STRING_AGG(r.reason, ' ' ORDER BY r.ordinal) FROM held_reasons r
                WHERE r.session = h.session AND r.held_at = h.held_at
                AND r.round = h.round), '')
             AS reasons FROM ",
            $source
        )
    };
}
pub(super) use held_sql;

impl Views {
    /// Rated sessions in order of start, then id: the page after `after` (start, id), at most
    /// `limit` and 1,000 of them. Pass the last row's (`started_at`, `session`) for the next page.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn sessions(
        &self,
        after: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<SessionRow>, ViewError> {
        const SQL: &str = "SELECT * FROM sessions WHERE started_at > $1 \
                           OR (started_at = $1 AND session > $2) \
                           ORDER BY started_at, session LIMIT $3";
        let (start, session) = after.unwrap_or((i64::MIN, ""));
        let limit = limit.clamp(0, PAGE_ROWS_MAX);
        self.read(async |connection| Ok(rows!(SessionRow, connection, SQL, start, session, limit)?))
    }

    /// Sessions that wait for a person and have not been rated since, in order of their ids: the
    /// page after `after`, at most `limit` and 1,000 of them.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn held(&self, after: Option<&str>, limit: i64) -> Result<Vec<HeldRow>, ViewError> {
        const SQL: &str =
            held_sql!("waiting_sessions h WHERE h.session > $1 ORDER BY h.session LIMIT $2");
        let limit = limit.clamp(0, PAGE_ROWS_MAX);
        self.read(async |connection| {
            Ok(rows!(HeldRow, connection, SQL, after.unwrap_or(""), limit)?)
        })
    }
}
