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
        let parts = parts(self.closed_to, to, self.state, &changes);
        let charging = |state: ChargingState| state == ChargingState::Charging;
        let mut whole: i64 = 0;
        for (span, state) in &parts {
            if charging(*state) {
                whole = whole.saturating_add(*span);
            }
        }
        let anywhere = whole == 0;
        if anywhere {
            whole = to.since(self.closed_to).0;
        }
        let takers = parts
            .iter()
            .filter(|(_, state)| anywhere || charging(*state))
            .count();
        if takers > 1 && energy > 0 {
            self.flags.raise(SessionFlag::Interpolated);
        }
        let mut left = (energy, whole);
        for (span, state) in parts {
            let given = if anywhere || charging(state) {
                share(&mut left, span)
            } else {
                0
            };
            let stretch = Stretch {
                to: self.closed_to.plus(Milliseconds(span)),
                energy: given,
                state,
                power,
                current,
            };
            self.hand_out(&stretch, out);
        }
        if left.0 > 0 {
            let state = self.state;
            self.hand_out(
                &Stretch {
                    to,
                    energy: left.0,
                    state,
                    power,
                    current,
                },
                out,
            );
        }
        if let Some((_, state)) = changes.last() {
            self.state = *state;
        }
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

/// The spans of state between two instants; changes at or before the first replace its state.
fn parts(
    from: Timestamp,
    to: Timestamp,
    state: ChargingState,
    changes: &[(Timestamp, ChargingState)],
) -> Vec<(i64, ChargingState)> {
    let mut parts: Vec<(i64, ChargingState)> = Vec::new();
    let (mut since, mut now) = (from, state);
    let mut end = |until: Timestamp, state: ChargingState, since: Timestamp| {
        let span = until.since(since).0;
        match parts.last_mut() {
            Some((last, known)) if *known == state => *last = last.saturating_add(span),
            Some(_) | None if span > 0 => parts.push((span, state)),
            Some(_) | None => {}
        }
    };
    for (at, next) in changes {
        let at = (*at).clamp(from, to);
        end(at, now, since);
        (since, now) = (at, *next);
    }
    end(to, now, since);
    parts
}

/// Takes a part of what is left by time, the last one all of it.
fn share((energy, span): &mut (i64, i64), part: i64) -> i64 {
    let product = i128::from(*energy).saturating_mul(i128::from(part));
    let given = product.checked_div(i128::from(*span)).unwrap_or(0);
    let given = i64::try_from(given).unwrap_or(0);
    *energy = energy.saturating_sub(given);
    *span = span.saturating_sub(part);
    given
}
