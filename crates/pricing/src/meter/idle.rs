//! Parking: since when, what of its fees is withdrawn, and where they are capped.
//!
//! Invariant: a cap is reached at a whole second of parking that depends on prices and caps alone, so that
//! where usage is cut changes nothing, and a block of one second never lifts fees past it.

use super::{Meter, Stretch, cost_of};
use crate::PricingError;
use crate::calendar::Local;
use crate::compile::CompiledTariff;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::price::{ExactCost, PriceE8};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::tariff::{Dimension, IdleFees};

/// The milliseconds of a second.
const SECOND: i64 = 1_000;

impl Meter {
    /// Parking goes on until charging does, or until the vehicle asks for power in vain.
    #[inline]
    pub(super) fn notice_idleness(
        &mut self,
        tariff: &CompiledTariff,
        stretch: &Stretch,
    ) -> Result<(), PricingError> {
        let idles = stretch.volumes.parking > 0 && stretch.volumes.time == 0;
        if idles == self.idle_since.is_some() || stretch.to == self.now {
            return Ok(());
        }
        self.change_idleness(tariff, stretch, idles)
    }

    #[inline(never)]
    fn change_idleness(
        &mut self,
        tariff: &CompiledTariff,
        stretch: &Stretch,
        idles: bool,
    ) -> Result<(), PricingError> {
        let charges = stretch.volumes.time > 0 || stretch.volumes.energy > 0;
        if let (Some(within), true) = (tariff.idle_fees.withdrawn_within, charges)
            && self
                .idle_since
                .is_some_and(|since| self.now.since(since) <= within)
        {
            self.withdraw_stay();
        }
        self.idle_since = idles.then_some(self.now);
        self.stay.clear();
        if idles && tariff.idle_fees.withdrawn_within.is_some() {
            self.note_stay()?;
        }
        if !tariff.idles.is_empty() {
            self.window = None;
        }
        Ok(())
    }

    /// Keeps what the parking steps have come to before a stay.
    fn note_stay(&mut self) -> Result<(), PricingError> {
        for (place, step) in self.steps.iter().enumerate() {
            if step.dimension == Dimension::ParkingTime {
                let place = u16::try_from(place).map_err(|_| PricingError::Overflow)?;
                self.stay.push((place, step.quantity, step.to));
            }
        }
        Ok(())
    }

    /// Takes back what was counted since [`Meter::note_stay`].
    fn withdraw_stay(&mut self) {
        for (place, step) in self.steps.iter_mut().enumerate() {
            if step.dimension == Dimension::ParkingTime {
                let mut kept = self.stay.iter();
                let before = kept.find(|(kept, _, _)| usize::from(*kept) == place);
                step.quantity = before.map_or(0, |(_, quantity, _)| *quantity);
                step.to = before.map_or(step.from, |(_, _, to)| *to);
            }
        }
    }

    /// Begins a day of the calendar where a day's fees are bounded.
    pub(super) fn notice_day(
        &mut self,
        fees: IdleFees,
        wall: Option<&Local>,
    ) -> Result<(), PricingError> {
        if fees.max_per_day.is_none() {
            return Ok(());
        }
        if let Some(date) = wall.and_then(Local::date)
            && self.day.is_none_or(|(day, _)| day != date)
        {
            self.day = Some((date, self.parking()?.0));
        }
        Ok(())
    }

    /// What of a stretch of parking is billed within the caps; what is past them is not.
    pub(super) fn within_caps(
        &self,
        fees: IdleFees,
        place: Option<u16>,
        quantity: i64,
    ) -> Result<i64, PricingError> {
        let capped = fees.max_per_session.is_some() || fees.max_per_day.is_some();
        let step = place.and_then(|place| self.steps.get(usize::from(place)));
        let (true, true, Some(step)) = (capped, quantity > 0, step) else {
            return Ok(quantity);
        };
        let unit = ExactCost::of_time(Milliseconds(1), step.price).ok_or(PricingError::Overflow)?;
        if unit.0 <= 0 {
            return Ok(quantity);
        }
        let (spent, counted) = self.parking()?;
        // What was withdrawn since midnight is not owed back.
        let at_midnight = self.day.map_or(0, |(_, cost)| cost.min(spent));
        let of_session = left(fees.max_per_session, spent)?;
        let of_day = left(fees.max_per_day, spent.saturating_sub(at_midnight))?;
        let Some(left) = of_session.into_iter().chain(of_day).min() else {
            return Ok(quantity);
        };
        let affordable = left
            .max(0)
            .checked_div(unit.0)
            .ok_or(PricingError::Overflow)?;
        let most = i64::try_from(affordable)
            .unwrap_or(i64::MAX)
            .saturating_add(counted);
        let most = most.saturating_sub(most.rem_euclid(SECOND));
        Ok(quantity.min(most.saturating_sub(counted).max(0)))
    }

    /// What parking has cost so far, exactly, and how long it was billed.
    fn parking(&self) -> Result<(i128, i64), PricingError> {
        let mut parking = self.steps.iter().filter(|step| {
            step.dimension == Dimension::ParkingTime && step.step_size != PricedStep::OUTSIDE_BLOCKS
        });
        parking.try_fold((0, 0), |(cost, time): (i128, i64), step: &PricedStep| {
            let more = cost_of(step, step.quantity)?.0;
            let cost = cost.checked_add(more).ok_or(PricingError::Overflow)?;
            let time = time
                .checked_add(step.quantity)
                .ok_or(PricingError::Overflow)?;
            Ok((cost, time))
        })
    }
}

/// What is left of a cap, exactly.
fn left(cap: Option<PriceE8>, spent: i128) -> Result<Option<i128>, PricingError> {
    let Some(cap) = cap else { return Ok(None) };
    let cap = ExactCost::of_flat(cap).ok_or(PricingError::Overflow)?;
    cap.0
        .checked_sub(spent)
        .map(Some)
        .ok_or(PricingError::Overflow)
}
