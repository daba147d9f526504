//! Published market prices written into a tariff that follows them.

use super::refused;
use crate::commands::published::Published;
use crate::error::CliError;
use crate::words;
use std::path::Path;
use std::sync::Arc;
use wattledger_domain::tariff::Tariff;
use wattledger_pricing::{LostPrice, written_out};
use wattledger_wire::ocpi::Fault;

/// The tariff with every published price as an element of its own; says which ones OCPI cannot tell.
pub fn write_out(
    file: &Path,
    tariff: &Tariff,
    published: &Published,
    time_zone: &str,
) -> Result<Tariff, CliError> {
    let followed = tariff.markets.first().map(|formula| &formula.market);
    let own = || {
        let all = published
            .prices
            .iter()
            .map(|publication| &publication.prices);
        all.filter(|prices| Some(&prices.market) == followed)
    };
    let from = own().map(|prices| prices.start).min();
    let to = own().map(|prices| prices.end()).max();
    let Some(span) = from.zip(to) else {
        return Err(CliError::refused(
            "--prices: none of the market that the tariff follows",
        ));
    };
    let series = Arc::new(published.series(tariff));
    let written = written_out(tariff, time_zone, series, span).map_err(|fault| {
        let path = format!("$.{}", fault.path);
        let reason = fault.reason;
        refused(file, Fault { path, reason })
    })?;
    for LostPrice {
        from,
        to,
        billed,
        shown,
    } in &written.lost
    {
        let price = |price: i64| crate::commands::price::decimal_trimmed(i128::from(price), 8);
        words::note(&format!(
            "warning: the clock shows {from} to {to} as the hour before: OCPI says {} per kWh, \
             {} is billed",
            price(shown.0),
            price(billed.0)
        ));
    }
    Ok(written.tariff)
}
