//! A meter and the car on it.
//!
//! Invariant: energy is power times time; nothing flows past what the battery needs.

/// Milliseconds of one watt that are one milliwatt hour: 3,600.
const MS_PER_MILLIWATT_HOUR_PER_WATT: i64 = 3_600;

/// A meter with a car.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    /// mWh.
    register: i64,
    /// W.
    power: i64,
    /// mWh.
    need: i64,
    /// mWh.
    delivered: i64,
    /// The last instant that is metered.
    at: i64,
    was_reset: bool,
}

impl Meter {
    /// A meter that shows `register` mWh, and a car that takes `power` W until it has `need` mWh.
    pub const fn new(register: i64, power: i64, need: i64) -> Self {
        Self {
            register,
            power,
            need,
            delivered: 0,
            at: 0,
            was_reset: false,
        }
    }

    pub const fn register(&self) -> i64 {
        self.register
    }

    /// Whether the last instant that is metered lies before.
    pub const fn is_before(&self, at: i64) -> bool {
        self.at < at
    }

    /// An instant, or the last that is metered when it lies before.
    pub fn after(&self, at: i64) -> i64 {
        self.at.max(at)
    }

    pub fn start(&mut self, at: i64) {
        self.at = at;
    }

    /// Meters up to `at`; gives the mean power since the last time, W.
    pub fn run(&mut self, at: i64) -> i64 {
        let span = at - self.at;
        if span <= 0 {
            return 0;
        }
        let most = self.power_now() * span / MS_PER_MILLIWATT_HOUR_PER_WATT;
        let energy = most.min(self.need - self.delivered);
        self.register += energy;
        self.delivered += energy;
        self.at = at;
        energy * MS_PER_MILLIWATT_HOUR_PER_WATT / span
    }

    /// Cars slow down as they fill.
    const fn power_now(&self) -> i64 {
        match self.delivered * 100 / self.need {
            0..80 => self.power,
            80..92 => self.power * 6 / 10,
            _ => self.power * 3 / 10,
        }
    }

    pub const fn is_full(&self) -> bool {
        self.delivered >= self.need
    }

    /// The register falls to zero, once in a stay, after a third of the energy.
    pub fn reset_once(&mut self) {
        if !self.was_reset && self.delivered * 3 >= self.need {
            self.was_reset = true;
            self.register = 0;
        }
    }
}

/// A register as text, Wh with three decimals at most.
pub(in crate::chargers) fn watt_hours(milliwatt_hours: i64) -> String {
    let (whole, rest) = (milliwatt_hours / 1_000, milliwatt_hours % 1_000);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:03}")
    }
}
