//! How fast people and meters are: as in the field, or hurried so that a short run has whole sessions.

const MINUTE: i64 = 60_000;
/// What a stay takes in the field, about.
const STAY: i64 = 30 * MINUTE;

/// How fast people and meters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Waits and stays are so many times shorter than in the field; cars need and prices are so many
    /// times less and dearer, so that a stay costs what it does in the field. At least 1.
    pub haste: i64,
    /// A charging EVSE is read every 1, 2, 3 or 5 times this, ms. At least 1.
    pub reading: i64,
}

impl Pace {
    /// As in the field: readings every 1 to 5 minutes.
    pub const FIELD: Self = Self {
        haste: 1,
        reading: MINUTE,
    };

    /// So that a stay takes a slot of so many ms, and that readings alone are 60 % of one event
    /// every `quiet` ms: the mean of 1, 1/2, 1/3 and 1/5 is 0.508, and 0.508 / 0.6 = 0.85.
    pub(super) fn of_stays(slot: i64, quiet: i64) -> Self {
        let wanted = STAY.checked_div(slot.max(1)).unwrap_or(1);
        let hastes = [256, 128, 64, 32, 16, 8, 4, 2];
        let haste = hastes.into_iter().find(|haste| wanted >= *haste);
        Self {
            haste: haste.unwrap_or(1),
            reading: quiet
                .saturating_mul(85)
                .checked_div(100)
                .unwrap_or(1)
                .max(1),
        }
    }

    /// A span of people, ms, at this pace.
    #[must_use]
    pub fn of(self, span: i64) -> i64 {
        span.checked_div(self.haste.max(1)).unwrap_or(span).max(1)
    }
}
