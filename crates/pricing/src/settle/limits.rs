//! A tariff's lowest and highest price: before and after tax, each by itself (OCPI 2.2.1
//! `min_price`, `max_price`). Where they contradict each other the highest wins.

use super::groups::{Group, Groups, gross_of, group_of, net_of};
use super::lines::Lines;
use super::rounding::{divided, rounded, share};
use super::taxes::Taxes;
use crate::PricingError;
use wattledger_domain::cost::{Half, LineKind, SettledLine};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::tariff::PriceLimit;
use wattledger_domain::time::Timestamp;

/// The bounds of a tariff, exactly.
pub struct Limits {
    pub net: Range,
    pub gross: Range,
    /// Whether the lower and the higher bound say something of after tax.
    after_tax: (bool, bool),
}

/// The lowest and the highest that an amount may be.
#[derive(Clone, Copy)]
pub struct Range {
    low: Option<i128>,
    high: Option<i128>,
}

/// Which totals a limit dictates, and to what.
pub struct Bounds {
    pub net: Option<i128>,
    pub gross: Option<i128>,
}

impl Range {
    fn of(low: Option<PriceE8>, high: Option<PriceE8>) -> Result<Self, PricingError> {
        let exact = |price: Option<PriceE8>| {
            price
                .map(|price| ExactCost::of_flat(price).map(|cost| cost.0))
                .map(|cost| cost.ok_or(PricingError::Overflow))
                .transpose()
        };
        Ok(Self {
            low: exact(low)?,
            high: exact(high)?,
        })
    }

    pub const fn is_open(self) -> bool {
        self.low.is_none() && self.high.is_none()
    }

    pub fn clamped(self, value: i128) -> i128 {
        let raised = self.low.map_or(value, |low| value.max(low));
        self.high.map_or(raised, |high| raised.min(high))
    }

    /// Whether so many units are a whole one or more within both bounds: however those are rounded, they
    /// hold then.
    pub fn is_far_from(self, units: i128, unit: i128) -> bool {
        let (Ok(units), Ok(unit)) = (i64::try_from(units), i64::try_from(unit)) else {
            return false;
        };
        let exact = |units: Option<i64>| {
            units.and_then(|units| i128::from(units).checked_mul(i128::from(unit)))
        };
        let (below, above) = (exact(units.checked_sub(1)), exact(units.checked_add(1)));
        self.low
            .is_none_or(|low| below.is_some_and(|below| below >= low))
            && self
                .high
                .is_none_or(|high| above.is_some_and(|above| above <= high))
    }

    /// The bounds in whole minor units.
    pub fn rounded(self, unit: i128, half: Half) -> Result<Self, PricingError> {
        let minor = |bound: Option<i128>| {
            bound
                .map(|bound| rounded(bound, unit, half).map(i128::from))
                .transpose()
        };
        Ok(Self {
            low: minor(self.low)?,
            high: minor(self.high)?,
        })
    }
}

impl Limits {
    pub fn of(low: Option<PriceLimit>, high: Option<PriceLimit>) -> Result<Self, PricingError> {
        let before = |limit: Option<PriceLimit>| limit.map(|limit| limit.before_tax);
        let after = |limit: Option<PriceLimit>| limit.and_then(|limit| limit.after_tax);
        Ok(Self {
            net: Range::of(before(low), before(high))?,
            gross: Range::of(after(low), after(high))?,
            after_tax: (after(low).is_some(), after(high).is_some()),
        })
    }

    /// Without those on a total that is not known.
    pub fn known(self, before_unknown: bool, after_unknown: bool) -> Self {
        let open = Range {
            low: None,
            high: None,
        };
        Self {
            net: if before_unknown { open } else { self.net },
            gross: if after_unknown { open } else { self.gross },
            ..self
        }
    }

