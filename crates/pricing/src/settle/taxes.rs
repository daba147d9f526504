//! Taxes by name: what a place levies on prices that state no rate of their own.
//!
//! Together they are one rate, to the nearest 10⁻⁴ percent, which names their group; what they come to is
//! computed tax by tax, lower stacks first. Invariant: the lines of a group sum to its tax.

use super::rounding::{Part, divided, proportion, rounded_proportion, spread};
use super::{minus, plus};
use crate::PricingError;
use std::collections::BTreeSet;
use wattledger_domain::cost::{Half, TaxGroup};
use wattledger_domain::money::Money;
use wattledger_domain::price::TaxRate;
use wattledger_domain::tax::{NamedTax, TaxLine};

/// The named taxes of a place, and their rate in sum.
#[derive(Clone, Copy)]
pub struct Taxes<'a> {
    named: &'a [NamedTax],
    pub rate: Option<TaxRate>,
}

/// A named tax on an amount, and what it was levied on.
struct Levied<'a> {
    tax: &'a NamedTax,
    base: i128,
    amount: i128,
}

impl<'a> Taxes<'a> {
    pub fn of(named: Option<&'a [NamedTax]>) -> Result<Self, PricingError> {
        let named = named.unwrap_or_default();
        if named.is_empty() {
            return Ok(Self { named, rate: None });
        }
        // A million for each part of the whole: a rate of rates has four places more.
        const SCALE: i128 = 1_000_000;
        let whole = i128::from(TaxRate::WHOLE)
            .checked_mul(SCALE)
            .ok_or(PricingError::Overflow)?;
        let sum = sum_of(&levied(named, whole, exactly)?)?;
        let rate = i64::try_from(divided(sum, SCALE)?).map_err(|_| PricingError::Overflow)?;
        let rate = Some(TaxRate(rate));
        Ok(Self { named, rate })
    }

    /// Whether a group is theirs.
    fn are(&self, rate: Option<TaxRate>) -> bool {
        self.rate.is_some() && rate == self.rate
    }

    /// The exact tax on a net, to the nearest exact unit each.
    pub fn on(&self, net: i128, rate: Option<TaxRate>) -> Result<i128, PricingError> {
        match rate {
            None => Ok(0),
            Some(_) if self.are(rate) => sum_of(&levied(self.named, net, exactly)?),
            Some(rate) => exactly(net, rate),
        }
    }

    /// A gross without its tax, to the nearest exact unit.
    pub fn without(&self, gross: i128, rate: Option<TaxRate>) -> Result<i128, PricingError> {
        match rate {
            None => Ok(gross),
            Some(_) if self.are(rate) => {
                let stacks: BTreeSet<i32> = self.named.iter().map(|tax| tax.stack).collect();
                stacks.iter().rev().try_fold(gross, |gross, stack| {
                    let mut of_stack = self.named.iter().filter(|tax| tax.stack == *stack);
                    let rate = of_stack.try_fold(0_i64, |sum, tax| sum.checked_add(tax.rate.0));
                    divided_out(gross, rate.ok_or(PricingError::Overflow)?)
                })
            }
            Some(rate) => divided_out(gross, rate.0),
        }
    }

    /// The tax on a rounded net: each tax rounded, as EN 16931 and tax offices recompute it.
    pub fn rounded(
        &self,
        net: i64,
        rate: Option<TaxRate>,
        half: Half,
    ) -> Result<i64, PricingError> {
        let on = |base: i128, rate: TaxRate| to_minor(base, rate, half);
        let tax = match rate {
            None => 0,
            Some(_) if self.are(rate) => sum_of(&levied(self.named, i128::from(net), on)?)?,
            Some(rate) => on(i128::from(net), rate)?,
        };
        i64::try_from(tax).map_err(|_| PricingError::Overflow)
    }

