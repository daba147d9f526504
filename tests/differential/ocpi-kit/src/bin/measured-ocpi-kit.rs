//! What a session costs to price by `ocpi-kit`. `scripts/bench-pricing.sh` runs it.

#[path = "../../../src/counted.rs"]
mod counted;
#[path = "../../../src/scenario.rs"]
mod scenario;

use counted::Work;
use ocpi_kit::tariffs::{CostBreakdown, PricedSession, PricingEngine, TimeZone};
use ocpi_kit::v2_3_0::cdrs::Cdr;
use scenario::{Form, SCENARIOS, ZONE};
use std::hint::black_box;

fn main() {
    let texts: Vec<String> = SCENARIOS
        .iter()
        .map(|scenario| scenario::record(scenario, Form::V2_3_0))
        .collect();
    let mut works = Vec::new();
    for (scenario, text) in SCENARIOS.iter().zip(&texts) {
        let name = |from: &str| format!("ocpi-kit|{}|{from}", scenario.name);
        let cdr = read(text);
        let session = PricedSession::from_cdr(&cdr, zone());
        let engine = PricingEngine::new();
        let typed = move || {
            engine
                .price(black_box(&session), &cdr.tariffs)
                .expect("a price")
        };
        works.push(Work::new(name("typed"), typed, total));
        let from_text = || {
            let cdr = read(black_box(text));
            let session = PricedSession::from_cdr(&cdr, zone());
            PricingEngine::new()
                .price(&session, &cdr.tariffs)
                .expect("a price")
        };
        works.push(Work::new(name("json"), from_text, total));
    }
    counted::main(&mut works);
}

fn zone() -> TimeZone {
    TimeZone::named(ZONE).expect("a zone")
}

fn read(text: &str) -> Cdr {
    serde_json::from_str(text).expect("a record")
}

/// After tax.
fn total(price: &CostBreakdown) -> String {
    price.total_incl_vat.to_string()
}
