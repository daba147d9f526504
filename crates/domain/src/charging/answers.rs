//! What comes back to a station's fold, and what chargers are told.

use super::TokenRef;
use crate::ids::{AccountId, AuthorizationId, EvseId, SessionId, StationId, TransactionId};
use crate::money::Money;
use crate::tax::TaxLiability;
use crate::time::Timestamp;

/// Money is held, or credit is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldGranted {
    /// For what.
    pub authorization: AuthorizationId,
    /// At which station.
    pub station: StationId,
    /// By whom.
    pub account: AccountId,
    /// What is held in all; `None` for an account that is billed afterwards.
    pub limit: Option<Money>,
    /// Kept free below the limit for what is used before a stop takes effect.
    pub reserve: Option<Money>,
    /// Whether more can be had.
    pub growth: HoldGrowth,
    /// Rises with each grant of this authorisation; an older one is dropped.
    pub op: i32,
    /// Who owes the tax on what is billed; absent where nobody said: then the seller.
    pub tax: Option<TaxLiability>,
}

/// Whether a hold can grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldGrowth {
    /// Report as the cost nears the limit.
    MayGrow,
    /// Stop the charger before the limit.
    Final,
}

/// No.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRefused {
    /// For what.
    pub authorization: AuthorizationId,
    /// At which station.
    pub station: StationId,
    /// By whom.
    pub account: AccountId,
    /// Why.
    pub reason: RefusalReason,
}

/// Why an authorisation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalReason {
    /// No such station, or not in service.
    UnknownStation,
    /// Nothing prices this station for this customer.
    NoTariff,
    /// Nobody's token.
    UnknownToken,
    /// No such account.
    UnknownAccount,
    /// The account may not charge.
    AccountBlocked,
    /// The processor declined.
    Declined,
    /// Too little was approved.
    HoldTooSmall,
    /// Nobody plugged in in time; what was held is released.
    PlugInTimeout,
    /// The processor did not answer in time.
    NoAnswer,
    /// Another session charges on the EVSE and told something in the last 15 minutes.
    Occupied,
}

/// Who a token belongs to, once somebody said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerResolved {
    /// At which station it was used.
    pub station: StationId,
    /// For which session.
    pub session: SessionId,
    /// The token.
    pub token: TokenRef,
}

/// What a charger is told (charging.commands).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargingCommand {
    /// Which station.
    pub station: StationId,
    /// Which EVSE, if known.
    pub evse: Option<EvseId>,
    /// For which authorisation.
    pub authorization: Option<AuthorizationId>,
    /// For which session.
    pub session: Option<SessionId>,
    /// The charger's own id of it.
    pub transaction: Option<TransactionId>,
    /// What to do.
    pub action: ChargingAction,
    /// Logical time of the order.
    pub at: Timestamp,
}

/// What a charger is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargingAction {
    /// Give power, up to this cost.
    Allow(Option<Money>),
    /// Give none.
    Refuse(RefusalReason),
    /// End the transaction.
    Stop(StopReason),
    /// Show the running total.
    ShowCost(Money),
}

/// Why a charger is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// The cost nears what is held.
    HoldExhausted,
    /// The driver's own limit.
    DriverLimit,
    /// Never allowed.
    NotAuthorized,
}
