//! A simulated day: who charges where and when, and the documents of the network they charge in.
//!
//! Invariant: a function of the scenario.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times, counts and energies are bounded by the scenario, far below 2^63"
)]

mod documents;
mod driver;
mod knob;
mod pace;
mod plan;

pub use driver::{Driver, Payer};
pub use knob::{Wrong, knobs};
pub use pace::Pace;
pub(crate) use plan::visits;
pub use plan::{Station, Visit};

use crate::chargers::{Answers, Chargers, Received};
use crate::draw::Draw;
use serde_json::Value;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// What a stay has to say at least, with two readings and an oddity.
const EVENTS_AT_LEAST: i64 = 12;
/// What a stay has to say in the field, about.
const EVENTS_PER_STAY: i64 = 50;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// All chance comes from it.
    pub seed: u64,
    /// In front of every id, so that networks do not meet; empty for the demo's.
    pub network: String,
    /// How fast people and meters are.
    pub pace: Pace,
    /// Stations, with two EVSEs each; ten to a site.
    pub stations: u32,
    /// Visits of drivers in the time.
    pub sessions: u32,
    /// First instant.
    pub from: Timestamp,
    /// When the last driver has left.
    pub to: Timestamp,
    /// IANA zones: a seller each, sites take turns.
    pub zones: Vec<String>,
    /// Guests with a card among the drivers, in thousandths.
    pub guests_permille: u16,
    /// Guests whose card is one of the processor's troublesome ones, in thousandths of the guests.
    pub trouble_permille: u16,
    /// What goes wrong at chargers and gateways.
    pub anomalies: Anomalies,
    /// What goes wrong with what chargers say, in thousandths of the visits.
    pub wrong: Vec<(Wrong, u16)>,
    /// The knobs that were turned for both; empty for a day of the field.
    pub knobs: Vec<(String, u16)>,
}

/// How often a visit has an oddity of the field, in thousandths; a visit has one at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    /// Events are sent twice, with one id.
    pub duplicates: u16,
    /// Events overtake each other.
    pub reordered: u16,
    /// The end arrives 20 to 50 s late.
    pub late_end: u16,
    /// The end never comes, only the connector's status.
    pub missing_end: u16,
    /// The register falls to zero midway.
    pub register_reset: u16,
    /// Started offline with register 0; all arrives when the connection is back.
    pub offline_start: u16,
    /// Started with a token that nobody knows.
    pub unknown_token: u16,
    /// The end is sent again, with another id.
    pub end_repeated: u16,
    /// The charger's clock stands in 1970.
    pub clock_1970: u16,
    /// Asked for and never plugged in.
    pub never_plugged_in: u16,
}

impl Anomalies {
    /// A day of the field.
    pub const DEMO: Self = Self {
        duplicates: 15,
        reordered: 15,
        late_end: 10,
        missing_end: 3,
        register_reset: 4,
        offline_start: 4,
        unknown_token: 4,
        end_repeated: 8,
        clock_1970: 2,
        never_plugged_in: 10,
    };
}

/// The oddity of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// None.
    None,
    /// See [`Anomalies`].
    Duplicates,
    /// See [`Anomalies`].
    Reordered,
    /// See [`Anomalies`].
    LateEnd,
    /// See [`Anomalies`].
    MissingEnd,
    /// See [`Anomalies`].
    RegisterReset,
    /// See [`Anomalies`].
    OfflineStart,
    /// See [`Anomalies`].
    UnknownToken,
    /// See [`Anomalies`].
    EndRepeated,
    /// See [`Anomalies`].
    Clock1970,
    /// See [`Anomalies`].
    NeverPluggedIn,
}

impl Scenario {
    /// The demo: 200 stations, 2,000 sessions, half of them guests.
    #[must_use]
    pub fn demo(seed: u64, from: Timestamp, to: Timestamp) -> Self {
        Self {
            seed,
            network: String::new(),
            pace: Pace::FIELD,
            stations: 200,
            sessions: 2_000,
            from,
            to,
            zones: vec!["Europe/Berlin".to_owned(), "Europe/Amsterdam".to_owned()],
            guests_permille: 500,
            trouble_permille: 150,
            anomalies: Anomalies::DEMO,
            wrong: Vec::new(),
            knobs: Vec::new(),
        }
    }

    /// A network that tells so many events a second for a time, with whole sessions in it.
    ///
    /// It has a name and sellers of its own, so that it meets no other network of the engine.
    #[must_use]
    pub fn load(seed: u64, stations: u32, rate: u32, from: Timestamp, to: Timestamp) -> Self {
        let evses = i64::from(stations.max(1)) * 2;
        let lasts = (to.0 - from.0).max(1);
        // How long an EVSE keeps quiet between two events.
        let quiet = (evses * 1_000 / i64::from(rate.max(1))).max(1);
        let turns = (lasts / (EVENTS_PER_STAY * quiet)).max(1);
        let pace = Pace::of_stays(lasts / turns, quiet);
        let sessions = (evses * turns).min(i64::from(rate) * lasts / 1_000 / EVENTS_AT_LEAST);
        Self {
            network: format!("load{seed}x{}-", pace.haste),
            pace,
            stations,
            sessions: u32::try_from(sessions.max(1)).unwrap_or(u32::MAX),
            // Short runs are to meet every kind of card.
            trouble_permille: 300,
            ..Self::demo(seed, from, to)
        }
    }

    /// The documents of the network, in the operator's form, in the order to apply them.
    #[must_use]
    pub fn documents(&self) -> Vec<Value> {
        documents::all(self)
    }

    /// The day as a file holds it: CloudEvents in order of `received_at`, an RFC 3339 member of
    /// each.
    ///
    /// Nobody answers a file, so those whose card or account is refused by design never start and
    /// all others start a few seconds after they asked.
    #[must_use]
    pub fn events(&self) -> Day {
        Day {
            chargers: Chargers::with(self, Answers::Foreseen),
            at: self.from,
            end: self.to.plus(Milliseconds(4 * 3_600_000)),
            ready: Vec::new().into_iter(),
        }
    }

    /// The oddity of a visit.
    pub(crate) fn oddity(&self, number: i64) -> Oddity {
        let rates = &self.anomalies;
        let kinds = [
            (rates.duplicates, Oddity::Duplicates),
            (rates.reordered, Oddity::Reordered),
            (rates.late_end, Oddity::LateEnd),
            (rates.missing_end, Oddity::MissingEnd),
            (rates.register_reset, Oddity::RegisterReset),
            (rates.offline_start, Oddity::OfflineStart),
            (rates.unknown_token, Oddity::UnknownToken),
            (rates.end_repeated, Oddity::EndRepeated),
            (rates.clock_1970, Oddity::Clock1970),
            (rates.never_plugged_in, Oddity::NeverPluggedIn),
        ];
        let mut left = Draw::of(self.seed, &["oddity", &number.to_string()]).between(0..=999);
        for (rate, oddity) in kinds {
            left -= i64::from(rate);
            if left < 0 {
                return oddity;
            }
        }
        Oddity::None
    }
}

/// The events of a day, made as they are asked for.
#[derive(Debug)]
pub struct Day {
    chargers: Chargers,
    at: Timestamp,
    end: Timestamp,
    ready: std::vec::IntoIter<Received>,
}

impl Iterator for Day {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.ready.next() {
                return Some(event.stamped());
            }
            if self.at >= self.end {
                return None;
            }
            self.at = self.at.plus(Milliseconds::minutes(1));
            self.ready = self.chargers.step(self.at, &[]).into_iter();
        }
    }
}

#[cfg(test)]
mod tests;
