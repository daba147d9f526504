//! What has been decided, laid out in SQL to be asked about: sessions, documents, money, stories.
//!
//! Invariant: nothing is decided or priced here. A row says what a record said; the only arithmetic
//! is SQL's exact sum of whole numbers. Rows and the offsets they come from are one transaction, so
//! a view that is killed and fed again is the view that was never killed.

mod error;
mod insert;
mod local_time;
mod project;
mod query;
mod record;
mod store;
#[cfg(test)]
mod tests;
mod words;

pub use error::ViewError;
pub use query::event::{DeadLetterRow, EventFate, EventReport, EventRow, OutcomeRow};
pub use query::invoice::{Document, InvoiceRow, InvoiceStory, LineRow, TaxGroupRow, TaxRow};
pub use query::journal::{HeadRow, JournalFilter, JournalPage, JournalRow};
pub use query::letter::{LetterCount, LetterFilter, LetterList, LetterRow, Waiting};
pub use query::reference::ReferenceRow;
pub use query::report::{By, Period, RevenueRow, UsageRow};
pub use query::rerating::BilledSession;
pub use query::review::{
    DecisionRow, ReviewCase, ReviewCount, ReviewList, ReviewOrder, ReviewPage,
};
pub use query::session::{HeldRow, SessionRow};
pub use query::story::{
    CommandRow, EntryRow, PaymentRow, PeriodRow, PostingRow, RatedVersion, SessionStory, StepRow,
    StoryItem, StoryPart,
};
pub use query::tax::{TaxPeriod, TaxReportRow};
pub use query::totals::{Count, MoneyTotals, SeriesTotals, Totals};
pub use record::{Coordinates, DeadLetter, NextOffset, Recorded, Redriven, ViewRecord};
pub use store::Views;
