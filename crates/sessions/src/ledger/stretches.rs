//! Stretches between readings: cut at changes of state, the energy given to where the car charged.
//!
//! Invariant: the parts of a stretch sum to it, in time and in energy.

use super::Ledger;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState, SessionFlag};
use wattledger_domain::time::Timestamp;

impl Ledger {
    /// Hands out what lies between the last close and `to`, the energy given to the parts in which
    /// the car charged, by time; to all of them when it charged in none.
    pub(super) fn close(
        &mut self,
        to: Timestamp,
        energy: i64,
        out: &mut impl FnMut(&ChargingPeriod),
    ) {
        let (power, current) = (self.power.take(), self.current.take());
        if let Some(power) = power {
            self.compare(power, to.since(self.closed_to), energy);
        }
        if self.changes.is_empty() {
            let stretch = Stretch {
                to,
                energy,
                state: self.state,
                power,
                current,
            };
            self.hand_out(&stretch, out);
            return;
        }
        let later = self.changes.iter().position(|(at, _)| *at > to);
        let rest = later.map_or_else(Vec::new, |place| self.changes.split_off(place));
        let changes = std::mem::replace(&mut self.changes, rest);
        let mut left = energy;
        for part in spread(energy, parts(self.closed_to, to, self.state, &changes)) {
            if part.energy > 0 && part.energy < energy {
                self.flags.raise(SessionFlag::Interpolated);
            }
            left = left.saturating_sub(part.energy);
            let stretch = Stretch {
                to: self.closed_to.plus(part.span),
                energy: part.energy,
                state: part.state,
                power,
                current,
            };
            self.hand_out(&stretch, out);
        }
        if let Some((_, state)) = changes.last() {
            self.state = *state;
        }
        if left > 0 {
            // All of it at one instant.
            let stretch = Stretch {
                to,
                energy: left,
                state: self.state,
                power,
                current,
            };
            self.hand_out(&stretch, out);
        }
    }

    /// Notes what a metered power comes to, beside what the register rose.
    fn compare(&mut self, power: Milliwatts, span: Milliseconds, energy: i64) {
        let product = i128::from(power.0).saturating_mul(i128::from(span.0));
        let by_power = i64::try_from(product / 3_600_000).unwrap_or(i64::MAX);
        self.by_power = self.by_power.saturating_add(by_power.max(0));
        self.beside_power = self.beside_power.saturating_add(energy);
    }

    fn hand_out(&mut self, stretch: &Stretch, out: &mut impl FnMut(&ChargingPeriod)) {
        let span = stretch.to.since(self.closed_to);
        if span.0 <= 0 && stretch.energy == 0 {
            return;
        }
        out(&ChargingPeriod {
            from: self.closed_to,
            to: stretch.to,
            energy: MilliwattHours(stretch.energy),
            state: stretch.state,
            power: stretch.power,
            current: stretch.current,
        });
        let by_state = match stretch.state {
            ChargingState::Charging => &mut self.durations.charging,
            ChargingState::SuspendedByVehicle => &mut self.durations.suspended_by_vehicle,
            ChargingState::SuspendedByStation => &mut self.durations.suspended_by_station,
            ChargingState::Connected | ChargingState::Idle => &mut self.durations.other,
        };
        by_state.0 = by_state.0.saturating_add(span.0);
        self.energy.0 = self.energy.0.saturating_add(stretch.energy);
        self.state = stretch.state;
        self.closed_to = stretch.to;
    }
}

struct Stretch {
    to: Timestamp,
    energy: i64,
    state: ChargingState,
    power: Option<Milliwatts>,
    current: Option<Milliamperes>,
}

/// A part of a stretch in one state.
struct Part {
    span: Milliseconds,
    state: ChargingState,
    energy: i64,
}

/// The parts of a stretch by state, without energy yet.
fn parts(
    from: Timestamp,
    to: Timestamp,
    state: ChargingState,
    changes: &[(Timestamp, ChargingState)],
) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut end = |since: Timestamp, until: Timestamp, state: ChargingState| {
        let span = until.since(since);
        match parts.last_mut() {
            Some(last) if last.state == state => last.span.0 = last.span.0.saturating_add(span.0),
            Some(_) | None if span.0 > 0 => parts.push(Part {
                span,
                state,
                energy: 0,
            }),
            Some(_) | None => {}
        }
    };
    let (mut since, mut now) = (from, state);
    for (at, next) in changes {
        let at = (*at).clamp(from, to);
        end(since, at, now);
        (since, now) = (at, *next);
    }
    end(since, to, now);
    parts
}

/// Gives energy to the parts in which the car charged, by time, or to all when it did in none; what
/// rounding leaves goes to the last of them.
fn spread(energy: i64, mut parts: Vec<Part>) -> Vec<Part> {
    let charged = parts
        .iter()
        .any(|part| part.state == ChargingState::Charging);
    let takes = |part: &&mut Part| !charged || part.state == ChargingState::Charging;
    let mut whole: i64 = 0;
    for part in parts.iter_mut().filter(takes) {
        whole = whole.saturating_add(part.span.0);
    }
    let mut left = energy;
    for part in parts.iter_mut().filter(takes) {
        let product = i128::from(left).saturating_mul(i128::from(part.span.0));
        let share = product.checked_div(i128::from(whole)).unwrap_or(0);
        part.energy = i64::try_from(share).unwrap_or(0);
        left = left.saturating_sub(part.energy);
        whole = whole.saturating_sub(part.span.0);
    }
    parts
}
