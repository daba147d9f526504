//! What is counted: a step per component and price, and quantities up to an instant.

use super::window::Places;
use super::{Meter, Volumes};
use crate::PricingError;
use crate::compile::{Candidate, CompiledTariff};
use wattledger_domain::cost::PricedStep;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::time::Timestamp;

impl Meter {
    /// The step of a component at a price with its block, made when it is first in force; most often it is still the one
    /// `before`.
    pub(super) fn step_of(
        &mut self,
        candidate: &Candidate,
        (price, step_size): (PriceE8, i32),
        before: Option<u16>,
    ) -> Result<u16, PricingError> {
        let component = &candidate.component;
        let is_its = |step: &PricedStep| {
            step.element == candidate.element
                && step.price == price
                && step.dimension == component.dimension
        };
        if let Some(place) = before
            && self.steps.get(usize::from(place)).is_some_and(is_its)
        {
            return Ok(place);
        }
        let known = self.steps.iter().position(is_its);
        let place = known.unwrap_or(self.steps.len());
        if known.is_none() {
            self.steps.push(PricedStep {
                dimension: component.dimension,
                element: candidate.element,
                quantity: 0,
                price,
                tax: component.tax,
                step_size,
                from: self.now,
                to: self.now,
            });
        }
        u16::try_from(place).map_err(|_| PricingError::Overflow)
    }

    /// Counts what was used up to an instant.
    #[inline]
    pub(super) fn add(
        &mut self,
        tariff: &CompiledTariff,
        places: Places,
        (to, volumes): (Timestamp, Volumes),
    ) -> Result<(), PricingError> {
        let energy = self
            .energy
            .0
            .checked_add(volumes.energy)
            .ok_or(PricingError::Overflow)?;
        self.count(places.energy, volumes.energy, to)?;
        self.count(places.time, volumes.time, to)?;
        if volumes.parking != 0 {
            let parking = self.within_caps(tariff.idle_fees, places.parking, volumes.parking)?;
            let until = if parking == volumes.parking {
                to
            } else {
                to.min(self.now.plus(Milliseconds(parking)))
            };
            self.count(places.parking, parking, until)?;
        }
        self.energy = MilliwattHours(energy);
        self.now = to;
        Ok(())
    }

    #[inline]
    fn count(
        &mut self,
        place: Option<u16>,
        quantity: i64,
        to: Timestamp,
    ) -> Result<(), PricingError> {
        if quantity == 0 {
            return Ok(());
        }
        let Some(step) = place.and_then(|place| self.steps.get_mut(usize::from(place))) else {
            return Ok(());
        };
        if step.quantity == 0 {
            step.from = self.now;
        }
        step.quantity = step
            .quantity
            .checked_add(quantity)
            .ok_or(PricingError::Overflow)?;
        step.to = to;
        Ok(())
    }
}
