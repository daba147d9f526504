//! The review desk: what waits, for how long, for what, over how much; and what was decided.

use super::session::{HeldRow, held_sql};
use super::{PAGE_ROWS_MAX, row, rows};
use crate::error::ViewError;
use crate::store::Views;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

row! {
    /// A decision that was carried out.
    DecisionRow {
        /// Who said it.
        source: String,
        /// The source's id of it.
        id: String,
        /// About which session.
        session: String,
        /// `bill`, `correct`, `set_payer`, `waive` or `reprice`.
        verdict: String,
        /// Who is to pay.
        payer: Option<String>,
        /// Corrected register at the start, mWh.
        meter_start: Option<i64>,
        /// Corrected register at the end, mWh.
        meter_stop: Option<i64>,
        /// Corrected end, ms since 1970.
        corrected_end: Option<i64>,
        /// Why.
        reason: String,
        /// Who decided.
        decided_by: String,
        /// The desk's time, ms since 1970.
        decided_at: i64,
        /// Logical time, ms since 1970.
        carried_out_at: i64,
        /// Who pays since.
        account: String,
        /// The version billed since; 0 when none is.
        version: i64,
        /// The round of the hold it waits in since; 0 when it does not.
        waits: i64,
        /// What it comes to since, gross minor units.
        gross_minor: Option<i64>,
        /// Of it.
        currency: Option<String>,
    }
}

row! {
    /// How many wait, and over how much: by reason, by age or in all, and by currency.
    ReviewCount {
        /// The reason, the age, or `all`.
        of: String,
        /// How many; one with several reasons counts for each.
        sessions: i64,
        /// Of the proposals; absent where there is none.
        currency: Option<String>,
        /// What they would come to, gross minor units.
        proposed_minor: i64,
    }
}

/// In which order what waits is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewOrder {
    /// What waits longest first.
    Age,
    /// What is dearest first.
    Money,
}

/// What waits, a page of it, and the sums of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewList {
    /// A page of sessions.
    pub items: Vec<HeldRow>,
    /// In all.
    pub totals: Vec<ReviewCount>,
    /// By reason.
    pub by_reason: Vec<ReviewCount>,
    /// By how long they wait.
    pub by_age: Vec<ReviewCount>,
}

/// Which page of what waits.
#[derive(Clone, Copy, Debug)]
pub struct ReviewPage<'a> {
    /// In which order.
    pub order: ReviewOrder,
    /// Only those that wait for this.
    pub reason: Option<&'a str>,
    /// How many are skipped.
    pub skip: i64,
    /// At most so many, and at most 1,000.
    pub limit: i64,
    /// Ages count to here, ms since 1970.
    pub now: i64,
}

/// A session at the desk: what it waits for, or its last bill, and what was decided before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewCase {
    /// What it waits for; absent when it does not wait.
    pub waits: Option<HeldRow>,
    /// What it would be billed as, and what that rests on; absent when it does not wait.
    pub proposal: Option<serde_json::Value>,
    /// What was looked at: a decision names both.
    pub round: i64,
    /// The version billed so far; 0 when none is.
    pub version: i64,
    /// Where.
    pub station: String,
    /// Decisions so far, oldest first.
    pub decisions: Vec<DecisionRow>,
}

/// Ages, the longest first.
const AGE_WORDS: [&str; 4] = [
    "above 30 days",
    "7 to 30 days",
    "1 to 7 days",
    "below 1 day",
];

/// How much of what waits, by an expression of `h` and `r`.
macro_rules! counts_sql {
    ($of:literal, $join:literal) => {
        concat!(
            "SELECT ",
            $of,
            " AS \"of\", COUNT(*) AS sessions, h.currency AS currency, \
             CAST(COALESCE(SUM(h.proposed_minor), 0) AS BIGINT) AS proposed_minor \
             FROM waiting_sessions h ",
            $join,
            " WHERE $1 = $1 GROUP BY 1, h.currency \
             ORDER BY 1, h.currency"
        )
    };
}

