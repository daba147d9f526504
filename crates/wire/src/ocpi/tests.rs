//! Tariffs and records of the OCPI specification (`examples/`), read and priced.

mod exports;
mod mangled;
mod markets;
mod records;
mod tariffs;
mod worked;

use super::{OcpiCdr, OwnTariffs, Version, cdr, cdr_under, tariff, tariff_under};
use crate::json_tree::JsonTree;
use rust_decimal::Decimal;
use serde_json::Value;
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::money::Money;
use wattledger_domain::price::ExactCost;
use wattledger_domain::record::ReservationEnd;
use wattledger_domain::tariff::Tariff;
use wattledger_pricing::{
    AbsentTax, Credit, Record, RecordPrice, RecordTariff, RecordTerms, TaxLiability, price_record,
};

fn read_tariff(text: &str) -> Tariff {
    let (tariff, warnings) = tariff(text).unwrap();
    assert_eq!(warnings, [], "{text}");
    tariff
}

/// A tariff of a version, about which there is nothing odd but a `tax_included` that is missing.
fn read_tariff_of(value: &Value, version: Version) -> Tariff {
    let mut warnings = Vec::new();
    let tariff = tariff_under(JsonTree::of(value).root(), "$", version, &mut warnings).unwrap();
    warnings.retain(|warning| warning.path != "$.tax_included");
    assert_eq!(warnings, [], "{value}");
    tariff
}

/// A record of a version, about which there is nothing odd.
fn read_cdr(value: &Value, version: Version) -> OcpiCdr {
    let mut warnings = Vec::new();
    let own = (version, OwnTariffs::Skip);
    let record = cdr_under(JsonTree::of(value).root(), "$", own, &mut warnings).unwrap();
    assert_eq!(warnings, [], "{value}");
    record
}

fn price(tariff: &Tariff, record: &OcpiCdr) -> RecordPrice {
    price_where(tariff, record, record.reservation, AbsentTax::NotApplicable)
}

/// Priced, where a reservation ended so and a tax that is not stated means that.
fn price_where(
    tariff: &Tariff,
    record: &OcpiCdr,
    end: ReservationEnd,
    absent_tax: AbsentTax,
) -> RecordPrice {
    let zone = record.time_zone.as_deref().unwrap_or("UTC");
    let compiled = RecordTariff::compile(tariff, zone, end, UsageRules::default()).unwrap();
    let terms = RecordTerms {
        rounding: Rounding::DEFAULT,
        places: None,
        absent_tax,
        liability: TaxLiability::Seller,
        taxes: &[],
    };
    let stated = Record {
        start: record.start,
        periods: &record.periods,
        reservation: end,
        credit: Credit::No,
    };
    price_record(&[compiled], &stated, &terms).unwrap()
}

/// In 10⁻⁸ of the currency, without trailing zeros.
fn exact(cost: Option<ExactCost>) -> String {
    let e8 = cost.unwrap().0.checked_div_euclid(18_000_000).unwrap();
    let e8 = i64::try_from(e8).unwrap();
    Decimal::new(e8, 8).normalize().to_string()
}

/// What is owed after tax.
fn gross(price: &RecordPrice) -> String {
    Money::new(price.total.after_tax.unwrap(), price.currency).to_string()
}

/// A record without tariffs, from 2024-06-03T09:30:00Z, of periods as (time, dimensions).
fn record(end: &str, periods: &[(&str, &str)]) -> (OcpiCdr, Vec<String>) {
    let periods: Vec<String> = periods
        .iter()
        .map(|(from, dimensions)| {
            let dimensions: Vec<String> = dimensions
                .split_whitespace()
                .map(|one| {
                    let (name, volume) = one.split_once('=').unwrap();
                    format!(r#"{{"type": "{name}", "volume": {volume}}}"#)
                })
                .collect();
            format!(
                r#"{{"start_date_time": "2024-06-03T{from}Z", "dimensions": [{}]}}"#,
                dimensions.join(", ")
            )
        })
        .collect();
    let text = format!(
        r#"{{"start_date_time": "2024-06-03T09:30:00Z", "end_date_time": "2024-06-03T{end}Z",
            "charging_periods": [{}]}}"#,
        periods.join(", ")
    );
    let (record, warnings) = cdr(&text).unwrap();
    (
        record,
        warnings
            .into_iter()
            .map(|one| format!("{}: {}", one.path, one.message))
            .collect(),
    )
}
