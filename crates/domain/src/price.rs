//! Unit prices, tax rates and exact costs.

use crate::quantity::{Milliseconds, MilliwattHours};

/// A unit price in 10⁻⁸ of the currency per kWh, per hour, or per session. May be negative (spot).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceE8(pub i64);

/// A tax rate in 10⁻⁴ percent (19 % is 190,000; 8.875 % is 88,750).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxRate(pub i64);

impl TaxRate {
    /// The whole, 100 %, in the unit of a rate.
    pub const WHOLE: i64 = 1_000_000;
}

/// An exact cost in units of 10⁻⁸ / 18,000,000 of the currency, in which products of prices with
/// milliwatt hours and with milliseconds are both whole (design §3). Never rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExactCost(pub i128);

impl ExactCost {
    /// Exact units in one whole unit of the currency: 10⁸ × 18,000,000.
    pub const PER_UNIT: i128 = 1_800_000_000_000_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The cost of energy at a price per kWh; `None` past 128 bits.
    #[must_use]
    #[inline]
    pub fn of_energy(energy: MilliwattHours, price: PriceE8) -> Option<Self> {
        // 18,000,000 / 1,000,000 mWh a kWh.
        scaled(energy.0, price.0, 18).map(Self)
    }

    /// The cost of time at a price per hour; `None` past 128 bits.
    #[must_use]
    #[inline]
    pub fn of_time(time: Milliseconds, price: PriceE8) -> Option<Self> {
        // 18,000,000 / 3,600,000 ms an hour.
        scaled(time.0, price.0, 5).map(Self)
    }

    /// The cost of a fixed price, due once.
    #[must_use]
    #[inline]
    pub fn of_flat(price: PriceE8) -> Option<Self> {
        i128::from(price.0).checked_mul(18_000_000).map(Self)
    }

    /// The sum; `None` past 128 bits.
    #[must_use]
    pub const fn plus(self, more: Self) -> Option<Self> {
        match self.0.checked_add(more.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

/// `quantity × price × factor`. Where price times factor fits 64 bits, the product of two such numbers
/// always fits 128: no more is checked, and all takes four instructions instead of two calls.
fn scaled(quantity: i64, price: i64, factor: i64) -> Option<i128> {
    match price.checked_mul(factor) {
        Some(price) => i128::from(quantity).checked_mul(i128::from(price)),
        None => i128::from(quantity)
            .checked_mul(i128::from(price))?
            .checked_mul(i128::from(factor)),
    }
}
