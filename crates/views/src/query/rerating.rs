//! What is known of a billed session when it is priced again.

use super::{row, rows};
use crate::error::ViewError;
use crate::store::Views;

row! {
    /// A billed session: how far it is, and its newest invoice.
    BilledSession {
        /// Its newest rating.
        rated: i64,
        /// When its first rating was, logical time, ms since 1970: its correction window begins then.
        first_rated_at: i64,
        /// How often it was held; what a decision names as looked at.
        round: i64,
        /// The version billed so far; above `rated` where it was taken from its payer since.
        version: i64,
        /// 1 while it waits for a person.
        waits: i64,
        /// Number of the newest invoice; absent until it is issued.
        invoice: Option<String>,
        /// What that invoice comes to after tax, minor units.
        invoice_gross: Option<i64>,
        /// The version that it bills.
        invoice_version: Option<i64>,
        /// The VAT id of a buyer who owes the tax.
        reverse_charge: Option<String>,
    }
}

impl Views {
    /// A billed session; `None` when it was never rated.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn billed_session(&self, session: &str) -> Result<Option<BilledSession>, ViewError> {
        const SQL: &str = "SELECT MAX(v.version) AS rated, MIN(v.rated_at) AS first_rated_at, \
            (SELECT COALESCE(MAX(round), 0) FROM held_sessions WHERE session = $1) AS round, \
            MAX(MAX(v.version), \
                (SELECT COALESCE(MAX(version), 0) FROM held_sessions WHERE session = $1), \
                (SELECT COALESCE(MAX(version), 0) FROM review_decisions WHERE session = $1)) AS version, \
            EXISTS (SELECT 1 FROM waiting_sessions WHERE session = $1) AS waits, \
            i.number AS invoice, i.gross AS invoice_gross, i.session_version AS invoice_version, \
            i.reverse_charge AS reverse_charge \
            FROM session_versions v LEFT JOIN (SELECT * FROM invoices WHERE session = $1 AND sign = 1 \
                ORDER BY session_version DESC LIMIT 1) i ON TRUE \
            WHERE v.session = $1 GROUP BY v.session";
        self.read(async |connection| Ok(rows!(BilledSession, connection, SQL, session)?.pop()))
    }
}
