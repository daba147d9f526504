//! A tariff's lowest and highest price: before and after tax, each by itself (OCPI 2.2.1 `min_price`,
//! `max_price`; where both bind against each other the highest wins).

use super::{adjustment, rounding, tax_on};
use crate::PricingError;
use std::collections::BTreeMap;
use wattledger_domain::cost::{LineKind, Priced, SettledLine};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::tariff::PriceLimit;
use wattledger_domain::time::Timestamp;

/// Exact sums before limits.
pub struct Totals {
    net: i128,
    tax: i128,
    nets: BTreeMap<Option<TaxRate>, i128>,
}

/// Exact sums after limits.
pub struct Limited {
    net: i128,
    /// Tax as a limit after tax dictates it, in parts of the tax before limits.
    forced: Option<Forced>,
}

struct Forced {
    tax: i128,
    /// Tax per rate that the lines would have.
    natural: i128,
}

fn exact(price: PriceE8) -> Result<i128, PricingError> {
    ExactCost::of_flat(price).map(|cost| cost.0).ok_or(PricingError::Overflow)
}

fn clamped(
    value: i128,
    low: Option<PriceE8>,
    high: Option<PriceE8>,
) -> Result<i128, PricingError> {
    let low = low.map(exact).transpose()?;
    let high = high.map(exact).transpose()?;
    let raised = low.map_or(value, |low| value.max(low));
    Ok(high.map_or(raised, |high| raised.min(high)))
}

impl Totals {
    /// Sums lines by rate.
    pub fn of(lines: &[SettledLine]) -> Result<Self, PricingError> {
        let mut nets: BTreeMap<Option<TaxRate>, i128> = BTreeMap::new();
        let mut net: i128 = 0;
        for line in lines {
            let group = nets.entry(line.tax).or_insert(0);
            *group = group.checked_add(line.exact_net.0).ok_or(PricingError::Overflow)?;
            net = net.checked_add(line.exact_net.0).ok_or(PricingError::Overflow)?;
        }
        let mut tax: i128 = 0;
        for (rate, net) in &nets {
            tax = tax.checked_add(tax_on(*net, *rate)?).ok_or(PricingError::Overflow)?;
        }
        Ok(Self { net, tax, nets })
    }

    /// Applies a tariff's limits.
    pub fn limited(&self, priced: &Priced) -> Result<Limited, PricingError> {
        let before = |limit: Option<PriceLimit>| limit.map(|limit| limit.before_tax);
        let after = |limit: Option<PriceLimit>| limit.and_then(|limit| limit.after_tax);
        let net = clamped(self.net, before(priced.min_price), before(priced.max_price))?;
        let gross = self.net.checked_add(self.tax).ok_or(PricingError::Overflow)?;
        let (low, high) = (after(priced.min_price), after(priced.max_price));
        let bounded = clamped(gross, low, high)?;
        // The tax moves in proportion unless a limit after tax is given that has a say.
        let untouched = net == self.net && bounded == gross;
        if untouched || (low.is_none() && high.is_none()) {
            return Ok(Limited { net, forced: None });
        }
        let tax = bounded.checked_sub(net).ok_or(PricingError::Overflow)?;
        let natural = if self.net == 0 {
            0
        } else {
            let scaled = self.tax.checked_mul(net).ok_or(PricingError::Overflow)?;
            rounding::divided(scaled.checked_mul(self.net.signum()).ok_or(PricingError::Overflow)?, self.net.abs())?
        };
        Ok(Limited { net, forced: Some(Forced { tax, natural }) })
    }
}

impl Limited {
    /// Whether a limit after tax dictates the tax.
    pub const fn is_forced(&self) -> bool {
        self.forced.is_some()
    }

    /// A group's tax: in proportion to what the limit after tax leaves.
    pub fn tax_of(&self, natural: i128) -> i128 {
        let Some(forced) = &self.forced else { return natural };
        if forced.natural == 0 {
            return forced.tax;
        }
        let sign = forced.natural.signum();
        natural
            .checked_mul(forced.tax)
            .and_then(|scaled| scaled.checked_mul(sign))
            .and_then(|scaled| rounding::divided(scaled, forced.natural.abs()).ok())
            .unwrap_or(natural)
    }

    /// Adds a line per rate for what the limit before tax adds or takes.
    pub fn adjust(
        &self,
        lines: &mut Vec<SettledLine>,
        totals: &Totals,
        currency: Currency,
    ) -> Result<(), PricingError> {
        let difference = self.net.checked_sub(totals.net).ok_or(PricingError::Overflow)?;
        if difference == 0 && !(self.is_forced() && lines.is_empty()) {
            return Ok(());
        }
        let kind = if difference > 0 { LineKind::MinPrice } else { LineKind::MaxPrice };
        let Some(like) = lines.last().copied() else {
            lines.push(adjustment(kind, self.implied_rate()?, difference, &nowhere(currency)));
            return Ok(());
        };
        if totals.net == 0 {
            lines.push(adjustment(kind, like.tax, difference, &like));
            return Ok(());
        }
        let count = totals.nets.len();
        let mut left = difference;
        for (place, (rate, net)) in totals.nets.iter().enumerate() {
            let scaled = net.checked_mul(difference).ok_or(PricingError::Overflow)?;
            let sign = totals.net.signum();
            let scaled = scaled.checked_mul(sign).ok_or(PricingError::Overflow)?;
            let share = rounding::divided(scaled, totals.net.abs())?;
            let share = if place.saturating_add(1) == count { left } else { share };
            left = left.checked_sub(share).ok_or(PricingError::Overflow)?;
            lines.push(adjustment(kind, *rate, share, &like));
        }
        Ok(())
    }

    /// Nothing was priced: the limits themselves say at which rate.
    fn implied_rate(&self) -> Result<Option<TaxRate>, PricingError> {
        let Some(forced) = &self.forced else { return Ok(None) };
        if self.net == 0 {
            return Ok(None);
        }
        let scaled = forced.tax.checked_mul(i128::from(TaxRate::WHOLE)).ok_or(PricingError::Overflow)?;
        let rate = rounding::divided(scaled, self.net)?;
        i64::try_from(rate).map(|rate| Some(TaxRate(rate))).map_err(|_| PricingError::Overflow)
    }
}

/// A line to take span and currency from when there is none.
const fn nowhere(currency: Currency) -> SettledLine {
    SettledLine {
        kind: LineKind::MinPrice,
        element: 0,
        quantity: 0,
        price: PriceE8(0),
        tax: None,
        exact_net: ExactCost::ZERO,
        net: Money::zero(currency),
        from: Timestamp(0),
        to: Timestamp(0),
    }
}
