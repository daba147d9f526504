//! The line between two readings: energy taken to rise evenly with time.

use crate::PricingError;
use wattledger_domain::quantity::{Milliseconds, Milliwatts};
use wattledger_domain::time::Timestamp;

/// Energy rising evenly from `low` to `high` between two instants.
pub struct Line {
    pub from: Timestamp,
    pub to: Timestamp,
    pub low: i64,
    pub high: i64,
}

impl Line {
    /// The first edge inside the line as an instant and an energy, if there is one.
    ///
    /// What is not whole is rounded down, so that the remainder goes to the later side.
    pub fn cut(
        &self,
        until: Timestamp,
        below: i64,
    ) -> Result<Option<(Timestamp, i64)>, PricingError> {
        let reached = if below < self.high {
            Some(self.instant_of(below)?)
        } else {
            None
        };
        if until < self.to && reached.is_none_or(|reached| reached >= until) {
            return Ok(Some((until, self.energy_at(until)?)));
        }
        Ok(reached.map(|reached| (reached, below)))
    }

    fn energy_at(&self, at: Timestamp) -> Result<i64, PricingError> {
        let part = share(self.rise()?, at.since(self.from).0, self.span()?)?;
        self.low.checked_add(part).ok_or(PricingError::Overflow)
    }

    fn instant_of(&self, energy: i64) -> Result<Timestamp, PricingError> {
        let risen = energy.checked_sub(self.low).ok_or(PricingError::Overflow)?;
        Ok(self
            .from
            .plus(Milliseconds(share(self.span()?, risen, self.rise()?)?)))
    }

    fn rise(&self) -> Result<i64, PricingError> {
        self.high
            .checked_sub(self.low)
            .ok_or(PricingError::Overflow)
    }

    fn span(&self) -> Result<i64, PricingError> {
        self.to
            .0
            .checked_sub(self.from.0)
            .ok_or(PricingError::Overflow)
    }
}

/// Energy over time: a mWh per ms is 3.6 × 10⁶ mW. `None` for no time.
pub fn mean_power(line: &Line) -> Option<Milliwatts> {
    let energy = i128::from(line.rise().ok()?);
    let power = energy
        .checked_mul(3_600_000)?
        .checked_div(i128::from(line.span().ok()?))?;
    i64::try_from(power).ok().map(Milliwatts)
}

/// `total × part ÷ whole`, rounded down.
fn share(total: i64, part: i64, whole: i64) -> Result<i64, PricingError> {
    let product = i128::from(total)
        .checked_mul(i128::from(part))
        .ok_or(PricingError::Overflow)?;
    let share = product
        .checked_div(i128::from(whole))
        .ok_or(PricingError::Overflow)?;
    i64::try_from(share).map_err(|_| PricingError::Overflow)
}
