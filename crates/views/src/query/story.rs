//! The whole story of a session, in order of time: what was heard, decided, asked, answered,
//! billed and booked.
//!
//! Field events carry no session id of ours. Those are told that stand at the session's station and
//! name its authorisation, or its transaction within a day of it, or happened on its EVSE (or on
//! none) while it lasted.

mod gather;

use super::event::{EventRow, OutcomeRow};
use super::invoice::Document;
use super::review::DecisionRow;
use super::row;
use super::session::{HeldRow, SessionRow};
use crate::error::ViewError;
use crate::store::Views;
use gather::station_of;
pub(super) use gather::{entries_of_session, of_session};
use serde::Serialize;

row! {
    /// One stretch of one dimension at one price.
    StepRow {
        /// From 1.
        ordinal: i64,
        /// `energy`, `time`, `parking_time` or `flat`.
        dimension: String,
        /// Position of the tariff's element, from 0.
        element: i64,
        /// mWh, ms or 1.
        quantity: i64,
        /// 10⁻⁸ of the currency per kWh, per hour, or once.
        price_e8: i64,
        /// 10⁻⁴ percent; absent when no tax applies.
        tax_rate: Option<i64>,
        /// Billing block in Wh or seconds; 0 or 1 means none, -1 that the quantity is told and not billed.
        step_size: i64,
        /// First use, ms since 1970.
        from_at: i64,
        /// Last use, ms since 1970.
        to_at: i64,
    }
}

row! {
    /// A stretch in which state, power and current did not change.
    PeriodRow {
        /// From 1.
        ordinal: i64,
        /// ms since 1970.
        from_at: i64,
        /// ms since 1970.
        to_at: i64,
        /// mWh.
        energy: i64,
        /// `charging`, `suspended_by_vehicle`, …
        state: String,
        /// Mean power, mW, if metered.
        power_mw: Option<i64>,
        /// Mean current, mA, if metered.
        current_ma: Option<i64>,
    }
}

row! {
    /// What a charger was told.
    CommandRow {
        /// Which station.
        station: String,
        /// Which EVSE.
        evse: Option<i64>,
        /// For which authorisation.
        auth_id: Option<String>,
        /// `allow`, `refuse`, `stop` or `show_cost`.
        action: String,
        /// Why, for a refusal or stop.
        reason: Option<String>,
        /// Limit or cost, minor units.
        amount: Option<i64>,
        /// Of the amount.
        currency: Option<String>,
        /// Logical time, ms since 1970.
        ordered_at: i64,
    }
}

row! {
    /// A movement of money.
    PaymentRow {
        /// Which payment.
        payment: String,
        /// Which operation.
        op: i64,
        /// `held`, `captured`, …
        movement: String,
        /// Whose.
        account: String,
        /// For which session.
        session: Option<String>,
        /// The draft of the invoice that it pays.
        draft: Option<String>,
        /// Where.
        processor: String,
        /// Minor units, above zero.
        amount: i64,
        /// ISO 4217.
        currency: String,
        /// Logical time, ms since 1970.
        moved_at: i64,
    }
}

row! {
    /// One side of a journal entry.
    PostingRow {
        /// The ledger account.
        ledger: String,
        /// `debit` or `credit`.
        side: String,
        /// Minor units, above zero.
        amount: i64,
        /// ISO 4217.
        currency: String,
    }
}

/// A journal entry with its postings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryRow {
    /// Its id.
    pub entry: String,
    /// The book.
    pub book: String,
    /// Its place in the book, from 1.
    pub sequence: i64,
    /// `document`, or the movement of money.
    pub cause: String,
    /// The document that caused it.
    pub invoice: Option<String>,
    /// The payment that caused it.
    pub payment: Option<String>,
    /// Which operation of it.
    pub op: Option<i64>,
    /// Logical time, ms since 1970.
    pub entered_at: i64,
    /// Debits and credits, in order.
    pub postings: Vec<PostingRow>,
}

impl EntryRow {
    /// Whether a movement of money caused this entry.
    #[must_use]
    pub fn is_of(&self, paid: &PaymentRow) -> bool {
        self.payment.as_deref() == Some(&*paid.payment)
            && self.op == Some(paid.op)
            && self.cause == paid.movement
    }
}

/// A rating with what it was priced from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RatedVersion {
    /// The session as of this version.
    pub session: SessionRow,
    /// Its priced steps, in order.
    pub steps: Vec<StepRow>,
    /// Its charging periods, in order.
    pub periods: Vec<PeriodRow>,
}

/// One thing that happened. In JSON: `{"part": "event", "is": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "part", content = "is", rename_all = "snake_case")]
pub enum StoryPart {
    /// A charger or gateway said something.
    Event(EventRow),
    /// An authorisation with its pins, as recorded.
    Authorization(serde_json::Value),
    /// Charging began, as recorded.
    Opened(serde_json::Value),
    /// A charger was told something.
    Command(CommandRow),
    /// The cost so far, as recorded.
    RunningCost(serde_json::Value),
    /// An event was not simply folded.
    Outcome(OutcomeRow),
    /// It waits for a person.
    Held(HeldRow),
    /// A person decided.
    Decided(DecisionRow),
    /// It was priced.
    Rated(Box<RatedVersion>),
    /// A processor was asked, as recorded.
    PaymentCommand(serde_json::Value),
    /// A processor answered, as recorded.
    PaymentOutcome(serde_json::Value),
    /// An invoice or credit note was issued.
    Document(Box<Document>),
    /// Money moved.
    Payment(PaymentRow),
    /// The books say so.
    Entry(EntryRow),
}

impl StoryPart {
    /// The order of parts of one instant: cause before effect.
    const fn rank(&self) -> u8 {
        match self {
            Self::Event(_) => 0,
            Self::Outcome(_) => 1,
            Self::Authorization(_) => 2,
            Self::PaymentCommand(_) => 3,
            Self::PaymentOutcome(_) => 4,
            Self::Command(_) => 5,
            Self::Opened(_) => 6,
            Self::RunningCost(_) => 7,
            Self::Decided(_) => 8,
            Self::Held(_) => 9,
            Self::Rated(_) => 10,
            Self::Document(_) => 11,
            Self::Payment(_) => 12,
            Self::Entry(_) => 13,
        }
    }
}

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoryItem {
    /// ms since 1970: the charger's time of an event, logical time of what we decided, the
    /// processor's time of an answer.
    pub at: i64,
    /// What.
    #[serde(flatten)]
    pub part: StoryPart,
}

/// The whole story of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionStory {
    /// The session.
    pub session: String,
    /// The site's IANA zone; absent while it runs, and where its station is unknown.
    pub time_zone: Option<String>,
    /// Its newest rating; absent while it runs or waits.
    pub rated: Option<SessionRow>,
    /// Everything that happened, in order of time.
    pub items: Vec<StoryItem>,
}

impl Views {
    /// The whole story of a session; `None` when the views know nothing of it.
    ///
    /// # Errors
    /// [`ViewError::Database`], [`ViewError::Damaged`].
    pub fn session_story(&self, session: &str) -> Result<Option<SessionStory>, ViewError> {
        self.read(async |connection| of_session(connection, session).await)
    }

    /// At which station a session is or was; `None` when the views know nothing of it.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn station_of(&self, session: &str) -> Result<Option<String>, ViewError> {
        self.read(async |connection| station_of(connection, session).await)
    }
}
