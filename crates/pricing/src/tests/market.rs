//! Prices that follow a market (docs/pricing.md).
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

use super::scene::*;
use crate::{CompiledTariff, MarketSeries, Meter, Usage, prices_between, rate, settle};
use proptest::prelude::*;
use std::sync::Arc;
use wattledger_domain::cost::Rounding;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{MarketId, MarketPricesId};
use wattledger_domain::market::{Fixing, GridFee, MarketFormula, MarketPrices, Publication};
use wattledger_domain::money::Currency;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::tariff::{Restrictions, Tariff};
use wattledger_domain::time::Timestamp;

/// Prices per kWh from an instant on, `-` for a slot that is not published; known from the beginning.
pub fn published(start: &str, minutes: i32, prices: &str) -> Publication {
    let of = |text: &str| (text != "-").then(|| price(text));
    Publication {
        prices: MarketPrices {
            id: MarketPricesId::new("day"),
            market: MarketId::new("DE-LU"),
            currency: Currency::EUR,
            start: utc(start),
            slot: Milliseconds::minutes(minutes),
            prices: prices.split(' ').map(of).collect(),
        },
        version: 1,
        hash: Digest::of(start.as_bytes()),
        known_from: Timestamp(0),
        known_to: None,
        recorded_at: Timestamp(0),
    }
}

/// A later version, known from an instant on.
fn revised(first: &Publication, known_from: &str, prices: &str) -> Publication {
    let mut next = published("2024-06-03 00:00:00", 60, prices);
    next.prices.start = first.prices.start;
    next.prices.slot = first.prices.slot;
    next.version = first.version + 1;
    next.known_from = utc(known_from);
    next.recorded_at = utc(known_from);
    next
}

pub fn formula() -> MarketFormula {
    MarketFormula {
        element: 0,
        market: MarketId::new("DE-LU"),
        factor: MarketFormula::ONCE,
        markup: price("0"),
        grid_fees: Vec::new(),
        levy: price("0"),
        floor: None,
        cap: None,
        fixing: Fixing::Floating,
    }
}

/// Energy at the market's price, 0.99 where nobody published one.
pub fn following(formula: MarketFormula) -> Tariff {
    Tariff {
        markets: vec![formula],
        ..tariff(vec![always(&[energy("0.99")])])
    }
}

fn compiled(tariff: &Tariff, zone: &str, known: &[Publication]) -> CompiledTariff {
    let series = MarketSeries::of(known.iter().cloned().map(Arc::new));
    let ready = CompiledTariff::compile(tariff, zone).unwrap();
    ready.with_series(Arc::new(series))
}

/// What each price delivered, as `price:kWh`.
#[track_caller]
fn check(scene: &Scene, known: &[Publication], expect: &[&str]) {
    let ready = compiled(&scene.tariff, scene.zone, known);
    let priced = rate(&ready, scene.start, &scene.periods).unwrap();
    let told = priced.steps.iter().map(|step| {
        let price = exact(wattledger_domain::price::ExactCost::of_flat(step.price).unwrap());
        format!("{price}:{}", step.quantity / 1_000_000)
    });
    assert_eq!(told.collect::<Vec<_>>(), expect);
}

const MIDNIGHT: &str = "2024-06-03 00:00:00";

#[test]
fn each_slot_bills_the_energy_that_flowed_in_it() {
    let quarters = published(MIDNIGHT, 15, "0.10 0.20 -0.05 0.40");
    let scene = Scene::new(following(formula()), "2024-06-03 00:05:00").charge(50, "50");
    check(
        &scene,
        &[quarters],
        &["0.1:10", "0.2:15", "-0.05:15", "0.4:10"],
    );
    let hours = published(MIDNIGHT, 60, "0.10 0.20");
    let scene = Scene::new(following(formula()), "2024-06-03 00:30:00").charge(60, "60");
    check(&scene, &[hours], &["0.1:30", "0.2:30"]);
}

#[test]
fn the_formula_is_spot_times_factor_plus_markup_grid_fee_and_levy() {
    let fee = |when, amount: &str| GridFee {
        when,
        price: price(amount),
    };
    let formula = MarketFormula {
        factor: 1_020_000,
        markup: price("0.015"),
        grid_fees: vec![
            fee(window("06:00", "22:00"), "0.09"),
            fee(Restrictions::default(), "0.05"),
        ],
        levy: price("0.0205"),
        ..formula()
    };
    // Berlin is two hours ahead: 06:00 there is 04:00 in UTC.
    let hours = published("2024-06-03 03:00:00", 60, "0.10 0.10");
    let scene = Scene::new(following(formula), "2024-06-03 03:30:00")
        .in_zone("Europe/Berlin")
        .charge(60, "60");
    check(&scene, &[hours], &["0.1875:30", "0.2275:30"]);
}

