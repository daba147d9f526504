//! Stations and visits: where, when and how long.

use super::Scenario;
use crate::draw::Draw;

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
/// How many drivers come, by hour of the day in UTC: a morning and an evening peak.
const DEMAND: [i64; 24] = [
    2, 1, 1, 1, 1, 2, 4, 7, 9, 8, 8, 8, 9, 9, 8, 8, 9, 10, 9, 7, 6, 5, 4, 3,
];
/// Kept free on an EVSE after each visit.
const GAP: i64 = 4 * MINUTE;

/// A station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// From 0.
    pub number: i64,
    /// Rated power of each of its two EVSEs, W.
    pub power: i64,
}

impl Station {
    /// The station of this number.
    #[must_use]
    pub fn of(scenario: &Scenario, number: i64) -> Self {
        let mut draw = Draw::of(scenario.seed, &["station", &number.to_string()]);
        let power = draw.pick(22_000, &[11_000, 22_000, 22_000, 11_000, 50_000, 150_000]);
        Self { number, power }
    }

    /// Its id in the scenario's network, as the gateway names it.
    #[must_use]
    pub fn id(self, scenario: &Scenario) -> String {
        format!("{}station-{:03}", scenario.network, self.number + 1)
    }

    /// Number of its site, from 0.
    #[must_use]
    pub const fn site(self) -> i64 {
        self.number / 10
    }

    /// Whether it charges with direct current.
    #[must_use]
    pub const fn is_fast(self) -> bool {
        self.power >= 50_000
    }
}

/// A driver's stay at an EVSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// From 0, by EVSE and time.
    pub number: i64,
    /// The station.
    pub station: Station,
    /// 1 or 2.
    pub evse: i64,
    /// When the driver comes, milliseconds since 1970.
    pub arrives: i64,
    /// When the driver means to leave.
    pub leaves: i64,
}

/// All visits, in order of arrival.
pub(crate) fn visits(scenario: &Scenario) -> Vec<Visit> {
    let (from, to) = (scenario.from.0, scenario.to.0.max(scenario.from.0));
    let stations = i64::from(scenario.stations.max(1));
    let evses = stations * 2;
    let sessions = i64::from(scenario.sessions);
    let total = demand(from, to);
    let mut visits = Vec::new();
    for place in 0..evses {
        let station = Station::of(scenario, place / 2);
        let count = sessions / evses + i64::from(place < sessions % evses);
        for turn in 0..count {
            let edge = |turn: i64| instant(from, to, total * turn / count.max(1));
            let number = i64::try_from(visits.len()).unwrap_or(i64::MAX);
            let slot = (edge(turn), edge(turn + 1) - scenario.pace.of(GAP));
            let times = times(scenario, station, number, slot);
            visits.push(Visit {
                number,
                station,
                evse: place % 2 + 1,
                arrives: times.0,
                leaves: times.1,
            });
        }
    }
    visits.sort_by_key(|visit| (visit.arrives, visit.number));
    visits
}

fn times(scenario: &Scenario, station: Station, number: i64, slot: (i64, i64)) -> (i64, i64) {
    let mut draw = Draw::of(scenario.seed, &["times", &number.to_string()]);
    let pace = scenario.pace;
    let width = (slot.1 - slot.0).max(pace.of(2 * MINUTE));
    let arrives = slot.0 + draw.between(0..=width * 4 / 10);
    let rest = slot.0 + width - arrives;
    let wish = if station.is_fast() {
        draw.between(15 * MINUTE..=70 * MINUTE)
    } else {
        draw.between(30 * MINUTE..=9 * HOUR)
    };
    (arrives, arrives + pace.of(wish).min(rest))
}

/// Demand of the time, in weights times milliseconds.
fn demand(from: i64, to: i64) -> i64 {
    hours(from, to)
        .map(|(start, end, weight)| (end - start) * weight)
        .sum()
}

/// The instant by which so much of the demand has come.
fn instant(from: i64, to: i64, wanted: i64) -> i64 {
    let mut left = wanted;
    for (start, end, weight) in hours(from, to) {
        let here = (end - start) * weight;
        if left < here {
            return start + left / weight;
        }
        left -= here;
    }
    to
}

/// The time in stretches within one hour of the day, with their weights.
fn hours(from: i64, to: i64) -> impl Iterator<Item = (i64, i64, i64)> {
    let mut at = from;
    std::iter::from_fn(move || {
        if at >= to {
            return None;
        }
        let hour = at.div_euclid(HOUR);
        let start = at;
        at = ((hour + 1) * HOUR).min(to);
        let place = usize::try_from(hour.rem_euclid(24)).unwrap_or(0);
        Some((start, at, DEMAND.get(place).copied().unwrap_or(1)))
    })
}
