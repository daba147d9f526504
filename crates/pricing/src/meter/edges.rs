//! Where a price may change next: by time, by energy, by time since charging ended.

use super::Meter;
use crate::calendar::{Local, later_local, next_strike};
use crate::compile::CompiledTariff;
use crate::market::next_slot;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

impl Meter {
    /// The wall clock, where a price depends on it.
    pub(super) fn wall(&self, tariff: &CompiledTariff) -> Option<Local> {
        if tariff.strikes.is_empty() {
            return None;
        }
        let known = self.window.and_then(|window| window.offset);
        later_local((tariff.zone, known), self.now, &tariff.strikes)
    }

    pub(super) fn next_edge(&self, tariff: &CompiledTariff, wall: Option<&Local>) -> Timestamp {
        const NEVER: Timestamp = Timestamp(i64::MAX);
        let duration = above(&tariff.durations, self.now.since(self.started_at).0);
        let by_duration = duration.map_or(NEVER, |duration| {
            self.started_at.plus(Milliseconds(duration))
        });
        let by_idleness = self.idle_since.and_then(|since| {
            let idle = above(&tariff.idles, self.now.since(since).0)?;
            Some(since.plus(Milliseconds(idle)))
        });
        let by_span = by_duration.min(by_idleness.unwrap_or(NEVER));
        let by_span = match tariff.market() {
            Some(_) => by_span.min(next_slot(self.now)),
            None => by_span,
        };
        let busy = tariff.busy.as_ref();
        let by_occupancy = busy.and_then(|busy| busy.next_change(self.now));
        let by_span = by_span.min(by_occupancy.unwrap_or(NEVER));
        wall.map_or(by_span, |wall| {
            next_strike(tariff.zone, self.now, wall, &tariff.strikes).min(by_span)
        })
    }

    /// The energy until a price may change by energy alone.
    pub(crate) fn energy_to_next_change(&self, tariff: &CompiledTariff) -> Option<i64> {
        above(&tariff.energies, self.energy.0)?.checked_sub(self.energy.0)
    }

    /// The next instant at which a price may change by time alone.
    #[must_use]
    pub fn next_change(&self, tariff: &CompiledTariff) -> Option<Timestamp> {
        let edge = self.next_edge(tariff, self.wall(tariff).as_ref());
        (edge.0 < i64::MAX).then_some(edge)
    }
}

/// The least of sorted thresholds that is above a value.
pub fn above(thresholds: &[i64], value: i64) -> Option<i64> {
    thresholds
        .get(thresholds.partition_point(|threshold| *threshold <= value))
        .copied()
}

/// The greatest of sorted thresholds that is not above a value.
pub fn at_most(thresholds: &[i64], value: i64) -> Option<i64> {
    let above = thresholds.partition_point(|threshold| *threshold <= value);
    thresholds.get(above.checked_sub(1)?).copied()
}
