//! What became of an input that was not simply folded (event.outcomes), and facts for analytics.

use crate::ids::{AccountId, EventId, EvseId, InvoiceId, SessionId, SiteId, SourceId, StationId};
use crate::money::Money;
use crate::price::TaxRate;
use crate::quantity::MilliwattHours;
use crate::session::{Durations, EndEvidence, HoldReason, SessionFlag};
use crate::time::Timestamp;

/// What became of one input event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOutcome {
    /// Who said it.
    pub source: SourceId,
    /// The source's id.
    pub id: EventId,
    /// The station; `None` for a document.
    pub station: Option<StationId>,
    /// What became of it.
    pub outcome: Outcome,
    /// The session it concerned, where one was found.
    pub session: Option<SessionId>,
    /// For people.
    pub detail: Box<str>,
    /// Logical time.
    pub at: Timestamp,
}

/// What became of an input event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The same event, or the same fact in another envelope, was folded before.
    Duplicate,
    /// Its session was billed or held and comes to something else with it: a correction follows.
    Late,
    /// It came after the correction window: review.
    TooLate,
    /// It names a session that nobody knows yet, or at last: then it is for review.
    Unresolved,
    /// A later event claimed it.
    Claimed,
    /// It says nothing that billing could use.
    Ignored,
    /// It contradicts what is known: review.
    Conflicting,
    /// It was refused, with a reason.
    Refused,
}

/// A flat row about a session; the newest version counts (analytics.events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFact {
    /// The session.
    pub session: SessionId,
    /// Which rating of it; 0 while it is only held.
    pub version: i32,
    /// Where.
    pub station: StationId,
    /// At which site.
    pub site: Option<SiteId>,
    /// Where exactly.
    pub evse: EvseId,
    /// Who pays.
    pub account: Option<AccountId>,
    /// From.
    pub started_at: Timestamp,
    /// To.
    pub ended_at: Timestamp,
    /// How much.
    pub energy: MilliwattHours,
    /// Time by state.
    pub durations: Durations,
    /// What was odd.
    pub flags: Vec<SessionFlag>,
    /// Why it waits; empty when billed.
    pub held: Vec<HoldReason>,
    /// Who says it ended.
    pub end: EndEvidence,
}

/// A flat row about a tax group of an issued document (analytics.events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLineFact {
    /// The document.
    pub invoice: InvoiceId,
    /// The session.
    pub session: SessionId,
    /// Where.
    pub station: StationId,
    /// At which site.
    pub site: SiteId,
    /// When supplied.
    pub tax_point: Timestamp,
    /// The tax rate.
    pub rate: Option<TaxRate>,
    /// Signed: negative for a credit note.
    pub net: Money,
    /// Signed.
    pub tax: Money,
}
