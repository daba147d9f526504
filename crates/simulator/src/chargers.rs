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
mod tally;
mod told;
mod wrong;

use crate::day::{Scenario, Visit};
use letter::Letter;
use serde_json::Value;
use stay::Stay;
use std::collections::BTreeMap;
pub use tally::{Commands, Tally};
pub use told::{Order, Told};
use wattledger_domain::time::Timestamp;
use wrong::Visited;

/// Where the answers to authorisation requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// From commands.
    Commanded,
    /// From the drivers' cards, for a file that nobody answers.
    Foreseen,
}

/// An event and when it is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: Timestamp,
    /// The CloudEvent.
    pub event: Value,
}

impl Received {
    /// The event with `received_at`, RFC 3339, as a file holds it.
    #[must_use]
    pub fn stamped(mut self) -> Value {
        self.event["received_at"] = self.at.to_string().into();
        self.event
    }
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
    /// Their numbers by station, at most one an EVSE.
    places: BTreeMap<String, Vec<i64>>,
    /// Registers by (station, EVSE), mWh.
    registers: BTreeMap<(i64, i64), i64>,
    /// Sent and not received yet, by (received, visit, number in the visit, copy).
    travelling: BTreeMap<(i64, i64, i64, u8), Value>,
    /// The visit that was read early last.
    read_last: i64,
    tally: Tally,
    /// What is remembered of visits in which something goes wrong.
    visited: BTreeMap<i64, Visited>,
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
            places: BTreeMap::new(),
            registers: BTreeMap::new(),
            travelling: BTreeMap::new(),
            read_last: -1,
            tally: Tally::default(),
            visited: BTreeMap::new(),
        };
        chargers.boot();
        chargers
    }

    /// Steps to `to`. `commands` are those given since the last step, in their order; they reach
    /// the chargers at once. Gives the events that are received by `to`, in order of receipt.
    pub fn step(&mut self, to: Timestamp, commands: &[Told]) -> Vec<Received> {
        for told in commands {
            self.tally.order(told.order);
            self.obey(told);
        }
        while let Some(visit) = self.coming.pop_if(|visit| visit.arrives <= to.0) {
            let key = (visit.station.number, visit.evse);
            let register = self.registers.get(&key).copied();
            let stay = Stay::new(&self.scenario, visit, self.answers, register);
            let place = self.places.entry(stay.station().to_owned()).or_default();
            place.push(visit.number);
            self.present.insert(visit.number, stay);
        }
        let mut letters = Vec::new();
        for stay in self.present.values_mut() {
            stay.run(to.0, &mut letters);
            self.registers.insert(stay.place(), stay.register());
        }
        self.see_off();
        for letter in letters {
            self.send(letter);
        }
        self.at = self.at.max(to.0);
        self.receive(to.0)
    }

    /// Ends the time now: whoever is there leaves, nobody comes any more, and what is on its way is
    /// received at once.
    pub fn close(&mut self) -> Vec<Received> {
        let mut letters = Vec::new();
        for stay in self.present.values_mut() {
            stay.leave_now(self.at, &mut letters);
            self.registers.insert(stay.place(), stay.register());
        }
        self.coming.clear();
        self.see_off();
        for letter in letters {
            self.send(letter);
        }
        self.receive(i64::MAX - 1)
    }

    /// Forgets those who have gone.
    fn see_off(&mut self) {
        let places = &mut self.places;
        self.present.retain(|number, stay| {
            if stay.is_over()
                && let Some(place) = places.get_mut(stay.station())
            {
                place.retain(|there| there != number);
            }
            !stay.is_over()
        });
    }

    /// Reads the meters of up to `count` charging EVSEs now, out of their turn, one after the other;
    /// fewer when there are fewer. What they say is received in a later step.
    pub fn read_early(&mut self, count: usize) {
        let at = self.at;
        let mut letters = Vec::new();
        let mut asked = 0;
        let (first, rest): (Vec<i64>, Vec<i64>) = self
            .present
            .keys()
            .copied()
            .partition(|visit| *visit > self.read_last);
        for visit in first.into_iter().chain(rest) {
            if asked >= count {
                break;
            }
            let Some(stay) = self.present.get_mut(&visit) else {
                continue;
            };
            if stay.read_early(at, &mut letters) {
                self.registers.insert(stay.place(), stay.register());
                self.read_last = visit;
                asked += 1;
            }
        }
        for letter in letters {
            self.send(letter);
        }
    }

    /// Events on their way.
    #[must_use]
    pub fn travelling(&self) -> usize {
        self.travelling.len()
    }

    /// What they did so far.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
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

    fn obey(&mut self, told: &Told) {
        let at = self.at;
        let place = self.places.get(&told.station);
        for number in place.into_iter().flatten() {
            let stay = self.present.get_mut(number);
            if let Some(stay) = stay.filter(|stay| stay.is_meant(told)) {
                stay.obey(told.order, at);
            }
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

    /// Sends a letter as the field has it.
    fn send(&mut self, letter: Letter) {
        match self.scenario.wrong(letter.visit) {
            Some(wrong) if letter.visit >= 0 => {
                let seen = self.visited.entry(letter.visit).or_default();
                for letter in wrong::made(wrong, seen, letter) {
                    self.post(letter);
                }
            }
            Some(_) | None => self.post(letter),
        }
    }

    fn post(&mut self, letter: Letter) {
        self.tally.event(&letter.event);
        for (copy, received) in (0_u8..).zip(letter.received) {
            let key = (received, letter.visit, letter.number, copy);
            self.travelling.insert(key, letter.event.clone());
        }
    }

    fn receive(&mut self, to: i64) -> Vec<Received> {
        let later = self.travelling.split_off(&(to + 1, i64::MIN, i64::MIN, 0));
        std::mem::replace(&mut self.travelling, later)
            .into_iter()
            .map(|((at, ..), event)| Received {
                at: Timestamp(at),
                event,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
