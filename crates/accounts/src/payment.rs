//! One payment at a processor: a hold with its increments, capture and refunds, or a charge.
//!
//! What the processor has ([`Phase`]), what is being asked ([`Flight`]) and what is wanted next
//! ([`Wish`]) are kept apart: outcomes change the first, one operation at a time serves the last.
//!
//! Invariant: outcomes commute. Totals only rise, an operation is answered once, and what comes
//! twice, late or before the call's own answer leaves the same payment behind.
//! Invariant: a capture never exceeds what is held.

mod ask;
mod disputes;
mod follow;
mod outcome;

pub use ask::{Ask, CheckReason, Flight};
pub use disputes::{Dispute, DisputeStanding};
pub(crate) use follow::{advance, outcome, retry_due};

use std::collections::{BTreeMap, BTreeSet};
use wattledger_domain::document::Movement;
use wattledger_domain::ids::{
    AccountId, AuthorizationId, BookId, LegalEntityId, PaymentId, SessionId, StationId,
};
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::payment::{IncrementSupport, Operation, PaymentCommand, PaymentMethod};
use wattledger_domain::time::Timestamp;

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id: derived from what it is for.
    pub id: PaymentId,
    /// Whose.
    pub account: AccountId,
    /// What it is for.
    pub purpose: Purpose,
    /// The seller.
    pub legal_entity: LegalEntityId,
    /// The seller's book.
    pub book: BookId,
    /// What is held on or charged.
    pub method: PaymentMethod,
    /// The first hold, or the charge.
    pub amount: Money,
    /// The processor's reference, once known.
    pub reference: Option<Box<str>>,
    /// What the processor has.
    pub phase: Phase,
    /// What is being asked.
    pub flight: Flight,
    /// What is wanted next.
    pub wish: Wish,
    /// Taken in all.
    pub captured: Money,
    /// Given back in all.
    pub refunded: Money,
    /// To be given back in all.
    pub refund_wanted: Money,
    /// Whether more can be given back.
    pub refunding: Refunding,
    /// The number of the last operation.
    pub last_op: i32,
    /// Captures that failed after all.
    pub failed_late: BTreeSet<i32>,
    /// Disputes by the processor's id.
    pub disputes: BTreeMap<Box<str>, Dispute>,
    /// Webhooks folded, by the processor's event id.
    pub webhooks: BTreeSet<Box<str>>,
    /// Logical time of the last change.
    pub touched_at: Timestamp,
}

/// What a payment is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A hold for what may be used.
    Hold {
        /// Where.
        station: StationId,
        /// By which authorisation.
        authorization: AuthorizationId,
        /// The session, once it has begun.
        session: Option<SessionId>,
    },
    /// A charge for what was used.
    Charge {
        /// The session.
        session: SessionId,
    },
}

/// What the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing yet.
    Asked,
    /// A hold.
    Held(Hold),
    /// Money was taken.
    Taken,
    /// Nothing any more: voided or lapsed.
    Released,
    /// Nothing: declined, or taken and failed after all.
    Refused,
}

/// A hold in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// In all.
    pub held: Money,
    /// When it lapses.
    pub capture_before: Timestamp,
    /// Whether the processor will raise it (again).
    pub growth: IncrementSupport,
    /// How often it was raised.
    pub increments: i32,
}

/// What is wanted of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// What there is.
    Keep,
    /// A hold of this total.
    Total(Money),
    /// This much taken, the rest released.
    Capture(Money),
    /// All released.
    Release,
}

/// Whether money can be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refunding {
    /// Yes.
    Possible,
    /// The processor will not.
    Stuck,
}

/// Money that moved by an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    /// By which operation; disputes count -1, -2 and so on.
    pub op: i32,
    pub movement: Movement,
    pub amount: Money,
}

/// Something about a payment that a person must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    OutcomeLost(i32),
    RefundStuck(Money),
}

/// What an outcome or a timer changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    pub moves: Vec<Move>,
    pub notices: Vec<Notice>,
    /// An operation to send again under its old number.
    pub again: Option<Ask>,
}

impl Payment {
    /// The session, once one is known.
    #[must_use]
    pub const fn session(&self) -> Option<&SessionId> {
        match &self.purpose {
            Purpose::Hold { session, .. } => session.as_ref(),
            Purpose::Charge { session } => Some(session),
        }
    }

    /// What was taken and not given back.
    ///
    /// # Errors
    /// [`MoneyError`] past 64 bits.
    pub fn kept(&self) -> Result<Money, MoneyError> {
        self.captured.minus(self.refunded)
    }