#[test]
fn a_product_is_rounded_once_to_eight_places_half_away_from_zero() {
    let half = MarketFormula {
        factor: 1_500_000,
        ..formula()
    };
    let hours = published(MIDNIGHT, 60, "0.00000001 -0.00000001");
    let scene = Scene::new(following(half), MIDNIGHT).charge(120, "2");
    check(&scene, &[hours], &["0.00000002:1", "-0.00000002:1"]);
}

#[test]
fn floor_and_cap_bound_the_price_of_a_kwh() {
    let bounded = MarketFormula {
        markup: price("0.05"),
        floor: Some(price("0")),
        cap: Some(price("0.80")),
        ..formula()
    };
    let hours = published(MIDNIGHT, 60, "-0.50 0.90 0.30");
    let scene = Scene::new(following(bounded), MIDNIGHT).charge(180, "3");
    check(&scene, &[hours], &["0:1", "0.8:1", "0.35:1"]);
}

#[test]
fn a_slot_that_nobody_published_costs_the_components_own_price() {
    let hours = published(MIDNIGHT, 60, "0.10 - 0.30");
    let scene = Scene::new(following(formula()), MIDNIGHT).charge(240, "4");
    check(
        &scene,
        std::slice::from_ref(&hours),
        &["0.1:1", "0.99:2", "0.3:1"],
    );
    let dollars = Publication {
        prices: MarketPrices {
            currency: Currency::parse("USD").unwrap(),
            ..hours.prices.clone()
        },
        ..hours
    };
    check(&scene, &[dollars], &["0.99:4"]);
}

#[test]
fn a_floating_price_is_the_newest_known_when_its_slot_begins() {
    let first = published(MIDNIGHT, 60, "0.10 0.20 0.30");
    // In time for the slot from 01:00 on, too late for the one before.
    let second = revised(&first, "2024-06-03 01:00:00", "0.11 0.21 -");
    let scene = Scene::new(following(formula()), "2024-06-03 00:30:00").charge(150, "5");
    check(
        &scene,
        &[first.clone(), second.clone()],
        &["0.1:1", "0.21:2", "0.3:2"],
    );
    // In whatever order they come.
    check(&scene, &[second, first], &["0.1:1", "0.21:2", "0.3:2"]);
}

#[test]
fn a_price_guaranteed_at_plug_in_is_not_revised() {
    let guaranteed = MarketFormula {
        fixing: Fixing::PlugIn,
        ..formula()
    };
    let first = published(MIDNIGHT, 60, "0.10 0.20 -");
    let second = revised(&first, "2024-06-03 01:00:00", "0.11 0.21 0.31");
    // Not known at plug-in: as known when the slot begins.
    let scene = Scene::new(following(guaranteed), "2024-06-03 00:30:00").charge(150, "5");
    check(&scene, &[first, second], &["0.1:1", "0.2:2", "0.31:2"]);
}

#[test]
fn a_price_published_after_its_slot_began_does_not_count() {
    let mut late = published(MIDNIGHT, 60, "0.10 0.20");
    late.known_from = utc("2024-06-03 00:00:01");
    let scene = Scene::new(following(formula()), MIDNIGHT).charge(120, "2");
    check(&scene, &[late.clone()], &["0.99:1", "0.2:1"]);
    late.known_to = Some(utc("2024-06-03 01:00:00"));
    check(&scene, &[late], &["0.99:2"]);
}

/// 2024-10-27 in Berlin has 25 hours, 2024-03-31 has 23: keyed in UTC, each has its own price (#534).
#[test]
fn days_of_25_and_of_23_hours_bill_each_hour_by_its_own_price() {
    let prices: Vec<String> = (0..25).map(|hour| format!("0.{hour:02}")).collect();
    let autumn = published("2024-10-26 22:00:00", 60, &prices.join(" "));
    let scene = Scene::new(following(formula()), "2024-10-27 00:00:00")
        .in_zone("Europe/Berlin")
        .charge(120, "2");
    check(&scene, &[autumn], &["0.02:1", "0.03:1"]);
    let spring = published("2024-03-30 23:00:00", 60, &prices[..23].join(" "));
    let scene = Scene::new(following(formula()), "2024-03-31 00:30:00")
        .in_zone("Europe/Berlin")
        .charge(60, "2");
    check(&scene, &[spring], &["0.01:1", "0.02:1"]);
}

#[test]
fn a_market_prices_what_its_element_prices_and_no_more() {
    let tariff = Tariff {
        markets: vec![MarketFormula {
            element: 1,
            ..formula()
        }],
        ..tariff(vec![
            when(&[energy("0.30")], window("00:00", "01:00")),
            always(&[energy("0.99"), time("6")]),
        ])
    };
    let hours = published(MIDNIGHT, 60, "0.10 0.20");
    let scene = Scene::new(tariff, MIDNIGHT).charge(120, "2");
    let ready = compiled(&scene.tariff, "UTC", &[hours]);
    let priced = rate(&ready, scene.start, &scene.periods).unwrap();
    let gross = settle(&priced, &Rounding::DEFAULT).unwrap().gross;
    // 1 kWh at 0.30, 1 kWh at 0.20, one hour at 6: time is priced by the second element alone.
    assert_eq!(gross.to_string(), "12.50 EUR");
}

