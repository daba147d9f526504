//! What a connector to a payment processor does.

use wattledger_domain::payment::{
    Operation, OutcomeResult, OutcomeVia, PaymentCommand, PaymentOutcome,
};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// A client of one processor. Blocking: the worker that owns it makes one attempt at a time.
///
/// Every connector passes the `contract` suite (feature `testing`).
pub trait Connector: Send + Sync {
    /// Makes one attempt, under the command's idempotency key, or asks what became of one.
    ///
    /// Whatever goes wrong on the way is [`OutcomeResult::Unknown`]: it may have been done.
    fn execute(&self, command: &PaymentCommand) -> Answer;

    /// Whether a webhook comes from the processor, judged on its raw bytes before any parsing.
    ///
    /// # Errors
    /// [`WebhookFault`] when it is not to be believed.
    fn verify_webhook(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), WebhookFault>;

    /// Reads a verified webhook; what does not concern a payment gives no outcome.
    ///
    /// # Errors
    /// [`UnreadableWebhook`] when it is not in the processor's form.
    fn parse_webhook(&self, body: &[u8]) -> Result<Vec<PaymentOutcome>, UnreadableWebhook>;

    /// What the processor can do.
    fn capabilities(&self) -> Capabilities;
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What happened, as far as is known.
    pub result: OutcomeResult,
    /// The processor's reference of the payment.
    pub reference: Option<Box<str>>,
    /// When, by the processor; without its answer, the time of the command.
    pub at: Timestamp,
}

impl Answer {
    /// Nobody knows whether it was done.
    #[must_use]
    pub fn unknown(command: &PaymentCommand, detail: impl Into<Box<str>>) -> Self {
        Self {
            result: OutcomeResult::Unknown {
                detail: detail.into(),
            },
            reference: command.reference.clone(),
            at: command.at,
        }
    }

    /// The event that tells the account.
    #[must_use]
    pub fn into_outcome(self, command: &PaymentCommand) -> PaymentOutcome {
        let op = match command.operation {
            Operation::Retrieve { op } => op,
            Operation::Authorize { .. }
            | Operation::Increment { .. }
            | Operation::Capture { .. }
            | Operation::Void
            | Operation::Refund { .. }
            | Operation::Charge { .. } => command.op,
        };
        PaymentOutcome {
            payment: command.payment.clone(),
            account: command.account.clone(),
            op,
            attempt: command.attempt,
            via: OutcomeVia::Call,
            reference: self.reference,
            result: self.result,
            at: self.at,
        }
    }
}

/// What a processor can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Increments of one hold; 0 when holds cannot grow.
    pub increments_max: i32,
    /// How long a hold lasts unless it says otherwise.
    pub hold_validity: Milliseconds,
    /// How long idempotency keys are kept: an older command asks first.
    pub key_lifetime: Milliseconds,
    /// The least that it charges, minor units.
    pub charge_minimum_minor: i64,
}

/// Why a webhook is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFault {
    /// No secret is configured, so nothing can be proven.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// It bears no signature.
    #[error("header `{0}` is missing")]
    Unsigned(&'static str),
    /// The signature header cannot be read.
    #[error("header `{0}` is not a signature")]
    Malformed(&'static str),
    /// Signed too long ago or in the future.
    #[error("signed at {signed_at}, which is more than {tolerance_seconds} s from {now}")]
    Stale {
        /// When it says it was signed.
        signed_at: Timestamp,
        /// When it was judged.
        now: Timestamp,
        /// The most that may lie between.
        tolerance_seconds: i64,
    },
    /// No live secret gives this signature.
    #[error("the signature does not match")]
    Forged,
}

/// A webhook that is not in the processor's form.
#[derive(Debug, thiserror::Error)]
#[error("failed to read a webhook of `{processor}`: {reason}")]
pub struct UnreadableWebhook {
    /// Whose form was expected.
    pub processor: &'static str,
    /// What is wrong, without its content.
    pub reason: String,
}
