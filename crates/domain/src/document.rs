//! Drafts, issued documents, payment facts and the journal: everything about `invoice.events` and
//! what finance reads.

use crate::charging::ClockTick;
use crate::cost::{SettledLine, TaxGroup};
use crate::hash::Digest;
use crate::ids::{
    AccountId, BookId, DraftId, EntryId, EvseId, InvoiceId, LegalEntityId, PaymentId, ProcessorId,
    SessionId, SiteId, StationId, TariffId,
};
use crate::money::{Currency, Money};
use crate::quantity::MilliwattHours;
use crate::reference::{LegalEntity, ReferenceRecorded};
use crate::session::Pin;
use crate::tariff::LocalDate;
use crate::tax::TaxLine;
use crate::time::Timestamp;
use std::sync::Arc;

/// A record of `invoice.events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceRecord {
    /// From accounts: to be numbered.
    Draft(Box<InvoiceDraft>),
    /// From accounts: to be posted.
    PaymentFact(Box<PaymentFact>),
    /// From control: a seller's document.
    Reference(Box<ReferenceRecorded>),
    /// From control: logical time.
    Tick(ClockTick),
}

/// What a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// An invoice (UNTDID 1001: 380).
    Invoice,
    /// A credit note (381) over a whole earlier document.
    CreditNote {
        /// The draft of the credited invoice.
        credits: DraftId,
    },
}

/// A document without a number. Amounts of a credit note are positive: its kind turns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// (session, version, kind).
    pub draft: DraftId,
    /// Invoice or credit note.
    pub kind: DocumentKind,
    /// The seller as pinned, shared by its documents.
    pub seller: Arc<LegalEntity>,
    /// Version and hash of the seller's document.
    pub seller_pin: Pin<LegalEntityId>,
    /// Who buys.
    pub account: AccountId,
    /// The buyer's name, where there is one.
    pub buyer_name: Option<Box<str>>,
    /// The supply.
    pub supply: Supply,
    /// Calendar date in the seller's zone.
    pub issue_date: LocalDate,
    /// The instant of supply that tax counts by.
    pub tax_point: Timestamp,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What is billed. Σ net of a rate = net of its group.
    pub lines: Vec<SettledLine>,
    /// Totals per tax rate.
    pub groups: Vec<TaxGroup>,
    /// Σ of the groups.
    pub net: Money,
    /// Σ of the groups.
    pub tax: Money,
    /// net + tax, and cash rounding where there is any: what is owed.
    pub gross: Money,
    /// What named taxes came to; those of a group sum to its tax. Absent where taxes have no names.
    pub taxes: Option<Vec<TaxLine>>,
    /// What cash rounding adds to `gross`, or takes off; absent where the seller does not round so.
    pub rounding: Option<Money>,
    /// The VAT id of a buyer who owes the tax (reverse charge): then no group bears any.
    pub reverse_charge: Option<Box<str>>,
}

/// The session that a document bills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// The session.
    pub session: SessionId,
    /// Which rating of it.
    pub version: i32,
    /// Where.
    pub station: StationId,
    /// Where exactly.
    pub evse: EvseId,
    /// At which site.
    pub site: SiteId,
    /// The site's IANA zone.
    pub time_zone: Box<str>,
    /// From.
    pub started_at: Timestamp,
    /// To.
    pub ended_at: Timestamp,
    /// How much.
    pub energy: MilliwattHours,
    /// At which tariff.
    pub tariff: Pin<TariffId>,
}

/// An issued document: it never changes (billing.invoices).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedDocument {
    /// Its id.
    pub invoice: InvoiceId,
    /// The number on it.
    pub number: Box<str>,
    /// Book, kind and year: numbers run 1..n within it.
    pub series: Box<str>,
    /// Its place in the series, from 1.
    pub sequence: i64,
    /// Logical time of issue.
    pub issued_at: Timestamp,
    /// The credited document, for a credit note.
    pub credits: Option<Credited>,
    /// What it says.
    pub draft: InvoiceDraft,
    /// Hash of the document before it in the series; zero for the first.
    pub previous_hash: Digest,
    /// Hash over all of the above.
    pub hash: Digest,
}

/// The document that a credit note names (EN 16931 BT-25, BT-26).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credited {
    /// Its id.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: Box<str>,
    /// Its issue date.
    pub issue_date: LocalDate,
}

/// Tells the account that a draft has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceNotice {
    /// Which draft.
    pub draft: DraftId,
    /// Whose.
    pub account: AccountId,
    /// The document.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: Box<str>,
    /// What it comes to.
    pub gross: Money,
    /// The session.
    pub session: SessionId,
}

/// Tells the account that a draft was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRejected {
    /// Which draft.
    pub draft: DraftId,
    /// Whose.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// Why.
    pub reason: DraftFault,
}

/// Why a draft cannot be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DraftFault {
    /// Lines, groups and totals do not add up.
    SumsDiffer,
    /// It credits what was never issued here.
    NothingToCredit,
    /// It credits what has been credited already.
    CreditedAlready,
    /// Two currencies in one document.
    MixedCurrencies,
    /// It is in no order that a number could be given in: dated before the series' year.
    DateOutOfOrder,
}

/// Something that happened to money (invoice.events, billing.payments).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFact {
    /// Which payment.
    pub payment: PaymentId,
    /// Which operation of it.
    pub op: i32,
    /// Whose.
    pub account: AccountId,
    /// For which session, once one is known.
    pub session: Option<SessionId>,
    /// Whose receivable it pays or opens: the draft of the invoice.
    pub draft: Option<DraftId>,
    /// Which seller.
    pub legal_entity: LegalEntityId,
    /// In which book.
    pub book: BookId,
    /// Where.
    pub processor: ProcessorId,
    /// What happened.
    pub movement: Movement,
    /// How much; above zero.
    pub amount: Money,
    /// Logical time.
    pub at: Timestamp,
}

/// What happened to money; each has one journal template (payments §10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Movement {
    /// Held, or held more (memo).
    Held,
    /// No longer held: captured, voided or expired (memo).
    Released,
    /// Taken.
    Captured,
    /// Taken, it seemed, but failed after all.
    CaptureReversed,
    /// Given back.
    Refunded,
    /// Disputed.
    DisputeOpened,
    /// The dispute ended for us.
    DisputeWon,
    /// The dispute ended against us.
    DisputeLost,
    /// Not worth or past collecting.
    WrittenOff,
}

/// A balanced entry of the double-entry journal (billing.journal).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// (book, cause, template).
    pub entry: EntryId,
    /// Which seller.
    pub legal_entity: LegalEntityId,
    /// In which book.
    pub book: BookId,
    /// Its place in the book, from 1.
    pub sequence: i64,
    /// Why: an issued document or a payment fact.
    pub cause: EntryCause,
    /// The session behind it, where there is one.
    pub session: Option<SessionId>,
    /// Debits and credits; they balance.
    pub postings: Vec<Posting>,
    /// Logical time.
    pub at: Timestamp,
}

/// Why an entry was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryCause {
    /// An issued document.
    Document(InvoiceId),
    /// A payment fact.
    Payment {
        /// Which payment.
        payment: PaymentId,
        /// Which operation.
        op: i32,
        /// What happened.
        movement: Movement,
    },
}

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The ledger account, such as `ar:driver`, `rev:energy`, `vat:DE:190000`.
    pub ledger: Box<str>,
    /// Debit or credit.
    pub side: Side,
    /// Above zero.
    pub amount: Money,
}

/// Debit or credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Debit.
    Debit,
    /// Credit.
    Credit,
}
