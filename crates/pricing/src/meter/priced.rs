//! What a meter has come to.

use super::Meter;
use crate::PricingError;
use crate::compile::CompiledTariff;
use wattledger_domain::cost::{Priced, PricedStep};
use wattledger_domain::price::ExactCost;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::tariff::Dimension;

impl Meter {
    /// The exact price so far.
    #[must_use]
    pub fn priced(&self, tariff: &CompiledTariff) -> Priced {
        let mut steps: Vec<PricedStep> = self
            .steps
            .iter()
            .filter(|step| step.quantity != 0)
            .copied()
            .collect();
        if !steps.is_sorted_by_key(|step| step.from) {
            steps.sort_by_key(|step| step.from);
        }
        Priced {
            currency: tariff.currency,
            tax_included: tariff.tax_included,
            steps,
            min_price: tariff.min_price,
            max_price: tariff.max_price,
            taxes: tariff.taxes.as_deref().map(<[_]>::to_vec),
        }
    }

    /// The exact cost so far as the tariff states prices, before blocks, limits and tax.
    ///
    /// # Errors
    /// [`PricingError::Overflow`].
    pub fn exact_cost(&self) -> Result<ExactCost, PricingError> {
        self.steps.iter().try_fold(ExactCost::ZERO, |sum, step| {
            sum.plus(step_cost(step)?).ok_or(PricingError::Overflow)
        })
    }
}

/// The exact cost of one step.
fn step_cost(step: &PricedStep) -> Result<ExactCost, PricingError> {
    cost_of(step, step.quantity)
}

/// The exact cost of a quantity at a step's price.
#[inline]
pub fn cost_of(step: &PricedStep, quantity: i64) -> Result<ExactCost, PricingError> {
    let cost = match step.dimension {
        Dimension::Energy => ExactCost::of_energy(MilliwattHours(quantity), step.price),
        Dimension::Time | Dimension::ParkingTime => {
            ExactCost::of_time(Milliseconds(quantity), step.price)
        }
        Dimension::Flat => ExactCost::of_flat(step.price),
    };
    cost.ok_or(PricingError::Overflow)
}
