//! A seller's policy: how it rounds, holds, collects and judges.

use crate::cost::{Rounding, UsageRules};
use crate::ids::PolicyId;
use crate::quantity::{Milliseconds, MilliwattHours};

/// How a seller rounds, holds, collects and judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Rounding of every document.
    pub rounding: Rounding,
    /// What of a session counts.
    pub usage: UsageRules,
    /// Card holds.
    pub hold: HoldPolicy,
    /// Collection after the session.
    pub collection: CollectionPolicy,
    /// What is plausible.
    pub plausibility: Plausibility,
    /// How long after an end late events still fold before rating. Default 60 s.
    pub settling_grace: Milliseconds,
    /// How long an inferred end waits for the real one. Default 24 h.
    pub inferred_end_hold: Milliseconds,
    /// How long after rating late events still correct. Default 35 d.
    pub correction_window: Milliseconds,
}

/// How card holds start and grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldPolicy {
    /// The first hold, minor units.
    pub initial_minor: i64,
    /// A partial approval below this is refused, minor units.
    pub floor_minor: i64,
    /// Each increment adds at least this, minor units.
    pub increment_minor: i64,
    /// No more increments than this.
    pub increments_max: i32,
    /// Kept free below the hold for what is used before a stop takes effect, minor units.
    pub reserve_minor: i64,
    /// Released when nobody has plugged in by then.
    pub plug_in_timeout: Milliseconds,
    /// A hold is rotated when its capture deadline is nearer than this.
    pub rotation_margin: Milliseconds,
}

/// How money is collected after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectionPolicy {
    /// Less than this is not charged to a card but written off, minor units.
    pub charge_minimum_minor: i64,
    /// What a correction adds is charged when at least this, else written off, minor units.
    pub correction_minimum_minor: i64,
}

/// What is billed without a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plausibility {
    /// Energy may exceed rated power × time by this factor, in percent (110 = 10 % more).
    pub power_percent: i64,
    /// Longer sessions are held for review.
    pub duration_max: Milliseconds,
    /// Dearer sessions are held for review.
    pub gross_max_minor: i64,
    /// Below this energy and `waiver_duration`, nothing is billed.
    pub waiver_energy: MilliwattHours,
    /// Below this plugged-in time and `waiver_energy`, nothing is billed.
    pub waiver_duration: Milliseconds,
    /// What is billed where the price depends on the time of day and the clock is not believed.
    pub untrusted_clock: UntrustedClock,
}

/// What is billed where the price depends on the time of day and the clock is not believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UntrustedClock {
    /// Nothing before a person has looked.
    #[default]
    Hold,
    /// The lowest price that any time of the week before gives.
    Cheapest,
}
