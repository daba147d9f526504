//! Chargers that a driver of time steps on: they ask, wait for an answer, charge, obey and report.
//!
//! Invariant: what they say is a function of the scenario and of the steps and commands so far.
//! Chance is drawn per visit, so a restarted driver gets the same by stepping again with the same
//! calls.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times, counts and energies are bounded by the scenario, far below 2^63"
)]

mod letter;
mod stay;

use crate::day::{Scenario, Visit};
use letter::Letter;
use serde_json::Value;
use stay::{Order, Stay};
use std::collections::BTreeMap;
use wattledger_domain::charging::{ChargingAction, ChargingCommand};
use wattledger_domain::time::Timestamp;

/// Where the answers to authorisation requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// From commands.
    Commanded,
    /// From the drivers' cards, for a file that nobody answers.
    Foreseen,
}

/// The chargers of a scenario.
#[derive(Debug)]
pub struct Chargers {
    scenario: Scenario,
    answers: Answers,
    at: i64,
    /// Visits to come, the next one last.
    coming: Vec<Visit>,
    /// Visits under way, by number.
    present: BTreeMap<i64, Stay>,
    /// Registers by (station, EVSE), mWh.
    registers: BTreeMap<(i64, i64), i64>,
    /// Sent and not received yet, by (received, visit, number in the visit, copy).
    travelling: BTreeMap<(i64, i64, i64, u8), Value>,
}

impl Chargers {
    /// Chargers that wait for commands.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Self::with(scenario, Answers::Commanded)
    }

    pub(crate) fn with(scenario: &Scenario, answers: Answers) -> Self {
        let mut coming = crate::day::visits(scenario);
        coming.reverse();
        let mut chargers = Self {
            scenario: scenario.clone(),
            answers,
            at: scenario.from.0,
            coming,
            present: BTreeMap::new(),
            registers: BTreeMap::new(),
            travelling: BTreeMap::new(),
        };
        chargers.boot();
        chargers
    }

    /// Steps to `to`. `commands` are those given since the last step, in their order; they reach
    /// the chargers at once. Gives the events that are received by `to`, in order of `received_at`.
    pub fn step(&mut self, to: Timestamp, commands: &[ChargingCommand]) -> Vec<Value> {
        for command in commands {
            self.obey(command);
        }
        while let Some(visit) = self.coming.pop_if(|visit| visit.arrives <= to.0) {
            let key = (visit.station.number, visit.evse);
            let register = self.registers.get(&key).copied();
            let stay = Stay::new(&self.scenario, visit, self.answers, register);
            self.present.insert(visit.number, stay);
        }
        let mut letters = Vec::new();
        let registers = &mut self.registers;
        self.present.retain(|_, stay| {
            stay.run(to.0, &mut letters);
            registers.insert(stay.place(), stay.register());
            !stay.is_over()
        });
        for letter in letters {
            self.send(letter);
        }
        self.at = self.at.max(to.0);
        self.receive(to.0)
    }

    /// Whether every driver has left and every event is received.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.coming.is_empty() && self.present.is_empty() && self.travelling.is_empty()
    }

    /// Drivers who are at a charger now.
    #[must_use]
    pub fn present(&self) -> usize {
        self.present.len()
    }

    fn obey(&mut self, command: &ChargingCommand) {
        let order = match command.action {
            ChargingAction::Allow(_) => Order::Start,
            ChargingAction::Refuse(_) => Order::Refuse,
            ChargingAction::Stop(_) => Order::Stop,
            ChargingAction::ShowCost(_) => return,
        };
        let at = self.at;
        for stay in self
            .present
            .values_mut()
            .filter(|stay| stay.is_meant(command))
        {
            stay.obey(order, at);
        }
    }

    /// One station in ten boots as the time begins.
    fn boot(&mut self) {
        let stations = i64::from(self.scenario.stations);
        for station in (0..stations).filter(|station| station % 10 == 3) {
            let letter = Letter::boot(&self.scenario, station);
            self.send(letter);
        }
    }

    fn send(&mut self, letter: Letter) {
        for (copy, received) in (0_u8..).zip(letter.received) {
            let mut event = letter.event.clone();
            event["received_at"] = Timestamp(received).to_string().into();
            self.travelling
                .insert((received, letter.visit, letter.number, copy), event);
        }
    }

    fn receive(&mut self, to: i64) -> Vec<Value> {
        let later = self.travelling.split_off(&(to + 1, i64::MIN, i64::MIN, 0));
        std::mem::replace(&mut self.travelling, later)
            .into_values()
            .collect()
    }
}

#[cfg(test)]
mod tests;
