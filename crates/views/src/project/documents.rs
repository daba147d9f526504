//! Invoices, credit notes, the journal and the movements of money.

use super::numbered;
use crate::error::ViewError;
use crate::insert::{Cell, Rows, Table};
use crate::local_time::{date_text, local_time};
use crate::words;
use wattledger_domain::document::{
    DocumentKind, EntryCause, IssuedDocument, JournalEntry, PaymentFact,
};

static INVOICES: Table = Table {
    name: "invoices",
    columns: &[
        "invoice",
        "number",
        "series",
        "sequence",
        "kind",
        "sign",
        "draft",
        "legal_entity",
        "book",
        "account",
        "buyer_name",
        "session",
        "session_version",
        "station",
        "evse",
        "site",
        "tariff",
        "time_zone",
        "started_at",
        "ended_at",
        "energy",
        "local_date",
        "local_hour",
        "utc_offset_minutes",
        "issue_date",
        "issued_at",
        "currency",
        "net",
        "tax",
        "gross",
        "credited_invoice",
        "credited_number",
        "hash",
        "previous_hash",
        "rounding",
        "reverse_charge",
        "country",
    ],
};
static LINES: Table = Table {
    name: "invoice_lines",
    columns: &[
        "invoice", "ordinal", "kind", "element", "quantity", "price_e8", "tax_rate", "net",
        "from_at", "to_at",
    ],
};
static GROUPS: Table = Table {
    name: "tax_groups",
    columns: &["invoice", "ordinal", "tax_rate", "net", "tax", "gross"],
};
static TAXES: Table = Table {
    name: "document_taxes",
    columns: &[
        "invoice",
        "ordinal",
        "group_rate",
        "name",
        "account_number",
        "tax_rate",
        "base",
        "amount",
    ],
};
static ENTRIES: Table = Table {
    name: "journal_entries",
    columns: &[
        "entry",
        "legal_entity",
        "book",
        "sequence",
        "cause",
        "invoice",
        "payment",
        "op",
        "session",
        "entered_at",
    ],
};
static POSTINGS: Table = Table {
    name: "postings",
    columns: &["entry", "ordinal", "ledger", "side", "amount", "currency"],
};
static PAYMENTS: Table = Table {
    name: "payments",
    columns: &[
        "payment",
        "op",
        "movement",
        "account",
        "session",
        "draft",
        "legal_entity",
        "book",
        "processor",
        "amount",
        "currency",
        "moved_at",
    ],
};

/// An issued document with its lines and tax groups, dated on the site's wall clock at the start of
/// the supply.
pub fn issued(document: &IssuedDocument, rows: &mut Rows) -> Result<(), ViewError> {
    let draft = &document.draft;
    let supply = &draft.supply;
    let local = local_time(supply.started_at, &supply.time_zone)?;
    let (kind, sign) = match draft.kind {
        DocumentKind::Invoice => ("invoice", 1_i64),
        DocumentKind::CreditNote { .. } => ("credit_note", -1),
    };
    let credited = document.credits.as_ref();
    rows.add(
        &INVOICES,
        [
            document.invoice.as_str().into(),
            (&*document.number).into(),
            (&*document.series).into(),
            document.sequence.into(),
            kind.into(),
            sign.into(),
            draft.draft.as_str().into(),
            draft.seller.id.as_str().into(),
            draft.seller.book.as_str().into(),
            draft.account.as_str().into(),
            draft.buyer_name.as_deref().into(),
            supply.session.as_str().into(),
            supply.version.into(),
            supply.station.as_str().into(),
            supply.evse.0.into(),
            supply.site.as_str().into(),
            supply.tariff.id.as_str().into(),
            (&*supply.time_zone).into(),
            supply.started_at.0.into(),
            supply.ended_at.0.into(),
            supply.energy.0.into(),
            local.date.into(),
            local.hour.into(),
            local.utc_offset_minutes.into(),
            date_text(draft.issue_date).into(),
            document.issued_at.0.into(),
            draft.currency.code().into(),
            draft.net.minor.into(),
            draft.tax.minor.into(),
            draft.gross.minor.into(),
            credited.map(|earlier| earlier.invoice.as_str()).into(),
            credited.map(|earlier| &*earlier.number).into(),
            document.hash.to_string().into(),
            document.previous_hash.to_string().into(),
            draft.rounding.map_or(0, |rounding| rounding.minor).into(),
            draft.reverse_charge.as_deref().into(),
            (&*draft.seller.country).into(),
        ],
    );
    lines(document, rows);
    groups(document, rows);
    taxes(document, rows);
    Ok(())
}

