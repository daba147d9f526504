//! Division that says how it rounds.

use crate::PricingError;
use std::cmp::{Ordering, Reverse};
use wattledger_domain::cost::Half;
use wattledger_domain::money::Currency;
use wattledger_domain::price::ExactCost;

/// Exact units in one minor unit of a currency.
#[inline]
pub fn minor_unit(currency: Currency) -> i128 {
    const CENT: i128 = ExactCost::PER_UNIT / 100;
    match currency.minor_per_unit() {
        100 => CENT,
        other => ExactCost::PER_UNIT
            .checked_div(i128::from(other))
            .unwrap_or(1),
    }
}

/// `value ÷ unit` rounded down, and what is left.
///
/// Amounts up to some 5,000 of a currency fit 64 bits, whose division takes a fraction of the time.
#[inline]
fn floor(value: i128, unit: i128) -> Result<(i128, i128), PricingError> {
    if let (Ok(value), Ok(unit)) = (i64::try_from(value), i64::try_from(unit)) {
        let parts = value
            .checked_div_euclid(unit)
            .zip(value.checked_rem_euclid(unit));
        let (floor, rest) = parts.ok_or(PricingError::Overflow)?;
        return Ok((i128::from(floor), i128::from(rest)));
    }
    let floor = value
        .checked_div_euclid(unit)
        .ok_or(PricingError::Overflow)?;
    let whole = floor.checked_mul(unit).ok_or(PricingError::Overflow)?;
    Ok((
        floor,
        value.checked_sub(whole).ok_or(PricingError::Overflow)?,
    ))
}

fn minor(value: i128) -> Result<i64, PricingError> {
    i64::try_from(value).map_err(|_| PricingError::Overflow)
}

/// `value ÷ unit` as a whole number, halves as told.
#[inline]
pub fn rounded(value: i128, unit: i128, half: Half) -> Result<i64, PricingError> {
    let (floor, rest) = floor(value, unit)?;
    let up = goes_up((floor, rest), unit, value >= 0, half)?;
    minor(if up {
        floor.checked_add(1).ok_or(PricingError::Overflow)?
    } else {
        floor
    })
}

/// Whether a quotient rounded down, with its rest, is rounded up.
#[inline]
fn goes_up(
    (floor, rest): (i128, i128),
    unit: i128,
    positive: bool,
    half: Half,
) -> Result<bool, PricingError> {
    let other = unit.checked_sub(rest).ok_or(PricingError::Overflow)?;
    Ok(match rest.cmp(&other) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => match half {
            Half::Up => positive,
            Half::Down => !positive,
            Half::Even => floor & 1 == 1,
        },
    })
}

/// `value ÷ divisor` to the nearest whole number, halves away from zero; the divisor is positive.
pub fn divided(value: i128, divisor: i128) -> Result<i128, PricingError> {
    nearest(floor(value, divisor)?, divisor, value >= 0)
}

/// `value × factor ÷ divisor` to the nearest whole number, halves away from zero; factor and divisor are
/// positive.
#[inline]
pub fn proportion(value: i128, factor: i64, divisor: i64) -> Result<i128, PricingError> {
    let parts = floor_of_product(value, factor, divisor)?;
    nearest(parts, i128::from(divisor), value >= 0)
}

/// `value × factor ÷ divisor` as a whole number, halves as told; factor and divisor are positive.
#[inline]
pub fn rounded_proportion(
    value: i128,
    (factor, divisor): (i64, i64),
    half: Half,
) -> Result<i128, PricingError> {
    let (floor, rest) = floor_of_product(value, factor, divisor)?;
    if goes_up((floor, rest), i128::from(divisor), value >= 0, half)? {
        floor.checked_add(1).ok_or(PricingError::Overflow)
    } else {
        Ok(floor)
    }
}

#[inline]
fn nearest(
    (floor, rest): (i128, i128),
    divisor: i128,
    positive: bool,
) -> Result<i128, PricingError> {
    if goes_up((floor, rest), divisor, positive, Half::Up)? {
        floor.checked_add(1).ok_or(PricingError::Overflow)
    } else {
        Ok(floor)
    }
}

/// `value × factor ÷ divisor` rounded down, and what is left.
///
/// Of a value of 64 bits the whole divisors come out first: `(w × d + r) × f ÷ d` is `w × f` and what
/// `r × f` makes, which fits 64 bits, while the product itself would need a division of 128.
#[inline]
fn floor_of_product(value: i128, factor: i64, divisor: i64) -> Result<(i128, i128), PricingError> {
    let in_64_bits = || {
        let value = i64::try_from(value).ok()?;
        let whole = value.checked_div_euclid(divisor)?;
        let product = value.checked_rem_euclid(divisor)?.checked_mul(factor)?;
        let more = product.checked_div_euclid(divisor)?;
        let rest = product.checked_rem_euclid(divisor)?;
        let floor = i128::from(whole).checked_mul(i128::from(factor))?;
        Some((floor.checked_add(i128::from(more))?, i128::from(rest)))
    };
    if let Some(parts) = in_64_bits() {
        return Ok(parts);
    }
    let product = value.checked_mul(i128::from(factor));
    floor(product.ok_or(PricingError::Overflow)?, i128::from(divisor))
}

/// `value × part ÷ whole`, for `part` and `whole` of zero or more.
///
/// A product past 128 bits is made with a part and a whole of fewer bits: the share is off by less
/// than a millionth of its last 60 bits, and whoever shares out gives the last one what is left.
pub fn share(value: i128, part: i128, whole: i128) -> Result<i128, PricingError> {
    let (mut part, mut whole) = (part, whole);
    loop {
        if let Some(product) = value.checked_mul(part) {
            return divided(product, whole);
        }
        (part, whole) = (part >> 1, whole >> 1);
    }
}

/// An exact amount to be rounded together with others.
pub struct Part {
    place: usize,
    floor: i128,
    rest: i128,
}

impl Part {
    pub fn of(place: usize, exact: i128, unit: i128) -> Result<Self, PricingError> {
        let (floor, rest) = floor(exact, unit)?;
        Ok(Self { place, floor, rest })
    }
}

/// Gives each place a whole number near its `exact ÷ unit` so that they sum to `total`: the largest
/// remainders are rounded up first, earlier places first among equals.
pub fn spread(
    parts: &mut [Part],
    total: i128,
    mut give: impl FnMut(usize, i64),
) -> Result<(), PricingError> {
    let mut missing = total;
    for part in parts.iter() {
        missing = missing
            .checked_sub(part.floor)
            .ok_or(PricingError::Overflow)?;
    }
    let count = i128::try_from(parts.len()).map_err(|_| PricingError::Overflow)?;
    if count == 0 {
        return Ok(());
    }
    // Less than one each is missing, unless a limit moves the total.
    let (each, more) = if (0..count).contains(&missing) {
        (0, missing)
    } else {
        floor(missing, count)?
    };
    let more = usize::try_from(more).map_err(|_| PricingError::Overflow)?;
    if (1..parts.len()).contains(&more) {
        // Which of those that get more comes first does not matter.
        parts.select_nth_unstable_by_key(more, |part| (Reverse(part.rest), part.place));
    }
    for (rank, part) in parts.iter().enumerate() {
        let given = part.floor.checked_add(each);
        let given = given.and_then(|given| given.checked_add(i128::from(rank < more)));
        give(part.place, minor(given.ok_or(PricingError::Overflow)?)?);
    }
    Ok(())
}
