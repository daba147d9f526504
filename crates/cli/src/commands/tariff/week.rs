//! The prices of seven days, as a table with bars, as JSON, and drawn.

mod drawing;

use super::simulate::start_of;
use super::{compiled, read};
use crate::arguments::SimulateTariffArguments;
use crate::commands::price::decimal_trimmed;
use crate::commands::published;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::local_time;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Arc;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::Milliseconds;
use wattledger_pricing::{PriceStretch, prices_between};

/// The longest bar.
const BAR_MAX: i64 = 30;

/// Milliseconds of a week that no clock change shortens.
const WEEK: i64 = 604_800_000;

/// Shows a week.
pub fn run(arguments: &SimulateTariffArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let (tariff, _) = read(&arguments.file)?;
    let mut ready = compiled(&arguments.file, &tariff, &arguments.time_zone)?;
    if let Some(prices) = &arguments.prices {
        let series = published::read(prices)?.series(&tariff);
        ready = ready.with_series(Arc::new(series));
    }
    let start = start_of(arguments)?;
    let span = (start, start.plus(Milliseconds(WEEK)));
    let prices = prices_between(&ready, span);
    if let Some(path) = &arguments.svg {
        let zone = &arguments.time_zone;
        let picture = drawing::svg(&prices, (start, WEEK), (tariff.currency.code(), zone));
        std::fs::write(path, picture)
            .with_context(|| format!("failed to write `{}`", path.display()))?;
    }
    if arguments.json {
        return write_json(&told(&prices), out);
    }
    let zone = &arguments.time_zone;
    let most = most(&prices);
    writeln!(out, "Prices at plug-in, {} ({zone}):", tariff.currency)?;
    writeln!(
        out,
        "{:<27}{:>10}{:>12}{:>11}",
        "from", "per kWh", "charging/h", "parking/h"
    )?;
    for stretch in &prices {
        let text = |price: Option<PriceE8>| {
            price.map_or("-".to_owned(), |PriceE8(price)| {
                decimal_trimmed(i128::from(price), 8)
            })
        };
        let bar = usize::try_from(scaled(stretch.energy, most, BAR_MAX)).unwrap_or(0);
        writeln!(
            out,
            "{:<27}{:>10}{:>12}{:>11}  {}",
            local_time(stretch.from.0, zone),
            text(stretch.energy),
            text(stretch.time),
            text(stretch.parking_time),
            "█".repeat(bar)
        )?;
    }
    Ok(())
}

fn told(prices: &[PriceStretch]) -> Value {
    let text =
        |price: Option<PriceE8>| price.map(|PriceE8(price)| decimal_trimmed(i128::from(price), 8));
    let stretches = prices.iter().map(|stretch| {
        json!({
            "from": stretch.from.to_string(),
            "to": stretch.to.to_string(),
            "energy": text(stretch.energy),
            "time": text(stretch.time),
            "parking_time": text(stretch.parking_time),
            "fixed": text(stretch.flat),
        })
    });
    Value::Array(stretches.collect())
}

/// The highest price of energy, above zero.
fn most(prices: &[PriceStretch]) -> i64 {
    let energies = prices.iter().filter_map(|stretch| stretch.energy);
    energies.map(|price| price.0).max().unwrap_or(0).max(1)
}

/// A price as a part of a length; nothing where it is below zero.
fn scaled(price: Option<PriceE8>, most: i64, length: i64) -> i64 {
    let price = i128::from(price.map_or(0, |price| price.0.max(0)));
    let part = price.saturating_mul(i128::from(length));
    let part = part.checked_div(i128::from(most)).unwrap_or(0);
    i64::try_from(part).unwrap_or(length)
}
