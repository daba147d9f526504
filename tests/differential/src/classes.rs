//! Why two prices of one pair differ.

use crate::{Peer, Which, ours};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use wattledger_domain::cost::StepRule;
use wattledger_domain::price::ExactCost;
use wattledger_domain::tariff::Dimension;
use wattledger_pricing::{RecordLine, RecordLineKind, RecordNote, RecordPrice};

/// Why two prices differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// They do not.
    Same,
    /// A price changes within a period. We divide it there (mod_cdrs: "A CPO SHALL at least start (and
    /// add) a ChargingPeriod every moment/event that has relevance for the total costs"); the peer
    /// prices it as it began.
    Spans,
    /// "To stop at end of the day use: 00:00" also without a start (ocpi/ocpi#466); the peer reads an
    /// empty window.
    MidnightAlone,
    /// A window that ends when it starts is empty; the peer reads the whole day.
    EqualTimes,
    /// A lowest price of nothing: we take the rate of a price of nothing that was used, the peer that of
    /// the first of the tariff or none.
    LimitOfNothing,
    /// A limit before tax binds: we move the tax of each rate in proportion, the peer takes one rate
    /// (`ocpi-kit`) or leaves the amount after tax as it was, or leaves it out (`ocpi-tariffs`).
    LimitedTax,
    /// Blocks count what is billed: "the switch to free parking" of the specification (ocpi/ocpi#546); the
    /// peer rounds up all volume of the dimension, priced or not.
    UnpricedVolume,
    /// A piece without volume is never the last active one; the peer takes its block and price.
    LastWithoutVolume,
    /// Nobody knows why.
    Unexplained,
}

/// Amounts closer than this are the same: `ocpi-kit` rounds each part to ten places, `ocpi-tariffs` its
/// report to four.
const fn near(which: Which) -> Decimal {
    match which {
        Which::Kit => Decimal::from_parts(1, 0, 0, false, 6),
        Which::Tariffs => Decimal::from_parts(6, 0, 0, false, 5),
    }
}

pub fn classify(which: Which, pair: &Value, priced: &RecordPrice, theirs: &Peer) -> Class {
    let Peer::Says { before, after } = theirs else {
        return Class::Unexplained;
    };
    let same = |one: Option<ExactCost>, other: Option<Decimal>| match (one, other) {
        (None, _) => true,
        (Some(cost), Some(other)) => (decimal(cost) - other).abs() < near(which),
        // Nothing was priced: the peer says nothing instead of zero.
        (Some(cost), None) => cost.0 == 0 && before.is_none(),
    };
    let before_same = same(priced.exact.before_tax, *before);
    if before_same && same(priced.exact.after_tax, *after) {
        return Class::Same;
    }
    let spans = |note: &RecordNote| matches!(note, RecordNote::SpansPriceChange { .. });
    if priced.notes.iter().any(spans) {
        return Class::Spans;
    }
    let tariff = &pair["tariff"];
    if has(tariff, |when| {
        when["end_time"] == "00:00" && when["start_time"].is_null()
    }) {
        return Class::MidnightAlone;
    }
    if has(tariff, |when| {
        !when["start_time"].is_null() && when["start_time"] == when["end_time"]
    }) {
        return Class::EqualTimes;
    }
    let limited = !tariff["min_price"].is_null() || !tariff["max_price"].is_null();
    let mut used = priced.lines.iter().filter(|line| is_usage(line));
    if before_same && !tariff["min_price"].is_null() && used.all(|line| line.exact_net.0 == 0) {
        return Class::LimitOfNothing;
    }
    if before_same && limited {
        return Class::LimitedTax;
    }
    match (which, before) {
        (Which::Tariffs, Some(before)) => blocks(pair, *before),
        (Which::Tariffs | Which::Kit, _) => Class::Unexplained,
    }
}

