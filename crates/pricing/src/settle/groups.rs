//! Exact sums per tax rate.

use super::taxes::Taxes;
use crate::PricingError;
use crate::few::Few;
use wattledger_domain::cost::TaxGroup;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, TaxRate};
use wattledger_domain::tariff::TaxIncluded;

/// What has come together at one rate: exactly, then rounded.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub rate: Option<TaxRate>,
    pub net: i128,
    pub tax: i128,
    pub rounded: Units,
}

/// Amounts in units of the rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    pub net: i64,
    pub tax: i64,
    pub gross: i64,
}

impl Units {
    /// What makes of a net and a tax a gross.
    pub fn of_net(net: i64, tax: i64) -> Result<Self, PricingError> {
        let gross = net.checked_add(tax).ok_or(PricingError::Overflow)?;
        Ok(Self { net, tax, gross })
    }

    /// What makes of a gross and its tax a net.
    pub fn of_gross(gross: i64, tax: i64) -> Result<Self, PricingError> {
        let net = gross.checked_sub(tax).ok_or(PricingError::Overflow)?;
        Ok(Self { net, tax, gross })
    }

    /// What makes of a net and a gross a tax.
    pub fn between(net: i64, gross: i64) -> Result<Self, PricingError> {
        let tax = gross.checked_sub(net).ok_or(PricingError::Overflow)?;
        Ok(Self { net, tax, gross })
    }

    /// The sum of both.
    pub fn plus(self, other: Self) -> Result<Self, PricingError> {
        let plus = |one: i64, other: i64| one.checked_add(other).ok_or(PricingError::Overflow);
        Ok(Self {
            net: plus(self.net, other.net)?,
            tax: plus(self.tax, other.tax)?,
            gross: plus(self.gross, other.gross)?,
        })
    }
}

/// All rates that something came together at, in order of rate, those without tax first.
pub type Groups = Few<Group>;

pub const fn no_groups() -> Groups {
    Few::new(Group::of(None))
}

/// The group of a rate.
pub fn group_of(groups: &mut Groups, rate: Option<TaxRate>) -> &mut Group {
    let known = groups.as_slice();
    let place = known
        .iter()
        .position(|group| group.rate >= rate)
        .unwrap_or(known.len());
    if known.get(place).is_none_or(|group| group.rate != rate) {
        groups.insert(place, Group::of(rate));
    }
    // In bounds: found or inserted just above.
    &mut groups.as_mut_slice()[place]
}

impl Group {
    const fn of(rate: Option<TaxRate>) -> Self {
        Self {
            rate,
            net: 0,
            tax: 0,
            rounded: Units {
                net: 0,
                tax: 0,
                gross: 0,
            },
        }
    }

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

    /// Adds a cost with tax of which nobody asks what the net grows by: [`Group::divide_out`] follows.
    pub fn add_undivided(&mut self, cost: ExactCost) -> Result<ExactCost, PricingError> {
        self.tax = sum(self.tax, cost.0)?;
        Ok(cost)
    }

    /// Finds the net of what [`Group::add_undivided`] came to, as [`Group::add_gross`] would have.
    pub fn divide_out(&mut self, taxes: Taxes<'_>) -> Result<(), PricingError> {
        self.add_gross(ExactCost::ZERO, taxes).map(|_| ())
    }

    /// Lets the net grow, and the tax with it.
    pub fn adjust(&mut self, difference: i128, taxes: Taxes<'_>) -> Result<(), PricingError> {
        self.net = sum(self.net, difference)?;
        self.tax = taxes.on(self.net, self.rate)?;
        Ok(())
    }

    /// Rounded, as money.
    pub fn settled(&self, currency: Currency) -> TaxGroup {
        let money = |minor: i64| Money::new(minor, currency);
        TaxGroup {
            rate: self.rate,
            net: money(self.rounded.net),
            tax: money(self.rounded.tax),
            gross: money(self.rounded.gross),
        }
    }

    pub fn gross(&self) -> Result<i128, PricingError> {
        sum(self.net, self.tax)
    }
}

/// All groups in sum, rounded.
pub fn units_of(groups: &[Group]) -> Result<Units, PricingError> {
    groups
        .iter()
        .try_fold(Units::default(), |sum, group| sum.plus(group.rounded))
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
