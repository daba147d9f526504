//! What a station's fold wants done, and why it refuses a record.

use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingCommand;
use wattledger_domain::control::TokenUnknown;
use wattledger_domain::ids::{EvseId, StationId};
use wattledger_domain::outcome::{EventOutcome, SessionFact};
use wattledger_domain::session::SessionRated;

/// What must happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// To account.events.
    ToAccount(AccountRecord),
    /// To charging.commands.
    Command(ChargingCommand),
    /// To charging.sessions.
    Rated(Box<SessionRated>),
    /// To analytics.events.
    Fact(Box<SessionFact>),
    /// To event.outcomes.
    Outcome(EventOutcome),
    /// To control.events.
    TokenUnknown(TokenUnknown),
}

impl Effect {
    /// Whether somebody waits for it: the turn then ends early (design §3).
    #[must_use]
    pub const fn urgency(&self) -> Urgency {
        match self {
            Self::ToAccount(
                AccountRecord::AuthorizationPinned(_) | AccountRecord::RunningCost(_),
            )
            | Self::Command(_) => Urgency::Urgent,
            Self::ToAccount(_)
            | Self::Rated(_)
            | Self::Fact(_)
            | Self::Outcome(_)
            | Self::TokenUnknown(_) => Urgency::Patient,
        }
    }
}

/// Whether somebody waits for an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// With the next turn.
    Patient,
    /// As soon as it can be committed.
    Urgent,
}

/// Why a record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// EVSEs are numbered from 1; 0 is the station.
    #[error("station {station} has no EVSE {}", evse.0)]
    NegativeEvse {
        /// Which station.
        station: StationId,
        /// Which number.
        evse: EvseId,
    },
}
