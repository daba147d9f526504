//! `step_size`, rule by rule.

use super::scene::*;
use crate::settle;
use wattledger_domain::cost::{Rounding, StepRule};
use wattledger_domain::tariff::{Component, Dimension, Restrictions};

/// Billed seconds or Wh per line of a dimension.
#[track_caller]
fn check(scene: &Scene, dimension: Dimension, expect: &[i64]) {
    use wattledger_domain::cost::LineKind;
    let lines = scene.settled().lines.into_iter();
    let lines = lines.filter(|line| line.kind == LineKind::Usage(dimension));
    let billed: Vec<i64> = lines.map(|line| line.quantity).collect();
    let expect: Vec<i64> = expect
        .iter()
        .map(|whole| whole.checked_mul(1_000).unwrap())
        .collect();
    assert_eq!(billed, expect);
}

fn scene(components: &[Component]) -> Scene {
    Scene::new(tariff(vec![always(components)]), "2024-06-03 09:00:00")
}

#[test]
fn time_rounds_up_to_its_block_and_an_exact_multiple_stays() {
    for (seconds, step, expect) in [
        (1, 300, 300),
        (299, 300, 300),
        (300, 300, 300),
        (301, 300, 600),
        (361, 1, 361),
        (361, 0, 361),
    ] {
        let scene = scene(&[stepped(time("1"), step)]).charge_seconds(seconds, "1");
        check(&scene, Dimension::Time, &[expect]);
    }
}

#[test]
fn a_block_of_one_is_a_whole_second_or_watt_hour() {
    let mut scene = scene(&[stepped(time("1"), 1), stepped(energy("1"), 1)]).charge(1, "0");
    scene.periods[0].to.0 = scene.periods[0].to.0.checked_add(1).unwrap();
    check(&scene, Dimension::Time, &[61]);
    scene.periods[0].energy.0 = 1;
    check(&scene, Dimension::Energy, &[1]);
}

#[test]
fn charging_time_is_exact_once_parking_is_billed_in_either_order() {
    let components = [stepped(time("1"), 600), stepped(parking("2"), 600)];
    let after = scene(&components).charge_seconds(601, "1").park(1);
    check(&after, Dimension::Time, &[601]);
    check(&after, Dimension::ParkingTime, &[600]);
    let before = scene(&components).park(1).charge_seconds(601, "1");
    check(&before, Dimension::Time, &[601]);
    check(&before, Dimension::ParkingTime, &[600]);
}

#[test]
fn charging_time_is_rounded_where_parking_has_no_price() {
    let scene = scene(&[stepped(time("1"), 600)])
        .charge_seconds(601, "1")
        .park(5);
    check(&scene, Dimension::Time, &[1_200]);
}

#[test]
fn free_parking_by_a_price_of_zero_counts_as_parking() {
    let components = [stepped(time("1"), 600), stepped(parking("0"), 900)];
    let scene = scene(&components).charge_seconds(601, "1").park(20);
    check(&scene, Dimension::Time, &[601]);
    check(&scene, Dimension::ParkingTime, &[1_800]);
}

#[test]
fn parking_that_stops_and_resumes_is_rounded_once() {
    let scene = scene(&[stepped(parking("1"), 900)])
        .park(8)
        .charge(5, "1")
        .park(8);
    check(&scene, Dimension::ParkingTime, &[1_800]);
}

#[test]
fn the_surplus_goes_to_the_component_active_last_also_when_it_was_active_before() {
    let first = when(&[stepped(energy("1"), 1_000)], window("09:00", "10:00"));
    let second = when(&[stepped(energy("2"), 5_000)], window("10:00", "11:00"));
    let back = when(&[stepped(energy("3"), 10)], window("11:00", "12:00"));
    let mut tariff = tariff(vec![first, second, back]);
    // From 11:00 the first holds again.
    tariff.elements[2].restrictions = window("00:00", "01:00");
    tariff.elements[0].restrictions.end_time = None;
    tariff.elements.swap(0, 1);
    let scene = Scene::new(tariff, "2024-06-03 09:00:00");
    let scene = scene.charge(60, "1.1").charge(60, "1.1").charge(60, "1.1");
    // 3.3 kWh in all, blocks of 1 kWh at the end: 0.7 more at the price of then.
    check(&scene, Dimension::Energy, &[2_900, 1_100]);
}

#[test]
fn a_component_without_volume_is_never_the_last() {
    let first = when(&[stepped(energy("1"), 1_000)], window("09:00", "10:00"));
    let second = when(&[stepped(energy("2"), 7_000)], window("10:00", "00:00"));
    let scene = Scene::new(tariff(vec![first, second]), "2024-06-03 09:00:00");
    check(
        &scene.charge(60, "1.1").park(30),
        Dimension::Energy,
        &[2_000],
    );
}

#[test]
fn only_what_a_component_prices_is_in_the_block() {
    let priced = when(
        &[stepped(energy("1"), 1_000)],
        Restrictions {
            min_energy: Some(kwh("10")),
            ..Restrictions::default()
        },
    );
    let scene = Scene::new(tariff(vec![priced]), "2024-06-03 09:00:00").charge(60, "10.3");
    check(&scene, Dimension::Energy, &[1_000]);
}

#[test]
fn blocks_can_be_switched_off() {
    let scene = scene(&[stepped(energy("1"), 1_000)]).charge(60, "1.1");
    let off = Rounding {
        steps: StepRule::Off,
        ..Rounding::DEFAULT
    };
    assert_eq!(
        exact(settle(&scene.priced(), &off).unwrap().exact_net),
        "1.1"
    );
    assert_eq!(exact(scene.settled().exact_net), "2");
}
