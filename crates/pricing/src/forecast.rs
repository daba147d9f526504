//! What a running session will cost: at an instant, and when it comes to an amount.
//!
//! Invariant: a forecast is the price that the meter itself would come to, had things gone as
//! expected; it never estimates.

use crate::PricingError;
use crate::compile::CompiledTariff;
use crate::meter::{Meter, Usage};
use crate::settle::settle_for;
use wattledger_domain::cost::{Rounding, Settlement};
use wattledger_domain::money::Money;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::ChargingState;
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

/// Changes of price that are looked over; a week of quarter hours has 672.
const STRETCHES_MAX: u32 = 10_000;

/// How a session is expected to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What car and station do.
    pub state: ChargingState,
    /// At which power, zero or more.
    pub power: Milliwatts,
}

/// What a session costs at a later instant if it goes on as expected.
///
/// # Errors
/// [`PricingError::TimeBackwards`] for an instant before the meter's, [`PricingError::Overflow`].
pub fn cost_at(
    meter: &Meter,
    tariff: &CompiledTariff,
    outlook: &Outlook,
    at: Timestamp,
    rounding: &Rounding,
) -> Result<Settlement, PricingError> {
    cost_at_for(meter, tariff, outlook, at, (rounding, TaxLiability::Seller))
}

/// As [`cost_at`], where the buyer may owe the tax: see [`settle_for`].
///
/// # Errors
/// As [`cost_at`].
pub fn cost_at_for(
    meter: &Meter,
    tariff: &CompiledTariff,
    outlook: &Outlook,
    at: Timestamp,
    (rounding, liability): (&Rounding, TaxLiability),
) -> Result<Settlement, PricingError> {
    let mut ahead = meter.clone();
    advance(&mut ahead, tariff, (outlook, at))?;
    settle_for(&ahead.priced(tariff), rounding, liability)
}

/// The first instant, not after `until`, at which a session comes to cost `amount` or more after tax,
/// if it goes on as expected; `None` where it does not by then. To two milliseconds: energy comes in
/// whole mWh.
///
/// # Errors
/// As [`cost_at`]; an amount in another currency never comes.
pub fn reaches(
    meter: &Meter,
    tariff: &CompiledTariff,
    outlook: &Outlook,
    wanted: (Money, Timestamp),
    rounding: &Rounding,
) -> Result<Option<Timestamp>, PricingError> {
    reaches_for(
        meter,
        tariff,
        outlook,
        wanted,
        (rounding, TaxLiability::Seller),
    )
}

/// As [`reaches`], where the buyer may owe the tax: then the amount is without it, see [`settle_for`].
///
/// # Errors
/// As [`reaches`].
pub fn reaches_for(
    meter: &Meter,
    tariff: &CompiledTariff,
    outlook: &Outlook,
    (amount, until): (Money, Timestamp),
    (rounding, liability): (&Rounding, TaxLiability),
) -> Result<Option<Timestamp>, PricingError> {
    if amount.currency != tariff.currency {
        return Ok(None);
    }
    // Each instant is looked at as the meter would come to it in one go, which is what is told.
    let there = |at: Timestamp| -> Result<(Meter, bool), PricingError> {
        let mut ahead = meter.clone();
        advance(&mut ahead, tariff, (outlook, at))?;
        let total = ahead.total_for(tariff, rounding, liability)?;
        Ok((ahead, total.gross.minor >= amount.minor))
    };
    let (mut here, reached) = there(meter.now)?;
    if reached {
        return Ok(Some(here.now));
    }
    for _ in 0..STRETCHES_MAX {
        if here.now >= until {
            return Ok(None);
        }
        let end = stretch_end(&here, tariff, outlook).min(until);
        let (next, reached) = there(end)?;
        if !reached {
            here = next;
            continue;
        }
        // Within a stretch the price is one, and what it comes to only rises.
        let (mut before, mut after) = (here.now, end);
        while after.since(before).0 > 1 {
            let half = after.since(before).0.div_euclid(2);
            let middle = before.plus(Milliseconds(half));
            if there(middle)?.1 {
                after = middle;
            } else {
                before = middle;
            }
        }
        return Ok(Some(after));
    }
    Ok(None)
}

/// Goes on to an instant.
fn advance(
    ahead: &mut Meter,
    tariff: &CompiledTariff,
    (outlook, at): (&Outlook, Timestamp),
) -> Result<(), PricingError> {
    let usage = Usage {
        to: at,
        energy: energy_until(ahead, outlook, at).ok_or(PricingError::Overflow)?,
        state: outlook.state,
        power: Some(outlook.power),
        current: None,
    };
    ahead.advance(tariff, &usage)
}

/// A mWh per ms is 3.6 × 10⁶ mW.
fn energy_until(start: &Meter, outlook: &Outlook, at: Timestamp) -> Option<MilliwattHours> {
    let span = i128::from(at.since(start.now).0);
    let energy = i128::from(outlook.power.0)
        .checked_mul(span)?
        .checked_div(3_600_000)?;
    i64::try_from(energy).ok().map(MilliwattHours)
}

/// When the next price may come: by time, or by energy.
fn stretch_end(here: &Meter, tariff: &CompiledTariff, outlook: &Outlook) -> Timestamp {
    let never = Timestamp(i64::MAX);
    let by_time = here.next_change(tariff).unwrap_or(never);
    let by_energy = here.energy_to_next_change(tariff).and_then(|energy| {
        let needed = i128::from(energy).checked_mul(3_600_000)?;
        let span = needed.checked_div(i128::from(outlook.power.0))?;
        // Past the edge by a millisecond or two: the meter itself finds where it is.
        let span = i64::try_from(span).ok()?.checked_add(2)?;
        Some(here.now.plus(Milliseconds(span)))
    });
    by_time.min(by_energy.unwrap_or(never))
}
