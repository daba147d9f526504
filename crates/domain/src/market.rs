//! Prices that follow a market: what an exchange published, and what a tariff makes of it.
//!
//! Invariant: everything here is keyed in UTC. A wall clock that shows an hour twice in autumn cannot
//! tell two prices apart (ocpi/ocpi#534).

use crate::hash::Digest;
use crate::ids::{MarketId, MarketPricesId};
use crate::money::Currency;
use crate::price::PriceE8;
use crate::quantity::Milliseconds;
use crate::session::Pin;
use crate::tariff::Restrictions;
use crate::time::Timestamp;

/// Prices of a market for consecutive slots, as one document publishes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketPrices {
    /// The document, such as `DE-LU/2026-11-26`; a later version revises it.
    pub id: MarketPricesId,
    /// Whose prices.
    pub market: MarketId,
    /// Of all prices.
    pub currency: Currency,
    /// When the first slot begins: a whole quarter of an hour.
    pub start: Timestamp,
    /// How long each slot is: 15, 30 or 60 minutes.
    pub slot: Milliseconds,
    /// Per kWh, in order; an absent one is not published here. May be negative.
    pub prices: Vec<Option<PriceE8>>,
}

impl MarketPrices {
    /// The grid of every slot: a quarter of an hour.
    pub const GRID: Milliseconds = Milliseconds::minutes(15);
    /// The most slots of a document: two days of quarter hours and an hour.
    pub const SLOTS_MAX: usize = 200;

    /// First instant after the last slot.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        let slots = i64::try_from(self.prices.len()).unwrap_or(i64::MAX);
        let span = self.slot.0.saturating_mul(slots);
        self.start.plus(Milliseconds(span))
    }

    /// Beginning and price of the slot that an instant is in; `None` where nothing is published.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Option<(Timestamp, PriceE8)> {
        let place = at.since(self.start).0.checked_div_euclid(self.slot.0)?;
        let price = *self.prices.get(usize::try_from(place).ok()?)?;
        let begin = self.slot.0.checked_mul(place)?;
        Some((self.start.plus(Milliseconds(begin)), price?))
    }
}

/// A version of published prices, with when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// What it says.
    pub prices: MarketPrices,
    /// Its version, from 1.
    pub version: i32,
    /// The hash of its canonical text.
    pub hash: Digest,
    /// First instant at which it is known.
    pub known_from: Timestamp,
    /// First instant at which it is withdrawn.
    pub known_to: Option<Timestamp>,
    /// Logical time at which it was accepted: of two that hold, the one accepted later counts.
    pub recorded_at: Timestamp,
}

impl Publication {
    /// Names it where a bill rests on it.
    #[must_use]
    pub fn pin(&self) -> Pin<MarketPricesId> {
        Pin {
            id: self.prices.id.clone(),
            version: self.version,
            hash: self.hash,
        }
    }

    /// Whether it is known then.
    #[must_use]
    pub fn is_known(&self, at: Timestamp) -> bool {
        self.known_from <= at && self.known_to.is_none_or(|to| at < to)
    }

    /// Which of two that are known counts: the greater.
    #[must_use]
    pub fn rank(&self) -> (Timestamp, &MarketPricesId, i32) {
        (self.recorded_at, &self.prices.id, self.version)
    }
}

/// How the ENERGY price of an element follows a market: spot × factor + markup + grid fee + levy,
/// within floor and cap. Where nobody has published a slot, the component's own price holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketFormula {
    /// Position of the element whose ENERGY price it is.
    pub element: u16,
    /// Which market.
    pub market: MarketId,
    /// What the spot price is multiplied by, in millionths: 1,000,000 is once.
    pub factor: i64,
    /// Added per kWh.
    pub markup: PriceE8,
    /// Added per kWh by time of use: the first whose window holds; none adds nothing.
    pub grid_fees: Vec<GridFee>,
    /// Added per kWh.
    pub levy: PriceE8,
    /// The least per kWh.
    pub floor: Option<PriceE8>,
    /// The most per kWh.
    pub cap: Option<PriceE8>,
    /// Which publication counts.
    pub fixing: Fixing,
}

impl MarketFormula {
    /// A factor of one.
    pub const ONCE: i64 = 1_000_000;
}

/// A fee of the grid by time of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridFee {
    /// When: times of day, dates and weekdays only.
    pub when: Restrictions,
    /// Per kWh.
    pub price: PriceE8,
}

/// Which of several publications of a slot a session is billed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixing {
    /// The one known when the slot begins: later revisions count until then.
    #[default]
    Floating,
    /// The one known when the session began, where there was one; else as floating.
    PlugIn,
}
