//! What a session's data say of its device, where they do not fit what is known of it.
//!
//! Invariant: a suggestion changes no bill. Whoever knows the device decides, and applies a profile.

use crate::ledger::{Ledger, Rules};
use crate::samples::{Entry, What};
use wattledger_domain::device::{DeviceFacts, DeviceSuggestion, Scale};

/// A rise of less is no evidence of its unit, mWh.
const LEAST: i64 = 100_000;

/// Which unit must be another, if one must (ev-domain §2, 11). Readings are as the device's facts read
/// them; a person is told what the facts should be instead.
pub(super) fn of_units(
    ledger: &Ledger,
    readings: &[Entry],
    rules: &Rules,
    facts: DeviceFacts,
) -> Option<DeviceSuggestion> {
    if ledger.unit_suspect() {
        if ledger.by_power < ledger.beside_power {
            return more(facts.power).map(of_power);
        }
        // The registers are too small, or the power too large: more than the EVSE has decides.
        let power = |entry: &Entry| entry.what == What::Power && !rules.has_power(entry.value);
        return if readings.iter().any(power) {
            less(facts.power).map(of_power)
        } else {
            more(facts.energy).map(of_energy)
        };
    }
    let (pending, base) = (ledger.pending?, ledger.base?);
    let rise = pending.value.checked_sub(base.value)?;
    let span = pending.at.since(base.at);
    let thousandth = Scale::Thousandth.read(rise);
    // A rise from 0 is a start before the meter was read (1).
    let told = base.value != 0 && ledger.rises == 0;
    (told && thousandth >= LEAST && rules.allow(thousandth, span))
        .then(|| less(facts.energy).map(of_energy))
        .flatten()
}

const fn more(scale: Scale) -> Option<Scale> {
    match scale {
        Scale::Thousandth => Some(Scale::AsLabelled),
        Scale::AsLabelled => Some(Scale::Thousandfold),
        Scale::Thousandfold => None,
    }
}

const fn less(scale: Scale) -> Option<Scale> {
    match scale {
        Scale::Thousandfold => Some(Scale::AsLabelled),
        Scale::AsLabelled => Some(Scale::Thousandth),
        Scale::Thousandth => None,
    }
}

const fn of_energy(scale: Scale) -> DeviceSuggestion {
    match scale {
        Scale::AsLabelled => DeviceSuggestion::EnergyAsLabelled,
        Scale::Thousandfold => DeviceSuggestion::EnergyThousandfold,
        Scale::Thousandth => DeviceSuggestion::EnergyThousandth,
    }
}

const fn of_power(scale: Scale) -> DeviceSuggestion {
    match scale {
        Scale::AsLabelled => DeviceSuggestion::PowerAsLabelled,
        Scale::Thousandfold => DeviceSuggestion::PowerThousandfold,
        Scale::Thousandth => DeviceSuggestion::PowerThousandth,
    }
}
