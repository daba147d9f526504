//! Everything that `account.events` carries.

use crate::charging::ClockTick;
use crate::document::{DraftRejected, InvoiceNotice};
use crate::ids::{AccountId, AuthorizationId, EvseId, SessionId, StationId};
use crate::money::{Currency, Money};
use crate::payment::{PaymentMethod, PaymentOutcome};
use crate::quantity::MilliwattHours;
use crate::reference::{LegalEntity, Policy, ReferenceRecorded};
use crate::review::{ReviewProposal, SessionDecided, SessionWithdrawn};
use crate::session::{HoldReason, Pins, SessionRated};
use crate::time::Timestamp;
use std::sync::Arc;

/// A record of `account.events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRecord {
    /// From sessions: an authorisation with what it will cost pinned.
    AuthorizationPinned(Box<AuthorizationPinned>),
    /// From sessions: charging began.
    SessionOpened(Box<SessionOpened>),
    /// From sessions: the cost nears or passes a share of the hold.
    RunningCost(Box<RunningCost>),
    /// From sessions: a session to bill, or to bill again.
    SessionRated(Box<SessionBill>),
    /// From sessions: a session that waits for a person.
    SessionHeld(Box<SessionHeld>),
    /// From sessions: another pays, or nobody.
    SessionWithdrawn(Box<SessionWithdrawn>),
    /// From sessions: a person decided, for the record.
    SessionDecided(Box<SessionDecided>),
    /// From the payments worker or a webhook.
    PaymentOutcome(Box<PaymentOutcome>),
    /// From invoices: a draft has its number.
    InvoiceIssued(Box<InvoiceNotice>),
    /// From invoices: a draft was refused.
    DraftRejected(Box<DraftRejected>),
    /// From control: the account's own document.
    Reference(Box<ReferenceRecorded>),
    /// From control: logical time.
    Tick(ClockTick),
}

/// What a seller's documents say that a bill depends on, travelling with what depends on it: a fold
/// looks nothing up (design §1 rule 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Versions and hashes.
    pub pins: Pins,
    /// The pinned seller, shared by all that depends on it.
    pub legal_entity: Arc<LegalEntity>,
    /// The pinned policy, shared alike.
    pub policy: Arc<Policy>,
}

/// An authorisation with what it will cost pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationPinned {
    /// Which.
    pub authorization: AuthorizationId,
    /// Who would pay.
    pub account: AccountId,
    /// Where.
    pub station: StationId,
    /// Where exactly, if chosen.
    pub evse: Option<EvseId>,
    /// A guest's method; `None` for an account.
    pub method: Option<PaymentMethod>,
    /// The tariff's currency.
    pub currency: Currency,
    /// The most that the driver wants to spend.
    pub limit: Option<Money>,
    /// What it depends on.
    pub terms: Terms,
    /// The charger's time of the request.
    pub requested_at: Timestamp,
}

/// Charging began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOpened {
    /// The session.
    pub session: SessionId,
    /// Who pays.
    pub account: AccountId,
    /// What allowed it; `None` for a start by token alone.
    pub authorization: Option<AuthorizationId>,
    /// Where.
    pub station: StationId,
    /// When it began.
    pub started_at: Timestamp,
}

/// What a session costs so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningCost {
    /// The session.
    pub session: SessionId,
    /// Who pays.
    pub account: AccountId,
    /// What allowed it.
    pub authorization: AuthorizationId,
    /// As of this event time.
    pub at: Timestamp,
    /// Delivered so far.
    pub energy: MilliwattHours,
    /// Settled as a bill would be, gross.
    pub gross: Money,
    /// The same, at the next expected sample.
    pub forecast: Money,
}

/// A rated session with the terms to bill it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionBill {
    /// What was metered and priced.
    pub rated: SessionRated,
    /// What it depends on.
    pub terms: Terms,
}

/// A session that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHeld {
    /// The session.
    pub session: SessionId,
    /// Who would pay, where known.
    pub account: AccountId,
    /// What allowed it.
    pub authorization: Option<AuthorizationId>,
    /// Where.
    pub station: StationId,
    /// Why, in order of the enum.
    pub reasons: Vec<HoldReason>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What the registers say was delivered.
    pub energy: MilliwattHours,
    /// What it would come to, gross, where that can be said.
    pub proposed: Option<Money>,
    /// Logical time.
    pub held_at: Timestamp,
    /// What it would be billed as, and what that rests on; `None` in records of before the desk.
    pub proposal: Option<Box<ReviewProposal>>,
}
