//! Invoices and credit notes.

use super::story::{self, EntryRow, PaymentRow, SessionStory};
use super::{PAGE_ROWS_MAX, row, rows};
use crate::error::ViewError;
use crate::store::Views;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

row! {
    /// An issued document. Amounts as printed: those of a credit note are positive.
    InvoiceRow {
        /// Its id.
        invoice: String,
        /// The number on it.
        number: String,
        /// Book, kind and year.
        series: String,
        /// Its place in the series, from 1.
        sequence: i64,
        /// `invoice` or `credit_note`.
        kind: String,
        /// 1, or -1 for a credit note: what a sum multiplies by.
        sign: i64,
        /// The draft that became it.
        draft: String,
        /// The seller.
        legal_entity: String,
        /// The seller's book.
        book: String,
        /// The buyer.
        account: String,
        /// The buyer's name.
        buyer_name: Option<String>,
        /// The session billed.
        session: String,
        /// Which rating of it.
        session_version: i64,
        /// Where.
        station: String,
        /// Where exactly.
        evse: i64,
        /// At which site.
        site: String,
        /// At which tariff.
        tariff: String,
        /// The site's IANA zone.
        time_zone: String,
        /// Supply, ms since 1970.
        started_at: i64,
        /// Supply, ms since 1970.
        ended_at: i64,
        /// mWh.
        energy: i64,
        /// Local date of the start of the supply: what reports count by.
        local_date: String,
        /// Local hour of the start.
        local_hour: i64,
        /// Minutes east of UTC then.
        utc_offset_minutes: i64,
        /// The date on it.
        issue_date: String,
        /// Logical time, ms since 1970.
        issued_at: i64,
        /// ISO 4217.
        currency: String,
        /// Minor units before tax.
        net: i64,
        /// Minor units.
        tax: i64,
        /// net + tax + rounding.
        gross: i64,
        /// The credited document's id, on a credit note.
        credited_invoice: Option<String>,
        /// The credited document's number.
        credited_number: Option<String>,
        /// Hexadecimal.
        hash: String,
        /// Of the document before it in the series.
        previous_hash: String,
        /// What cash rounding adds, minor units.
        rounding: i64,
        /// The VAT id of a buyer who owes the tax.
        reverse_charge: Option<String>,
    }
}

row! {
    /// A line of a document.
    LineRow {
        /// From 1.
        ordinal: i64,
        /// `energy`, `time`, `parking_time`, `flat`, `min_price` or `max_price`.
        kind: String,
        /// Position of the tariff's element, from 0.
        element: i64,
        /// mWh, ms or 1.
        quantity: i64,
        /// 10⁻⁸ of the currency per kWh, per hour, or once.
        price_e8: i64,
        /// 10⁻⁴ percent; absent when no tax applies.
        tax_rate: Option<i64>,
        /// Minor units before tax.
        net: i64,
        /// First use, ms since 1970.
        from_at: i64,
        /// Last use, ms since 1970.
        to_at: i64,
    }
}

row! {
    /// The total of one tax rate on a document.
    TaxGroupRow {
        /// 10⁻⁴ percent; absent when no tax applies.
        tax_rate: Option<i64>,
        /// Minor units before tax.
        net: i64,
        /// Minor units.
        tax: i64,
        /// net + tax.
        gross: i64,
    }
}

row! {
    /// A tax by name on a document.
    TaxRow {
        /// The tax group that it is part of, by its rate in 10⁻⁴ percent.
        group_rate: i64,
        /// As it stands on the document.
        name: String,
        /// Under which number the seller pays it.
        account_number: Option<String>,
        /// 10⁻⁴ percent.
        tax_rate: i64,
        /// What it is levied on, minor units.
        base: i64,
        /// Minor units.
        amount: i64,
    }
}

/// A document with what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its head and totals.
    pub head: InvoiceRow,
    /// Its lines, in order.
    pub lines: Vec<LineRow>,
    /// Its tax rates, in order.
    pub tax_groups: Vec<TaxGroupRow>,
    /// Its taxes by name, in order; none where taxes have no names.
    pub taxes: Vec<TaxRow>,
}

