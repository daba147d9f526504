//! Tariffs that follow a market as OCPI can say them.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

use super::market::{following, formula, published};
use super::scene::*;
use crate::{MarketSeries, rate, written_out};
use std::sync::Arc;
use wattledger_domain::market::{MarketPrices, Publication};
use wattledger_domain::session::ChargingPeriod;

fn series(known: &Publication) -> Arc<MarketSeries> {
    Arc::new(MarketSeries::of([Arc::new(known.clone())]))
}

/// Hours whose prices differ, from an instant on.
fn hours(start: &str, count: usize) -> Publication {
    let prices: Vec<String> = (0..count).map(|hour| format!("0.{hour:02}")).collect();
    published(start, 60, &prices.join(" "))
}

#[test]
fn a_day_written_out_bills_what_the_market_bills() {
    let known = hours("2024-06-02 22:00:00", 24);
    let tariff = following(formula());
    let scene = Scene::new(tariff.clone(), "2024-06-03 00:20:00")
        .in_zone("Europe/Berlin")
        .charge(600, "100");
    let span = (known.prices.start, known.prices.end());
    let written = written_out(&tariff, scene.zone, series(&known), span).unwrap();
    assert_eq!(written.lost, []);
    assert_eq!(written.tariff.elements.len(), 25);
    let market = scene.compiled().with_series(series(&known));
    let cost = |ready: &crate::CompiledTariff, periods: &[ChargingPeriod]| {
        let priced = rate(ready, scene.start, periods).unwrap();
        let steps = priced.steps.iter();
        steps
            .map(|step| (step.price, step.quantity))
            .collect::<Vec<_>>()
    };
    let plain = crate::CompiledTariff::compile(&written.tariff, scene.zone).unwrap();
    assert_eq!(cost(&plain, &scene.periods), cost(&market, &scene.periods));
}

#[test]
fn equal_prices_that_follow_each_other_are_one_element_a_day() {
    let known = published("2024-06-02 22:00:00", 60, &["0.10"; 24].join(" "));
    let span = (known.prices.start, known.prices.end());
    let tariff = following(formula());
    let written = written_out(&tariff, "Europe/Berlin", series(&known), span).unwrap();
    assert_eq!(written.tariff.elements.len(), 2);
    let when = &written.tariff.elements[0].restrictions;
    assert_eq!(
        (when.start_time, when.end_time),
        (clock("00:00"), clock("00:00"))
    );
    assert_eq!(
        (when.start_date, when.end_date),
        (date(2024, 6, 3), date(2024, 6, 4))
    );
}

/// The hour from 02:00 comes twice in Berlin on 2024-10-27 (#534).
#[test]
fn the_hour_that_autumn_repeats_is_said_to_be_lost() {
    let known = hours("2024-10-26 22:00:00", 25);
    let span = (known.prices.start, known.prices.end());
    let tariff = following(formula());
    let written = written_out(&tariff, "Europe/Berlin", series(&known), span).unwrap();
    let lost: Vec<_> = written
        .lost
        .iter()
        .map(|lost| (lost.from, lost.billed, lost.shown))
        .collect();
    assert_eq!(
        lost,
        [(utc("2024-10-27 01:00:00"), price("0.03"), price("0.02"))]
    );
    let equal = Publication {
        prices: MarketPrices {
            prices: vec![Some(price("0.10")); 25],
            ..known.prices.clone()
        },
        ..known
    };
    let written = written_out(&tariff, "Europe/Berlin", series(&equal), span).unwrap();
    assert_eq!(written.lost, []);
}

#[test]
fn in_spring_the_hour_before_the_gap_ends_with_it() {
    let known = hours("2024-03-30 23:00:00", 23);
    let span = (known.prices.start, known.prices.end());
    let tariff = following(formula());
    let written = written_out(&tariff, "Europe/Berlin", series(&known), span).unwrap();
    let windows = written.tariff.elements.iter().skip(1).take(2);
    let windows: Vec<_> = windows
        .map(|element| {
            (
                element.restrictions.start_time,
                element.restrictions.end_time,
            )
        })
        .collect();
    assert_eq!(
        windows,
        [
            (clock("01:00"), clock("02:00")),
            (clock("03:00"), clock("04:00"))
        ]
    );
}
