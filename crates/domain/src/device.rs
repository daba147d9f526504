//! Device profiles: what is known of a model's meters, so that what it tells is read as it is meant.
//!
//! Values stay as they were told; a profile says how they are read. Invariant: a profile is matched by what
//! a station says of itself, never by what its readings look like.

use crate::ids::DeviceProfileId;
use crate::quantity::MilliwattHours;
use crate::session::ChargingState;
use std::cmp::Ordering;

/// What is known of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceProfile {
    /// Its id.
    pub id: DeviceProfileId,
    /// Maker, as the station tells it; upper and lower case are one.
    pub vendor: Box<str>,
    /// Model; `None` for all of the maker's.
    pub model: Option<Box<str>>,
    /// First firmware version; `None` for all before `firmware_before`.
    pub firmware_from: Option<Box<str>>,
    /// First firmware version that it no longer holds for.
    pub firmware_before: Option<Box<str>>,
    /// What is known.
    pub facts: DeviceFacts,
}

/// What a station says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Maker.
    pub vendor: Option<Box<str>>,
    /// Model.
    pub model: Option<Box<str>>,
    /// Firmware version.
    pub firmware: Option<Box<str>>,
}

/// How a model's readings are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Of every energy: registers, intervals, start and end.
    pub energy: Scale,
    /// Of every power.
    pub power: Scale,
    /// What its total register counts from; `None` where each session shows it.
    pub register: Option<RegisterKind>,
    /// The register begins again from 0 here; `None` where it never does.
    pub rollover: Option<MilliwattHours>,
    /// Which charging states are believed.
    pub states: TrustedStates,
}

/// By how much a value differs from what its label says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// As labelled.
    #[default]
    AsLabelled,
    /// Thousands called units: kWh called Wh.
    Thousandfold,
    /// Units called thousands: Wh called kWh.
    Thousandth,
}

/// What a total register counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegisterKind {
    /// The meter's installation.
    Lifetime,
    /// The start of each session.
    PerSession,
}

/// Charging states that are believed, a bit for each in order of the enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedStates(u8);

impl DeviceFacts {
    /// What is assumed of a model that nobody has described.
    pub const ASSUMED: Self = Self {
        energy: Scale::AsLabelled,
        power: Scale::AsLabelled,
        register: None,
        rollover: None,
        states: TrustedStates::ALL,
    };
}

impl Scale {
    /// A value as it is meant, in the unit of its label; one that does not fit is the largest.
    #[must_use]
    pub const fn read(self, told: i64) -> i64 {
        match self {
            Self::AsLabelled => told,
            Self::Thousandfold => told.saturating_mul(1_000),
            Self::Thousandth => told.div_euclid(1_000),
        }
    }
}

impl TrustedStates {
    /// All of them.
    pub const ALL: Self = Self(0b1_1111);
    /// None of them.
    pub const NONE: Self = Self(0);

    const fn bit(state: ChargingState) -> u8 {
        match state {
            ChargingState::Connected => 1,
            ChargingState::Charging => 2,
            ChargingState::SuspendedByVehicle => 4,
            ChargingState::SuspendedByStation => 8,
            ChargingState::Idle => 16,
        }
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, state: ChargingState) -> Self {
        Self(self.0 | Self::bit(state))
    }

    /// Whether one is believed.
    #[must_use]
    pub const fn has(self, state: ChargingState) -> bool {
        self.0 & Self::bit(state) != 0
    }
}

impl DeviceProfile {
    /// Whether it is about a device: one that does not say its model or firmware is not about one
    /// that a profile asks for.
    #[must_use]
    pub fn is_about(&self, device: &Device) -> bool {
        let same = |told: &Option<Box<str>>, wanted: &str| {
            let told = told.as_deref().map(str::trim);
            told.is_some_and(|told| told.eq_ignore_ascii_case(wanted.trim()))
        };
        let of_model = self.model.as_deref();
        if !same(&device.vendor, &self.vendor)
            || !of_model.is_none_or(|model| same(&device.model, model))
        {
            return false;
        }
        match (&self.firmware_from, &self.firmware_before, &device.firmware) {
            (None, None, _) => true,
            (_, _, None) => false,
            (from, before, Some(told)) => {
                let from = from.as_deref();
                let before = before.as_deref();
                from.is_none_or(|from| compare_versions(from, told) != Ordering::Greater)
                    && before.is_none_or(|before| compare_versions(told, before) == Ordering::Less)
            }
        }
    }

