//! From an exact price to money: blocks, limits, tax, and the one rounding.
//!
//! Order: quantities → blocks (`step_size`) → costs → limits → tax per rate → rounding once per rate →
//! lines that sum to it. Invariant: Σ lines = group, Σ groups = total, net + tax = gross.

mod limits;
mod rounding;

use crate::PricingError;
use crate::meter::step_cost;
use limits::Totals;
use rounding::{minor_unit, rounded, spread};
use std::collections::BTreeMap;
use wattledger_domain::cost::{
    LineKind, Priced, PricedStep, Rounding, RoundingOrder, SettledLine, Settlement, StepRule,
    TaxGroup,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::tariff::{Dimension, TaxIncluded};

/// What a price comes to in money.
///
/// # Errors
/// [`PricingError::Overflow`] when an amount does not fit.
pub fn settle(priced: &Priced, rounding: &Rounding) -> Result<Settlement, PricingError> {
    let mut steps = priced.steps.clone();
    if rounding.steps == StepRule::OncePerSession {
        fill_blocks(&mut steps)?;
    }
    let mut lines = Vec::with_capacity(steps.len());
    for step in &steps {
        lines.push(line_of(step, priced)?);
    }
    let totals = Totals::of(&lines)?;
    let limited = totals.limited(priced)?;
    limited.adjust(&mut lines, &totals, priced.currency)?;
    let groups = tax_groups(&lines, &limited, priced, rounding)?;
    round_lines(&mut lines, &groups, priced.currency)?;
    total(lines, groups, priced.currency)
}

/// Rounds energy up to its block, and parking time to its (or time, where nobody parked), by the step
/// of the component that was active last (OCPI 2.2.1 mod_cdrs `step_size`).
fn fill_blocks(steps: &mut [PricedStep]) -> Result<(), PricingError> {
    fill_block(steps, Dimension::Energy)?;
    let parked = steps.iter().any(|step| step.dimension == Dimension::ParkingTime && step.quantity > 0);
    fill_block(steps, if parked { Dimension::ParkingTime } else { Dimension::Time })
}

fn fill_block(steps: &mut [PricedStep], dimension: Dimension) -> Result<(), PricingError> {
    let of_dimension = || steps.iter().enumerate().filter(|(_, step)| step.dimension == dimension);
    let mut used: i64 = 0;
    for (_, step) in of_dimension() {
        used = used.checked_add(step.quantity).ok_or(PricingError::Overflow)?;
    }
    let last = of_dimension().filter(|(_, step)| step.quantity > 0).max_by_key(|(_, step)| step.to);
    let Some((last, step)) = last else { return Ok(()) };
    // Blocks are whole Wh and whole seconds; quantities thousandths of them.
    let block = i64::from(step.step_size).checked_mul(1_000).ok_or(PricingError::Overflow)?;
    if block <= 0 || used <= 0 {
        return Ok(());
    }
    let over = used.checked_rem(block).unwrap_or(0);
    if over > 0
        && let Some(step) = steps.get_mut(last)
    {
        let surplus = block.checked_sub(over).ok_or(PricingError::Overflow)?;
        step.quantity = step.quantity.checked_add(surplus).ok_or(PricingError::Overflow)?;
    }
    Ok(())
}

/// The rate that counts: none where no tax applies.
fn rate_of(tax: Option<TaxRate>, included: TaxIncluded) -> Option<TaxRate> {
    match included {
        TaxIncluded::Yes | TaxIncluded::No => tax,
        TaxIncluded::NotApplicable => None,
    }
}

fn line_of(step: &PricedStep, priced: &Priced) -> Result<SettledLine, PricingError> {
    let cost = step_cost(step)?;
    let tax = rate_of(step.tax, priced.tax_included);
    let exact_net = match (priced.tax_included, tax) {
        (TaxIncluded::Yes, Some(rate)) => without_tax(cost, rate)?,
        (TaxIncluded::Yes | TaxIncluded::No | TaxIncluded::NotApplicable, _) => cost,
    };
    Ok(SettledLine {
        kind: LineKind::Usage(step.dimension),
        element: step.element,
        quantity: step.quantity,
        price: step.price,
        tax,
        exact_net,
        net: Money::zero(priced.currency),
        from: step.from,
        to: step.to,
    })
}

/// gross ÷ (1 + rate), to the nearest exact unit (10⁻¹⁵ of the currency).
fn without_tax(gross: ExactCost, rate: TaxRate) -> Result<ExactCost, PricingError> {
    let whole = i128::from(TaxRate::WHOLE);
    let divisor = whole.checked_add(i128::from(rate.0)).ok_or(PricingError::Overflow)?;
    let scaled = gross.0.checked_mul(whole).ok_or(PricingError::Overflow)?;
    rounding::divided(scaled, divisor).map(ExactCost)
}

/// net × rate.
fn tax_on(net: i128, rate: Option<TaxRate>) -> Result<i128, PricingError> {
    let rate = rate.map_or(0, |rate| i128::from(rate.0));
    let scaled = net.checked_mul(rate).ok_or(PricingError::Overflow)?;
    rounding::divided(scaled, i128::from(TaxRate::WHOLE))
}

fn tax_groups(
    lines: &[SettledLine],
    limited: &limits::Limited,
    priced: &Priced,
    rounding: &Rounding,
) -> Result<Vec<TaxGroup>, PricingError> {
    let mut nets: BTreeMap<Option<TaxRate>, i128> = BTreeMap::new();
    for line in lines {
        let net = nets.entry(line.tax).or_insert(0);
        *net = net.checked_add(line.exact_net.0).ok_or(PricingError::Overflow)?;
    }
    let unit = minor_unit(priced.currency);
    let money = |exact: i128| rounded(exact, unit, rounding.half).map(|minor| Money::new(minor, priced.currency));
    let mut groups = Vec::with_capacity(nets.len());
    for (rate, net) in nets {
        let exact_tax = limited.tax_of(tax_on(net, rate)?);
        let exact_gross = net.checked_add(exact_tax).ok_or(PricingError::Overflow)?;
        let group = match (rounding.order, limited.is_forced()) {
            (RoundingOrder::NetFirst, false) => {
                let net = money(net)?;
                let tax = tax_of_money(net, rate, rounding)?;
                TaxGroup { rate, net, tax, gross: plus(net, tax)? }
            }
            (RoundingOrder::NetFirst, true) => {
                let (net, gross) = (money(net)?, money(exact_gross)?);
                TaxGroup { rate, net, tax: minus(gross, net)?, gross }
            }
            (RoundingOrder::GrossFirst, _) => {
                let (tax, gross) = (money(exact_tax)?, money(exact_gross)?);
                TaxGroup { rate, net: minus(gross, tax)?, tax, gross }
            }
        };
        groups.push(group);
    }
    Ok(groups)
}

/// Tax on a rounded net: what EN 16931 recomputes.
fn tax_of_money(net: Money, rate: Option<TaxRate>, rounding: &Rounding) -> Result<Money, PricingError> {
    let rate = rate.map_or(0, |rate| i128::from(rate.0));
    let scaled = i128::from(net.minor).checked_mul(rate).ok_or(PricingError::Overflow)?;
    let minor = rounded(scaled, i128::from(TaxRate::WHOLE), rounding.half)?;
    Ok(Money::new(minor, net.currency))
}

/// Gives the lines of each rate the group's net, by largest remainder.
fn round_lines(
    lines: &mut [SettledLine],
    groups: &[TaxGroup],
    currency: Currency,
) -> Result<(), PricingError> {
    let unit = minor_unit(currency);
    for group in groups {
        let places: Vec<usize> =
            lines.iter().enumerate().filter(|(_, line)| line.tax == group.rate).map(|(place, _)| place).collect();
        let exact: Vec<i128> =
            places.iter().filter_map(|place| lines.get(*place)).map(|line| line.exact_net.0).collect();
        for (place, minor) in places.iter().zip(spread(&exact, unit, group.net.minor)?) {
            if let Some(line) = lines.get_mut(*place) {
                line.net = Money::new(minor, currency);
            }
        }
    }
    Ok(())
}

fn total(
    lines: Vec<SettledLine>,
    groups: Vec<TaxGroup>,
    currency: Currency,
) -> Result<Settlement, PricingError> {
    let zero = Money::zero(currency);
    let (mut net, mut tax, mut gross) = (zero, zero, zero);
    for group in &groups {
        net = plus(net, group.net)?;
        tax = plus(tax, group.tax)?;
        gross = plus(gross, group.gross)?;
    }
    let exact_net = lines.iter().try_fold(ExactCost::ZERO, |sum, line| sum.plus(line.exact_net));
    let exact_net = exact_net.ok_or(PricingError::Overflow)?;
    Ok(Settlement { lines, groups, net, tax, gross, exact_net })
}

fn plus(one: Money, other: Money) -> Result<Money, PricingError> {
    one.plus(other).map_err(|_| PricingError::Overflow)
}

fn minus(one: Money, other: Money) -> Result<Money, PricingError> {
    one.minus(other).map_err(|_| PricingError::Overflow)
}

/// A line that a limit adds.
fn adjustment(kind: LineKind, tax: Option<TaxRate>, exact_net: i128, like: &SettledLine) -> SettledLine {
    SettledLine {
        kind,
        element: 0,
        quantity: 1,
        price: PriceE8(0),
        tax,
        exact_net: ExactCost(exact_net),
        net: like.net,
        from: like.from,
        to: like.to,
    }
}
