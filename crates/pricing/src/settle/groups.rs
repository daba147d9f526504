//! Exact sums per tax rate.

use super::taxes::Taxes;
use crate::PricingError;
use wattledger_domain::price::{ExactCost, TaxRate};
use wattledger_domain::tariff::TaxIncluded;

/// What has come together at one rate, exactly.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub rate: Option<TaxRate>,
    pub net: i128,
    pub tax: i128,
}

/// The group of a rate, in order of rate, those without tax first.
pub fn group_of(groups: &mut Vec<Group>, rate: Option<TaxRate>) -> &mut Group {
    let place = groups.partition_point(|group| group.rate < rate);
    if groups.get(place).is_none_or(|group| group.rate != rate) {
        groups.insert(
            place,
            Group {
                rate,
                net: 0,
                tax: 0,
            },
        );
    }
    // In bounds: found or inserted just above.
    &mut groups[place]
}

impl Group {
    /// Adds a cost without tax, which is what the net grows by.
    pub fn add_net(&mut self, cost: ExactCost) -> Result<ExactCost, PricingError> {
        self.net = sum(self.net, cost.0)?;
        Ok(cost)
    }

    /// Finds the tax on what came without.
    pub fn find_tax(
        &mut self,
        included: TaxIncluded,
        taxes: Taxes<'_>,
    ) -> Result<(), PricingError> {
        match included {
            TaxIncluded::No => self.tax = taxes.on(self.net, self.rate)?,
            // The one has its tax from its gross, the other has none.
            TaxIncluded::Yes | TaxIncluded::NotApplicable => {}
        }
        Ok(())
    }

    /// Adds a cost with tax; gives back what the net grows by. The group's net is divided out of
    /// its whole gross, so that no more than one unit (10⁻¹⁵ of the currency) is lost, however
    /// many lines there are.
    pub fn add_gross(
        &mut self,
        cost: ExactCost,
        taxes: Taxes<'_>,
    ) -> Result<ExactCost, PricingError> {
        let before = self.net;
        let gross = sum(self.gross()?, cost.0)?;
        self.net = taxes.without(gross, self.rate)?;
        self.tax = gross.checked_sub(self.net).ok_or(PricingError::Overflow)?;
        self.net
            .checked_sub(before)
            .map(ExactCost)
            .ok_or(PricingError::Overflow)
    }

    /// Lets the net grow, and the tax with it.
    pub fn adjust(&mut self, difference: i128, taxes: Taxes<'_>) -> Result<(), PricingError> {
        self.net = sum(self.net, difference)?;
        self.tax = taxes.on(self.net, self.rate)?;
        Ok(())
    }

    pub fn gross(&self) -> Result<i128, PricingError> {
        sum(self.net, self.tax)
    }
}

pub fn net_of(groups: &[Group]) -> Result<i128, PricingError> {
    groups
        .iter()
        .try_fold(0, |total, group| sum(total, group.net))
}

pub fn gross_of(groups: &[Group]) -> Result<i128, PricingError> {
    groups
        .iter()
        .try_fold(0, |total, group| sum(total, group.gross()?))
}

fn sum(one: i128, other: i128) -> Result<i128, PricingError> {
    one.checked_add(other).ok_or(PricingError::Overflow)
}
