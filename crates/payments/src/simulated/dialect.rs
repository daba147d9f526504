//! The simulated processor's JSON, for its client and its server.
//!
//! `POST /v1/payments/{payment}/{authorize|increment|capture|void|refund|charge}` takes a
//! [`Request`], `GET /v1/payments/{payment}/operations/{op}` asks; both give a [`Reply`]: 200 done
//! or pending, 402 declined, 404 never seen, 409 another request under this key. Webhooks carry a
//! [`Notice`].

use super::hours;
use serde::{Deserialize, Serialize};
use wattledger_domain::money::{Currency, Money, MoneyError};
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, PaymentCommand, Retry,
};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// Header with the idempotency key.
pub const KEY_HEADER: &str = "Idempotency-Key";
/// Header with the number of the attempt under its key: the same attempt gets the same answer.
pub const ATTEMPT_HEADER: &str = "Wattledger-Attempt";
/// Header with a webhook's signature (see [`crate::signature`]).
pub const SIGNATURE_HEADER: &str = "Wattledger-Signature";
/// How long a hold lasts.
pub const HOLD_VALIDITY: Milliseconds = hours(168);
/// How long keys are kept.
pub const KEY_LIFETIME: Milliseconds = hours(24);

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Minor units.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self {
            minor: money.minor,
            currency: money.currency.code().to_owned(),
        }
    }
}

impl Amount {
    /// As money.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`].
    pub fn money(&self) -> Result<Money, MoneyError> {
        Ok(Money::new(self.minor, Currency::parse(&self.currency)?))
    }
}

/// What is asked; the action is in the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Number of the operation within the payment.
    pub op: i32,
    /// Comes back in webhooks.
    pub account: String,
    /// The seller.
    pub legal_entity: String,
    /// The session, for statements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How much; for an increment the new total; absent for a void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The card's token, for an authorisation or a charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Request {
    /// The action and body of a command; `None` for a retrieval, which has neither.
    #[must_use]
    pub fn of(command: &PaymentCommand) -> Option<(&'static str, Self)> {
        let (action, amount, token) = match &command.operation {
            Operation::Authorize { amount, method } => ("authorize", Some(amount), Some(method)),
            Operation::Increment { total } => ("increment", Some(total), None),
            Operation::Capture { amount } => ("capture", Some(amount), None),
            Operation::Void => ("void", None, None),
            Operation::Refund { amount } => ("refund", Some(amount), None),
            Operation::Charge { amount, method } => ("charge", Some(amount), Some(method)),
            Operation::Retrieve { .. } => return None,
        };
        let body = Self {
            op: command.op,
            account: command.account.as_str().to_owned(),
            legal_entity: command.legal_entity.as_str().to_owned(),
            session: command
                .session
                .as_ref()
                .map(|session| session.as_str().to_owned()),
            amount: amount.map(|amount| Amount::from(*amount)),
            token: token.map(|method| method.token.to_string()),
        };
        Some((action, body))
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The processor's reference of the payment, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// When it happened, milliseconds since 1970.
    pub at: i64,
    /// What happened.
    pub result: Status,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Id of the event: the same when it is sent twice.
    pub id: String,
    /// The payment.
    pub payment: String,
    /// Whose.
    pub account: String,
    /// The operation.
    pub op: i32,
    /// The processor's reference of the payment.
    pub reference: String,
    /// When it happened, milliseconds since 1970.
    pub at: i64,
    /// What happened.
    pub result: Status,
}

/// What happened at the processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Held.
    Authorized {
        /// What is held in all.
        held: Amount,
        /// When the hold lapses, milliseconds since 1970.
        capture_before: i64,
        /// Whether the hold can grow.
        can_grow: bool,
    },
    /// Raised.
    Incremented {
        /// What is held in all.
        held: Amount,
    },
    /// Taken.
    Captured {
        /// Captured in all.
        captured: Amount,
        /// Released.
        released: Amount,
    },
    /// Released.
    Voided,
    /// Given back.
    Refunded {
        /// Refunded in all.
        refunded: Amount,
    },
    /// Charged.
    Charged {
        /// How much.
        charged: Amount,
    },
    /// Refused.
    Declined {
        /// Why: lower-case letters, digits and `_`.
        code: String,
        /// Whether a later attempt may succeed.
        retry_later: bool,
    },
    /// Accepted; a webhook follows.
    Pending,
    /// Asked about and never seen.
    NotFound,
    /// A capture or charge that had succeeded has failed.
    CaptureFailed {
        /// Why.
        code: String,
    },
    /// The hold lapsed.
    Expired,
    /// A status of a newer version.
    #[serde(other)]
    UnheardOf,
}

impl Status {
    /// As a result. A status that we have not heard of is pending.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`].
    pub fn into_result(self) -> Result<OutcomeResult, MoneyError> {
        Ok(match self {
            Self::Authorized {
                held,
                capture_before,
                can_grow,
            } => OutcomeResult::Authorized {
                held: held.money()?,
                capture_before: Timestamp(capture_before),
                increments: if can_grow {
                    IncrementSupport::Supported
                } else {
                    IncrementSupport::Unsupported
                },
            },
            Self::Incremented { held } => OutcomeResult::Incremented {
                held: held.money()?,
            },
            Self::Captured { captured, released } => OutcomeResult::Captured {
                captured: captured.money()?,
                released: released.money()?,
            },
            Self::Voided => OutcomeResult::Voided,
            Self::Refunded { refunded } => OutcomeResult::Refunded {
                refunded: refunded.money()?,
            },
            Self::Charged { charged } => OutcomeResult::Charged {
                charged: charged.money()?,
            },
            Self::Declined { code, retry_later } => OutcomeResult::Declined {
                code: plain(&code),
                retry: if retry_later {
                    Retry::Later
                } else {
                    Retry::Never
                },
            },
            Self::Pending | Self::UnheardOf => OutcomeResult::Pending,
            Self::NotFound => OutcomeResult::NotFound,
            Self::CaptureFailed { code } => OutcomeResult::CaptureFailedLate { code: plain(&code) },
            Self::Expired => OutcomeResult::Expired,
        })
    }
}

/// A code goes into logs and topics: anything but a short plain word (a message, a number) stays
/// out.
fn plain(code: &str) -> Box<str> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if !code.is_empty() && code.len() <= 64 && code.bytes().all(word) {
        code.into()
    } else {
        "unreadable_code".into()
    }
}