    /// Moves the groups to where the limits allow, with a line per rate for what that changes.
    pub fn apply(
        &self,
        (currency, taxes): (Currency, Taxes<'_>),
        lines: &mut impl Lines,
        groups: &mut Groups,
    ) -> Result<Bounds, PricingError> {
        if self.net.is_open() && self.gross.is_open() {
            return Ok(Bounds {
                net: None,
                gross: None,
            });
        }
        let (net_before, gross_before) = (net_of(groups.as_slice())?, gross_of(groups.as_slice())?);
        let net = self.net.clamped(net_before);
        let difference = net.checked_sub(net_before).ok_or(PricingError::Overflow)?;
        if groups.as_slice().is_empty() && (difference != 0 || self.gross.clamped(0) != 0) {
            // The place levies on it what it levies on any price without a rate.
            let rate = match taxes.rate {
                Some(rate) => Some(rate),
                None => self.implied_rate(net)?,
            };
            group_of(groups, rate);
        }
        if difference != 0 {
            let kind = if difference > 0 {
                LineKind::MinPrice
            } else {
                LineKind::MaxPrice
            };
            adjust(
                (kind, difference),
                (currency, taxes),
                lines,
                groups.as_mut_slice(),
            )?;
        }
        // Where the limit that binds before tax says nothing of after tax, tax moves in proportion.
        let tells = if difference > 0 {
            self.after_tax.0
        } else {
            self.after_tax.1
        };
        let start = if difference != 0 && !tells {
            gross_of(groups.as_slice())?
        } else {
            gross_before
        };
        let gross = self.gross.clamped(start);
        let forced = gross != gross_of(groups.as_slice())?;
        if forced {
            force_gross(gross, groups.as_mut_slice())?;
        }
        if forced && lines.is_empty() {
            // Only tax is due: a line of nothing carries its rate.
            adjust(
                (LineKind::MinPrice, 0),
                (currency, taxes),
                lines,
                groups.as_mut_slice(),
            )?;
        }
        Ok(Bounds {
            net: (difference != 0).then_some(net),
            gross: forced.then_some(gross),
        })
    }

    /// Nothing was priced: the lower limits themselves say at which rate.
    fn implied_rate(&self, net: i128) -> Result<Option<TaxRate>, PricingError> {
        let gross = self.gross.clamped(net);
        let tax = gross.checked_sub(net).ok_or(PricingError::Overflow)?;
        if self.gross.is_open() || net <= 0 || tax < 0 {
            return Ok(None);
        }
        let scaled = tax
            .checked_mul(i128::from(TaxRate::WHOLE))
            .ok_or(PricingError::Overflow)?;
        let rate = i64::try_from(divided(scaled, net)?).map_err(|_| PricingError::Overflow)?;
        Ok(Some(TaxRate(rate)))
    }
}

/// Shares a difference before tax over the groups by the size of their net.
fn adjust(
    (kind, difference): (LineKind, i128),
    (currency, taxes): (Currency, Taxes<'_>),
    lines: &mut impl Lines,
    groups: &mut [Group],
) -> Result<(), PricingError> {
    let (from, to) = lines.span().unwrap_or((Timestamp(0), Timestamp(0)));
    let shares = shared(difference, groups, |group| group.net)?;
    for (group, share) in groups.iter_mut().zip(shares) {
        group.adjust(share, taxes)?;
        if share != 0 || difference == 0 {
            lines.add(SettledLine {
                kind,
                element: 0,
                quantity: 1,
                price: PriceE8(0),
                tax: group.rate,
                exact_net: ExactCost(share),
                net: Money::zero(currency),
                from,
                to,
            });
        }
    }
    Ok(())
}

/// Shares what a limit after tax dictates over the groups by the size of their tax.
fn force_gross(gross: i128, groups: &mut [Group]) -> Result<(), PricingError> {
    let difference = gross
        .checked_sub(gross_of(groups)?)
        .ok_or(PricingError::Overflow)?;
    let taxed = groups.iter().any(|group| group.tax != 0);
    let shares = shared(difference, groups, |group| {
        if taxed { group.tax } else { group.net }
    })?;
    for (group, share) in groups.iter_mut().zip(shares) {
        group.tax = group.tax.checked_add(share).ok_or(PricingError::Overflow)?;
    }
    Ok(())
}

/// A difference in parts, by the magnitude of a weight; the last takes what is left, and all where
/// no weight is above zero.
fn shared(
    difference: i128,
    groups: &[Group],
    weight: impl Fn(&Group) -> i128,
) -> Result<Vec<i128>, PricingError> {
    let mut whole: i128 = 0;
    for group in groups {
        let size = weight(group).checked_abs().ok_or(PricingError::Overflow)?;
        whole = whole.checked_add(size).ok_or(PricingError::Overflow)?;
    }
    let mut left = difference;
    let mut shares = Vec::with_capacity(groups.len());
    for (place, group) in groups.iter().enumerate() {
        let last = place.saturating_add(1) == groups.len();
        let part = match (last, whole) {
            (true, _) => left,
            (false, 0) => 0,
            (false, _) => share(difference, weight(group).saturating_abs(), whole)?,
        };
        left = left.checked_sub(part).ok_or(PricingError::Overflow)?;
        shares.push(part);
    }
    Ok(shares)
}