impl Views {
    /// What waits for a person, a page of it, with the sums of all.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn review_list(&self, page: ReviewPage<'_>) -> Result<ReviewList, ViewError> {
        const BY_AGE: &str = held_sql!(
            "waiting_sessions h WHERE $1 IS NULL OR EXISTS (SELECT 1 FROM held_reasons q \
             WHERE q.session = h.session AND q.held_at = h.held_at AND q.round = h.round \
             AND q.reason = $1) ORDER BY waiting_since, h.session LIMIT $2 OFFSET $3"
        );
        const BY_MONEY: &str = held_sql!(
            "waiting_sessions h WHERE $1 IS NULL OR EXISTS (SELECT 1 FROM held_reasons q \
             WHERE q.session = h.session AND q.held_at = h.held_at AND q.round = h.round \
             AND q.reason = $1) ORDER BY COALESCE(h.proposed_minor, -1) DESC, h.session \
             LIMIT $2 OFFSET $3"
        );
        const ALL: &str = counts_sql!("'all'", "");
        const REASONS: &str = counts_sql!(
            "r.reason",
            "JOIN held_reasons r ON r.session = h.session AND r.held_at = h.held_at \
             AND r.round = h.round"
        );
        const AGES: &str = counts_sql!(
            "CASE WHEN $1 - since.at < 86400000 THEN 'below 1 day' \
             WHEN $1 - since.at < 604800000 THEN '1 to 7 days' \
             WHEN $1 - since.at < 2592000000 THEN '7 to 30 days' ELSE 'above 30 days' END",
            "JOIN (SELECT session, COALESCE(version, 0) AS version, MIN(held_at) AS at \
             FROM held_sessions GROUP BY 1, 2) since \
             ON since.session = h.session AND since.version = COALESCE(h.version, 0)"
        );
        let limit = page.limit.clamp(0, PAGE_ROWS_MAX);
        let (reason, skip) = (page.reason, page.skip.max(0));
        self.read(async |connection| {
            let sql = match page.order {
                ReviewOrder::Age => BY_AGE,
                ReviewOrder::Money => BY_MONEY,
            };
            let mut by_age = rows!(ReviewCount, connection, AGES, page.now)?;
            by_age.sort_by_key(|count| AGE_WORDS.iter().position(|word| *word == count.of));
            Ok(ReviewList {
                items: rows!(HeldRow, connection, sql, reason, limit, skip)?,
                totals: rows!(ReviewCount, connection, ALL, page.now)?,
                by_reason: rows!(ReviewCount, connection, REASONS, page.now)?,
                by_age,
            })
        })
    }

    /// A session at the desk; `None` when it was neither held nor billed.
    ///
    /// # Errors
    /// [`ViewError::Database`], [`ViewError::Damaged`].
    pub fn review_case(&self, session: &str) -> Result<Option<ReviewCase>, ViewError> {
        const WAITS: &str = held_sql!("waiting_sessions h WHERE h.session = $1");
        const ROUND: &str = "SELECT COALESCE(MAX(round), 0) FROM held_sessions WHERE session = $1";
        const VERSION: &str = "SELECT MAX(v) FROM ( \
            SELECT COALESCE(MAX(version), 0) AS v FROM session_versions WHERE session = $1 \
            UNION ALL SELECT COALESCE(MAX(version), 0) FROM held_sessions WHERE session = $1 \
            UNION ALL SELECT COALESCE(MAX(version), 0) FROM review_decisions WHERE session = $1)";
        const STATION: &str = "SELECT station FROM held_sessions WHERE session = $1 \
            UNION SELECT station FROM session_versions WHERE session = $1 LIMIT 1";
        self.read(async |connection| {
            let station: Option<String> = sqlx::query_scalar(STATION)
                .bind(session)
                .fetch_optional(&mut *connection)
                .await?;
            let Some(station) = station else {
                return Ok(None);
            };
            let waits = rows!(HeldRow, connection, WAITS, session)?.pop();
            Ok(Some(ReviewCase {
                proposal: match &waits {
                    Some(waits) => proposal(connection, waits).await?,
                    None => None,
                },
                round: number(connection, ROUND, session).await?,
                version: number(connection, VERSION, session).await?,
                station,
                decisions: decisions(connection, session).await?,
                waits,
            }))
        })
    }

    /// A decision that was carried out; `None` when it has not been, or was refused.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn decision(&self, source: &str, id: &str) -> Result<Option<DecisionRow>, ViewError> {
        const SQL: &str = "SELECT * FROM review_decisions WHERE source = $1 AND id = $2";
        self.read(async |connection| Ok(rows!(DecisionRow, connection, SQL, source, id)?.pop()))
    }
}

/// The decisions about a session, oldest first.
pub(crate) async fn decisions(
    connection: &mut SqliteConnection,
    session: &str,
) -> Result<Vec<DecisionRow>, ViewError> {
    const SQL: &str = "SELECT * FROM review_decisions WHERE session = $1 \
                       ORDER BY carried_out_at, decided_at, id";
    Ok(rows!(DecisionRow, connection, SQL, session)?)
}

/// What a held session would be billed as, as it was recorded with it.
pub(super) async fn proposal(
    connection: &mut SqliteConnection,
    waits: &HeldRow,
) -> Result<Option<serde_json::Value>, ViewError> {
    const SQL: &str =
        "SELECT proposal FROM held_sessions WHERE session = $1 AND held_at = $2 AND round = $3";
    let text: Option<String> = sqlx::query_scalar(SQL)
        .bind(&waits.session)
        .bind(waits.held_at)
        .bind(waits.round)
        .fetch_one(&mut *connection)
        .await?;
    Ok(text.as_deref().map(serde_json::from_str).transpose()?)
}

async fn number(
    connection: &mut SqliteConnection,
    sql: &'static str,
    session: &str,
) -> Result<i64, ViewError> {
    Ok(sqlx::query_scalar(sql)
        .bind(session)
        .fetch_one(&mut *connection)
        .await?)
}
