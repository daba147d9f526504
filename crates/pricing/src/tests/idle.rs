//! What bounds idle fees (docs/pricing.md; ocpi/ocpi#566; sap-labs-france/ev-server#3209, #3226).
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

use super::scene::*;
use crate::{CompiledTariff, Meter, Usage, settle};
use proptest::prelude::*;
use wattledger_domain::cost::Rounding;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::session::ChargingState;
use wattledger_domain::tariff::{Dimension, IdleFees, Tariff};
use wattledger_domain::time::Timestamp;

/// 0.50 per kWh, 6.00 an hour of parking.
fn bounded(idle_fees: IdleFees) -> Tariff {
    Tariff {
        idle_fees,
        ..tariff(vec![always(&[energy("0.50"), parking("6")])])
    }
}

fn withdrawn(minutes: i32) -> Tariff {
    bounded(IdleFees {
        withdrawn_within: Some(Milliseconds::minutes(minutes)),
        ..IdleFees::default()
    })
}

/// Minutes of parking that are billed.
#[track_caller]
fn billed(scene: &Scene, minutes: i64) {
    let billed = scene.minutes(Dimension::ParkingTime);
    let all: i64 = billed.iter().map(|(_, minutes)| minutes).sum();
    assert_eq!(all, minutes, "{billed:?}");
}

const NINE: &str = "2024-06-03 09:00:00";

#[test]
fn the_fees_of_a_stay_are_withdrawn_when_charging_resumes_in_time() {
    let scene = |minutes| {
        Scene::new(withdrawn(15), NINE)
            .charge(60, "10")
            .park(minutes)
    };
    billed(&scene(15), 15);
    billed(&scene(15).charge(10, "1"), 0);
    billed(&scene(16).charge(10, "1"), 16);
    // Each stay by itself, whatever flaps (ev-server #3209).
    let flapping = scene(10)
        .charge(1, "0.1")
        .park(14)
        .charge(1, "0.1")
        .park(20);
    billed(&flapping, 20);
    billed(&flapping.charge(1, "0.1").park(5).charge(1, "0.1"), 20);
}

#[test]
fn a_station_that_gives_no_power_withdraws_nothing() {
    let scene = Scene::new(withdrawn(15), NINE)
        .charge(60, "10")
        .park(10)
        .pause(5);
    billed(&scene, 10);
    billed(&scene.clone().charge(5, "1"), 10);
}

#[test]
fn a_session_costs_no_more_for_parking_than_its_cap() {
    let capped = bounded(IdleFees {
        max_per_session: Some(price("5")),
        ..IdleFees::default()
    });
    // 5.00 are 50 minutes.
    billed(
        &Scene::new(capped.clone(), NINE).charge(60, "10").park(49),
        49,
    );
    billed(
        &Scene::new(capped.clone(), NINE).charge(60, "10").park(90),
        50,
    );
    let twice = Scene::new(capped, NINE)
        .charge(60, "10")
        .park(30)
        .charge(10, "1")
        .park(90);
    billed(&twice, 50);
    twice.costs("10.5", "10.50 EUR");
}

#[test]
fn a_day_of_the_sites_calendar_has_a_cap_of_its_own() {
    let capped = bounded(IdleFees {
        max_per_day: Some(price("5")),
        ..IdleFees::default()
    });
    // 23:00 in Berlin: an hour of the one day, of which 50 minutes; then 50 of the next.
    let scene = Scene::new(capped.clone(), "2024-06-03 21:00:00").in_zone("Europe/Berlin");
    billed(&scene.park(60 + 600), 100);
    let two_days = Scene::new(capped, "2024-06-03 21:00:00").in_zone("Europe/Berlin");
    billed(&two_days.park(60 + 1_440 + 20), 50 + 50 + 20);
}

#[test]
fn of_two_caps_each_holds() {
    let capped = bounded(IdleFees {
        max_per_session: Some(price("7")),
        max_per_day: Some(price("5")),
        ..IdleFees::default()
    });
    billed(&Scene::new(capped, "2024-06-03 21:00:00").park(3_000), 70);
}

#[test]
fn caps_that_blocks_could_lift_are_refused() {
    let mut capped = bounded(IdleFees {
        max_per_session: Some(price("5")),
        ..IdleFees::default()
    });
    capped.elements[0].components[1].step_size = 1;
    assert!(CompiledTariff::compile(&capped, "UTC").is_ok());
    capped.elements[0].components[1].step_size = 60;
    let fault = CompiledTariff::compile(&capped, "UTC").unwrap_err();
    assert_eq!(fault.path, "idle_fees");
}

/// A tariff with caps and blocks of a second, and any price of parking.
pub fn capped(mut tariff: Tariff, cents: i64) -> Tariff {
    tariff.elements[0].components[1].price.0 = cents * 1_000_003;
    tariff.elements[0].components[1].step_size = 1;
    tariff
}

/// Parks for some spans on end, and for all of them at once: the same, and not above the cap of a session.
#[track_caller]
pub fn parks_alike_below(cap: i64, ready: &CompiledTariff, begin: Timestamp, cuts: &[i64]) {
    let run = |spans: &[i64]| {
        let mut meter = Meter::start(begin);
        for span in spans {
            let usage = Usage {
                to: meter.now.plus(Milliseconds(*span)),
                energy: MilliwattHours::ZERO,
                state: ChargingState::SuspendedByVehicle,
                power: None,
                current: None,
            };
            meter.advance(ready, &usage).unwrap();
        }
        meter.priced(ready)
    };
    let (cut, whole) = (run(cuts), run(&[cuts.iter().sum()]));
    assert_eq!(cut, whole);
    let settled = settle(&whole, &Rounding::DEFAULT).unwrap();
    assert!(settled.exact_net.0 <= i128::from(cap) * 18_000_000);
}

proptest! {
    /// Laws: where parking is cut changes nothing, and no cap is passed, whatever the price and its block.
    #[test]
    fn caps_hold_however_parking_is_cut(
        cents in 1..2_000_i64,
        cap in 0..1_000_000_000_i64,
        daily in prop::option::of(0..1_000_000_000_i64),
        start in 0..86_400_000_i64,
        cuts in prop::collection::vec(1..40_000_000_i64, 1..12),
    ) {
        let tariff = bounded(IdleFees {
            max_per_session: Some(wattledger_domain::price::PriceE8(cap)),
            max_per_day: daily.map(wattledger_domain::price::PriceE8),
            ..IdleFees::default()
        });
        let ready = CompiledTariff::compile(&capped(tariff, cents), "Europe/Berlin").unwrap();
        let begin = utc("2024-06-03 00:00:00").plus(Milliseconds(start));
        parks_alike_below(cap, &ready, begin, &cuts);
    }
}
