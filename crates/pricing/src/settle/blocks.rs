//! `step_size`: energy is rounded up to its block, and so is parking time, or time where nobody
//! parked; once per session, by the component that was active last (OCPI 2.2.1 mod_cdrs
//! `step_size`).

use crate::PricingError;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::tariff::Dimension;

/// What blocks add to which steps.
#[derive(Default)]
pub struct Blocks {
    energy: Option<Surplus>,
    time: Option<Surplus>,
    reservation: Option<Surplus>,
}

#[derive(Clone, Copy)]
struct Surplus {
    place: usize,
    quantity: i64,
}

/// What a step counts towards: a reservation has blocks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Charging and parking.
    Charging,
    /// Reserved time.
    Reservation,
}

impl Blocks {
    /// `counted` says what each step counts towards.
    pub fn of(
        steps: &[PricedStep],
        counted: impl Fn(usize) -> Counted,
    ) -> Result<Self, PricingError> {
        let of = |which: Counted, dimension: Dimension| {
            let steps = steps.iter().enumerate();
            steps.filter({
                let counted = &counted;
                move |(place, step)| step.dimension == dimension && counted(*place) == which
            })
        };
        let parked = of(Counted::Charging, Dimension::ParkingTime);
        let time = if parked.clone().any(|(_, step)| step.quantity > 0) {
            surplus(parked)?
        } else {
            surplus(of(Counted::Charging, Dimension::Time))?
        };
        Ok(Self {
            energy: surplus(of(Counted::Charging, Dimension::Energy))?,
            time,
            reservation: surplus(of(Counted::Reservation, Dimension::Time))?,
        })
    }

    /// What the block adds to a step.
    pub fn surplus_of(&self, place: usize) -> i64 {
        let all = [self.energy, self.time, self.reservation];
        all.into_iter()
            .flatten()
            .filter(|surplus| surplus.place == place)
            .map(|surplus| surplus.quantity)
            .next()
            .unwrap_or(0)
    }
}

fn surplus<'a>(
    steps: impl Iterator<Item = (usize, &'a PricedStep)>,
) -> Result<Option<Surplus>, PricingError> {
    let mut used: i64 = 0;
    let mut last: Option<(usize, &PricedStep)> = None;
    for (place, step) in steps {
        used = used
            .checked_add(step.quantity)
            .ok_or(PricingError::Overflow)?;
        // A piece without volume is never the last active one.
        if step.quantity != 0 && last.is_none_or(|(_, last)| step.to >= last.to) {
            last = Some((place, step));
        }
    }
    let Some((place, step)) = last else {
        return Ok(None);
    };
    // Blocks are whole Wh and whole seconds; quantities thousandths of them.
    let block = i64::from(step.step_size)
        .checked_mul(1_000)
        .ok_or(PricingError::Overflow)?;
    if block <= 0 || used <= 0 {
        return Ok(None);
    }
    let over = used.checked_rem(block).ok_or(PricingError::Overflow)?;
    if over == 0 {
        return Ok(None);
    }
    let quantity = block.checked_sub(over).ok_or(PricingError::Overflow)?;
    Ok(Some(Surplus { place, quantity }))
}
