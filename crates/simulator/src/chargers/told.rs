//! What a charger is told, as far as it matters to one that obeys.

use serde_json::Value;
use wattledger_domain::charging::{ChargingAction, ChargingCommand};

/// A command to a charger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// To which station.
    pub station: String,
    /// To which of its EVSEs, if known.
    pub evse: Option<i64>,
    /// For which authorisation.
    pub authorization: Option<String>,
    /// For which transaction.
    pub transaction: Option<String>,
    /// What to do.
    pub order: Order,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Give power.
    Allow,
    /// Give none.
    Refuse,
    /// End the transaction.
    Stop,
    /// Show what it costs so far.
    ShowCost,
}

impl From<&ChargingCommand> for Told {
    fn from(command: &ChargingCommand) -> Self {
        let order = match command.action {
            ChargingAction::Allow(_) => Order::Allow,
            ChargingAction::Refuse(_) => Order::Refuse,
            ChargingAction::Stop(_) => Order::Stop,
            ChargingAction::ShowCost(_) => Order::ShowCost,
        };
        let authorization = command.authorization.as_ref();
        let transaction = command.transaction.as_ref();
        Self {
            station: command.station.as_str().to_owned(),
            evse: command.evse.map(|evse| i64::from(evse.0)),
            authorization: authorization.map(|id| id.as_str().to_owned()),
            transaction: transaction.map(|id| id.as_str().to_owned()),
            order,
        }
    }
}

impl Told {
    /// Reads the `data` of a `ChargingCommand` as the API shows it; `None` when it is none.
    #[must_use]
    pub fn read(data: &Value) -> Option<Self> {
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let order = match data["action"]["is"].as_str()? {
            "Allow" => Order::Allow,
            "Refuse" => Order::Refuse,
            "Stop" => Order::Stop,
            "ShowCost" => Order::ShowCost,
            _ => return None,
        };
        Some(Self {
            station: text("station")?,
            evse: data["evse"].as_i64(),
            authorization: text("authorization"),
            transaction: text("transaction"),
            order,
        })
    }
}