fn lines(document: &IssuedDocument, rows: &mut Rows) {
    for (ordinal, line) in numbered(&document.draft.lines) {
        rows.add(
            &LINES,
            [
                document.invoice.as_str().into(),
                ordinal.into(),
                words::line_kind(line.kind).into(),
                i64::from(line.element).into(),
                line.quantity.into(),
                line.price.0.into(),
                line.tax.map(|rate| rate.0).into(),
                line.net.minor.into(),
                line.from.0.into(),
                line.to.0.into(),
            ],
        );
    }
}

fn groups(document: &IssuedDocument, rows: &mut Rows) {
    for (ordinal, group) in numbered(&document.draft.groups) {
        rows.add(
            &GROUPS,
            [
                document.invoice.as_str().into(),
                ordinal.into(),
                group.rate.map(|rate| rate.0).into(),
                group.net.minor.into(),
                group.tax.minor.into(),
                group.gross.minor.into(),
            ],
        );
    }
}

fn taxes(document: &IssuedDocument, rows: &mut Rows) {
    for (ordinal, tax) in numbered(document.draft.taxes.as_deref().unwrap_or_default()) {
        rows.add(
            &TAXES,
            [
                document.invoice.as_str().into(),
                ordinal.into(),
                tax.group.0.into(),
                (&*tax.name).into(),
                tax.account_number.as_deref().into(),
                tax.rate.0.into(),
                tax.base.minor.into(),
                tax.amount.minor.into(),
            ],
        );
    }
}

/// A journal entry with its postings.
pub fn entry(entry: &JournalEntry, rows: &mut Rows) {
    let (cause, invoice, payment, op): (&str, Cell, Cell, Cell) = match &entry.cause {
        EntryCause::Document(invoice) => {
            let nothing = Cell::Nothing;
            (
                "document",
                invoice.as_str().into(),
                nothing.clone(),
                nothing,
            )
        }
        EntryCause::Payment {
            payment,
            op,
            movement,
        } => {
            let word = words::movement(*movement);
            (word, Cell::Nothing, payment.as_str().into(), (*op).into())
        }
    };
    rows.add(
        &ENTRIES,
        [
            entry.entry.as_str().into(),
            entry.legal_entity.as_str().into(),
            entry.book.as_str().into(),
            entry.sequence.into(),
            cause.into(),
            invoice,
            payment,
            op,
            entry.session.as_ref().map(|id| id.as_str()).into(),
            entry.at.0.into(),
        ],
    );
    for (ordinal, posting) in numbered(&entry.postings) {
        rows.add(
            &POSTINGS,
            [
                entry.entry.as_str().into(),
                ordinal.into(),
                (&*posting.ledger).into(),
                words::side(posting.side).into(),
                posting.amount.minor.into(),
                posting.amount.currency.code().into(),
            ],
        );
    }
}

/// A movement of money.
pub fn payment(fact: &PaymentFact, rows: &mut Rows) {
    rows.add(
        &PAYMENTS,
        [
            fact.payment.as_str().into(),
            fact.op.into(),
            words::movement(fact.movement).into(),
            fact.account.as_str().into(),
            fact.session.as_ref().map(|id| id.as_str()).into(),
            fact.draft.as_ref().map(|id| id.as_str()).into(),
            fact.legal_entity.as_str().into(),
            fact.book.as_str().into(),
            fact.processor.as_str().into(),
            fact.amount.minor.into(),
            fact.amount.currency.code().into(),
            fact.at.0.into(),
        ],
    );
}
