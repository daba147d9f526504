//! What chargers did and were told, counted.

use super::told::Order;
use serde_json::Value;

/// What chargers did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Transactions begun.
    pub started: u64,
    /// Transactions ended, whatever the reason; each once, however often it is told.
    pub ended: u64,
    /// Of these: ended because a command said so.
    pub ended_by_command: u64,
    /// What they were told.
    pub commands: Commands,
    last_ended: Value,
}

/// Commands that were given, to chargers here or to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// Give power.
    pub allow: u64,
    /// Give none.
    pub refuse: u64,
    /// End the transaction.
    pub stop: u64,
    /// Show the running total.
    pub show_cost: u64,
}

impl Tally {
    pub(super) fn order(&mut self, order: Order) {
        let commands = &mut self.commands;
        match order {
            Order::Allow => commands.allow += 1,
            Order::Refuse => commands.refuse += 1,
            Order::Stop => commands.stop += 1,
            Order::ShowCost => commands.show_cost += 1,
        }
    }

    pub(super) fn event(&mut self, event: &Value) {
        let kind = event["type"].as_str().unwrap_or_default();
        let transaction = &event["data"]["transaction"];
        if kind.contains("session_started") {
            self.started += 1;
        } else if kind.contains("session_ended") && self.last_ended != *transaction {
            self.last_ended = transaction.clone();
            self.ended += 1;
            let reason = event["data"]["reason"].as_str();
            if matches!(reason, Some("Remote" | "DeAuthorized")) {
                self.ended_by_command += 1;
            }
        }
    }
}
