//! The one rounding: exact groups become money, and their totals keep the limits.

use super::groups::{Group, Units};
use super::limits::{Bounds, Limits, Range};
use super::rounding::{Part, minor_unit, rounded, spread};
use super::taxes::Taxes;
use crate::PricingError;
use wattledger_domain::cost::{Half, Rounding, RoundingOrder};
use wattledger_domain::money::Currency;
use wattledger_domain::price::ExactCost;

/// In which money and how to round.
#[derive(Clone, Copy)]
pub struct Terms {
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
    #[inline]
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
}

/// Rounds each group, then moves what a limit dictates of their sums.
pub fn round_groups(
    groups: &mut [Group],
    (limits, bounds): (&Limits, &Bounds),
    terms: Terms,
    taxes: Taxes<'_>,
) -> Result<(), PricingError> {
    for group in &mut *groups {
        group.rounded = units(group, terms, taxes)?;
    }
    if !limits.net.is_open() {
        let wanted = target(groups, bounds.net, limits.net, terms, net)?;
        keep_net(groups, wanted, terms, taxes)?;
    }
    if !limits.gross.is_open() {
        let wanted = target(groups, bounds.gross, limits.gross, terms, gross)?;
        keep_gross(groups, wanted, terms)?;
    }
    Ok(())
}

fn units(group: &Group, terms: Terms, taxes: Taxes<'_>) -> Result<Units, PricingError> {
    match terms.order {
        RoundingOrder::NetFirst => {
            let net = terms.minor(group.net)?;
            // What EN 16931 recomputes.
            Units::of_net(net, taxes.rounded(net, group.rate, terms.half)?)
        }
        RoundingOrder::GrossFirst => {
            Units::of_gross(terms.minor(group.gross()?)?, terms.minor(group.tax)?)
        }
    }
}

const fn net(group: &Group) -> i64 {
    group.rounded.net
}

const fn gross(group: &Group) -> i64 {
    group.rounded.gross
}

/// What a sum must come to: what the limit dictates, and never past a limit by the rounding of its
/// parts. `None` where it is that already.
fn target(
    groups: &[Group],
    dictated: Option<i128>,
    range: Range,
    terms: Terms,
    part: fn(&Group) -> i64,
) -> Result<Option<i128>, PricingError> {
    let mut sum: i128 = 0;
    for group in groups {
        sum = sum
            .checked_add(i128::from(part(group)))
            .ok_or(PricingError::Overflow)?;
    }
    let wanted = match dictated {
        Some(exact) => i128::from(terms.minor(exact)?),
        None if range.is_far_from(sum, terms.unit) => sum,
        None => range.rounded(terms.unit, terms.half)?.clamped(sum),
    };
    Ok((wanted != sum).then_some(wanted))
}

fn keep_net(
    groups: &mut [Group],
    wanted: Option<i128>,
    terms: Terms,
    taxes: Taxes<'_>,
) -> Result<(), PricingError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let mut parts = Vec::with_capacity(groups.len());
    for (place, group) in groups.iter().enumerate() {
        parts.push(Part::of(place, group.net, terms.unit)?);
    }
    spread(&mut parts, wanted, |place, units| {
        if let Some(group) = groups.get_mut(place) {
            group.rounded.net = units;
        }
    })?;
    for group in groups {
        let net = group.rounded.net;
        group.rounded = match terms.order {
            RoundingOrder::NetFirst => {
                Units::of_net(net, taxes.rounded(net, group.rate, terms.half)?)?
            }
            RoundingOrder::GrossFirst => Units::between(net, group.rounded.gross)?,
        };
    }
    Ok(())
}

fn keep_gross(
    groups: &mut [Group],
    wanted: Option<i128>,
    terms: Terms,
) -> Result<(), PricingError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let mut parts = Vec::with_capacity(groups.len());
    for (place, group) in groups.iter().enumerate() {
        parts.push(Part::of(place, group.gross()?, terms.unit)?);
    }
    spread(&mut parts, wanted, |place, units| {
        if let Some(group) = groups.get_mut(place) {
            group.rounded.gross = units;
        }
    })?;
    for group in groups {
        group.rounded = Units::between(group.rounded.net, group.rounded.gross)?;
    }
    Ok(())
}
