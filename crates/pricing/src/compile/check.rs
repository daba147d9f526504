//! What a tariff must be to be priced: bounds that keep every product far inside 128 bits.

use super::TariffFault;
use wattledger_domain::price::PriceE8;
use wattledger_domain::tariff::{Component, Element, PriceLimit, Tariff};

/// A million per kWh, hour or session.
const PRICE_E8_MAX: i64 = 100_000_000_000_000;

/// A thousand million per session.
const LIMIT_E8_MAX: i64 = 100_000_000_000_000_000;

/// 1000 %.
const TAX_RATE_MAX: i64 = 10_000_000;

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
        check_element(element, &format!("elements[{index}]"))?;
    }
    check_limit(tariff.min_price, "min_price")?;
    check_limit(tariff.max_price, "max_price")
}

fn check_element(element: &Element, path: &str) -> Result<(), TariffFault> {
    if element.components.is_empty() {
        return Err(TariffFault::new(
            format!("{path}.price_components"),
            "is empty",
        ));
    }
    for (place, component) in element.components.iter().enumerate() {
        check_component(component, &format!("{path}.price_components[{place}]"))?;
    }
    let (start, end) = (
        element.restrictions.start_time,
        element.restrictions.end_time,
    );
    for (name, minute) in [("start_time", start), ("end_time", end)] {
        if minute.is_some_and(|minute| minute.0 >= DAY_MINUTES) {
            let path = format!("{path}.restrictions.{name}");
            return Err(TariffFault::new(path, "is past 23:59"));
        }
    }
    Ok(())
}

fn check_component(component: &Component, path: &str) -> Result<(), TariffFault> {
    let PriceE8(price) = component.price;
    if price.saturating_abs() > PRICE_E8_MAX {
        return Err(TariffFault::new(
            format!("{path}.price"),
            "is beyond 1,000,000 per unit",
        ));
    }
    if component.step_size < 0 {
        return Err(TariffFault::new(format!("{path}.step_size"), "is negative"));
    }
    if component
        .tax
        .is_some_and(|rate| !(0..=TAX_RATE_MAX).contains(&rate.0))
    {
        return Err(TariffFault::new(
            format!("{path}.vat"),
            "is outside 0 to 1000 %",
        ));
    }
    Ok(())
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