    /// The lines of a settled group: as they round by themselves where that sums to the group's tax,
    /// else its tax shared out by their rates, largest remainder first.
    pub fn lines(&self, group: &TaxGroup, half: Half) -> Result<Vec<TaxLine>, PricingError> {
        let Some(rate) = group.rate.filter(|rate| self.are(Some(*rate))) else {
            return Ok(Vec::new());
        };
        let net = i128::from(group.net.minor);
        let each = levied(self.named, net, |base, rate| to_minor(base, rate, half))?;
        let money = |minor: i128| -> Result<Money, PricingError> {
            let minor = i64::try_from(minor).map_err(|_| PricingError::Overflow)?;
            Ok(Money::new(minor, group.net.currency))
        };
        let mut lines = Vec::with_capacity(each.len());
        for levied in &each {
            lines.push(TaxLine {
                group: rate,
                name: levied.tax.name.clone(),
                account_number: levied.tax.account_number.clone(),
                rate: levied.tax.rate,
                base: money(levied.base)?,
                amount: money(levied.amount)?,
            });
        }
        if sum_of(&each)? != i128::from(group.tax.minor) {
            self.share(group, &mut lines)?;
        }
        Ok(lines)
    }

    /// A limit, or rounding the gross first, has moved the tax: each gets its share of what it is.
    fn share(&self, group: &TaxGroup, lines: &mut [TaxLine]) -> Result<(), PricingError> {
        // By what each is of a net that none rounds away, on the whole of the group's tax.
        let weights = levied(self.named, i128::from(TaxRate::WHOLE), exactly)?;
        let whole = sum_of(&weights)?;
        let tax = i128::from(group.tax.minor);
        let mut parts = Vec::with_capacity(lines.len());
        for (place, weight) in weights.iter().enumerate() {
            let product = tax
                .checked_mul(weight.amount)
                .ok_or(PricingError::Overflow)?;
            parts.push(Part::of(place, product, whole.max(1))?);
        }
        spread(&mut parts, tax, |place, minor| {
            if let Some(line) = lines.get_mut(place) {
                line.amount.minor = minor;
            }
        })?;
        // What stacks is levied on what lies below it as it is now billed.
        let mut below = Money::zero(group.net.currency);
        let mut reached: Option<(i32, Money)> = None;
        for (line, weight) in lines.iter_mut().zip(&weights) {
            let base = match reached {
                Some((stack, base)) if stack == weight.tax.stack => base,
                Some(_) | None => plus(group.net, below)?,
            };
            reached = Some((weight.tax.stack, base));
            line.base = base;
            below = plus(below, line.amount)?;
        }
        debug_assert!(minus(group.tax, below).is_ok_and(|left| left.is_zero()));
        Ok(())
    }
}

/// Each tax on a net, lower stacks first, in the order in which a stack names them.
fn levied(
    named: &[NamedTax],
    net: i128,
    tax_on: impl Fn(i128, TaxRate) -> Result<i128, PricingError>,
) -> Result<Vec<Levied<'_>>, PricingError> {
    let mut sorted: Vec<&NamedTax> = named.iter().collect();
    sorted.sort_by_key(|tax| tax.stack);
    let (mut base, mut below, mut stack) = (net, net, None);
    let mut all = Vec::with_capacity(sorted.len());
    for tax in sorted {
        if stack != Some(tax.stack) {
            (base, stack) = (below, Some(tax.stack));
        }
        let amount = tax_on(base, tax.rate)?;
        below = below.checked_add(amount).ok_or(PricingError::Overflow)?;
        all.push(Levied { tax, base, amount });
    }
    Ok(all)
}

fn sum_of(levied: &[Levied<'_>]) -> Result<i128, PricingError> {
    levied.iter().try_fold(0_i128, |sum, one| {
        sum.checked_add(one.amount).ok_or(PricingError::Overflow)
    })
}

/// net × rate, to the nearest exact unit.
fn exactly(net: i128, rate: TaxRate) -> Result<i128, PricingError> {
    proportion(net, rate.0, TaxRate::WHOLE)
}

/// gross ÷ (1 + rate), to the nearest exact unit.
fn divided_out(gross: i128, rate: i64) -> Result<i128, PricingError> {
    let divisor = TaxRate::WHOLE
        .checked_add(rate)
        .ok_or(PricingError::Overflow)?;
    proportion(gross, TaxRate::WHOLE, divisor)
}

fn to_minor(base: i128, rate: TaxRate, half: Half) -> Result<i128, PricingError> {
    rounded_proportion(base, (rate.0, TaxRate::WHOLE), half)
}
