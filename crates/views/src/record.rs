//! What a view is fed: domain values with the place in the log that they come from.

use serde::Serialize;
use wattledger_domain::accounts::{AuthorizationPinned, RunningCost, SessionHeld, SessionOpened};
use wattledger_domain::charging::{ChargingCommand, FieldEvent};
use wattledger_domain::control::DirectoryEntry;
use wattledger_domain::document::{IssuedDocument, JournalEntry, PaymentFact};
use wattledger_domain::outcome::EventOutcome;
use wattledger_domain::payment::{PaymentCommand, PaymentOutcome};
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_domain::review::SessionDecided;
use wattledger_domain::session::SessionRated;
use wattledger_domain::time::Timestamp;

/// The place of a record in the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Coordinates {
    /// The topic.
    pub topic: Box<str>,
    /// The partition, from 0.
    pub partition: i32,
    /// The offset, from 0.
    pub offset: i64,
}

/// How far a partition has been read into the view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NextOffset {
    /// The topic.
    pub topic: Box<str>,
    /// The partition, from 0.
    pub partition: i32,
    /// The first offset that is not in the view yet.
    pub next: i64,
}

/// A value and where it stands. Each kind of value is to be fed from one topic only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where the record stands; for a dead letter the record that was set aside.
    pub coordinates: Coordinates,
    /// What it says.
    pub record: ViewRecord,
}

/// What a view can lay out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewRecord {
    /// A rated session or a newer version of one (charging.sessions).
    Rated(Box<SessionRated>),
    /// An invoice or credit note (billing.invoices).
    Issued(Box<IssuedDocument>),
    /// A journal entry (billing.journal).
    Entry(Box<JournalEntry>),
    /// A movement of money (billing.payments).
    Payment(Box<PaymentFact>),
    /// A session that waits for a person (account.events).
    Held(Box<SessionHeld>),
    /// A person decided about a session (account.events).
    Decided(Box<SessionDecided>),
    /// What became of an event that was not simply folded (event.outcomes).
    Outcome(Box<EventOutcome>),
    /// A record that could not be read or folded (dead-letter).
    DeadLetter(DeadLetter),
    /// A record that was set aside was driven in again (dead-letter).
    Redriven(Redriven),
    /// An event from the field (charging.events).
    Event(Box<FieldEvent>),
    /// A version of a reference document (from one partition is enough; copies do no harm).
    Reference(Box<ReferenceRecorded>),
    /// Whose a token is, all its spans (directory.tokens).
    Token(Box<DirectoryEntry>),
    /// What a charger was told (charging.commands).
    Command(Box<ChargingCommand>),
    /// An authorisation with its pins (account.events).
    AuthorizationPinned(Box<AuthorizationPinned>),
    /// Charging began (account.events).
    SessionOpened(Box<SessionOpened>),
    /// What a session costs so far (account.events).
    RunningCost(Box<RunningCost>),
    /// What a processor was asked (payment.commands).
    PaymentCommand(Box<PaymentCommand>),
    /// What it answered (account.events).
    PaymentOutcome(Box<PaymentOutcome>),
}

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The code of the reason, a closed set of whoever sets aside.
    pub reason: Box<str>,
    /// For people.
    pub message: Box<str>,
    /// Who set it aside.
    pub stage: Box<str>,
    /// Its key.
    pub key: Box<str>,
    /// How many bytes it has.
    pub bytes: i64,
    /// Where it lies among the dead letters: partition and offset.
    pub lies_at: (i32, i64),
    /// When.
    pub at: Timestamp,
}

/// A record that was set aside was driven in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redriven {
    /// By whom.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// When.
    pub at: Timestamp,
}
