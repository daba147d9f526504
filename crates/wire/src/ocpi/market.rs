//! The price of a component that follows a market: ours, no version of OCPI has it. An OCPI reader that
//! does not know it sees the component's own price, which holds where no market price is published.

use super::tariff::restrictions_of;
use super::value::At;
use super::{Fault, Warning};
use crate::json_tree::JsonTree;
use serde_json::Value;
use wattledger_domain::ids::MarketId;
use wattledger_domain::market::{Fixing, GridFee, MarketFormula};
use wattledger_domain::price::PriceE8;

/// What the object may hold: a word that is misspelt would cost money.
const FIELDS: [&str; 8] = [
    "series",
    "factor",
    "markup",
    "grid_fees",
    "levy",
    "floor",
    "cap",
    "price_at",
];

/// Reads `market` of an element's ENERGY component.
pub fn formula(
    at: &At<'_, '_>,
    element: u16,
    warnings: &mut Vec<Warning>,
) -> Result<MarketFormula, Fault> {
    known_fields(at, &FIELDS)?;
    let price = |name: &str| Ok(at.optional_scaled(name, 8)?.map(PriceE8));
    let or_nothing = |price: Option<PriceE8>| price.unwrap_or_default();
    let mut grid_fees = Vec::new();
    if let Some(fees) = at.field("grid_fees") {
        for fee in fees.items()? {
            known_fields(&fee, &["price", "restrictions"])?;
            let when = fee.field("restrictions");
            let when = when.map(|when| restrictions_of(&when, warnings));
            grid_fees.push(GridFee {
                when: when.transpose()?.unwrap_or_default(),
                price: PriceE8(fee.required("price")?.scaled(8)?),
            });
        }
    }
    let fixing = match at.field("price_at") {
        None => Fixing::default(),
        Some(field) => match field.text()? {
            "slot_start" => Fixing::Floating,
            "plug_in" => Fixing::PlugIn,
            other => return Err(field.fault(format!("`{other}` is not slot_start or plug_in"))),
        },
    };
    let factor = at.optional_scaled("factor", 6)?;
    Ok(MarketFormula {
        element,
        market: MarketId::new(at.required("series")?.text()?),
        factor: factor.unwrap_or(MarketFormula::ONCE),
        markup: or_nothing(price("markup")?),
        grid_fees,
        levy: or_nothing(price("levy")?),
        floor: price("floor")?,
        cap: price("cap")?,
        fixing,
    })
}

/// Prices in units of 10^-places, one per item; null is one that is not published.
pub(crate) fn prices(
    value: &Value,
    path: &str,
    places: u32,
) -> Result<Vec<Option<PriceE8>>, Fault> {
    let tree = JsonTree::of(value);
    let at = At::under(tree.root(), path);
    let items = at.items()?.map(|item| {
        if item.value.is_null() {
            return Ok(None);
        }
        Ok(Some(PriceE8(item.scaled(places)?)))
    });
    items.collect()
}

/// A decimal number in units of 10^-places.
pub(crate) fn scaled_number(value: &Value, path: &str, places: u32) -> Result<i64, Fault> {
    At::under(JsonTree::of(value).root(), path).scaled(places)
}

/// Refuses what an object of ours does not have.
pub fn known_fields(at: &At<'_, '_>, known: &[&str]) -> Result<(), Fault> {
    let Some(fields) = at.value.fields() else {
        return Err(at.fault("expected an object"));
    };
    let unknown = fields.map(|(name, _)| name);
    match unknown.filter(|name| !known.contains(name)).min() {
        Some(name) => Err(at.fault(format!("`{name}` is not a field here; there are {known:?}"))),
        None => Ok(()),
    }
}
