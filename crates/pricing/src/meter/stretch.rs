//! A stretch of usage in its general form: several volumes that rise evenly, between two instants.

use super::Usage;
use crate::PricingError;
use wattledger_domain::cost::SuspendedByStation;
use wattledger_domain::record::Extent;
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;

/// What was used from where the meter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Until when.
    pub to: Timestamp,
    /// How much in it.
    pub volumes: Volumes,
    /// At which power, milliwatts.
    pub power: Flow,
    /// At which current, milliamperes.
    pub current: Option<Extent<i64>>,
}

/// The power of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// As metered.
    Metered(Extent<i64>),
    /// The mean of the stretch.
    Mean,
    /// Nobody knows: no bound holds.
    Unknown,
}

/// Volumes: energy in mWh, which may be negative, times in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    pub energy: i64,
    pub time: i64,
    pub parking: i64,
}

impl Volumes {
    pub const fn is_zero(&self) -> bool {
        self.energy == 0 && self.time == 0 && self.parking == 0
    }

    pub fn minus(self, less: Self) -> Result<Self, PricingError> {
        let minus = |one: i64, other: i64| one.checked_sub(other).ok_or(PricingError::Overflow);
        Ok(Self {
            energy: minus(self.energy, less.energy)?,
            time: minus(self.time, less.time)?,
            parking: minus(self.parking, less.parking)?,
        })
    }
}

impl Stretch {
    /// Time in which nothing counts.
    pub fn nothing(to: Timestamp) -> Self {
        Self {
            to,
            volumes: Volumes::default(),
            power: Flow::Mean,
            current: None,
        }
    }

    /// Usage as a stretch that begins at `from`.
    #[inline]
    pub fn of(usage: &Usage, from: Timestamp, suspended: SuspendedByStation) -> Self {
        let span = usage.to.since(from).0;
        let (time, parking) = match usage.state {
            ChargingState::Charging => (span, 0),
            ChargingState::SuspendedByVehicle | ChargingState::Connected | ChargingState::Idle => {
                (0, span)
            }
            ChargingState::SuspendedByStation => match suspended {
                SuspendedByStation::Unbilled => (0, 0),
                SuspendedByStation::Time => (span, 0),
                SuspendedByStation::ParkingTime => (0, span),
            },
        };
        Self {
            to: usage.to,
            volumes: Volumes {
                energy: usage.energy.0,
                time,
                parking,
            },
            power: usage
                .power
                .map_or(Flow::Mean, |power| Flow::Metered(Extent::steady(power.0))),
            current: usage.current.map(|current| Extent::steady(current.0)),
        }
    }
}
