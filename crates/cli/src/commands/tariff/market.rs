//! Published market prices beside a tariff that follows them, read from `MarketPrices` documents.

use super::refused;
use crate::documents::{Located, read_files};
use crate::error::CliError;
use crate::words;
use std::path::Path;
use std::sync::Arc;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::market::Publication;
use wattledger_domain::reference::Content;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{LostPrice, MarketSeries, written_out};
use wattledger_wire::documents::submission;
use wattledger_wire::ocpi::Fault;

/// The prices of a file; documents of other kinds are left out. Later ones revise earlier ones.
pub fn read(file: &Path) -> Result<Vec<Arc<Publication>>, CliError> {
    let mut found = Vec::new();
    for document in read_files(&[file.to_owned()])? {
        if document
            .value
            .get("kind")
            .and_then(serde_json::Value::as_str)
            == Some("MarketPrices")
        {
            found.push(publication(&document, found.len())?);
        }
    }
    if found.is_empty() {
        let name = file.display();
        return Err(CliError::refused(format!(
            "`{name}` holds no MarketPrices document"
        )));
    }
    Ok(found)
}

fn publication(document: &Located, place: usize) -> Result<Arc<Publication>, CliError> {
    let read = submission(&document.value, &|_| TokenHash([0; 16])).map_err(|fault| {
        CliError::refused(format!("{}: {fault}", document.place_of(&fault.path)))
    })?;
    let Content::MarketPrices(prices) = read.document.content else {
        return Err(CliError::refused(format!(
            "{}: no MarketPrices",
            document.place
        )));
    };
    Ok(Arc::new(Publication {
        prices: *prices,
        version: i32::try_from(place).unwrap_or(i32::MAX),
        hash: read.document.hash,
        known_from: read.valid_from.unwrap_or_default(),
        known_to: read.valid_to,
        recorded_at: Timestamp(i64::try_from(place).unwrap_or(i64::MAX)),
    }))
}

/// The tariff with every published price as an element of its own; says which ones OCPI cannot tell.
pub fn write_out(
    file: &Path,
    tariff: &Tariff,
    published: Vec<Arc<Publication>>,
    time_zone: &str,
) -> Result<Tariff, CliError> {
    let followed = tariff.markets.first().map(|formula| &formula.market);
    let own = || {
        let all = published.iter().map(|publication| &publication.prices);
        all.filter(|prices| Some(&prices.market) == followed)
    };
    let from = own().map(|prices| prices.start).min();
    let to = own().map(|prices| prices.end()).max();
    let Some(span) = from.zip(to) else {
        return Err(CliError::refused(
            "--prices: none of the market that the tariff follows",
        ));
    };
    let series = Arc::new(MarketSeries::of(own_publications(&published, tariff)));
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

/// What a tariff's market has published.
pub fn own_publications(
    published: &[Arc<Publication>],
    tariff: &Tariff,
) -> impl Iterator<Item = Arc<Publication>> {
    let followed = tariff.markets.first().map(|formula| &formula.market);
    let own = published.iter();
    own.filter(move |publication| Some(&publication.prices.market) == followed)
        .cloned()
}
