//! The meter ledger: from sorted readings to energy that can be proven, stretch by stretch.
//!
//! Running and final are the same function: entries are fed one by one, and a late one is folded by
//! feeding all again. Invariant: energy only rises, by what two plausible readings of one register
//! differ (ev-domain §2, 1, 13, 14, 18).

use crate::samples::{Entry, What, state_of};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState, Durations, SessionFlag};
use wattledger_domain::time::Timestamp;

/// A register that runs back by no more than this stands still (a leak between meter cycles).
const LEAK: i64 = 10_000;
/// Chargers stamp readings to the second and meters have cycles: a span counts this much longer.
const CYCLE: i64 = 10_000;

/// What has been made of the readings so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Proven so far.
    pub energy: MilliwattHours,
    /// The last register reading that counts.
    pub base: Option<Reading>,
    /// One that does not fit and waits to be confirmed by the next.
    pub pending: Option<Reading>,
    /// The first register reading that counts.
    pub first: Option<i64>,
    /// Readings that count.
    pub readings: i32,
    /// Rises that count.
    pub rises: i32,
    /// The span between the last two readings.
    pub interval: Milliseconds,
    /// What of a reading by phases has come.
    pub partial: Option<Partial>,
    /// What was odd.
    pub flags: Flags,
    /// Until when stretches have been closed.
    pub closed_to: Timestamp,
    /// The state then.
    pub state: ChargingState,
    /// Changes of state since, in order.
    pub changes: Vec<(Timestamp, ChargingState)>,
    /// Power as metered since.
    pub power: Option<Milliwatts>,
    /// Current as metered since.
    pub current: Option<Milliamperes>,
    /// Time by state.
    pub durations: Durations,
}

/// A register reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// What the register said, mWh.
    pub value: i64,
}

/// Phase registers of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// When.
    pub at: Timestamp,
    /// Which phases have come, as bits 1, 2, 4.
    pub phases: u8,
    /// Their sum.
    pub sum: i64,
}

/// What was odd, a bit for each flag in order of the enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    const ALL: [SessionFlag; 10] = [
        SessionFlag::BaselineSuspect,
        SessionFlag::RegisterReset,
        SessionFlag::ReadingOutlier,
        SessionFlag::PowerImplausible,
        SessionFlag::ClockSuspect,
        SessionFlag::EndInferred,
        SessionFlag::ConflictingEnd,
        SessionFlag::LateEvents,
        SessionFlag::Interpolated,
        SessionFlag::OverranLimit,
    ];

    const fn bit(flag: SessionFlag) -> u16 {
        match flag {
            SessionFlag::BaselineSuspect => 1,
            SessionFlag::RegisterReset => 2,
            SessionFlag::ReadingOutlier => 4,
            SessionFlag::PowerImplausible => 8,
            SessionFlag::ClockSuspect => 16,
            SessionFlag::EndInferred => 32,
            SessionFlag::ConflictingEnd => 64,
            SessionFlag::LateEvents => 128,
            SessionFlag::Interpolated => 256,
            SessionFlag::OverranLimit => 512,
        }
    }

    /// Raises one.
    pub const fn raise(&mut self, flag: SessionFlag) {
        self.0 |= Self::bit(flag);
    }

    /// Whether one is raised.
    #[must_use]
    pub const fn has(self, flag: SessionFlag) -> bool {
        self.0 & Self::bit(flag) != 0
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// In order of the enum.
    #[must_use]
    pub fn list(self) -> Vec<SessionFlag> {
        Self::ALL.into_iter().filter(|flag| self.has(*flag)).collect()
    }
}

/// Which kinds of entry a session has: what its energy and its states are taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Total registers, counted to 2.
    pub totals: u8,
    /// Phases with a register, as bits 1, 2, 4.
    pub phases: u8,
    /// Other kinds: 1 interval, 2 net, 4 the transaction's own state.
    pub others: u8,
}

/// What a session's energy is taken from; kinds are never mixed (ev-domain §2, 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The register over all phases.
    Total,
    /// The sum of these phases' registers, as bits 1, 2, 4.
    Phases(u8),
    /// The sum of intervals.
    Interval,
    /// The net register.
    Net,
}

