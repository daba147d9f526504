//! Taxes per seller, country, tax and month or quarter: what a tax return asks for.
//!
//! A document counts in the month of its own date, on the seller's calendar, and a credit note in its own
//! month: that is when the journal posts it. So the tax of a row is what is posted to its account in that
//! time, to the cent.

use super::report::Period;
use super::{row, rows};
use crate::error::ViewError;
use crate::store::Views;

/// How long a row of the tax report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxPeriod {
    /// `2026-03`.
    Month,
    /// `2026-Q1`.
    Quarter,
}

row! {
    /// A tax of a seller in a month or quarter, in minor units; credit notes subtract.
    TaxReportRow {
        /// The seller.
        legal_entity: String,
        /// Its country, ISO 3166-1 alpha-2.
        country: String,
        /// The month or quarter.
        period: String,
        /// ISO 4217.
        currency: String,
        /// `taxed`, `untaxed` where no tax applies, `reverse_charge` where the buyer owes it.
        treatment: String,
        /// The tax as the place calls it; absent where prices state the rate.
        name: Option<String>,
        /// Of `net`, in 10^-4 percent; absent where none applies.
        tax_rate: Option<i64>,
        /// Under which number the seller pays it.
        account_number: Option<String>,
        /// The account of the journal that it is posted to; absent where there is none.
        ledger: Option<String>,
        /// How many invoices.
        invoices: i64,
        /// How many credit notes.
        credit_notes: i64,
        /// What the tax is levied on: of a tax that stacks, with those below it.
        net: i64,
        /// The tax.
        tax: i64,
        /// net + tax.
        gross: i64,
    }
}

macro_rules! tax_sql {
    ($period:literal) => {
        concat!(
            "SELECT legal_entity, country, ",
            $period,
            " AS period, currency, treatment, name, tax_rate, account_number, ledger,
             CAST(SUM(CASE WHEN sign > 0 THEN 1 ELSE 0 END) AS BIGINT) AS invoices,
             CAST(SUM(CASE WHEN sign < 0 THEN 1 ELSE 0 END) AS BIGINT) AS credit_notes,
             CAST(SUM(sign * base) AS BIGINT) AS net, CAST(SUM(sign * amount) AS BIGINT) AS tax,
             CAST(SUM(sign * (base + amount)) AS BIGINT) AS gross FROM (
             SELECT i.legal_entity, i.country, i.issue_date, i.currency, i.sign,
             'taxed' AS treatment, t.name, t.tax_rate, t.account_number,
             'tax:' || i.country || ':' || t.name AS ledger, t.base, t.amount
             FROM document_taxes t JOIN invoices i ON i.invoice = t.invoice
             WHERE i.issue_date >= $1 AND i.issue_date < $2
             UNION ALL
             SELECT i.legal_entity, i.country, i.issue_date, i.currency, i.sign,
             CASE WHEN i.reverse_charge IS NOT NULL THEN 'reverse_charge'
             WHEN g.tax_rate IS NULL THEN 'untaxed' ELSE 'taxed' END, NULL, g.tax_rate, NULL,
             CASE WHEN g.tax_rate IS NOT NULL
             THEN 'vat:' || i.country || ':' || CAST(g.tax_rate AS TEXT) END, g.net, g.tax
             FROM tax_groups g JOIN invoices i ON i.invoice = g.invoice
             WHERE i.issue_date >= $1 AND i.issue_date < $2 AND NOT EXISTS (
             SELECT 1 FROM document_taxes t
             WHERE t.invoice = g.invoice AND t.group_rate = g.tax_rate)) of_documents
             GROUP BY legal_entity, country, ",
            $period,
            ", currency, treatment, name, tax_rate, account_number, ledger
             ORDER BY legal_entity, country, period, currency, treatment, COALESCE(name, ''),
             COALESCE(tax_rate, -1), COALESCE(account_number, '')"
        )
    };
}

impl Views {
    /// Taxes by seller, country, month or quarter, and tax, for documents dated in the period.
    ///
    /// # Errors
    /// [`ViewError::Database`]; also when a sum does not fit 64 bits.
    pub fn report_taxes(
        &self,
        by: TaxPeriod,
        period: Period,
    ) -> Result<Vec<TaxReportRow>, ViewError> {
        const MONTHS: &str = tax_sql!("SUBSTR(issue_date, 1, 7)");
        const QUARTERS: &str = tax_sql!(
            "SUBSTR(issue_date, 1, 4) || '-Q' || \
             CAST((CAST(SUBSTR(issue_date, 6, 2) AS INTEGER) + 2) / 3 AS TEXT)"
        );
        let (from, to) = period.bounds();
        let sql = match by {
            TaxPeriod::Month => MONTHS,
            TaxPeriod::Quarter => QUARTERS,
        };
        self.read(async |connection| Ok(rows!(TaxReportRow, connection, sql, from, to)?))
    }
}