    /// What is still expected to come (above zero) or to go (below).
    ///
    /// # Errors
    /// [`MoneyError`] past 64 bits.
    pub fn expected(&self) -> Result<Money, MoneyError> {
        let nothing = Money::zero(self.amount.currency);
        match (&self.purpose, self.phase) {
            (_, Phase::Taken) => match self.refunding {
                Refunding::Possible => self.refunded.minus(self.refund_wanted),
                Refunding::Stuck => Ok(nothing),
            },
            (Purpose::Hold { .. }, Phase::Asked | Phase::Held(_)) => Ok(match self.wish {
                Wish::Capture(amount) => amount,
                Wish::Keep | Wish::Total(_) | Wish::Release => nothing,
            }),
            (Purpose::Hold { .. }, Phase::Released) => Ok(self.capturing().unwrap_or(nothing)),
            (Purpose::Charge { .. }, Phase::Asked) => Ok(self.amount),
            (_, Phase::Refused) | (Purpose::Charge { .. }, Phase::Held(_) | Phase::Released) => {
                Ok(nothing)
            }
        }
    }

    /// Whether a capture is wanted and not asked for yet.
    pub(crate) const fn awaits_capture(&self) -> bool {
        matches!(self.wish, Wish::Capture(_))
            && matches!(self.phase, Phase::Asked | Phase::Held(_))
            && self.capturing().is_none()
    }

    /// What a capture in flight would take.
    const fn capturing(&self) -> Option<Money> {
        match self.flight.ask() {
            Some(Ask {
                operation: Operation::Capture { amount },
                ..
            }) => Some(*amount),
            Some(_) | None => None,
        }
    }

    /// Changes what is wanted. What is in flight goes on; a wish to release or capture stands
    /// against a mere total.
    pub(crate) fn want(&mut self, wish: Wish) {
        let settled = matches!(self.wish, Wish::Capture(_) | Wish::Release);
        if !(settled && matches!(wish, Wish::Keep | Wish::Total(_))) {
            self.wish = wish;
        }
    }

    /// The next operation, if none is in flight and something else is wanted than there is.
    pub(crate) fn next(&mut self, now: Timestamp) -> Result<Option<PaymentCommand>, MoneyError> {
        if !self.flight.is_quiet() {
            return Ok(None);
        }
        let operation = match (self.phase, self.wish) {
            (Phase::Asked, _) => Some(self.opening()),
            (Phase::Held(hold), Wish::Capture(amount)) => Some(Operation::Capture {
                amount: amount.at_most(hold.held)?,
            }),
            (Phase::Held(_), Wish::Release) => Some(Operation::Void),
            (Phase::Held(hold), Wish::Total(total)) if total.minor > hold.held.minor => {
                Some(Operation::Increment { total })
            }
            (Phase::Taken, _) => self.refund()?,
            (Phase::Held(_), Wish::Keep | Wish::Total(_))
            | (Phase::Released | Phase::Refused, _) => None,
        };
        let Some(operation) = operation else {
            return Ok(None);
        };
        self.last_op = self.last_op.saturating_add(1);
        let ask = Ask::first(self.last_op, operation, now);
        let command = ask.command(self, now);
        self.flight = Flight::Asked(ask);
        Ok(Some(command))
    }

    fn opening(&self) -> Operation {
        let (amount, method) = (self.amount, self.method.clone());
        match self.purpose {
            Purpose::Hold { .. } => Operation::Authorize { amount, method },
            Purpose::Charge { .. } => Operation::Charge { amount, method },
        }
    }

    /// A refund of what is wanted back, unless a dispute freezes it.
    fn refund(&self) -> Result<Option<Operation>, MoneyError> {
        let owed = self.refund_wanted.minus(self.refunded)?;
        let possible = self.refunding == Refunding::Possible && !self.is_disputed();
        Ok((possible && owed.is_positive()).then_some(Operation::Refund { amount: owed }))
    }
}

/// A new payment that nothing was asked for yet.
pub(crate) fn new(
    id: PaymentId,
    account: &AccountId,
    purpose: Purpose,
    seller: (&LegalEntityId, &BookId),
    (amount, method): (Money, PaymentMethod),
) -> Payment {
    let nothing = Money::zero(amount.currency);
    Payment {
        id,
        account: account.clone(),
        purpose,
        legal_entity: seller.0.clone(),
        book: seller.1.clone(),
        method,
        amount,
        reference: None,
        phase: Phase::Asked,
        flight: Flight::Quiet,
        wish: Wish::Keep,
        captured: nothing,
        refunded: nothing,
        refund_wanted: nothing,
        refunding: Refunding::Possible,
        last_op: 0,
        failed_late: BTreeSet::new(),
        disputes: BTreeMap::new(),
        webhooks: BTreeSet::new(),
        touched_at: Timestamp(0),
    }
}