impl Seen {
    /// Notes an entry that was not there before.
    pub const fn note(&mut self, what: What) {
        match what {
            What::Total => {
                if self.totals < 2 {
                    self.totals = self.totals.saturating_add(1);
                }
            }
            What::PhaseOne => self.phases |= 1,
            What::PhaseTwo => self.phases |= 2,
            What::PhaseThree => self.phases |= 4,
            What::Interval => self.others |= 1,
            What::Net => self.others |= 2,
            What::State => self.others |= 4,
            What::StatusState | What::Power | What::Current => {}
        }
    }

    /// What the energy is taken from: a lone total register proves nothing.
    #[must_use]
    pub const fn basis(self) -> Basis {
        if self.totals >= 2 {
            Basis::Total
        } else if self.phases != 0 {
            Basis::Phases(self.phases)
        } else if self.others & 1 != 0 {
            Basis::Interval
        } else if self.others & 2 != 0 {
            Basis::Net
        } else {
            Basis::Total
        }
    }

    /// Whether states come with the transaction: a connector's status is then not asked (23).
    #[must_use]
    pub const fn has_own_states(self) -> bool {
        self.others & 4 != 0
    }
}

/// What readings are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Rated power of the EVSE.
    pub max_power: Milliwatts,
    /// How much of it a reading may imply, percent.
    pub percent: i64,
    /// Which kinds count.
    pub seen: Seen,
}

impl Rules {
    /// Whether an EVSE can have given this much in this span.
    fn allow(&self, energy: i64, span: Milliseconds) -> bool {
        let span = i128::from(span.0.saturating_add(CYCLE));
        let power = i128::from(self.max_power.0).saturating_mul(i128::from(self.percent));
        // mW × ms ÷ 3,600,000 is mWh; the percent another 100.
        i128::from(energy).saturating_mul(360_000_000) <= power.saturating_mul(span)
    }
}

impl Ledger {
    /// A ledger at the start of a session.
    #[must_use]
    pub const fn start(at: Timestamp, state: ChargingState) -> Self {
        Self {
            energy: MilliwattHours::ZERO,
            base: None,
            pending: None,
            first: None,
            readings: 0,
            rises: 0,
            interval: Milliseconds::ZERO,
            partial: None,
            flags: Flags(0),
            closed_to: at,
            state,
            changes: Vec::new(),
            power: None,
            current: None,
            durations: Durations {
                charging: Milliseconds::ZERO,
                suspended_by_vehicle: Milliseconds::ZERO,
                suspended_by_station: Milliseconds::ZERO,
                other: Milliseconds::ZERO,
            },
        }
    }

    /// Accounts the next entry in order, and hands out each stretch that it closes.
    pub fn feed(&mut self, entry: Entry, rules: &Rules, out: &mut impl FnMut(&ChargingPeriod)) {
        let at = entry.at.max(self.closed_to);
        let value = entry.value;
        match entry.what {
            What::State => self.changes.push((at, state_of(value))),
            What::StatusState => {
                if !rules.seen.has_own_states() {
                    self.changes.push((at, state_of(value)));
                }
            }
            What::Power => self.power = Some(Milliwatts(value)),
            What::Current => self.current = Some(Milliamperes(value)),
            What::Total => {
                if rules.seen.basis() == Basis::Total {
                    self.read(Reading { at, value }, rules, out);
                }
            }
            What::Net => {
                if rules.seen.basis() == Basis::Net {
                    self.read(Reading { at, value }, rules, out);
                }
            }
            What::Interval => {
                if rules.seen.basis() == Basis::Interval {
                    self.interval(at, value, rules, out);
                }
            }
            What::PhaseOne => self.phase(1, at, value, rules, out),
            What::PhaseTwo => self.phase(2, at, value, rules, out),
            What::PhaseThree => self.phase(4, at, value, rules, out),
        }
    }

    /// Closes the last stretch.
    pub fn finish(&mut self, at: Timestamp, out: &mut impl FnMut(&ChargingPeriod)) {
        self.close(at, 0, out);
    }

    fn phase(
        &mut self,
        bit: u8,
        at: Timestamp,
        value: i64,
        rules: &Rules,
        out: &mut impl FnMut(&ChargingPeriod),
    ) {
        let Basis::Phases(wanted) = rules.seen.basis() else { return };
        let mut partial = match self.partial.take() {
            Some(partial) if partial.at == at => partial,
            Some(_) | None => Partial { at, phases: 0, sum: 0 },
        };
        if partial.phases & bit == 0 {
            partial.phases |= bit;
            partial.sum = partial.sum.saturating_add(value);
            if partial.phases == wanted {
                self.read(Reading { at, value: partial.sum }, rules, out);
            }
        }
        self.partial = Some(partial);
    }

