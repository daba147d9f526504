//! An operation in flight: its attempts, its doubts and when it is looked at again.
//!
//! Invariant: however often it is tried, an operation keeps its number, amount and key.

use super::Payment;
use wattledger_domain::ids::CommandId;
use wattledger_domain::payment::{Operation, PaymentCommand};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// When to ask about an unknown outcome, then daily for [`CHECK_DAYS`] (payments §8).
const CHECKS: [i64; 5] = [2 * SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, HOUR];
const CHECK_DAYS: i32 = 7;
/// When to try again what was declined for now, then daily (payments §9).
const RETRIES: [i64; 4] = [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR];
/// For what has no deadline of its own: so many daily tries.
const RETRY_DAYS: i32 = 7;
/// Processors forget idempotency keys after 24 h (payments §4.1).
const KEY_TRUSTED: Milliseconds = Milliseconds(23 * HOUR);

/// What is being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flight {
    /// Nothing.
    Quiet,
    /// An attempt was sent and has not been answered.
    Asked(Ask),
    /// Nobody knows what became of it: ask when due.
    Doubtful {
        /// The operation.
        ask: Ask,
        /// How often its outcome was asked for.
        checks: i32,
        /// When to ask.
        due: Timestamp,
    },
    /// Its outcome was asked for.
    Checking {
        /// The operation.
        ask: Ask,
        /// How often, this time included.
        checks: i32,
        /// What a decline would mean.
        reason: CheckReason,
    },
    /// Declined for now: try again when due.
    Resting {
        /// The operation.
        ask: Ask,
        /// When to try.
        due: Timestamp,
    },
}

/// Why an outcome was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckReason {
    /// It was not known.
    Unknown,
    /// The key may have been forgotten: a retry comes after.
    OldKey,
}

/// An operation and its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Its number within the payment, from 1.
    pub op: i32,
    /// What it is.
    pub operation: Operation,
    /// The last command about it, from 1; retrievals count.
    pub attempt: i32,
    /// How often it was declined for now.
    pub declines: i32,
    /// When it was first asked for.
    pub first_asked_at: Timestamp,
}

impl Ask {
    pub(super) const fn first(op: i32, operation: Operation, at: Timestamp) -> Self {
        Self {
            op,
            operation,
            attempt: 1,
            declines: 0,
            first_asked_at: at,
        }
    }

    /// The command of the latest attempt.
    pub(super) fn command(&self, payment: &Payment, at: Timestamp) -> PaymentCommand {
        let operation = match payment.flight {
            Flight::Checking { .. } => Operation::Retrieve { op: self.op },
            Flight::Quiet | Flight::Asked(_) | Flight::Doubtful { .. } | Flight::Resting { .. } => {
                self.operation.clone()
            }
        };
        PaymentCommand {
            command: CommandId::of(&[payment.id.as_str(), &self.op.to_string()]),
            payment: payment.id.clone(),
            op: self.op,
            attempt: self.attempt,
            operation,
            processor: payment.method.processor.clone(),
            legal_entity: payment.legal_entity.clone(),
            account: payment.account.clone(),
            session: payment.session().cloned(),
            reference: payment.reference.clone(),
            first_asked_at: self.first_asked_at,
            at,
        }
    }

    /// When to try again after one more decline, unless it is too late by then.
    pub(super) fn retry_at(
        &self,
        now: Timestamp,
        deadline: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let quick = usize::try_from(self.declines)
            .ok()
            .and_then(|declines| RETRIES.get(declines));
        let daily = i32::try_from(RETRIES.len()).unwrap_or(i32::MAX);
        let spent = self.declines >= daily.saturating_add(RETRY_DAYS);
        let at = now.plus(Milliseconds(quick.copied().unwrap_or(DAY)));
        match deadline {
            Some(deadline) => (at < deadline).then_some(at),
            None => (!spent).then_some(at),
        }
    }
}

/// When to ask about an unknown outcome for the next time; `None` when it is given up.
pub(super) fn check_at(checks: i32, now: Timestamp) -> Option<Timestamp> {
    let quick = usize::try_from(checks)
        .ok()
        .and_then(|checks| CHECKS.get(checks));
    let spent = i32::try_from(CHECKS.len())
        .unwrap_or(i32::MAX)
        .saturating_add(CHECK_DAYS);
    (checks < spent).then(|| now.plus(Milliseconds(quick.copied().unwrap_or(DAY))))
}

impl Flight {
    /// Whether nothing is being asked.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        matches!(self, Self::Quiet)
    }

    /// The operation.
    #[must_use]
    pub const fn ask(&self) -> Option<&Ask> {
        match self {
            Self::Quiet => None,
            Self::Asked(ask)
            | Self::Doubtful { ask, .. }
            | Self::Checking { ask, .. }
            | Self::Resting { ask, .. } => Some(ask),
        }
    }

    /// When the fold looks at it by itself.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Doubtful { due, .. } | Self::Resting { due, .. } => Some(*due),
            Self::Quiet | Self::Asked(_) | Self::Checking { .. } => None,
        }
    }

    /// Whether its outcome is in doubt.
    #[must_use]
    pub const fn is_doubtful(&self) -> bool {
        matches!(self, Self::Doubtful { .. } | Self::Checking { .. })
    }

    /// Makes the next attempt if this is when it is due.
    pub(super) fn wake(&mut self, set_for: Timestamp, now: Timestamp) -> Option<Ask> {
        if self.due() != Some(set_for) {
            return None;
        }
        let mut ask = self.ask()?.clone();
        ask.attempt = ask.attempt.saturating_add(1);
        *self = match *self {
            Self::Doubtful { checks, .. } => Self::Checking {
                ask: ask.clone(),
                checks: checks.saturating_add(1),
                reason: CheckReason::Unknown,
            },
            Self::Resting { .. } if now.since(ask.first_asked_at) >= KEY_TRUSTED => {
                Self::Checking {
                    ask: ask.clone(),
                    checks: 1,
                    reason: CheckReason::OldKey,
                }
            }
            Self::Resting { .. } | Self::Quiet | Self::Asked(_) | Self::Checking { .. } => {
                Self::Asked(ask.clone())
            }
        };
        Some(ask)
    }
}
