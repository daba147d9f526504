//! The one rounding: exact groups become money, and their totals keep the limits.

use super::groups::Group;
use super::limits::{Bounds, Limits, Range};
use super::rounding::{Part, minor_unit, rounded, spread};
use super::taxes::Taxes;
use super::{minus, plus};
use crate::PricingError;
use wattledger_domain::cost::{Half, Rounding, RoundingOrder, TaxGroup};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, TaxRate};

/// In which money and how to round.
#[derive(Clone, Copy)]
pub struct Terms {
    currency: Currency,
    /// Exact units in the unit that is rounded to, a minor unit of the currency unless told.
    pub unit: i128,
    order: RoundingOrder,
    pub half: Half,
    /// Minor units in one unit that is rounded to.
    pub step: i64,
    /// What is owed is a multiple of this many minor units.
    pub cash: Option<i64>,
}

impl Terms {
    pub fn of(currency: Currency, rounding: &Rounding) -> Self {
        let Rounding {
            order,
            half,
            steps: _,
            places,
            cash,
        } = *rounding;
        let fewer = places.and_then(|places| currency.minor_places().checked_sub(places));
        let step = fewer
            .and_then(|fewer| 10_i64.checked_pow(fewer))
            .unwrap_or(1);
        Self {
            currency,
            unit: minor_unit(currency).saturating_mul(i128::from(step)),
            order,
            half,
            step,
            cash: cash.filter(|cash| *cash > 1),
        }
    }

    /// Rounded to other places than the currency's; `None` past those of a price.
    pub fn with_places(self, places: u32) -> Option<Self> {
        let per_unit = 10_i128.checked_pow(places)?;
        let unit = ExactCost::PER_UNIT.checked_div(per_unit)?;
        (places <= 8).then_some(Self {
            unit,
            step: 1,
            cash: None,
            ..self
        })
    }

    fn minor(self, exact: i128) -> Result<i64, PricingError> {
        rounded(exact, self.unit, self.half)
    }

    fn money(self, exact: i128) -> Result<Money, PricingError> {
        Ok(Money::new(self.minor(exact)?, self.currency))
    }

    /// Tax on a rounded net: what EN 16931 recomputes.
    fn tax_on(
        self,
        net: Money,
        rate: Option<TaxRate>,
        taxes: Taxes<'_>,
    ) -> Result<Money, PricingError> {
        let minor = taxes.rounded(net.minor, rate, self.half)?;
        Ok(Money::new(minor, self.currency))
    }
}

/// Rounds each group, then moves what a limit dictates of their sums.
pub fn tax_groups(
    exact: &[Group],
    (limits, bounds): (&Limits, &Bounds),
    terms: Terms,
    taxes: Taxes<'_>,
) -> Result<Vec<TaxGroup>, PricingError> {
    let mut settled = Vec::with_capacity(exact.len());
    for group in exact {
        settled.push(tax_group(group, terms, taxes)?);
    }
    if !limits.net.is_open() {
        let wanted = target(&settled, bounds.net, limits.net, terms, net)?;
        keep_net((&mut settled, exact), wanted, terms, taxes)?;
    }
    if !limits.gross.is_open() {
        let wanted = target(&settled, bounds.gross, limits.gross, terms, gross)?;
        keep_gross(&mut settled, exact, wanted, terms)?;
    }
    Ok(settled)
}

fn tax_group(group: &Group, terms: Terms, taxes: Taxes<'_>) -> Result<TaxGroup, PricingError> {
    let rate = group.rate;
    match terms.order {
        RoundingOrder::NetFirst => {
            let net = terms.money(group.net)?;
            let tax = terms.tax_on(net, rate, taxes)?;
            Ok(TaxGroup {
                rate,
                net,
                tax,
                gross: plus(net, tax)?,
            })
        }
        RoundingOrder::GrossFirst => {
            let (tax, gross) = (terms.money(group.tax)?, terms.money(group.gross()?)?);
            Ok(TaxGroup {
                rate,
                net: minus(gross, tax)?,
                tax,
                gross,
            })
        }
    }
}

const fn net(group: &TaxGroup) -> i64 {
    group.net.minor
}

const fn gross(group: &TaxGroup) -> i64 {
    group.gross.minor
}

/// What a sum must come to: what the limit dictates, and never past a limit by the rounding of its
/// parts. `None` where it is that already.
fn target(
    settled: &[TaxGroup],
    dictated: Option<i128>,
    range: Range,
    terms: Terms,
    part: fn(&TaxGroup) -> i64,
) -> Result<Option<i128>, PricingError> {
    let mut sum: i128 = 0;
    for group in settled {
        sum = sum
            .checked_add(i128::from(part(group)))
            .ok_or(PricingError::Overflow)?;
    }
    let wanted = match dictated {
        Some(exact) => i128::from(terms.minor(exact)?),
        None => range.rounded(terms.unit, terms.half)?.clamped(sum),
    };
    Ok((wanted != sum).then_some(wanted))
}

fn keep_net(
    (settled, exact): (&mut [TaxGroup], &[Group]),
    wanted: Option<i128>,
    terms: Terms,
    taxes: Taxes<'_>,
) -> Result<(), PricingError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let mut parts = Vec::with_capacity(exact.len());
    for (place, group) in exact.iter().enumerate() {
        parts.push(Part::of(place, group.net, terms.unit)?);
    }
    spread(&mut parts, wanted, |place, minor| {
        if let Some(group) = settled.get_mut(place) {
            group.net.minor = minor;
        }
    })?;
    for group in settled {
        match terms.order {
            RoundingOrder::NetFirst => {
                group.tax = terms.tax_on(group.net, group.rate, taxes)?;
                group.gross = plus(group.net, group.tax)?;
            }
            RoundingOrder::GrossFirst => group.tax = minus(group.gross, group.net)?,
        }
    }
    Ok(())
}

fn keep_gross(
    settled: &mut [TaxGroup],
    exact: &[Group],
    wanted: Option<i128>,
    terms: Terms,
) -> Result<(), PricingError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let mut parts = Vec::with_capacity(exact.len());
    for (place, group) in exact.iter().enumerate() {
        parts.push(Part::of(place, group.gross()?, terms.unit)?);
    }
    spread(&mut parts, wanted, |place, minor| {
        if let Some(group) = settled.get_mut(place) {
            group.gross.minor = minor;
        }
    })?;
    for group in settled {
        group.tax = minus(group.gross, group.net)?;
    }
    Ok(())
}
