//! The sums of everything, for the summary of a run.

use super::{row, rows};
use crate::error::ViewError;
use crate::store::Views;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

row! {
    /// How many there are of one kind.
    Count {
        /// The word of the kind or reason.
        reason: String,
        /// How many.
        count: i64,
    }
}

row! {
    /// The documents of one series.
    SeriesTotals {
        /// Book, kind and year.
        series: String,
        /// `invoice` or `credit_note`.
        kind: String,
        /// How many documents.
        documents: i64,
        /// The number of the first.
        first_number: String,
        /// The number of the last.
        last_number: String,
    }
}

row! {
    /// What is owed and paid in one currency, minor units.
    MoneyTotals {
        /// ISO 4217.
        currency: String,
        /// Invoices less credit notes, before tax.
        net: i64,
        /// Tax, alike.
        tax: i64,
        /// Gross, alike: what is due.
        gross: i64,
        /// Taken, less what failed after all.
        captured: i64,
        /// Given back.
        refunded: i64,
        /// Not worth or past collecting.
        written_off: i64,
        /// Lost in disputes.
        disputes_lost: i64,
        /// Due − captured + refunded − written off.
        receivable: i64,
    }
}

/// The sums of everything in the views.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Field events that arrived.
    pub events: i64,
    /// Rated sessions.
    pub sessions: i64,
    /// Delivered in them, mWh.
    pub energy: i64,
    /// Documents per series, in order.
    pub series: Vec<SeriesTotals>,
    /// Money per currency, in order.
    pub money: Vec<MoneyTotals>,
    /// Sessions that wait for a person.
    pub held: i64,
    /// How many of them wait for what; one may wait for several reasons.
    pub held_by_reason: Vec<Count>,
    /// Authorisations refused, by reason.
    pub refused_by_reason: Vec<Count>,
    /// Events that were not simply folded, by outcome.
    pub outcomes: Vec<Count>,
    /// Records set aside, by reason.
    pub dead_letters: Vec<Count>,
}

const SERIES: &str = "SELECT t.series, t.kind, t.documents, f.number AS first_number, \
    l.number AS last_number FROM (SELECT series, kind, COUNT(*) AS documents, \
    MIN(sequence) AS first_sequence, MAX(sequence) AS last_sequence \
    FROM invoices GROUP BY series, kind) t \
    JOIN invoices f ON f.series = t.series AND f.sequence = t.first_sequence \
    JOIN invoices l ON l.series = t.series AND l.sequence = t.last_sequence \
    ORDER BY t.series";

/// One stream of signed amounts, so that a currency with payments but no document is in too.
const MONEY: &str = "SELECT currency, CAST(SUM(net) AS BIGINT) AS net, \
    CAST(SUM(tax) AS BIGINT) AS tax, CAST(SUM(gross) AS BIGINT) AS gross, \
    CAST(SUM(captured) AS BIGINT) AS captured, CAST(SUM(refunded) AS BIGINT) AS refunded, \
    CAST(SUM(written_off) AS BIGINT) AS written_off, \
    CAST(SUM(disputes_lost) AS BIGINT) AS disputes_lost, \
    CAST(SUM(gross - captured + refunded - written_off) AS BIGINT) AS receivable FROM ( \
    SELECT currency, sign * net AS net, sign * tax AS tax, sign * gross AS gross, \
    0 AS captured, 0 AS refunded, 0 AS written_off, 0 AS disputes_lost FROM invoices \
    UNION ALL SELECT currency, 0, 0, 0, \
    CASE movement WHEN 'captured' THEN amount WHEN 'capture_reversed' THEN -amount ELSE 0 END, \
    CASE movement WHEN 'refunded' THEN amount ELSE 0 END, \
    CASE movement WHEN 'written_off' THEN amount ELSE 0 END, \
    CASE movement WHEN 'dispute_lost' THEN amount ELSE 0 END \
    FROM payments) moved GROUP BY currency ORDER BY currency";

const HELD: &str = "SELECT r.reason, COUNT(*) AS count FROM waiting_sessions h \
    JOIN held_reasons r ON r.session = h.session AND r.held_at = h.held_at \
    AND r.round = h.round GROUP BY r.reason ORDER BY r.reason";

const REFUSED: &str = "SELECT reason, COUNT(*) AS count FROM commands WHERE action = 'refuse' \
    GROUP BY reason ORDER BY reason";

const OUTCOMES: &str = "SELECT outcome AS reason, COUNT(*) AS count FROM outcomes \
    GROUP BY outcome ORDER BY outcome";

const DEAD_LETTERS: &str = "SELECT reason, COUNT(*) AS count FROM dead_letters \
    GROUP BY reason ORDER BY reason";

impl Views {
    /// The sums of everything.
    ///
    /// # Errors
    /// [`ViewError::Database`]; also when a sum does not fit 64 bits.
    pub fn totals(&self) -> Result<Totals, ViewError> {
        const ENERGY: &str = "SELECT COALESCE(CAST(SUM(energy) AS BIGINT), 0) FROM sessions";
        self.read(async |connection| {
            Ok(Totals {
                events: scalar(connection, "SELECT COUNT(*) FROM events").await?,
                sessions: scalar(connection, "SELECT COUNT(*) FROM sessions").await?,
                energy: scalar(connection, ENERGY).await?,
                series: rows!(SeriesTotals, connection, SERIES)?,
                money: rows!(MoneyTotals, connection, MONEY)?,
                held: scalar(connection, "SELECT COUNT(*) FROM waiting_sessions").await?,
                held_by_reason: rows!(Count, connection, HELD)?,
                refused_by_reason: rows!(Count, connection, REFUSED)?,
                outcomes: rows!(Count, connection, OUTCOMES)?,
                dead_letters: rows!(Count, connection, DEAD_LETTERS)?,
            })
        })
    }
}

async fn scalar(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, ViewError> {
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}
