//! What no version of OCPI has: prices that follow a market, and bounds of idle fees.

use crate::ocpi::{Fault, Owner, Version, tariff, tariff_json};
use wattledger_domain::market::{Fixing, MarketFormula};
use wattledger_domain::occupancy::BusyShare;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::tariff::{LocalMinute, Tariff};
use wattledger_domain::time::Timestamp;

/// A tariff whose one component has this market.
fn with(kind: &str, market: &str) -> Result<Tariff, Fault> {
    let text = format!(
        r#"{{"id": "T", "currency": "EUR", "elements": [{{"price_components": [
            {{"type": "{kind}", "price": 0.45, "step_size": 1, "market": {market}}}]}}]}}"#
    );
    tariff(&text).map(|(tariff, _)| tariff)
}

#[test]
fn a_formula_is_read_to_the_last_digit() {
    let read = with(
        "ENERGY",
        r#"{"series": "DE-LU", "factor": 1.02, "markup": 0.015, "levy": 0.0205, "floor": 0, "cap": 0.8,
            "grid_fees": [{"price": 0.09, "restrictions": {"start_time": "06:00"}}, {"price": 0.05}],
            "price_at": "plug_in"}"#,
    );
    let MarketFormula {
        element,
        market,
        factor,
        markup,
        grid_fees,
        levy,
        floor,
        cap,
        fixing,
    } = read.unwrap().markets.remove(0);
    assert_eq!((element, market.as_str(), factor), (0, "DE-LU", 1_020_000));
    assert_eq!((markup, levy), (PriceE8(1_500_000), PriceE8(2_050_000)));
    let (nothing, cents) = (Some(PriceE8(0)), Some(PriceE8(80_000_000)));
    assert_eq!((floor, cap), (nothing, cents));
    assert_eq!(fixing, Fixing::PlugIn);
    let starts = grid_fees.iter().map(|fee| fee.when.start_time);
    assert_eq!(starts.collect::<Vec<_>>(), [Some(LocalMinute(360)), None]);
}

#[test]
fn a_series_alone_is_once_the_spot_price_when_the_slot_begins() {
    let read = with("ENERGY", r#"{"series": "DE-LU"}"#).unwrap();
    let formula = &read.markets[0];
    assert_eq!(formula.factor, MarketFormula::ONCE);
    assert_eq!(formula.fixing, Fixing::Floating);
}

#[test]
fn a_word_that_is_misspelt_is_refused_with_its_path() {
    let refused = |kind: &str, market: &str| with(kind, market).unwrap_err().to_string();
    let misspelt = refused("ENERGY", r#"{"series": "DE-LU", "mark_up": 0.1}"#);
    let path = "$.elements[0].price_components[0].market";
    assert!(
        misspelt.starts_with(&format!("{path}: `mark_up`")),
        "{misspelt}"
    );
    assert!(refused("TIME", r#"{"series": "DE-LU"}"#).starts_with(path));
    assert!(refused("ENERGY", r#"{"series": "X", "price_at": "noon"}"#).contains("noon"));
}

#[test]
fn what_ocpi_has_no_word_for_is_not_written() {
    let owner = Owner {
        country_code: "NL",
        party_id: "ABC",
        last_updated: Timestamp(0),
    };
    let mut read = with("ENERGY", r#"{"series": "DE-LU"}"#).unwrap();
    let refused = |tariff: &Tariff| {
        tariff_json(tariff, Version::V2_3_0, &owner)
            .unwrap_err()
            .path
    };
    assert_eq!(refused(&read), "$.elements[0].price_components");
    read.markets.clear();
    read.idle_fees.max_per_day = Some(PriceE8(1));
    assert_eq!(refused(&read), "$.idle_fees");
    read.idle_fees.only_when_busy = BusyShare::of_per_mille(800);
    assert_eq!(refused(&read), "$.idle_fees.only_when_busy");
}

#[test]
fn bounds_of_idle_fees_are_read() {
    let text = r#"{"id": "T", "currency": "EUR", "elements": [{"price_components": [
        {"type": "PARKING_TIME", "price": 6, "step_size": 1}]}],
        "idle_fees": {"withdrawn_within": 900, "max_per_session": 20.5, "max_per_day": 10}}"#;
    let (read, _) = tariff(text).unwrap();
    assert_eq!(read.idle_fees.withdrawn_within, Some(Milliseconds(900_000)));
    assert_eq!(read.idle_fees.max_per_session, Some(PriceE8(2_050_000_000)));
    assert_eq!(read.idle_fees.max_per_day, Some(PriceE8(1_000_000_000)));
    assert_eq!(read.idle_fees.only_when_busy, None);
    let busy = |percent: &str| {
        let text = text.replace(
            "\"max_per_day\": 10",
            &format!("\"only_when_busy\": {percent}"),
        );
        tariff(&text).map(|(read, _)| read.idle_fees.only_when_busy)
    };
    assert_eq!(busy("66.7"), Ok(BusyShare::of_per_mille(667)));
    assert_eq!(busy("100"), Ok(Some(BusyShare::FULL)));
    for refused in ["100.1", "-1", "66.67"] {
        let fault = busy(refused).unwrap_err().to_string();
        assert!(fault.starts_with("$.idle_fees.only_when_busy"), "{fault}");
    }
    let misspelt = text.replace("max_per_day", "max_a_day");
    assert!(
        tariff(&misspelt)
            .unwrap_err()
            .to_string()
            .contains("max_a_day")
    );
}
