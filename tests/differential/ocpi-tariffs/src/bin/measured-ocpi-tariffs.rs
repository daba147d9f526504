//! What a session costs to price by `ocpi-tariffs`. `scripts/bench-pricing.sh` runs it.

#[path = "../../../src/counted.rs"]
mod counted;
#[path = "../../../src/scenario.rs"]
mod scenario;

use counted::Work;
use ocpi_tariffs::{Version, cdr, json, price};
use scenario::{Form, SCENARIOS, ZONE};
use std::hint::black_box;

fn main() {
    let zone: chrono_tz::Tz = ZONE.parse().expect("a zone");
    let texts: Vec<String> = SCENARIOS
        .iter()
        .map(|scenario| scenario::record(scenario, Form::V2_2_1))
        .collect();
    let mut works = Vec::new();
    for (scenario, text) in SCENARIOS.iter().zip(&texts) {
        let name = |from: &str| format!("ocpi-tariffs|{}|{from}", scenario.name);
        let cdr = read(text);
        works.push(Work::new(
            name("typed"),
            move || priced(black_box(&cdr), zone),
            total,
        ));
        works.push(Work::new(
            name("json"),
            move || priced(&read(black_box(text)), zone),
            total,
        ));
    }
    counted::main(&mut works);
}

fn read(text: &str) -> cdr::Versioned<'_> {
    let document = json::parse_object(text).expect("JSON");
    cdr::from_json(document, Version::V221).ignore_warnings()
}

fn priced(cdr: &cdr::Versioned<'_>, zone: chrono_tz::Tz) -> price::Report {
    match cdr::price(cdr, price::TariffSource::UseCdr, zone) {
        Ok(report) => report.ignore_warnings(),
        Err(_) => panic!("a report"),
    }
}

/// After tax.
fn total(report: &price::Report) -> String {
    let total = report
        .total_cost
        .calculated
        .and_then(|price| price.incl_vat);
    total.map_or_else(String::new, |total| {
        rust_decimal::Decimal::from(total).round_dp(2).to_string()
    })
}
