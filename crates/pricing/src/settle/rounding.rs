//! Division that says how it rounds.

use crate::PricingError;
use std::cmp::{Ordering, Reverse};
use wattledger_domain::cost::Half;
use wattledger_domain::money::Currency;
use wattledger_domain::price::ExactCost;

/// Exact units in one minor unit of a currency.
pub fn minor_unit(currency: Currency) -> i128 {
    ExactCost::PER_UNIT
        .checked_div(i128::from(currency.minor_per_unit()))
        .unwrap_or(1)
}

/// `value ÷ unit` rounded down, and what is left.
///
/// Amounts up to some 5,000 of a currency fit 64 bits, whose division takes a fraction of the time.
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
pub fn rounded(value: i128, unit: i128, half: Half) -> Result<i64, PricingError> {
    let (floor, rest) = floor(value, unit)?;
    let other = unit.checked_sub(rest).ok_or(PricingError::Overflow)?;
    let up = match rest.cmp(&other) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => match half {
            Half::Up => value >= 0,
            Half::Down => value < 0,
            Half::Even => floor.rem_euclid(2) == 1,
        },
    };
    minor(if up {
        floor.checked_add(1).ok_or(PricingError::Overflow)?
    } else {
        floor
    })
}

/// `value ÷ divisor` to the nearest whole number, halves away from zero; the divisor is positive.
pub fn divided(value: i128, divisor: i128) -> Result<i128, PricingError> {
    let (floor, rest) = floor(value, divisor)?;
    let other = divisor.checked_sub(rest).ok_or(PricingError::Overflow)?;
    let up = rest > other || (rest == other && value >= 0);
    if up {
        floor.checked_add(1).ok_or(PricingError::Overflow)
    } else {
        Ok(floor)
    }
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
    if more > 0 {
        parts.sort_by_key(|part| Reverse(part.rest));
    }
    let more = usize::try_from(more).map_err(|_| PricingError::Overflow)?;
    for (rank, part) in parts.iter().enumerate() {
        let given = part.floor.checked_add(each);
        let given = given.and_then(|given| given.checked_add(i128::from(rank < more)));
        give(part.place, minor(given.ok_or(PricingError::Overflow)?)?);
    }
    Ok(())
}
