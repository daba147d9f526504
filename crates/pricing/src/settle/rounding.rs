//! Division that says how it rounds.

use crate::PricingError;
use std::cmp::Ordering;
use wattledger_domain::cost::Half;
use wattledger_domain::money::Currency;
use wattledger_domain::price::ExactCost;

/// Exact units in one minor unit of a currency.
pub fn minor_unit(currency: Currency) -> i128 {
    ExactCost::PER_UNIT.checked_div(i128::from(currency.minor_per_unit())).unwrap_or(1)
}

/// `value ÷ unit` as a whole number, halves as told.
pub fn rounded(value: i128, unit: i128, half: Half) -> Result<i64, PricingError> {
    let floor = value.checked_div_euclid(unit).ok_or(PricingError::Overflow)?;
    let rest = value.checked_rem_euclid(unit).ok_or(PricingError::Overflow)?;
    let twice = rest.checked_mul(2).ok_or(PricingError::Overflow)?;
    let up = match twice.cmp(&unit) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => match half {
            Half::Up => value >= 0,
            Half::Down => value < 0,
            Half::Even => floor.rem_euclid(2) == 1,
        },
    };
    let whole = if up { floor.checked_add(1).ok_or(PricingError::Overflow)? } else { floor };
    i64::try_from(whole).map_err(|_| PricingError::Overflow)
}

/// `value ÷ divisor` to the nearest whole number, halves away from zero.
pub fn divided(value: i128, divisor: i128) -> Result<i128, PricingError> {
    let floor = value.checked_div_euclid(divisor).ok_or(PricingError::Overflow)?;
    let rest = value.checked_rem_euclid(divisor).ok_or(PricingError::Overflow)?;
    let twice = rest.checked_mul(2).ok_or(PricingError::Overflow)?;
    let up = twice > divisor || (twice == divisor && value >= 0);
    if up { floor.checked_add(1).ok_or(PricingError::Overflow) } else { Ok(floor) }
}

/// Whole numbers near `exact ÷ unit` that sum to `total`: the largest remainders are rounded up first,
/// earlier ones first among equals.
pub fn spread(exact: &[i128], unit: i128, total: i64) -> Result<Vec<i64>, PricingError> {
    let mut minors = Vec::with_capacity(exact.len());
    let mut remainders = Vec::with_capacity(exact.len());
    let mut missing = total;
    for (place, value) in exact.iter().enumerate() {
        let floor = value.checked_div_euclid(unit).ok_or(PricingError::Overflow)?;
        let floor = i64::try_from(floor).map_err(|_| PricingError::Overflow)?;
        let rest = value.checked_rem_euclid(unit).ok_or(PricingError::Overflow)?;
        missing = missing.checked_sub(floor).ok_or(PricingError::Overflow)?;
        minors.push(floor);
        remainders.push((std::cmp::Reverse(rest), place));
    }
    remainders.sort_unstable();
    let order: Vec<usize> = remainders.into_iter().map(|(_, place)| place).collect();
    for place in order.iter().cycle() {
        if missing == 0 {
            break;
        }
        let step = missing.signum();
        if let Some(minor) = minors.get_mut(*place) {
            *minor = minor.checked_add(step).ok_or(PricingError::Overflow)?;
        }
        missing = missing.checked_sub(step).ok_or(PricingError::Overflow)?;
    }
    Ok(minors)
}
