//! The usual running total in 64 bits: at most two rates, no limit near, `net_first`.
//!
//! A display asks for a total at every reading; going through groups, limits and lines would take several
//! times as long. Invariant: what it says is what `Bill` says of the same steps, or it says nothing.

use super::blocks::Used;
use super::rounding::{minor_unit, proportion, rounded, rounded_proportion};
use super::total::Total;
use crate::compile::CompiledTariff;
use crate::meter::cost_of;
use wattledger_domain::cost::{PricedStep, Rounding, RoundingOrder, StepRule};
use wattledger_domain::money::Money;
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::tariff::{Dimension, TaxIncluded};

/// A rounded sum of two groups is surely less than so many units apart from the exact one, before tax and
/// after: half a unit each, its tax (rates are 1,000 % at most), and half a unit of that.
const NEAR: i64 = 16;

/// Exact sums of two rates.
#[derive(Default)]
struct Sums {
    first: Option<Sum>,
    second: Option<Sum>,
}

#[derive(Clone, Copy)]
struct Sum {
    rate: Option<TaxRate>,
    cost: i128,
}

impl Sums {
    #[inline]
    fn add(&mut self, rate: Option<TaxRate>, cost: i128) -> Option<()> {
        let place = match &self.first {
            Some(first) if first.rate != rate => &mut self.second,
            Some(_) | None => &mut self.first,
        };
        match place {
            Some(sum) if sum.rate == rate => sum.cost = sum.cost.checked_add(cost)?,
            Some(_) => return None,
            None => *place = Some(Sum { rate, cost }),
        }
        Some(())
    }
}

/// The total of steps in any order; `None` where it takes more than this.
#[inline]
pub fn total(steps: &[PricedStep], tariff: &CompiledTariff, rounding: &Rounding) -> Option<Total> {
    let whole = rounding.cash.is_none() && rounding.places.is_none();
    if !whole || rounding.order != RoundingOrder::NetFirst || tariff.taxes.is_some() {
        return None;
    }
    let sums = sums_of(steps, tariff.tax_included, rounding.steps)?;
    let unit = minor_unit(tariff.currency);
    let (mut net, mut tax) = (0_i64, 0_i64);
    for sum in [sums.first, sums.second].into_iter().flatten() {
        let exact = match (tariff.tax_included, sum.rate) {
            (TaxIncluded::Yes, Some(rate)) => {
                let divisor = TaxRate::WHOLE.checked_add(rate.0)?;
                proportion(sum.cost, TaxRate::WHOLE, divisor).ok()?
            }
            _ => sum.cost,
        };
        let of_rate = rounded(exact, unit, rounding.half).ok()?;
        net = net.checked_add(of_rate)?;
        if let Some(rate) = sum.rate {
            let parts = (rate.0, TaxRate::WHOLE);
            let more = rounded_proportion(i128::from(of_rate), parts, rounding.half).ok()?;
            tax = tax.checked_add(i64::try_from(more).ok()?)?;
        }
    }
    let gross = net.checked_add(tax)?;
    keeps_limits(tariff, (net, gross), unit)?;
    let money = |minor: i64| Money::new(minor, tariff.currency);
    Some(Total {
        net: money(net),
        tax: money(tax),
        rounding: money(0),
        gross: money(gross),
    })
}

/// What each rate comes to, blocks counted.
#[inline]
fn sums_of(steps: &[PricedStep], included: TaxIncluded, blocks: StepRule) -> Option<Sums> {
    let rate = |step: &PricedStep| match included {
        TaxIncluded::Yes | TaxIncluded::No => step.tax,
        TaxIncluded::NotApplicable => None,
    };
    let mut sums = Sums::default();
    let [mut energy, mut time, mut parking] = [Used::default(); 3];
    for (place, step) in steps.iter().enumerate() {
        if step.quantity == 0 {
            continue;
        }
        sums.add(rate(step), cost_of(step, step.quantity).ok()?.0)?;
        let used = match step.dimension {
            Dimension::Energy => &mut energy,
            Dimension::Time => &mut time,
            Dimension::ParkingTime => &mut parking,
            Dimension::Flat => continue,
        };
        used.take(place, step).ok()?;
    }
    if blocks == StepRule::OncePerSession {
        let times = if parking.any { parking } else { time };
        for used in [energy, times] {
            if let Some(surplus) = used.surplus(steps).ok()? {
                let step = steps.get(surplus.place)?;
                sums.add(rate(step), cost_of(step, surplus.quantity).ok()?.0)?;
            }
        }
    }
    Some(sums)
}

/// `None` where a limit binds or is so near that only the exact amounts tell.
#[inline]
fn keeps_limits(tariff: &CompiledTariff, (net, gross): (i64, i64), unit: i128) -> Option<()> {
    if tariff.min_price.is_none() && tariff.max_price.is_none() {
        return Some(());
    }
    let exact = |minor: i64| i128::from(minor).checked_mul(unit);
    let above = |limit: PriceE8, minor: i64| {
        let limit = ExactCost::of_flat(limit)?.0;
        (exact(minor.checked_sub(NEAR)?)? >= limit).then_some(())
    };
    let below = |limit: PriceE8, minor: i64| {
        let limit = ExactCost::of_flat(limit)?.0;
        (exact(minor.checked_add(NEAR)?)? <= limit).then_some(())
    };
    if let Some(low) = tariff.min_price {
        above(low.before_tax, net)?;
        if let Some(low) = low.after_tax {
            above(low, gross)?;
        }
    }
    if let Some(high) = tariff.max_price {
        below(high.before_tax, net)?;
        if let Some(high) = high.after_tax {
            below(high, gross)?;
        }
    }
    Some(())
}
