//! What an example is: source, tariff, session, and what it costs.

mod blocks;
mod elements;
mod prices;

pub use blocks::BLOCKS;
pub use prices::PRICES;

use crate::ocpi::Version;
use serde_json::{Value, json};
use wattledger_domain::record::ReservationEnd;

/// A price component: type, price, VAT where one is stated, `step_size`.
pub type Component = (&'static str, &'static str, Option<&'static str>, i32);

/// A worked example.
pub struct Example {
    /// File or section, and what of it.
    pub source: &'static str,
    pub versions: &'static [Version],
    /// `tax_included`, of 2.3.0.
    pub included: &'static str,
    /// Bounds by name, before and after tax.
    pub limits: &'static str,
    /// Components, and under which restrictions.
    pub elements: &'static [(&'static [Component], &'static str)],
    pub day: &'static str,
    /// Where each period begins, and its volumes.
    pub periods: &'static [(&'static str, &'static str)],
    pub end: &'static str,
    pub reservation: ReservationEnd,
    /// Before tax, and after tax where a rate is stated.
    pub expect: (&'static str, Option<&'static str>),
}

pub const OLDEST: &[Version] = &[Version::V2_1_1];
pub const BOTH: &[Version] = &[Version::V2_2_1, Version::V2_3_0];
pub const NEWEST: &[Version] = &[Version::V2_3_0];

pub fn component((dimension, price, vat, step): &Component) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut component = json!({ "type": dimension, "price": number(price), "step_size": step });
    if let Some(vat) = vat {
        component["vat"] = number(vat);
    }
    component
}

/// An example without limits, restrictions or reservation, on a Monday.
pub const fn plain(
    source: &'static str,
    elements: &'static [(&'static [Component], &'static str)],
    periods: &'static [(&'static str, &'static str)],
    end: &'static str,
    expect: (&'static str, Option<&'static str>),
) -> Example {
    Example {
        source,
        versions: BOTH,
        included: "NO",
        limits: "{}",
        elements,
        day: "2024-06-03",
        periods,
        end,
        reservation: ReservationEnd::Used,
        expect,
    }
}
