//! `step_size`: energy is rounded up to its block, and so is parking time, or time where nobody
//! parked; once per session, by the component that was active last (OCPI 2.2.1 mod_cdrs
//! `step_size`).

use crate::PricingError;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::tariff::Dimension;
use wattledger_domain::time::Timestamp;

/// What blocks add to which steps.
#[derive(Default)]
pub struct Blocks {
    energy: Option<Surplus>,
    time: Option<Surplus>,
    reservation: Option<Surplus>,
}

/// What a block adds to a step.
#[derive(Clone, Copy)]
pub struct Surplus {
    pub place: usize,
    pub quantity: i64,
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
    /// `counted` says what each step counts towards. The steps may come in any order.
    #[inline]
    pub fn of(
        steps: &[PricedStep],
        counted: impl Fn(usize) -> Counted,
    ) -> Result<Self, PricingError> {
        let [mut energy, mut time, mut parking, mut reserved] = [Used::default(); 4];
        for (place, step) in steps.iter().enumerate() {
            let used = match (step.dimension, counted(place)) {
                (Dimension::Energy, Counted::Charging) => &mut energy,
                (Dimension::Time, Counted::Charging) => &mut time,
                (Dimension::ParkingTime, Counted::Charging) => &mut parking,
                (Dimension::Time, Counted::Reservation) => &mut reserved,
                (Dimension::Flat, _)
                | (Dimension::Energy | Dimension::ParkingTime, Counted::Reservation) => continue,
            };
            used.take(place, step)?;
        }
        let time = if parking.any { parking } else { time };
        Ok(Self {
            energy: energy.surplus(steps)?,
            time: time.surplus(steps)?,
            reservation: reserved.surplus(steps)?,
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

/// What a dimension has come to.
#[derive(Clone, Copy, Default)]
pub struct Used {
    quantity: i64,
    /// Whether any step has more than nothing.
    pub any: bool,
    /// The place of the component that was active last, when it ended and when it began.
    last: Option<(usize, Timestamp, Timestamp)>,
}

impl Used {
    #[inline]
    pub fn take(&mut self, place: usize, step: &PricedStep) -> Result<(), PricingError> {
        // A piece without volume is never the last active one, nor is one that is only told.
        if step.quantity == 0 || step.step_size < 0 {
            return Ok(());
        }
        let quantity = self.quantity.checked_add(step.quantity);
        self.quantity = quantity.ok_or(PricingError::Overflow)?;
        self.any |= step.quantity > 0;
        // Of two that end together, as pieces do that end with the session, the one that began later.
        if self
            .last
            .is_none_or(|(_, to, from)| (step.to, step.from) >= (to, from))
        {
            self.last = Some((place, step.to, step.from));
        }
        Ok(())
    }

    #[inline]
    pub fn surplus(self, steps: &[PricedStep]) -> Result<Option<Surplus>, PricingError> {
        let last = self
            .last
            .and_then(|(place, _, _)| Some((place, steps.get(place)?)));
        let Some((place, step)) = last else {
            return Ok(None);
        };
        // Blocks are whole Wh and whole seconds; quantities thousandths of them.
        let block = i64::from(step.step_size)
            .checked_mul(1_000)
            .ok_or(PricingError::Overflow)?;
        if block <= 0 || self.quantity <= 0 {
            return Ok(None);
        }
        let over = self
            .quantity
            .checked_rem(block)
            .ok_or(PricingError::Overflow)?;
        if over == 0 {
            return Ok(None);
        }
        let quantity = block.checked_sub(over).ok_or(PricingError::Overflow)?;
        Ok(Some(Surplus { place, quantity }))
    }
}
