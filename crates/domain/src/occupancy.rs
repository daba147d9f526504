//! How busy a site is: what its operator publishes, slot by slot, so that idle fees may be due only then.
//!
//! Invariant: everything here is keyed in UTC. A bill never rests on a share that nobody had published.

use crate::ids::{SiteId, SiteOccupancyId};
use crate::quantity::Milliseconds;
use crate::time::Timestamp;

/// The part of a site's places to charge that are taken, in per mille: 0 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusyShare(u16);

impl BusyShare {
    /// Every place is taken.
    pub const FULL: Self = Self(1_000);

    /// A share of so many per mille; `None` below 0 or above 1,000.
    #[must_use]
    pub fn of_per_mille(share: i64) -> Option<Self> {
        let share = u16::try_from(share).ok().map(Self)?;
        (share <= Self::FULL).then_some(share)
    }

    /// In per mille.
    #[must_use]
    pub const fn per_mille(self) -> u16 {
        self.0
    }
}

/// How busy a site is in consecutive slots, as one document publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteOccupancy {
    /// The document, such as `berlin-1/2026-11-26`; a later version revises it.
    pub id: SiteOccupancyId,
    /// Whose places.
    pub site: SiteId,
    /// When the first slot begins: a whole five minutes of an hour.
    pub start: Timestamp,
    /// How long each slot is: 5, 10, 15, 20, 30 or 60 minutes.
    pub slot: Milliseconds,
    /// In order; an absent one is not published here.
    pub shares: Vec<Option<BusyShare>>,
}

impl SiteOccupancy {
    /// The grid of every slot: five minutes.
    pub const GRID: Milliseconds = Milliseconds::minutes(5);
    /// The lengths that a slot may have, in minutes.
    pub const SLOT_MINUTES: [i64; 6] = [5, 10, 15, 20, 30, 60];
    /// The most slots of a document: a day of five minutes and an hour.
    pub const SLOTS_MAX: usize = 300;

    /// First instant after the last slot.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        let slots = i64::try_from(self.shares.len()).unwrap_or(i64::MAX);
        let span = self.slot.0.saturating_mul(slots);
        self.start.plus(Milliseconds(span))
    }

    /// The share of the slot that an instant is in; `None` where this document publishes none.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Option<BusyShare> {
        let place = at.since(self.start).0.checked_div_euclid(self.slot.0)?;
        *self.shares.get(usize::try_from(place).ok()?)?
    }
}
