//! A tariff that follows a market, written out as OCPI knows it: an element per price and day, by local
//! date and time of day, with the component's own price behind them.
//!
//! Invariant: each price is what the meter bills for the slot; where a clock set back shows an hour twice,
//! OCPI cannot tell the two apart (ocpi/ocpi#534), and a finding names each price that gets lost.

use crate::calendar::{Local, local, next_date, next_strike};
use crate::compile::{Candidate, CompiledTariff, TariffFault};
use crate::market::{MarketSeries, next_slot};
use crate::restriction::holds_locally;
use std::sync::Arc;
use wattledger_domain::price::PriceE8;
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalDate, LocalMinute, Restrictions, Tariff,
};
use wattledger_domain::time::Timestamp;

/// Elements that are written at most: more than a month of quarter hours.
const ELEMENTS_MAX: usize = 3_000;

/// The milliseconds and the minutes of a day.
const DAY: i64 = 86_400_000;
const DAY_MINUTES: i64 = 1_440;

/// A tariff without markets, and what it could not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenOut {
    /// The tariff.
    pub tariff: Tariff,
    /// Prices that OCPI cannot tell from others, in order of time.
    pub lost: Vec<LostPrice>,
}

/// A price that is hidden by that of the same local time an hour before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostPrice {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What the session is billed.
    pub billed: PriceE8,
    /// What the written tariff says.
    pub shown: PriceE8,
}

/// Writes out the prices between two instants, as for a session that begins with the first.
///
/// # Errors
/// A [`TariffFault`] for a tariff that cannot be priced, a span outside the years 0 to 9999, or one of
/// more than 3,000 prices.
pub fn written_out(
    tariff: &Tariff,
    time_zone: &str,
    series: Arc<MarketSeries>,
    span: (Timestamp, Timestamp),
) -> Result<WrittenOut, TariffFault> {
    let ready = CompiledTariff::compile(tariff, time_zone)?.with_series(series);
    let mut written = Tariff {
        elements: Vec::new(),
        markets: Vec::new(),
        ..tariff.clone()
    };
    let mut lost = Vec::new();
    for (number, element) in tariff.elements.iter().enumerate() {
        let candidate = ready.energy.all().iter().find(|candidate| {
            candidate.market.is_some() && usize::from(candidate.element) == number
        });
        if let Some(candidate) = candidate {
            let slots = slots(&ready, candidate, span)?;
            lost.extend(hidden(&slots));
            let slots = slots.iter().map(|slot| element_of(candidate, slot));
            written.elements.extend(slots);
        }
        written.elements.push(element.clone());
        if written.elements.len() > ELEMENTS_MAX {
            return Err(fault("span", "has more than 3,000 prices"));
        }
    }
    lost.sort_by_key(|lost| lost.from);
    Ok(WrittenOut {
        tariff: written,
        lost,
    })
}

/// A stretch of one price on one local day.
struct Slot {
    from: Timestamp,
    to: Timestamp,
    date: LocalDate,
    next: LocalDate,
    /// Minutes of the clock's face from midnight; the end up to 1,440.
    begin: i64,
    end: i64,
    price: PriceE8,
}

fn slots(
    ready: &CompiledTariff,
    candidate: &Candidate,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Slot>, TariffFault> {
    let mut strikes = ready.strikes.clone();
    if strikes.first() != Some(&0) {
        strikes.insert(0, 0);
    }
    let mut found: Vec<Slot> = Vec::new();
    let mut at = from;
    while at < to {
        let wall = local(ready.zone, at, &strikes)
            .ok_or_else(|| fault("span", "is outside the years 0 to 9999"))?;
        let next = next_strike(ready.zone, at, &wall, &strikes);
        let next = next.min(next_slot(at)).min(to);
        if holds_locally(&candidate.when, Some(&wall)) {
            let price = ready.price_of(candidate, (at, from), Some(&wall));
            add(&mut found, (at, next), &wall, price)?;
        }
        if found.len() > ELEMENTS_MAX {
            break;
        }
        at = next;
    }
    Ok(found)
}

/// Adds a stretch, to the one before where that ends with it at the same price on the same day.
fn add(
    found: &mut Vec<Slot>,
    (from, to): (Timestamp, Timestamp),
    wall: &Local,
    price: PriceE8,
) -> Result<(), TariffFault> {
    let minute = |ms: i64| ms.div_euclid(60_000);
    let begin = minute(wall.time_of_day);
    // By the clock's face as it runs on: the end of an hour before the clock is set is that hour's end.
    let end = minute(wall.time_of_day.saturating_add(to.since(from).0).min(DAY));
    let date = wall.date().ok_or_else(|| fault("span", "has no date"))?;
    if let Some(last) = found.last_mut()
        && (last.to, last.end, last.date, last.price) == (from, begin, date, price)
    {
        (last.to, last.end) = (to, end);
        return Ok(());
    }
    let next = next_date(date).ok_or_else(|| fault("span", "has no next day"))?;
    found.push(Slot {
        from,
        to,
        date,
        next,
        begin,
        end,
        price,
    });
    Ok(())
}

/// Stretches whose local time an earlier one has at another price.
fn hidden(slots: &[Slot]) -> Vec<LostPrice> {
    let mut lost = Vec::new();
    for (place, slot) in slots.iter().enumerate() {
        let before = slots.iter().take(place).rev();
        let mut same_day = before.take_while(|other| other.date == slot.date);
        let hides = same_day.find(|other| {
            other.begin < slot.end && slot.begin < other.end && other.price != slot.price
        });
        if let Some(other) = hides {
            lost.push(LostPrice {
                from: slot.from,
                to: slot.to,
                billed: slot.price,
                shown: other.price,
            });
        }
    }
    lost
}

fn element_of(candidate: &Candidate, slot: &Slot) -> Element {
    // 24:00 is 00:00 as an end.
    let minute = |minute: i64| u16::try_from(minute.rem_euclid(DAY_MINUTES)).unwrap_or(0);
    Element {
        components: vec![Component {
            dimension: Dimension::Energy,
            price: slot.price,
            ..candidate.component
        }],
        restrictions: Restrictions {
            start_time: Some(LocalMinute(minute(slot.begin))),
            end_time: Some(LocalMinute(minute(slot.end))),
            start_date: Some(slot.date),
            end_date: Some(slot.next),
            days: Vec::new(),
            ..candidate.when.clone()
        },
    }
}

fn fault(path: &str, reason: &str) -> TariffFault {
    TariffFault {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
