//! Drafts, issued documents, payment facts and the journal.

use crate::{record, symbols, union};
use wattledger_domain::document::{
    Credited, DocumentKind, DraftFault, DraftRejected, EntryCause, InvoiceDraft, InvoiceNotice,
    IssuedDocument, JournalEntry, Movement, PaymentFact, Posting, Side, Supply,
};

union! { DocumentKind {
    0 => Invoice "wattledger.billing.Invoice",
    1 => CreditNote "wattledger.billing.CreditNote" {
        credits: "The draft of the credited invoice." },
} }
record! { "wattledger.billing.Supply", "The session that a document bills.", Supply {
    session: "The session.",
    version: "Which rating of it.",
    station: "Where.",
    evse: "Where exactly.",
    site: "At which site.",
    time_zone: "IANA zone of the site.",
    started_at: "When it began.",
    ended_at: "When it ended.",
    energy: "Milliwatt hours.",
    tariff: "At which tariff.",
} }
record! { "wattledger.billing.InvoiceDraft",
    "A document without a number; amounts of a credit note are positive.", InvoiceDraft {
    draft: "Of session, version and kind.",
    kind: "Invoice or credit note.",
    seller: "The seller as pinned.",
    seller_pin: "Version and hash of the seller's document.",
    account: "Who buys.",
    buyer_name: "The buyer's name, where there is one.",
    supply: "The supply.",
    issue_date: "Calendar date in the seller's zone.",
    tax_point: "The instant of supply that tax counts by.",
    currency: "ISO 4217 code of all amounts.",
    lines: "What is billed.",
    groups: "Totals per tax rate.",
    net: "Sum of the groups before tax.",
    tax: "Sum of the groups' tax.",
    gross: "Net and tax, and cash rounding: what is owed.",
    taxes: "What named taxes came to; null where taxes have no names.",
    rounding: "What cash rounding adds, or takes off; null without cash rounding.",
    reverse_charge: "VAT id of a buyer who owes the tax; null where the seller does.",
} }
record! { "wattledger.billing.Credited", "The document that a credit note names.", Credited {
    invoice: "Its id.",
    number: "Its number.",
    issue_date: "Its issue date.",
} }
record! { "wattledger.billing.IssuedDocument",
    "An issued document: it never changes.", IssuedDocument {
    invoice: "Its id.",
    number: "The number on it.",
    series: "Book, kind and year.",
    sequence: "Its place in the series, from 1, without gaps.",
    issued_at: "Logical time of issue.",
    credits: "The credited document, for a credit note.",
    draft: "What it says.",
    previous_hash: "Hash of the document before it in the series; zeros for the first.",
    hash: "Hash over all of it.",
} }
record! { "wattledger.billing.InvoiceNotice",
    "Tells the account that a draft has its number.", InvoiceNotice {
    draft: "Which draft.",
    account: "Whose.",
    invoice: "The document.",
    number: "Its number.",
    gross: "What it comes to.",
    session: "The session.",
} }
symbols! { "wattledger.billing.DraftFault", "Why a draft cannot be issued.", DraftFault {
    0 => SumsDiffer "SUMS_DIFFER", 1 => NothingToCredit "NOTHING_TO_CREDIT",
    2 => CreditedAlready "CREDITED_ALREADY", 3 => MixedCurrencies "MIXED_CURRENCIES",
    4 => DateOutOfOrder "DATE_OUT_OF_ORDER",
} }
record! { "wattledger.billing.DraftRejected",
    "Tells the account that a draft was refused.", DraftRejected {
    draft: "Which draft.",
    account: "Whose.",
    session: "The session.",
    reason: "Why.",
} }
symbols! { "wattledger.billing.Movement", "What happened to money.", Movement {
    0 => Held "HELD", 1 => Released "RELEASED", 2 => Captured "CAPTURED",
    3 => CaptureReversed "CAPTURE_REVERSED", 4 => Refunded "REFUNDED",
    5 => DisputeOpened "DISPUTE_OPENED",
    6 => DisputeWon "DISPUTE_WON", 7 => DisputeLost "DISPUTE_LOST", 8 => WrittenOff "WRITTEN_OFF",
} }
record! { "wattledger.billing.PaymentFact", "Something that happened to money.", PaymentFact {
    payment: "Which payment.",
    op: "Which operation of it.",
    account: "Whose.",
    session: "For which session, once one is known.",
    draft: "Whose receivable it pays or opens.",
    legal_entity: "Which seller.",
    book: "In which book.",
    processor: "Where.",
    movement: "What happened.",
    amount: "How much; above zero.",
    at: "Logical time.",
} }
union! { EntryCause {
    0 => Document "wattledger.billing.CauseDocument" (invoice: "An issued document."),
    1 => Payment "wattledger.billing.CausePayment" {
        payment: "Which payment.", op: "Which operation.", movement: "What happened." },
} }
symbols! { "wattledger.billing.Side", "Debit or credit.", Side {
    0 => Debit "DEBIT", 1 => Credit "CREDIT",
} }
record! { "wattledger.billing.Posting", "One side of an entry.", Posting {
    ledger: "The ledger account.",
    side: "Debit or credit.",
    amount: "Above zero.",
} }
record! { "wattledger.billing.JournalEntry",
    "A balanced entry of the double-entry journal.", JournalEntry {
    entry: "Of book, cause and template.",
    legal_entity: "Which seller.",
    book: "In which book.",
    sequence: "Its place in the book, from 1.",
    cause: "Why.",
    session: "The session behind it.",
    postings: "Debits and credits; they balance.",
    at: "Logical time.",
} }