/// A document and all that led to it and followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvoiceStory {
    /// The document.
    pub document: Document,
    /// Its credit notes, in order of issue.
    pub credited_by: Vec<InvoiceRow>,
    /// Movements of money that pay it, in order.
    pub payments: Vec<PaymentRow>,
    /// Its own entries and those of its payments, in order of the book.
    pub entries: Vec<EntryRow>,
    /// The story of the session billed; absent when the view knows nothing of it.
    pub session: Option<SessionStory>,
}

impl Views {
    /// Documents in order of issue, then id: the page after `after` (`issued_at`, `invoice` of the
    /// last row seen), at most `limit` and 1,000 of them.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn invoices(
        &self,
        after: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<InvoiceRow>, ViewError> {
        const SQL: &str = "SELECT * FROM invoices WHERE issued_at > $1 \
                           OR (issued_at = $1 AND invoice > $2) \
                           ORDER BY issued_at, invoice LIMIT $3";
        let (issued, invoice) = after.unwrap_or((i64::MIN, ""));
        let limit = limit.clamp(0, PAGE_ROWS_MAX);
        self.read(async |connection| {
            Ok(rows!(InvoiceRow, connection, SQL, issued, invoice, limit)?)
        })
    }

    /// The whole story of each document with this number or id: one, or several when two sellers
    /// use the same number; none when there is no such document.
    ///
    /// # Errors
    /// [`ViewError::Database`], [`ViewError::Damaged`].
    pub fn invoice_story(&self, number_or_id: &str) -> Result<Vec<InvoiceStory>, ViewError> {
        const SQL: &str = "SELECT * FROM invoices WHERE number = $1 OR invoice = $1 \
                           ORDER BY legal_entity, invoice";
        self.read(async |connection| {
            let mut stories = Vec::new();
            for head in rows!(InvoiceRow, connection, SQL, number_or_id)? {
                stories.push(story_of(connection, head).await?);
            }
            Ok(stories)
        })
    }
}

async fn story_of(
    connection: &mut SqliteConnection,
    head: InvoiceRow,
) -> Result<InvoiceStory, ViewError> {
    const CREDITS: &str =
        "SELECT * FROM invoices WHERE session = $1 AND credited_invoice = $2 ORDER BY issued_at";
    const PAYMENTS: &str = "SELECT * FROM payments WHERE session = $1 AND draft = $2 \
                            ORDER BY moved_at, payment, op, movement";
    let (session, invoice) = (head.session.clone(), head.invoice.clone());
    let credited_by = rows!(InvoiceRow, connection, CREDITS, &*session, &*invoice)?;
    let payments = rows!(PaymentRow, connection, PAYMENTS, &*session, &*head.draft)?;
    let told = story::of_session(connection, &session).await?;
    let mut entries = story::entries_of_session(connection, &session).await?;
    entries.retain(|entry| {
        let is_own = entry.invoice.as_deref() == Some(&*invoice);
        is_own || payments.iter().any(|paid| entry.is_of(paid))
    });
    let document = with_lines(connection, head).await?;
    Ok(InvoiceStory {
        document,
        credited_by,
        payments,
        entries,
        session: told,
    })
}

/// A document with its lines and tax groups.
pub(super) async fn with_lines(
    connection: &mut SqliteConnection,
    head: InvoiceRow,
) -> Result<Document, ViewError> {
    const LINES: &str = "SELECT * FROM invoice_lines WHERE invoice = $1 ORDER BY ordinal";
    const GROUPS: &str = "SELECT * FROM tax_groups WHERE invoice = $1 ORDER BY ordinal";
    const TAXES: &str = "SELECT * FROM document_taxes WHERE invoice = $1 ORDER BY ordinal";
    let lines = rows!(LineRow, connection, LINES, &*head.invoice)?;
    let tax_groups = rows!(TaxGroupRow, connection, GROUPS, &*head.invoice)?;
    let taxes = rows!(TaxRow, connection, TAXES, &*head.invoice)?;
    Ok(Document {
        head,
        lines,
        tax_groups,
        taxes,
    })
}
