//! The peer `ocpi-kit` 0.4.0.

use crate::Peer;
use ocpi_kit::tariffs::{PricedPeriod, PricedSession, PricingEngine, PricingPolicy, TimeZone};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What it says of a pair in 2.3.0.
pub fn price(pair: &Value) -> Peer {
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
    let price = engine.price(&session, &[tariff]).expect("a price");
    let decimal = |text: String| text.parse::<Decimal>().expect("the peer prints decimals");
    Peer::Says {
        before: Some(decimal(price.total_excl_vat.to_string())),
        after: Some(decimal(price.total_incl_vat.to_string())),
    }
}

/// A value of the peer's, read from JSON.
fn read<T: DeserializeOwned>(value: &Value, name: &str) -> T {
    serde_json::from_value(value[name].clone()).expect("a value of the peer")
}