    fn interval(
        &mut self,
        at: Timestamp,
        energy: i64,
        rules: &Rules,
        out: &mut impl FnMut(&ChargingPeriod),
    ) {
        let from = self.base.map_or(self.closed_to, |base| base.at);
        if energy < 0 || !rules.allow(energy, at.since(from)) {
            self.flags.raise(SessionFlag::ReadingOutlier);
            return;
        }
        self.readings = self.readings.saturating_add(1);
        self.rises = self.rises.saturating_add(1);
        self.interval = at.since(from);
        self.base = Some(Reading { at, value: 0 });
        self.close(at, energy, out);
    }

    fn read(&mut self, reading: Reading, rules: &Rules, out: &mut impl FnMut(&ChargingPeriod)) {
        let Some(base) = self.base else {
            self.first = Some(reading.value);
            self.readings = 1;
            self.base = Some(reading);
            self.close(reading.at, 0, out);
            return;
        };
        if let Some(rise) = plausible(base, reading, rules) {
            if self.pending.take().is_some() {
                self.flags.raise(SessionFlag::ReadingOutlier);
            }
            self.rise(base, Reading { value: base.value.saturating_add(rise), ..reading }, out);
            return;
        }
        match self.pending {
            Some(pending) if plausible(pending, reading, rules).is_some() => {
                self.begin_segment(base, pending, out);
                let rise = plausible(pending, reading, rules).unwrap_or(0);
                let value = pending.value.saturating_add(rise);
                self.rise(pending, Reading { value, ..reading }, out);
            }
            Some(_) | None => {
                if self.pending.is_some() {
                    self.flags.raise(SessionFlag::ReadingOutlier);
                }
                self.pending = Some(reading);
            }
        }
    }

    fn rise(&mut self, from: Reading, to: Reading, out: &mut impl FnMut(&ChargingPeriod)) {
        let rise = to.value.saturating_sub(from.value);
        self.readings = self.readings.saturating_add(1);
        if rise > 0 {
            self.rises = self.rises.saturating_add(1);
        }
        self.interval = to.at.since(from.at);
        self.base = Some(to);
        self.close(to.at, rise, out);
    }

    /// Two readings agree on another register than the base's: it counts from there (1, 13).
    fn begin_segment(
        &mut self,
        base: Reading,
        from: Reading,
        out: &mut impl FnMut(&ChargingPeriod),
    ) {
        self.pending = None;
        if from.value < base.value {
            self.flags.raise(SessionFlag::RegisterReset);
        } else if self.rises == 0 {
            self.flags.raise(SessionFlag::BaselineSuspect);
            self.first = Some(from.value);
            self.readings = 0;
        } else {
            self.flags.raise(SessionFlag::PowerImplausible);
        }
        self.readings = self.readings.saturating_add(1);
        self.close(from.at, 0, out);
    }

    /// Hands out what lies between the last close and `to`, the energy given to the parts in which
    /// the car charged, by time; to all of them when it charged in none.
    fn close(&mut self, to: Timestamp, energy: i64, out: &mut impl FnMut(&ChargingPeriod)) {
        let (power, current) = (self.power.take(), self.current.take());
        if self.changes.is_empty() {
            let stretch = Stretch { to, energy, state: self.state, power, current };
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
        let takers = parts.iter().filter(|(_, state)| anywhere || charging(*state)).count();
        if takers > 1 && energy > 0 {
            self.flags.raise(SessionFlag::Interpolated);
        }
        let mut left = (energy, whole);
        for (span, state) in parts {
            let given = if anywhere || charging(state) { share(&mut left, span) } else { 0 };
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
            self.hand_out(&Stretch { to, energy: left.0, state, power, current }, out);
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

/// By how much a register rose, when it can have; one that leaks back a little stands still.
fn plausible(from: Reading, to: Reading, rules: &Rules) -> Option<i64> {
    let rise = to.value.checked_sub(from.value)?;
    if rise < 0 {
        return (rise >= -LEAK).then_some(0);
    }
    rules.allow(rise, to.at.since(from.at)).then_some(rise)
}
