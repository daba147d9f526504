//! Which readings count, and how much of them can be true.

use crate::samples::{Entry, What};
use wattledger_domain::device::{DeviceFacts, Scale};
use wattledger_domain::quantity::{Milliseconds, Milliwatts};
use wattledger_domain::session::ChargingState;

/// Chargers stamp readings to the second and meters have cycles: a span counts this much longer.
const CYCLE: i64 = 10_000;

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
    /// How the device's readings are read.
    pub facts: DeviceFacts,
}

impl Rules {
    /// A value as the device means it.
    pub(crate) const fn read(&self, what: What, told: i64) -> i64 {
        match what {
            What::Interval
            | What::Net
            | What::PhaseOne
            | What::PhaseTwo
            | What::PhaseThree
            | What::Total => self.facts.energy.read(told),
            What::Power => self.facts.power.read(told),
            What::State | What::StatusState | What::Current => told,
        }
    }

    /// Reads all values at once; from here on they are as they are meant.
    pub(crate) fn read_all(&mut self, entries: &mut [Entry]) {
        if self.facts.energy == Scale::AsLabelled && self.facts.power == Scale::AsLabelled {
            return;
        }
        for entry in entries {
            entry.value = self.read(entry.what, entry.value);
        }
        self.facts.energy = Scale::AsLabelled;
        self.facts.power = Scale::AsLabelled;
    }

    /// A state that is believed; charging, where it is not.
    pub(crate) const fn believed(&self, state: ChargingState) -> ChargingState {
        if self.facts.states.has(state) {
            state
        } else {
            ChargingState::Charging
        }
    }

    /// Whether an EVSE has this power.
    pub(crate) fn has_power(&self, power: i64) -> bool {
        let most = i128::from(self.max_power.0).saturating_mul(i128::from(self.percent));
        i128::from(power).saturating_mul(100) <= most
    }

    /// Whether an EVSE can have given this much in this span.
    pub(crate) fn allow(&self, energy: i64, span: Milliseconds) -> bool {
        let span = i128::from(span.0.saturating_add(CYCLE));
        let power = i128::from(self.max_power.0).saturating_mul(i128::from(self.percent));
        // mW × ms ÷ 3,600,000 is mWh; the percent another 100.
        i128::from(energy).saturating_mul(360_000_000) <= power.saturating_mul(span)
    }
}
