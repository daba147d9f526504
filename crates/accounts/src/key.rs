//! What this stage keeps, and under which names.

use crate::account::CustomerAccount;
use crate::authorization::Authorization;
use crate::bill::Bill;
use crate::payment::Payment;
use wattledger_domain::ids::{AccountId, AuthorizationId, PaymentId, SessionId, StationId};

/// Names an entity; `account` is the routing key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub entity: Entity,
}

/// An entity within an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// The customer's own document.
    Account,
    /// An authorisation; gateways number them per station.
    Authorization {
        /// Where.
        station: StationId,
        /// Which.
        authorization: AuthorizationId,
    },
    /// A session and its bill.
    Session(SessionId),
    /// A payment.
    Payment(PaymentId),
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The customer's own document.
    Account(Box<CustomerAccount>),
    /// An authorisation.
    Authorization(Box<Authorization>),
    /// A session and its bill.
    Session(Box<Bill>),
    /// A payment.
    Payment(Box<Payment>),
}

/// Names a timer; `account` is the routing key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// Why it was set.
    pub kind: TimerKind,
    /// Whose.
    pub account: AccountId,
    /// For which entity.
    pub entity: Entity,
}

/// Why a timer was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerKind {
    /// An operation is to be asked about or tried again.
    Retry,
    /// Nobody answered or plugged in.
    PlugIn,
    /// The hold's capture deadline is near.
    Rotate,
    /// Nothing more is expected.
    Forget,
}