    /// How narrow it is: of several that match, the narrowest holds.
    #[must_use]
    pub fn narrowness(&self) -> u8 {
        let ranged = self.firmware_from.is_some() || self.firmware_before.is_some();
        u8::from(self.model.is_some())
            .saturating_mul(2)
            .saturating_add(u8::from(ranged))
    }
}

/// Orders firmware versions: runs of digits by number, all else by letter, so that 1.9 is before 1.10.
#[must_use]
pub fn compare_versions(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.trim(), other.trim());
    loop {
        let ordering = match (one.is_empty(), other.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {
                let (run, rest) = first_run(one);
                let (other_run, other_rest) = first_run(other);
                (one, other) = (rest, other_rest);
                compare_runs(run, other_run)
            }
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// The leading run of digits, or of all else.
fn first_run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|letter: char| letter.is_ascii_digit());
    let end = text.find(|letter: char| letter.is_ascii_digit() != digits);
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

fn compare_runs(one: &str, other: &str) -> Ordering {
    let number = |run: &str| run.starts_with(|letter: char| letter.is_ascii_digit());
    if number(one) && number(other) {
        let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
        return one.len().cmp(&other.len()).then_with(|| one.cmp(other));
    }
    one.cmp(other)
}

/// What a session's data say of its device that its profile does not: what a profile should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceSuggestion {
    /// Energies are as labelled.
    EnergyAsLabelled,
    /// Energies are kWh called Wh.
    EnergyThousandfold,
    /// Energies are Wh called kWh.
    EnergyThousandth,
    /// Powers are as labelled.
    PowerAsLabelled,
    /// Powers are kW called W.
    PowerThousandfold,
    /// Powers are W called kW.
    PowerThousandth,
    /// The register counts from the meter's installation.
    RegisterLifetime,
    /// The register counts from each session's start.
    RegisterPerSession,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(model: Option<&str>, from: Option<&str>, before: Option<&str>) -> DeviceProfile {
        DeviceProfile {
            id: DeviceProfileId::new("p"),
            vendor: "Acme".into(),
            model: model.map(Into::into),
            firmware_from: from.map(Into::into),
            firmware_before: before.map(Into::into),
            facts: DeviceFacts::ASSUMED,
        }
    }

    fn device(model: &str, firmware: Option<&str>) -> Device {
        Device {
            vendor: Some("ACME ".into()),
            model: Some(model.into()),
            firmware: firmware.map(Into::into),
        }
    }

    #[test]
    fn a_range_of_firmware_counts_numbers_not_letters_and_ends_before_its_end() {
        let ranged = profile(Some("Wall 2"), Some("1.9"), Some("1.12.0"));
        for (firmware, expect) in [
            ("1.8.9", false),
            ("1.9", true),
            ("1.10.3-rc2", true),
            ("1.12", true),
            ("1.12.0", false),
            ("2.0", false),
        ] {
            let device = device("wall 2", Some(firmware));
            assert_eq!(ranged.is_about(&device), expect, "{firmware}");
        }
        assert!(!ranged.is_about(&device("Wall 2", None)));
        assert!(!ranged.is_about(&device("Wall 3", Some("1.10"))));
    }

    #[test]
    fn all_models_of_a_maker_and_all_firmwares_are_one_profile_but_a_narrower_one_is_narrower() {
        let wide = profile(None, None, None);
        assert!(wide.is_about(&device("any", None)));
        assert!(!wide.is_about(&Device::default()));
        let (model, ranged) = (
            profile(Some("Wall 2"), None, None),
            profile(Some("Wall 2"), None, Some("2")),
        );
        assert!(wide.narrowness() < model.narrowness() && model.narrowness() < ranged.narrowness());
    }
}
