//! Random pairs of tariff and session, priced by wattledger and by `ocpi-kit` 0.4.0. Each difference
//! falls into a class with a reason, or the run fails.
//!
//! cargo run --release --ignore-rust-version -- 20000 1        pairs, first seed

mod pairs;

use ocpi_kit::tariffs::{
    CostBreakdown, PricedPeriod, PricedSession, PricingEngine, PricingPolicy, TimeZone,
};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::price::ExactCost;
use wattledger_domain::record::ReservationEnd;
use wattledger_pricing::{
    AbsentTax, Credit, Record, RecordLineKind, RecordNote, RecordPrice, RecordTariff, RecordTerms,
    TaxLiability, price_record,
};
use wattledger_wire::ocpi::{self, OwnTariffs, Version};

/// What is less than this apart is the same: the peer rounds each part to ten places.
const NEAR: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// Why two prices differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
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
    /// A limit before tax binds: we move the tax of each rate in proportion, the peer takes one rate.
    LimitedTax,
    /// Nobody knows why.
    Unexplained,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let (count, first) = (
        arguments.next().unwrap_or(20_000),
        arguments.next().unwrap_or(1),
    );
    let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
    for seed in first..first + count {
        let pair = pairs::pair(seed);
        let class = classify(&pair, &ours(&pair), &theirs(&pair));
        *classes.entry(class).or_default() += 1;
        if class == Class::Unexplained {
            println!("{pair}");
        }
    }
    println!("{classes:?}");
    match classes.get(&Class::Unexplained) {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn classify(pair: &Value, ours: &RecordPrice, theirs: &CostBreakdown) -> Class {
    let near = |one: Option<ExactCost>, other: String| match one {
        None => true,
        Some(cost) => {
            let other: Decimal = other.parse().expect("the peer prints decimals");
            (decimal(cost) - other).abs() < NEAR
        }
    };
    let before = near(ours.exact.before_tax, theirs.total_excl_vat.to_string());
    let after = near(ours.exact.after_tax, theirs.total_incl_vat.to_string());
    if before && after {
        return Class::Same;
    }
    let spans = |note: &RecordNote| matches!(note, RecordNote::SpansPriceChange { .. });
    if ours.notes.iter().any(spans) {
        return Class::Spans;
    }
    let tariff = &pair["tariff"];
    let elements = tariff["elements"].as_array().into_iter().flatten();
    let alone = |element: &Value| {
        let when = &element["restrictions"];
        when["end_time"] == "00:00" && when["start_time"].is_null()
    };
    if elements.into_iter().any(alone) {
        return Class::MidnightAlone;
    }
    let elements = tariff["elements"].as_array().into_iter().flatten();
    let empty = |element: &Value| {
        let when = &element["restrictions"];
        !when["start_time"].is_null() && when["start_time"] == when["end_time"]
    };
    if elements.into_iter().any(empty) {
        return Class::EqualTimes;
    }
    let usage = |line: &&wattledger_pricing::RecordLine| {
        !matches!(
            line.kind,
            RecordLineKind::MinPrice | RecordLineKind::MaxPrice
        )
    };
    let mut used = ours.lines.iter().filter(usage);
    if before && !tariff["min_price"].is_null() && used.all(|line| line.exact_net.0 == 0) {
        return Class::LimitOfNothing;
    }
    let limited = !tariff["min_price"].is_null() || !tariff["max_price"].is_null();
    if before && limited {
        return Class::LimitedTax;
    }
    Class::Unexplained
}

/// To ten places.
fn decimal(cost: ExactCost) -> Decimal {
    Decimal::from_i128_with_scale(cost.0 / 180_000, 10)
}

fn ours(pair: &Value) -> RecordPrice {
    let (mut notes, version) = (Vec::new(), Version::V2_3_0);
    let tariff = ocpi::tariff_under(&pair["tariff"], "$", version, &mut notes).expect("a tariff");
    let own = (version, OwnTariffs::Skip);
    let cdr = ocpi::cdr_under(&pair["cdr"], "$", own, &mut notes).expect("a record");
    let zone = pair["time_zone"].as_str().expect("a zone");
    let end = ReservationEnd::Used;
    let ready = RecordTariff::compile(&tariff, zone, end, UsageRules::default());
    let record = Record {
        start: cdr.start,
        periods: &cdr.periods,
        reservation: end,
        credit: Credit::No,
    };
    let terms = RecordTerms {
        rounding: Rounding::DEFAULT,
        places: None,
        // As the peer reads it.
        absent_tax: AbsentTax::NotApplicable,
        liability: TaxLiability::Seller,
        taxes: &[],
    };
    price_record(
        &[ready.expect("a tariff that can be priced")],
        &record,
        &terms,
    )
    .expect("a price")
}

fn theirs(pair: &Value) -> CostBreakdown {
    let tariff = serde_json::from_value(pair["tariff"].clone()).expect("a tariff");
    let cdr = &pair["cdr"];
    let zone = TimeZone::named(pair["time_zone"].as_str().expect("a zone")).expect("a zone");
    let mut session = PricedSession::new(read(cdr, "start_date_time"), zone);
    session.end = Some(read(cdr, "end_date_time"));
    for stated in cdr["charging_periods"].as_array().into_iter().flatten() {
        let mut period = PricedPeriod::new(read(stated, "start_date_time"));
        for dimension in stated["dimensions"].as_array().into_iter().flatten() {
            let volume: ocpi_kit::types::Number = read(dimension, "volume");
            match dimension["type"].as_str() {
                Some("ENERGY") => period.energy_kwh = volume,
                Some("TIME") => period.charging_hours = volume,
                Some("PARKING_TIME") => period.parking_hours = volume,
                Some("MAX_POWER") => period.max_power_kw = Some(volume),
                Some("MIN_POWER") => period.min_power_kw = Some(volume),
                Some(_) | None => {}
            }
        }
        session.periods.push(period);
    }
    let mut policy = PricingPolicy::default();
    (policy.component_decimals, policy.currency_decimals) = (10, 8);
    let engine = PricingEngine::with_policy(policy);
    engine.price(&session, &[tariff]).expect("a price")
}

/// A value of the peer's, read from JSON.
fn read<T: DeserializeOwned>(value: &Value, name: &str) -> T {
    serde_json::from_value(value[name].clone()).expect("a value of the peer")
}
