//! The meter ledger: from sorted readings to energy that can be proven, stretch by stretch.
//!
//! Running and final are the same function: entries are fed one by one, and a late one is folded by
//! feeding all again. Invariant: energy only rises, by what two plausible readings of one register
//! differ (ev-domain §2, 1, 13, 14, 18).

mod flags;
mod registers;
mod seen;
mod stretches;

pub use flags::Flags;
pub use registers::{Aligned, Start, align};
pub use seen::{Basis, Rules, Seen};

use crate::samples::{Entry, What, state_of};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState, Durations, SessionFlag};
use wattledger_domain::time::Timestamp;

/// A register that runs back by no more than this stands still (a leak between meter cycles).
const LEAK: i64 = 10_000;

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
    /// What the stretches with a metered power come to by it, mWh.
    pub by_power: i64,
    /// What the register rose in them, mWh.
    pub beside_power: i64,
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
            by_power: 0,
            beside_power: 0,
        }
    }

    /// Accounts the next entry in order, and hands out each stretch that it closes.
    pub fn feed(&mut self, entry: Entry, rules: &Rules, out: &mut impl FnMut(&ChargingPeriod)) {
        let at = entry.at.max(self.closed_to);
        let value = rules.read(entry.what, entry.value);
        match entry.what {
            What::State | What::StatusState => {
                let state = state_of(value);
                let asked = entry.what == What::State || !rules.seen.has_own_states();
                if asked && rules.facts.states.has(state) {
                    self.changes.push((at, state));
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

    /// Whether registers and metered power differ by a factor of about 1,000: kWh called Wh, or kW
    /// called W (ev-domain §2, 11). A power is a sample, so that they may well differ by 2 or 5.
    #[must_use]
    pub fn unit_suspect(&self) -> bool {
        /// Less than this is no evidence, mWh.
        const LEAST: i64 = 100_000;
        let (less, more) = if self.by_power < self.beside_power {
            (self.by_power, self.beside_power)
        } else {
            (self.beside_power, self.by_power)
        };
        let factor = more.checked_div(less).unwrap_or(0);
        more >= LEAST && (300..3_000).contains(&factor)
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
        let Basis::Phases(wanted) = rules.seen.basis() else {
            return;
        };
        let mut partial = match self.partial.take() {
            Some(partial) if partial.at == at => partial,
            Some(_) | None => Partial {
                at,
                phases: 0,
                sum: 0,
            },
        };
        if partial.phases & bit == 0 {
            partial.phases |= bit;
            partial.sum = partial.sum.saturating_add(value);
            if partial.phases == wanted {
                self.read(
                    Reading {
                        at,
                        value: partial.sum,
                    },
                    rules,
                    out,
                );
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
            if let Some(early) = self.pending.take() {
                // A register that was passed again later had been reached before it could be.
                let confirmed = (base.value..=reading.value).contains(&early.value);
                self.flags.raise(if confirmed {
                    SessionFlag::PowerImplausible
                } else {
                    SessionFlag::ReadingOutlier
                });
            }
            self.rise(
                base,
                Reading {
                    value: base.value.saturating_add(rise),
                    ..reading
                },
                out,
            );
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
}

/// By how much a register rose, when it can have; one that leaks back a little stands still.
fn plausible(from: Reading, to: Reading, rules: &Rules) -> Option<i64> {
    let rise = to.value.checked_sub(from.value)?;
    if rise < 0 {
        return (rise >= -LEAK).then_some(0);
    }
    rules.allow(rise, to.at.since(from.at)).then_some(rise)
}
