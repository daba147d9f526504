//! The line between two readings: volumes taken to rise evenly with time.

use super::stretch::Volumes;
use crate::PricingError;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// Volumes rising evenly from none, between two instants.
pub struct Line {
    pub from: Timestamp,
    pub to: Timestamp,
    pub volumes: Volumes,
}

impl Line {
    /// The first edge inside the line as an instant and the volumes there, if there is one.
    /// `energy` is the edge that energy comes to, counted from the line's begin.
    ///
    /// What is not whole is rounded towards zero, so that the remainder goes to the later side.
    pub fn cut(
        &self,
        until: Timestamp,
        energy: Option<i64>,
    ) -> Result<Option<(Timestamp, Volumes)>, PricingError> {
        let all = self.volumes.energy;
        let inside = energy.filter(|edge| match all.signum() {
            1 => *edge < all,
            -1 => *edge > all,
            _ => false,
        });
        let reached = inside
            .map(|edge| Ok((edge, self.instant_of(edge)?)))
            .transpose()?;
        if until < self.to && reached.is_none_or(|(_, reached)| reached >= until) {
            return Ok(Some((until, self.volumes_at(until)?)));
        }
        let Some((energy, at)) = reached else {
            return Ok(None);
        };
        let volumes = self.volumes_at(at)?;
        Ok(Some((at, Volumes { energy, ..volumes })))
    }

    fn volumes_at(&self, at: Timestamp) -> Result<Volumes, PricingError> {
        let (gone, span) = (at.since(self.from).0, self.span()?);
        let part = |volume: i64| share(volume, gone, span);
        Ok(Volumes {
            energy: part(self.volumes.energy)?,
            time: part(self.volumes.time)?,
            parking: part(self.volumes.parking)?,
        })
    }

    fn instant_of(&self, energy: i64) -> Result<Timestamp, PricingError> {
        let gone = share(self.span()?, energy, self.volumes.energy)?;
        Ok(self.from.plus(Milliseconds(gone)))
    }

    fn span(&self) -> Result<i64, PricingError> {
        self.to
            .0
            .checked_sub(self.from.0)
            .ok_or(PricingError::Overflow)
    }

    /// Energy over time in milliwatts: a mWh per ms is 3.6 × 10⁶ mW. `None` for no time.
    pub fn mean_power(&self) -> Option<i64> {
        let power = i128::from(self.volumes.energy)
            .checked_mul(3_600_000)?
            .checked_div(i128::from(self.span().ok()?))?;
        i64::try_from(power).ok()
    }
}

/// `total × part ÷ whole`, rounded towards zero; nothing of a whole of nothing.
fn share(total: i64, part: i64, whole: i64) -> Result<i64, PricingError> {
    if total == whole {
        return Ok(part);
    }
    if total == 0 || whole == 0 {
        return Ok(0);
    }
    if let Some(product) = total.checked_mul(part) {
        return product.checked_div(whole).ok_or(PricingError::Overflow);
    }
    let product = i128::from(total)
        .checked_mul(i128::from(part))
        .ok_or(PricingError::Overflow)?;
    let share = product
        .checked_div(i128::from(whole))
        .ok_or(PricingError::Overflow)?;
    i64::try_from(share).map_err(|_| PricingError::Overflow)
}
