//! Commands to payment processors and their outcomes.
//!
//! A command is one attempt at one operation. Its id derives from (payment, operation number), so a
//! re-run cannot do it twice; a retry is a new attempt of the same operation under the same key.

use crate::ids::{AccountId, CommandId, LegalEntityId, PaymentId, ProcessorId, SessionId};
use crate::money::Money;
use crate::time::Timestamp;

/// A card, wallet or mandate, as a processor's token. Never a card number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Who holds it.
    pub processor: ProcessorId,
    /// The processor's token.
    pub token: Box<str>,
    /// For people: brand and last four digits, `visa 4242`.
    pub label: Option<Box<str>>,
}

/// One attempt at one operation (payment.commands).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCommand {
    /// (payment, operation number): the idempotency key.
    pub command: CommandId,
    /// Which payment.
    pub payment: PaymentId,
    /// Number of the operation within the payment, from 1.
    pub op: i32,
    /// From 1; each retry is one more.
    pub attempt: i32,
    /// What to do.
    pub operation: Operation,
    /// Where.
    pub processor: ProcessorId,
    /// For which seller.
    pub legal_entity: LegalEntityId,
    /// Where the outcome goes.
    pub account: AccountId,
    /// The session, for statements and disputes.
    pub session: Option<SessionId>,
    /// The processor's reference of the payment, once known.
    pub reference: Option<Box<str>>,
    /// Logical time at which the operation was first asked for (keys expire after about 24 h).
    pub first_asked_at: Timestamp,
    /// Logical time of this attempt.
    pub at: Timestamp,
}

/// What a processor is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Hold an amount on a method.
    Authorize {
        /// How much.
        amount: Money,
        /// On what.
        method: PaymentMethod,
    },
    /// Raise the hold to a new total.
    Increment {
        /// The new total, not the difference.
        total: Money,
    },
    /// Take from the hold; the rest is released.
    Capture {
        /// How much.
        amount: Money,
    },
    /// Release the hold.
    Void,
    /// Give back.
    Refund {
        /// How much.
        amount: Money,
    },
    /// Charge a stored method without a hold.
    Charge {
        /// How much.
        amount: Money,
        /// What.
        method: PaymentMethod,
    },
    /// Ask what became of an operation whose outcome is unknown.
    Retrieve {
        /// Its number.
        op: i32,
    },
}

/// What became of an attempt (account.events; from the worker's call or from a webhook).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentOutcome {
    /// Which payment.
    pub payment: PaymentId,
    /// Whose.
    pub account: AccountId,
    /// Which operation; for a retrieval the operation asked about.
    pub op: i32,
    /// The attempt that it answers; 0 from a webhook.
    pub attempt: i32,
    /// How we learnt it.
    pub via: OutcomeVia,
    /// The processor's reference of the payment.
    pub reference: Option<Box<str>>,
    /// What happened.
    pub result: OutcomeResult,
    /// When, by the processor.
    pub at: Timestamp,
}

/// How an outcome was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutcomeVia {
    /// The answer to our call.
    Call,
    /// The processor told us; its event id, for deduplication.
    Webhook(Box<str>),
}

/// What happened at the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutcomeResult {
    /// Held; may be less than asked.
    Authorized {
        /// What is held in all.
        held: Money,
        /// When the hold lapses.
        capture_before: Timestamp,
        /// Whether it can grow.
        increments: IncrementSupport,
    },
    /// The hold was raised.
    Incremented {
        /// What is held in all.
        held: Money,
    },
    /// Taken.
    Captured {
        /// Captured in all.
        captured: Money,
        /// Released.
        released: Money,
    },
    /// Released without capture.
    Voided,
    /// Given back.
    Refunded {
        /// Refunded in all.
        refunded: Money,
    },
    /// Charged without a hold.
    Charged {
        /// How much.
        charged: Money,
    },
    /// Refused.
    Declined {
        /// The processor's code.
        code: Box<str>,
        /// Whether it is worth another try.
        retry: Retry,
    },
    /// Accepted; the outcome will follow.
    Pending,
    /// No answer, or an answer that says nothing: retrieve.
    Unknown {
        /// For people.
        detail: Box<str>,
    },
    /// Asked about: the processor has never seen the operation.
    NotFound,
    /// A capture that had succeeded has failed after all.
    CaptureFailedLate {
        /// The processor's code.
        code: Box<str>,
    },
    /// The hold lapsed.
    Expired,
    /// A dispute was opened.
    DisputeOpened {
        /// The processor's id of it.
        dispute: Box<str>,
        /// How much.
        amount: Money,
    },
    /// A dispute ended for us.
    DisputeWon {
        /// The processor's id of it.
        dispute: Box<str>,
    },
    /// A dispute ended against us.
    DisputeLost {
        /// The processor's id of it.
        dispute: Box<str>,
        /// How much.
        amount: Money,
    },
}

/// Whether a hold can grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncrementSupport {
    /// Yes.
    Supported,
    /// No: take what is held as final.
    Unsupported,
}

/// Whether a declined operation is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retry {
    /// Later.
    Later,
    /// Never.
    Never,
}
