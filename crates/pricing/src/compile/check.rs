//! What a tariff must be to be priced: bounds that keep every product far inside 128 bits.

use super::TariffFault;
use wattledger_domain::market::MarketFormula;
use wattledger_domain::price::PriceE8;
use wattledger_domain::tariff::{
    Component, Dimension, Element, IdleFees, PriceLimit, Restrictions, Tariff,
};

/// A million per kWh, hour or session.
const PRICE_E8_MAX: i64 = 100_000_000_000_000;

/// A thousand million per session.
const LIMIT_E8_MAX: i64 = 100_000_000_000_000_000;

/// 1000 %.
const TAX_RATE_MAX: i64 = 10_000_000;

/// A hundred, in millionths.
const FACTOR_MAX: i64 = 100_000_000;

/// The minutes of a day.
const DAY_MINUTES: u16 = 1_440;

pub fn tariff(tariff: &Tariff) -> Result<(), TariffFault> {
    if tariff.elements.is_empty() {
        return Err(TariffFault::new(
            "elements",
            "a tariff has at least one element",
        ));
    }
    for (index, element) in tariff.elements.iter().enumerate() {
        check_element(element).map_err(|fault| fault.under(&format!("elements[{index}]")))?;
    }
    check_markets(tariff)?;
    check_idle_fees(tariff)?;
    check_limit(tariff.min_price, "min_price")?;
    check_limit(tariff.max_price, "max_price")
}

fn check_element(element: &Element) -> Result<(), TariffFault> {
    if element.components.is_empty() {
        return Err(TariffFault::new("price_components", "is empty"));
    }
    for (place, component) in element.components.iter().enumerate() {
        check_component(component)
            .map_err(|fault| fault.under(&format!("price_components[{place}]")))?;
    }
    let (start, end) = (
        element.restrictions.start_time,
        element.restrictions.end_time,
    );
    for (name, minute) in [("start_time", start), ("end_time", end)] {
        if minute.is_some_and(|minute| minute.0 >= DAY_MINUTES) {
            let path = format!("restrictions.{name}");
            return Err(TariffFault::new(path, "is past 23:59"));
        }
    }
    Ok(())
}

fn check_component(component: &Component) -> Result<(), TariffFault> {
    let PriceE8(price) = component.price;
    if price.saturating_abs() > PRICE_E8_MAX {
        return Err(TariffFault::new("price", "is beyond 1,000,000 per unit"));
    }
    if component.step_size < 0 {
        return Err(TariffFault::new("step_size", "is negative"));
    }
    if component
        .tax
        .is_some_and(|rate| !(0..=TAX_RATE_MAX).contains(&rate.0))
    {
        return Err(TariffFault::new("vat", "is outside 0 to 1000 %"));
    }
    Ok(())
}

/// One market, one formula per element, each of an element that prices energy, within bounds that keep a
/// price far inside 64 bits.
fn check_markets(tariff: &Tariff) -> Result<(), TariffFault> {
    let mut before: Option<&MarketFormula> = None;
    for formula in &tariff.markets {
        let fault = |reason: &str| {
            let path = format!("elements[{}].market", formula.element);
            Err(TariffFault::new(path, reason))
        };
        let element = tariff.elements.get(usize::from(formula.element));
        let mut components = element.iter().flat_map(|element| &element.components);
        if !components.any(|component| component.dimension == Dimension::Energy) {
            return fault("follows a market, but the element has no ENERGY price");
        }
        if before.is_some_and(|before| before.element >= formula.element) {
            return fault("is given twice, or out of order");
        }
        let alike = |before: &MarketFormula| {
            before.market == formula.market && before.fixing == formula.fixing
        };
        if before.is_some_and(|before| !alike(before)) {
            return fault(
                "differs in market or price_at from an element before: a tariff follows one",
            );
        }
        if !(0..=FACTOR_MAX).contains(&formula.factor) {
            return fault("has a factor below 0 or above 100");
        }
        let fees = formula.grid_fees.iter().map(|fee| fee.price);
        let added = [formula.markup, formula.levy].into_iter().chain(fees);
        let bounds = [formula.floor, formula.cap].into_iter().flatten();
        if added
            .chain(bounds)
            .any(|price| price.0.saturating_abs() > PRICE_E8_MAX)
        {
            return fault("has a price beyond 1,000,000 per kWh");
        }
        if formula
            .floor
            .zip(formula.cap)
            .is_some_and(|(floor, cap)| floor > cap)
        {
            return fault("has a floor above its cap");
        }
        if formula
            .grid_fees
            .iter()
            .any(|fee| !is_of_clock_alone(&fee.when))
        {
            return fault("has a grid fee that looks at more than clock and calendar");
        }
        before = Some(formula);
    }
    Ok(())
}

/// Caps of zero or more; a block of more than a second could lift fees past them.
fn check_idle_fees(tariff: &Tariff) -> Result<(), TariffFault> {
    let IdleFees {
        withdrawn_within,
        max_per_session,
        max_per_day,
        only_when_busy,
    } = tariff.idle_fees;
    let fault = |reason: &str| Err(TariffFault::new("idle_fees", reason));
    if withdrawn_within.is_some_and(|span| span.0 < 0) {
        return fault("has a negative span");
    }
    if only_when_busy.is_some_and(|share| share.per_mille() == 0) {
        return fault("is due from 0 % on: leave only_when_busy out");
    }
    let mut caps = [max_per_session, max_per_day].into_iter().flatten();
    if caps.any(|cap| !(0..=LIMIT_E8_MAX).contains(&cap.0)) {
        return fault("has a cap below 0 or above 1,000,000,000");
    }
    let mut components = tariff
        .elements
        .iter()
        .flat_map(|element| &element.components);
    let blocks = components
        .any(|component| component.dimension == Dimension::ParkingTime && component.step_size > 1);
    if blocks && (max_per_session.is_some() || max_per_day.is_some()) {
        return fault("has a cap, and a PARKING_TIME price counts in blocks of more than a second");
    }
    Ok(())
}

/// Whether restrictions look at wall clock and calendar only.
fn is_of_clock_alone(when: &Restrictions) -> bool {
    let clock = Restrictions {
        start_time: when.start_time,
        end_time: when.end_time,
        start_date: when.start_date,
        end_date: when.end_date,
        days: when.days.clone(),
        ..Restrictions::default()
    };
    *when == clock
}

fn check_limit(limit: Option<PriceLimit>, path: &str) -> Result<(), TariffFault> {
    let Some(PriceLimit {
        before_tax,
        after_tax,
    }) = limit
    else {
        return Ok(());
    };
    let mut prices = [Some(before_tax), after_tax].into_iter().flatten();
    if prices.any(|price| price.0.saturating_abs() > LIMIT_E8_MAX) {
        return Err(TariffFault::new(path, "is beyond 1,000,000,000"));
    }
    Ok(())
}