/// Differences of blocks. What the peer comes to by its own rule is computed from what we bill without
/// blocks: only a difference that this explains is one of blocks.
fn blocks(pair: &Value, theirs: Decimal) -> Class {
    let unrounded = ours(Which::Tariffs, pair, StepRule::Off);
    let usage: Vec<&RecordLine> = unrounded
        .lines
        .iter()
        .filter(|line| is_usage(line))
        .collect();
    let before: ExactCost = ExactCost(usage.iter().map(|line| line.exact_net.0).sum());
    let stated = stated(&pair["cdr"]);
    let all = |dimension: Dimension| stated.get(name(dimension)).copied().unwrap_or(0);
    let last = |dimension: Dimension| {
        let of = usage
            .iter()
            .filter(|line| line.kind == RecordLineKind::Usage(dimension));
        of.max_by_key(|line| (line.to, line.from)).copied()
    };
    let times = match last(Dimension::ParkingTime) {
        Some(_) => Dimension::ParkingTime,
        None => Dimension::Time,
    };
    let mut exact = before.0;
    for dimension in [Dimension::Energy, times] {
        let Some(line) = last(dimension) else {
            continue;
        };
        let block = step_size(&pair["tariff"], line, dimension) * 1_000;
        let over = if block == 0 {
            0
        } else {
            all(dimension) % block
        };
        if over != 0 {
            let factor = if dimension == Dimension::Energy {
                18
            } else {
                5
            };
            exact += i128::from(block - over) * i128::from(line.price.0) * factor;
        }
    }
    let limit = |limit: &str| -> Option<i128> {
        let amount = pair["tariff"][limit]["excl_vat"].as_f64()?;
        Some((amount * 10.0).round() as i128 * (ExactCost::PER_UNIT / 10))
    };
    let exact = limit("min_price").map_or(exact, |low| exact.max(low));
    let exact = limit("max_price").map_or(exact, |high| exact.min(high));
    if (decimal(ExactCost(exact)) - theirs).abs() < near(Which::Tariffs) {
        return Class::UnpricedVolume;
    }
    if zero_volume(&pair["cdr"]) {
        return Class::LastWithoutVolume;
    }
    Class::Unexplained
}

fn step_size(tariff: &Value, line: &RecordLine, dimension: Dimension) -> i64 {
    let components = &tariff["elements"][usize::from(line.element)]["price_components"];
    let mut components = components.as_array().into_iter().flatten();
    let of = components.find(|component| component["type"] == name(dimension));
    of.and_then(|component| component["step_size"].as_i64())
        .unwrap_or(0)
}

const fn name(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Energy => "ENERGY",
        Dimension::Time => "TIME",
        Dimension::ParkingTime => "PARKING_TIME",
        Dimension::Flat => "FLAT",
    }
}

/// What a record states in all: mWh and ms.
fn stated(cdr: &Value) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    for dimension in dimensions(cdr) {
        let volume = dimension["volume"].as_f64().unwrap_or(0.0);
        let name = dimension["type"].as_str().unwrap_or_default();
        let factor = if name == "ENERGY" {
            1_000_000.0
        } else {
            3_600_000.0
        };
        *all.entry(name.to_owned()).or_default() += (volume * factor).round() as i64;
    }
    all
}

fn zero_volume(cdr: &Value) -> bool {
    dimensions(cdr).any(|dimension| dimension["volume"].as_f64() == Some(0.0))
}

fn dimensions(cdr: &Value) -> impl Iterator<Item = &Value> {
    let periods = cdr["charging_periods"].as_array().into_iter().flatten();
    periods.flat_map(|period| period["dimensions"].as_array().into_iter().flatten())
}

fn has(tariff: &Value, wanted: impl Fn(&Value) -> bool) -> bool {
    let mut elements = tariff["elements"].as_array().into_iter().flatten();
    elements.any(|element| wanted(&element["restrictions"]))
}

fn is_usage(line: &RecordLine) -> bool {
    !matches!(
        line.kind,
        RecordLineKind::MinPrice | RecordLineKind::MaxPrice
    )
}

/// To ten places.
fn decimal(cost: ExactCost) -> Decimal {
    Decimal::from_i128_with_scale(cost.0 / 180_000, 10)
}
