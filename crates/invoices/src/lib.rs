//! The fold of one book: drafts become numbered, chained documents, and they and payment facts
//! become balanced journal entries.
//!
//! Invariant: per book, kind and year numbers run 1..n without a gap; a document and its entries
//! leave in the same call; every entry balances per currency, and so does the book. A draft or
//! fact that was folded before changes nothing.
//!
//! Money that comes in for a draft that is not issued (yet, or ever) is posted to `unallocated`;
//! the issue moves it to `ar:driver`. Open items are per invoice: after a correction the credited
//! invoice's item may be negative by what the new one's is positive; the journal, whose entries
//! name the session, nets them.

mod book;
mod draft;
mod payment;
mod series;
mod state;

pub use state::{Book, Credit, Document, Issued, Key, OpenItem, Series, SeriesKind, Timer, Value};

use wattledger_domain::document::{
    DraftRejected, InvoiceNotice, InvoiceRecord, IssuedDocument, JournalEntry,
};
use wattledger_domain::money::{Currency, MoneyError};
use wattledger_domain::outcome::InvoiceLineFact;
use wattledger_domain::state::State;

/// What must happen because of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// To billing.invoices.
    Issued(Box<IssuedDocument>),
    /// To billing.journal.
    Entry(Box<JournalEntry>),
    /// To account.events.
    ToAccount(AccountNotice),
    /// To analytics.events.
    LineFact(Box<InvoiceLineFact>),
}

/// What an account is told about its draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// It has its number.
    Issued(Box<InvoiceNotice>),
    /// It was refused.
    Rejected(Box<DraftRejected>),
}

/// Why a record cannot be folded. Nothing has been changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A sum does not fit or mixes currencies.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A payment fact must move something.
    #[error("payment fact moves {0} minor units, not more than zero")]
    NotPositive(i64),
    /// A template does not balance.
    #[error("entry is out of balance by {by} minor units of {currency}")]
    Unbalanced {
        /// Debits less credits.
        by: i128,
        /// The currency.
        currency: Currency,
    },
    /// A book holds no more ledger accounts than this.
    #[error("book would have more than {0} ledger accounts")]
    TooManyLedgers(usize),
    /// A series or a book is full.
    #[error("no sequence is left after {0}")]
    Exhausted(i64),
}

/// Folds one record of `invoice.events`.
///
/// The drafts carry their seller as pinned, so reference records say nothing new here.
///
/// # Errors
/// [`Rejection`]; the state is then as it was and `effects` has nothing new. A faulty draft is no
/// rejection: it leaves as [`AccountNotice::Rejected`].
pub fn fold(
    state: &mut dyn State<Key = Key, Value = Value, Timer = Timer>,
    event: &InvoiceRecord,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    match event {
        InvoiceRecord::Draft(draft) => draft::fold(state, draft, effects),
        InvoiceRecord::PaymentFact(fact) => payment::fold(state, fact, effects),
        InvoiceRecord::Reference(_) | InvoiceRecord::Tick(_) => Ok(()),
    }
}

type InvoiceState<'a> = dyn State<Key = Key, Value = Value, Timer = Timer> + 'a;

#[cfg(test)]
mod tests;
