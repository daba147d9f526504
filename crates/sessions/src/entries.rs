//! What a session keeps of a field event: times judged, readings that billing can use.

use crate::samples::{Entry, What, state_code};
use wattledger_domain::charging::{ConnectorStatus, FieldEvent, Measurand, MeterSample, Phase};
use wattledger_domain::ids::TransactionId;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;

/// A clock further ahead than this is not trusted (design §2).
const AHEAD: Milliseconds = Milliseconds::minutes(5);

/// Readings of one event are no further apart.
const BATCH: Milliseconds = Milliseconds::minutes(24 * 60);

/// Whether the charger's clock can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Trusted,
    Suspect,
}

/// When an event happened: by the charger, or when it was received if its clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) at: Timestamp,
    pub(crate) clock: Clock,
    /// The latest instant that can be believed.
    latest: Timestamp,
    /// What puts a clock right that is not believed: from the event's own time to its receipt.
    shift: Milliseconds,
}

impl Judged {
    /// Ticks rest while nothing comes: intake's own clock counts as well as the last tick.
    pub(crate) fn of(event: &FieldEvent, now: Timestamp) -> Self {
        let latest = now.max(event.received_at).plus(AHEAD);
        let trusted = (Timestamp::EARLIEST_TRUSTED..=latest).contains(&event.occurred_at);
        if trusted {
            Self {
                at: event.occurred_at,
                clock: Clock::Trusted,
                latest,
                shift: Milliseconds::ZERO,
            }
        } else {
            Self {
                at: event.received_at,
                clock: Clock::Suspect,
                latest,
                shift: event.received_at.since(event.occurred_at),
            }
        }
    }

    fn sample(self, at: Timestamp) -> Timestamp {
        let trusted = (Timestamp::EARLIEST_TRUSTED..=self.latest).contains(&at);
        if self.clock == Clock::Trusted {
            return if trusted { at } else { self.at };
        }
        // A wrong clock still tells how far apart its readings are.
        let estimated = at.plus(self.shift);
        if (self.at.minus(BATCH)..=self.at).contains(&estimated) {
            estimated
        } else {
            self.at
        }
    }
}

/// The readings that billing can use.
pub(crate) fn of_samples(
    samples: &[MeterSample],
    judged: Judged,
) -> impl Iterator<Item = Entry> + '_ {
    samples.iter().filter_map(move |sample| {
        let what = kept(sample)?;
        Some(Entry {
            at: judged.sample(sample.at),
            what,
            value: sample.value,
        })
    })
}

/// The reading's kind; `None` for what no price depends on, and for registers below zero.
const fn kept(sample: &MeterSample) -> Option<What> {
    let what = match (sample.measurand, sample.phase) {
        (Measurand::EnergyImportRegister, Phase::Total) => What::Total,
        (Measurand::EnergyImportRegister, Phase::L1) => What::PhaseOne,
        (Measurand::EnergyImportRegister, Phase::L2) => What::PhaseTwo,
        (Measurand::EnergyImportRegister, Phase::L3) => What::PhaseThree,
        (Measurand::EnergyImportInterval, Phase::Total) => What::Interval,
        (Measurand::EnergyNet, Phase::Total) => return Some(What::Net),
        (Measurand::PowerImport, Phase::Total) => return Some(What::Power),
        (Measurand::CurrentImport, Phase::Total) => return Some(What::Current),
        (
            Measurand::EnergyImportRegister
            | Measurand::EnergyImportInterval
            | Measurand::EnergyExportRegister
            | Measurand::EnergyNet
            | Measurand::PowerImport
            | Measurand::PowerOffered
            | Measurand::CurrentImport
            | Measurand::Voltage
            | Measurand::StateOfCharge,
            _,
        ) => return None,
    };
    if sample.value < 0 { None } else { Some(what) }
}

pub(crate) fn of_state(state: ChargingState, at: Timestamp) -> Entry {
    Entry {
        at,
        what: What::State,
        value: state_code(state),
    }
}

/// The charging state that a connector's status implies; `None` when it implies none.
pub(crate) fn of_status(status: ConnectorStatus, at: Timestamp) -> Option<Entry> {
    let state = match status {
        ConnectorStatus::Charging => ChargingState::Charging,
        ConnectorStatus::SuspendedByStation => ChargingState::SuspendedByStation,
        ConnectorStatus::SuspendedByVehicle => ChargingState::SuspendedByVehicle,
        ConnectorStatus::Finishing => ChargingState::Idle,
        ConnectorStatus::Available
        | ConnectorStatus::Preparing
        | ConnectorStatus::Reserved
        | ConnectorStatus::Unavailable
        | ConnectorStatus::Faulted
        | ConnectorStatus::Occupied => return None,
    };
    Some(Entry {
        at,
        what: What::StatusState,
        value: state_code(state),
    })
}

/// A transaction id that means something: -1, 0 and the largest integer do not (ev-domain §2, 6).
pub(crate) fn meant(transaction: Option<&TransactionId>) -> Option<&TransactionId> {
    transaction.filter(|id| !matches!(id.as_str(), "" | "-1" | "0" | "9223372036854775807"))
}
