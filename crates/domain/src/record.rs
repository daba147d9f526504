//! A charge detail record's periods, as partners state them: volumes, not meter readings.

use crate::ids::TariffId;
use crate::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use crate::time::Timestamp;

/// What a record says of one stretch (OCPI `ChargingPeriod`). An absent volume was not stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPeriod {
    /// First instant.
    pub from: Timestamp,
    /// First instant that is no longer in it: where the next begins, or the record's end.
    pub to: Timestamp,
    /// ENERGY; negative where more was fed back than taken.
    pub energy: Option<MilliwattHours>,
    /// TIME.
    pub time: Option<Milliseconds>,
    /// `PARKING_TIME`.
    pub parking_time: Option<Milliseconds>,
    /// `RESERVATION_TIME`: the period is one of a reservation, before any charging.
    pub reservation_time: Option<Milliseconds>,
    /// Least and greatest power in it.
    pub power: Option<Extent<Milliwatts>>,
    /// Least and greatest current in it, over all phases.
    pub current: Option<Extent<Milliamperes>>,
    /// The tariff that it names.
    pub tariff: Option<TariffId>,
}

/// The least and the greatest of a quantity in a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent<Quantity> {
    /// The least.
    pub least: Quantity,
    /// The greatest.
    pub greatest: Quantity,
}

impl<Quantity: Copy> Extent<Quantity> {
    /// The same all along.
    #[must_use]
    pub const fn steady(quantity: Quantity) -> Self {
        Self {
            least: quantity,
            greatest: quantity,
        }
    }
}

/// How a reservation ended. A record of OCPI does not say it (ocpi/ocpi#395).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReservationEnd {
    /// The driver came, or cancelled.
    #[default]
    Used,
    /// Nobody came before it expired.
    Expired,
}