#[test]
fn a_bill_names_the_publications_that_it_rests_on() {
    let first = published(MIDNIGHT, 60, "0.10 0.20 0.30");
    let second = revised(&first, "2024-06-03 01:00:00", "0.11 0.21 -");
    let ready = compiled(&following(formula()), "UTC", &[first, second]);
    let used = |from: &str, to: &str| {
        let used = ready.publications_used((utc(from), utc(to)));
        used.iter().map(|pin| pin.version).collect::<Vec<_>>()
    };
    assert_eq!(used("2024-06-03 00:30:00", "2024-06-03 00:59:00"), [1]);
    assert_eq!(used("2024-06-03 00:30:00", "2024-06-03 01:00:01"), [1, 2]);
    assert!(used("2024-06-03 04:00:00", "2024-06-03 05:00:00").is_empty());
}

#[test]
fn the_prices_ahead_are_those_of_the_market() {
    let quarters = published(MIDNIGHT, 15, "0.10 0.10 0.30 -");
    let ready = compiled(&following(formula()), "UTC", &[quarters]);
    let span = (utc(MIDNIGHT), utc("2024-06-03 01:00:00"));
    let ahead = prices_between(&ready, span);
    let told = ahead
        .iter()
        .map(|stretch| (stretch.to.since(span.0).0 / 60_000, stretch.energy));
    let expect = [(30, "0.10"), (45, "0.30"), (60, "0.99")];
    assert_eq!(
        told.collect::<Vec<_>>(),
        expect.map(|(to, amount)| (to, Some(price(amount))))
    );
}

#[test]
fn formulas_that_cannot_be_priced_are_refused_with_their_element() {
    let fault = |tariff: &Tariff| {
        CompiledTariff::compile(tariff, "UTC")
            .unwrap_err()
            .to_string()
    };
    let of = |formula: MarketFormula| fault(&following(formula));
    let element = MarketFormula {
        element: 1,
        ..formula()
    };
    assert!(of(element).starts_with("elements[1].market"));
    let factor = MarketFormula {
        factor: -1,
        ..formula()
    };
    assert!(of(factor).contains("factor"));
    let (floor, cap) = (Some(price("0.2")), Some(price("0.1")));
    assert!(
        of(MarketFormula {
            floor,
            cap,
            ..formula()
        })
        .contains("floor")
    );
    let when = Restrictions {
        min_energy: Some(kwh("1")),
        ..Restrictions::default()
    };
    let grid_fees = vec![GridFee {
        when,
        price: price("0.1"),
    }];
    assert!(
        of(MarketFormula {
            grid_fees,
            ..formula()
        })
        .contains("grid fee")
    );
    let twice = Tariff {
        markets: vec![formula(), formula()],
        ..following(formula())
    };
    assert!(fault(&twice).contains("twice"));
}

proptest! {
    /// Laws: live = final, and however finely the meter is sampled, the market prices alike.
    #[test]
    fn sampling_changes_nothing(
        start in 0..7_200_000_i64,
        minutes in 1..300_i64,
        parts in 1..40_i64,
        prices in prop::collection::vec(prop::option::weighted(0.9, -40_000_000..80_000_000_i64), 1..96),
        plug_in in any::<bool>(),
    ) {
        let mut known = published(MIDNIGHT, 15, "0");
        known.prices.prices = prices.iter().map(|price| price.map(wattledger_domain::price::PriceE8)).collect();
        let fixing = if plug_in { Fixing::PlugIn } else { Fixing::Floating };
        let ready = compiled(&following(MarketFormula { fixing, ..formula() }), "UTC", &[known]);
        let begin = utc(MIDNIGHT).plus(Milliseconds(start));
        // A mWh per ms, so that every cut is on the line.
        let span = minutes * 60_000;
        let sampled = |parts: i64| {
            let mut meter = Meter::start(begin);
            for part in 1..=parts {
                let gone = span * part / parts;
                let usage = Usage {
                    to: begin.plus(Milliseconds(gone)),
                    energy: wattledger_domain::quantity::MilliwattHours(gone - span * (part - 1) / parts),
                    state: wattledger_domain::session::ChargingState::Charging,
                    power: None,
                    current: None,
                };
                meter.advance(&ready, &usage).unwrap();
                // Written down and read back.
                meter.window = None;
            }
            meter.priced(&ready)
        };
        prop_assert_eq!(sampled(1), sampled(parts));
    }
}
