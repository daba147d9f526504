//! The prices of a tariff over a span of time, for a session that begins with it.

use crate::calendar::{local, next_strike};
use crate::compile::CompiledTariff;
use crate::market::next_slot;
use crate::restriction::Moment;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::time::Timestamp;

/// Stretches that are told at most: a year of hours.
const STRETCHES_MAX: usize = 9_000;

/// Prices that hold together for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceStretch {
    /// First instant.
    pub from: Timestamp,
    /// First instant that is no longer in it.
    pub to: Timestamp,
    /// Per kWh.
    pub energy: Option<PriceE8>,
    /// Per hour of charging.
    pub time: Option<PriceE8>,
    /// Per hour of parking.
    pub parking_time: Option<PriceE8>,
    /// Once.
    pub flat: Option<PriceE8>,
}

/// The prices between two instants as they are at plug-in: before the first watt hour, the first
/// second, at a power that nobody has measured yet.
#[must_use]
pub fn prices_between(
    tariff: &CompiledTariff,
    (from, to): (Timestamp, Timestamp),
) -> Vec<PriceStretch> {
    let mut found: Vec<PriceStretch> = Vec::new();
    let mut at = from;
    while at < to && found.len() < STRETCHES_MAX {
        let wall = if tariff.strikes.is_empty() {
            None
        } else {
            local(tariff.zone, at, &tariff.strikes)
        };
        let moment = Moment {
            local: wall.as_ref(),
            energy: MilliwattHours::ZERO,
            duration: Milliseconds::ZERO,
            idle: None,
            power: None,
            current: None,
        };
        let next = wall.as_ref().map_or(to, |wall| {
            next_strike(tariff.zone, at, wall, &tariff.strikes).min(to)
        });
        let next = match tariff.market() {
            Some(_) => next.min(next_slot(at)),
            None => next,
        };
        let price = |candidate: Option<&crate::compile::Candidate>| {
            candidate.map(|candidate| tariff.price_of(candidate, (at, from), wall.as_ref()))
        };
        let stretch = PriceStretch {
            from: at,
            to: next,
            energy: price(tariff.energy.in_force(&moment)),
            time: price(tariff.time.in_force(&moment)),
            parking_time: price(tariff.parking.in_force(&moment)),
            flat: price(tariff.flat.in_force(&moment)),
        };
        match found.last_mut() {
            Some(last) if same(last, &stretch) => last.to = next,
            _ => found.push(stretch),
        }
        at = next;
    }
    found
}

fn same(one: &PriceStretch, other: &PriceStretch) -> bool {
    let prices = |stretch: &PriceStretch| {
        let PriceStretch {
            from: _,
            to: _,
            energy,
            time,
            parking_time,
            flat,
        } = *stretch;
        (energy, time, parking_time, flat)
    };
    prices(one) == prices(other)
}
