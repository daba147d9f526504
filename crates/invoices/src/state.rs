//! What the fold of a book remembers.
//!
//! Invariant: a value stays below 64 KiB; what grows with the number of documents or facts is a
//! key of its own.

use std::collections::BTreeMap;
use wattledger_domain::document::{DraftFault, Movement};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{BookId, DraftId, EntryId, InvoiceId, PaymentId, SessionId};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::tariff::LocalDate;

/// What names an entity; its routing key is the book.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A number series: [`Value::Series`].
    Series {
        /// In which book.
        book: BookId,
        /// Of which kind of document.
        kind: SeriesKind,
        /// In which year.
        year: i32,
    },
    /// What became of a draft: [`Value::Document`].
    Document {
        /// In which book.
        book: BookId,
        /// The draft.
        draft: DraftId,
    },
    /// What is still to be paid of an invoice: [`Value::OpenItem`].
    OpenItem {
        /// In which book.
        book: BookId,
        /// The draft of the invoice.
        draft: DraftId,
    },
    /// A book as a whole: [`Value::Book`].
    Book {
        /// Which.
        book: BookId,
    },
    /// That a payment fact was posted: [`Value::Fact`].
    Fact {
        /// In which book.
        book: BookId,
        /// Which payment.
        payment: PaymentId,
        /// Which operation of it.
        op: i32,
        /// What happened.
        movement: Movement,
    },
}

impl Key {
    /// The routing key.
    #[must_use]
    pub const fn book(&self) -> &BookId {
        match self {
            Self::Series { book, .. }
            | Self::Document { book, .. }
            | Self::OpenItem { book, .. }
            | Self::Book { book }
            | Self::Fact { book, .. } => book,
        }
    }
}

/// The kinds of document that are numbered apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeriesKind {
    /// Invoices.
    Invoice,
    /// Credit notes.
    CreditNote,
}

impl SeriesKind {
    /// The word in a series' name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit-note",
        }
    }
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of [`Key::Series`].
    Series(Series),
    /// Of [`Key::Document`].
    Document(Document),
    /// Of [`Key::OpenItem`].
    OpenItem(OpenItem),
    /// Of [`Key::Book`].
    Book(Book),
    /// Of [`Key::Fact`]: the entry that posted it.
    Fact(EntryId),
}

/// This fold sets no timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {}

/// How far a number series has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// The last sequence given; 0 before the first.
    pub last_sequence: i64,
    /// The hash of that document; zero before the first.
    pub last_hash: Digest,
}

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// It has a number.
    Issued(Issued),
    /// It was refused.
    Rejected(DraftFault),
}

/// What later drafts and facts need to know of an issued document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its id.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: Box<str>,
    /// Its date.
    pub issue_date: LocalDate,
    /// Its session.
    pub session: SessionId,
    /// What it comes to.
    pub gross: Money,
    /// Whether it credits, or has been credited.
    pub credit: Credit,
}

/// How a document stands to credit notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credit {
    /// An invoice that stands.
    Standing,
    /// An invoice that this credit note took back.
    CreditedBy(DraftId),
    /// A credit note over this invoice.
    Credits(DraftId),
}

/// What is to be paid of one invoice and what became of it. Until the draft is issued `due` is zero
/// and what came in for it stands in the ledger account `unallocated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// The invoice's gross, less that of its credit note.
    pub due: Money,
    /// Captured, less what was reversed and refunded.
    pub paid: Money,
    /// Written off.
    pub written_off: Money,
}

impl OpenItem {
    /// Nothing due, nothing paid.
    #[must_use]
    pub const fn empty(currency: Currency) -> Self {
        Self {
            due: Money::zero(currency),
            paid: Money::zero(currency),
            written_off: Money::zero(currency),
        }
    }

    /// What is applied to the receivable: paid + written off.
    ///
    /// # Errors
    /// When the sum does not fit.
    pub fn applied(&self) -> Result<Money, wattledger_domain::money::MoneyError> {
        self.paid.plus(self.written_off)
    }

    /// What the driver still owes; negative when money is owed to the driver.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn receivable(&self) -> Result<Money, wattledger_domain::money::MoneyError> {
        self.due.minus(self.applied()?)
    }
}

/// A book: how many entries it has, what its ledger accounts stand at, which years it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// The last entry's sequence; 0 before the first.
    pub last_entry: i64,
    /// Debits less credits in minor units, by ledger account and currency; none is zero.
    pub balances: BTreeMap<(Box<str>, Currency), i64>,
    /// The latest year of a number, by kind.
    pub latest_year: BTreeMap<SeriesKind, i32>,
}
