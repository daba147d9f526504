//! Documents with prices of a market.

use super::reader::{Fault, Reader};
use crate::{ocpi, times};
use wattledger_domain::ids::{MarketId, MarketPricesId};
use wattledger_domain::market::MarketPrices;
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::Milliseconds;

/// A million per kWh, either way.
const PRICE_E8_MAX: i64 = 100_000_000_000_000;

pub fn prices(id: &str, reader: &mut Reader<'_>) -> Result<MarketPrices, Fault> {
    let market = MarketId::new(reader.text("market")?);
    let currency = reader.text("currency")?;
    let currency =
        Currency::parse(currency).map_err(|error| reader.fault("currency", error.to_string()))?;
    // 10^-8 per kWh is 10^-5 per MWh.
    let places = reader.word("unit", 5, &[("MWh", 5), ("kWh", 8)])?;
    let minutes = reader.number("slotMinutes", 60, 15..=60)?;
    if ![15, 30, 60].contains(&minutes) {
        return Err(reader.fault("slotMinutes", "expected 15, 30 or 60"));
    }
    let start = times::parse(reader.text("start")?)
        .filter(|start| start.0.rem_euclid(MarketPrices::GRID.0) == 0);
    let start = start
        .ok_or_else(|| reader.fault("start", "expected an RFC 3339 time on a quarter hour"))?;
    let value = reader.required("prices")?;
    let prices = ocpi::market_prices(value, "spec.prices", places)
        .map_err(|ocpi::Fault { path, reason }| Fault { path, reason })?;
    let count = prices.len();
    if !(1..=MarketPrices::SLOTS_MAX).contains(&count) {
        let reason = format!(
            "expected 1 to {} prices, found {count}",
            MarketPrices::SLOTS_MAX
        );
        return Err(reader.fault("prices", reason));
    }
    let beyond = |price: &PriceE8| price.0.saturating_abs() > PRICE_E8_MAX;
    if prices.iter().flatten().any(beyond) {
        return Err(reader.fault("prices", "expected prices of at most 1,000,000 per kWh"));
    }
    Ok(MarketPrices {
        id: MarketPricesId::new(id),
        market,
        currency,
        start,
        slot: Milliseconds(minutes.saturating_mul(60_000)),
        prices,
    })
}
