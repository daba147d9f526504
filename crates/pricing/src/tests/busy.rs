//! Idle fees that are due only while the site is busy (docs/pricing.md).
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

mod laws;

use super::scene::*;
use crate::{
    CompiledTariff, Language, LintCode, Meter, Occupancy, OccupancyDay, OccupancyPublication,
    Outlook, Usage, explain, explain_tariff, lint, rate, reaches, settle,
};
use std::sync::Arc;
use wattledger_domain::cost::Rounding;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{SiteId, SiteOccupancyId};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};
use wattledger_domain::quantity::{Milliseconds, Milliwatts};
use wattledger_domain::session::ChargingState;
use wattledger_domain::tariff::{Dimension, IdleFees, Tariff};
use wattledger_domain::time::Timestamp;

/// 0.50 per kWh, 6.00 an hour of parking while 80 % are taken.
fn busy_only(fees: IdleFees) -> Tariff {
    Tariff {
        idle_fees: IdleFees {
            only_when_busy: BusyShare::of_per_mille(800),
            ..fees
        },
        ..tariff(vec![always(&[energy("0.50"), parking("6")])])
    }
}

/// Shares in percent of quarter hours from an instant on; below zero is not published.
fn shares(from: &str, percent: &[i64]) -> SiteOccupancy {
    SiteOccupancy {
        id: SiteOccupancyId::new("day"),
        site: SiteId::new("site"),
        start: utc(from),
        slot: Milliseconds::minutes(15),
        shares: percent
            .iter()
            .map(|percent| BusyShare::of_per_mille(percent * 10))
            .collect(),
    }
}

/// Known from an instant on, accepted in the order of versions.
fn version(
    occupancy: &SiteOccupancy,
    version: i32,
    known_from: Timestamp,
) -> OccupancyPublication<'_> {
    OccupancyPublication {
        occupancy,
        version,
        hash: Digest::of(b"shares"),
        known_from,
        known_to: None,
        recorded_at: Timestamp(i64::from(version)),
    }
}

fn known(occupancy: &SiteOccupancy) -> Arc<Occupancy> {
    let publication = version(occupancy, 1, Timestamp(0));
    Arc::new(Occupancy::of_publications([publication], 0..=100_000))
}

/// Minutes of parking at each price in cents an hour, in order.
#[track_caller]
fn parked(scene: &Scene, occupancy: Arc<Occupancy>, expect: &[(i64, i64)]) {
    let ready = scene.compiled().with_occupancy(occupancy);
    let priced = rate(&ready, scene.start, &scene.periods).unwrap();
    let steps = priced.steps.iter();
    let steps = steps.filter(|step| step.dimension == Dimension::ParkingTime);
    let minutes: Vec<_> = steps
        .map(|step| (step.price.0 / 1_000_000, step.quantity / 60_000))
        .collect();
    assert_eq!(minutes, expect);
}

/// Charges from 09:00 to 10:00 and parks from then on.
fn parking_from_ten(tariff: Tariff, minutes: i64) -> Scene {
    Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(60, "10")
        .park(minutes)
}

#[test]
fn a_minute_costs_while_as_many_places_are_taken_as_the_tariff_asks_for() {
    let scene = parking_from_ten(busy_only(IdleFees::default()), 60);
    let of = |percent: &[i64]| known(&shares("2024-06-03 10:00:00", percent));
    // Below, at and above the limit; what is not published is not busy.
    parked(&scene, of(&[79, 80, 100, -1]), &[(0, 30), (600, 30)]);
    parked(&scene, of(&[80, 80, 80, 80]), &[(600, 60)]);
    parked(&scene, of(&[0, 0, 0, 0]), &[(0, 60)]);
    parked(&scene, Arc::default(), &[(0, 60)]);
    let just_below = SiteOccupancy {
        shares: vec![BusyShare::of_per_mille(799); 4],
        ..shares("2024-06-03 10:00:00", &[])
    };
    parked(&scene, known(&just_below), &[(0, 60)]);
}

#[test]
fn what_is_busy_begins_and_ends_with_its_slot_in_utc() {
    let of = |percent: &[i64]| known(&shares("2024-06-03 10:00:00", percent));
    // Parked from 10:10 to 10:35: the slot from 10:15 to 10:30.
    let scene = Scene::new(busy_only(IdleFees::default()), "2024-06-03 09:00:00")
        .charge(70, "10")
        .park(25);
    parked(&scene, of(&[0, 90, 0]), &[(0, 10), (600, 15)]);
    parked(
        &scene.in_zone("Asia/Kathmandu"),
        of(&[0, 90, 0]),
        &[(0, 10), (600, 15)],
    );
    // Over midnight in UTC, and where autumn shows an hour twice.
    let night = Scene::new(busy_only(IdleFees::default()), "2024-10-26 23:30:00")
        .in_zone("Europe/Berlin")
        .park(120);
    let hours = shares("2024-10-26 23:45:00", &[90, 90, 10, 90]);
    parked(&night, known(&hours), &[(0, 75), (600, 45)]);
}

#[test]
fn grace_runs_from_the_end_of_charging_busy_or_not() {
    let mut tariff = busy_only(IdleFees::default());
    let mut graced = when(
        &[parking("6")],
        wattledger_domain::tariff::Restrictions::default(),
    );
    graced.restrictions.min_idle = Some(Milliseconds::minutes(20));
    tariff.elements = vec![graced, always(&[energy("0.50")])];
    let scene = parking_from_ten(tariff, 60);
    // Busy from 10:00 on, grace until 10:20; then from 10:30 on.
    let of = |percent: &[i64]| known(&shares("2024-06-03 10:00:00", percent));
    parked(&scene, of(&[90, 90, 90, 90]), &[(600, 40)]);
    parked(&scene, of(&[0, 0, 90, 90]), &[(0, 10), (600, 30)]);
}

#[test]
fn nights_caps_and_withdrawal_hold_beside_it() {
    let fees = IdleFees {
        max_per_session: Some(price("2")),
        withdrawn_within: Some(Milliseconds::minutes(90)),
        ..IdleFees::default()
    };
    let mut tariff = busy_only(fees);
    // No fees before 10:10 on the site's clock.
    tariff
        .elements
        .insert(0, when(&[parking("0")], window("00:00", "10:10")));
    let scene = parking_from_ten(tariff, 60);
    // The night until 10:10, free until 10:15, then 20 minutes to the cap of 2.00.
    let all = known(&shares("2024-06-03 10:00:00", &[0, 90, 90, 90]));
    let ready = scene.compiled().with_occupancy(all.clone());
    let priced = rate(&ready, scene.start, &scene.periods).unwrap();
    let cost = settle(&priced, &Rounding::DEFAULT).unwrap();
    assert_eq!(cost.net.to_string(), "7.00 EUR");
    parked(&scene, all.clone(), &[(0, 10), (0, 5), (600, 20)]);
    parked(&scene.charge(5, "1"), all, &[]);
}

#[test]
fn blocks_count_busy_minutes_alone() {
    let mut tariff = busy_only(IdleFees::default());
    tariff.elements[0].components[1].step_size = 900;
    tariff.elements[0]
        .components
        .push(stepped(time("3"), 3_600));
    // 10 quiet minutes, then 7 busy ones are a quarter of an hour; so are 7 busy ones before 10 quiet ones.
    let of = |minutes_before, percent: &[i64]| {
        let scene = Scene::new(tariff.clone(), "2024-06-03 09:00:00");
        let scene = scene.charge(minutes_before, "10").park(17);
        let ready = scene
            .compiled()
            .with_occupancy(known(&shares("2024-06-03 09:45:00", percent)));
        let priced = rate(&ready, scene.start, &scene.periods).unwrap();
        settle(&priced, &Rounding::DEFAULT).unwrap().net.to_string()
    };
    // 5.00 of energy, time at 3.00 an hour, parking at 6.00.
    assert_eq!(of(50, &[0, 90]), "9.00 EUR");
    assert_eq!(of(53, &[90, 0]), "9.15 EUR");
    // Nobody paid for parking: charging time has its block.
    assert_eq!(of(50, &[0, 0]), "8.00 EUR");
}

#[test]
fn what_counts_is_the_newest_share_that_was_known_when_its_five_minutes_began() {
    let (first, revised) = (
        shares("2024-06-03 10:00:00", &[90, 90, 90, 90]),
        shares("2024-06-03 10:00:00", &[10, 10, -1, 10]),
    );
    let scene = parking_from_ten(busy_only(IdleFees::default()), 60);
    let of = |publications: &[OccupancyPublication<'_>]| {
        Arc::new(Occupancy::of_publications(
            publications.iter().copied(),
            0..=100_000,
        ))
    };
    let before = version(&first, 1, Timestamp(0));
    // Known from 10:07: counts from 10:10 on, but for what it leaves out.
    let late = version(&revised, 2, utc("2024-06-03 10:07:00"));
    let counted = [(600, 10 + 15), (0, 20 + 15)];
    parked(&scene, of(&[before, late]), &counted);
    parked(&scene, of(&[late, before]), &counted);
    parked(&scene, of(&[late, before, late]), &counted);
    // Dated back, it counts for all that it names.
    let back = version(&revised, 2, Timestamp(0));
    parked(&scene, of(&[before, back]), &[(0, 45), (600, 15)]);
    // Withdrawn at 10:20.
    let withdrawn = OccupancyPublication {
        known_to: Some(utc("2024-06-03 10:20:00")),
        ..before
    };
    parked(&scene, of(&[withdrawn]), &[(600, 20), (0, 40)]);
    let used = scene.compiled().with_occupancy(of(&[before, late]));
    let span = (scene.start, scene.periods[1].to);
    let versions = used.occupancy_used(span).into_iter().map(|pin| pin.version);
    assert_eq!(versions.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_day_keeps_a_share_for_each_five_minutes_however_often_it_is_revised() {
    let mut day = OccupancyDay::default();
    let number = utc("2024-06-03 00:00:00").utc_day();
    let all: Vec<SiteOccupancy> = (0..100)
        .map(|percent| shares("2024-06-03 10:00:00", &[percent; 96]))
        .collect();
    for (place, occupancy) in all.iter().enumerate() {
        let number_of = i32::try_from(place).unwrap();
        day.publish(number, &version(occupancy, number_of, Timestamp(0)));
    }
    assert_eq!((day.cells.len(), day.documents.len()), (288, 1));
    let again = version(&all[3], 3, Timestamp(0));
    assert_eq!(
        day.publish(number, &again),
        crate::Published::ChangesNothing
    );
}

#[test]
fn a_line_and_the_tariff_say_why_parking_costs_nothing() {
    let scene = parking_from_ten(busy_only(IdleFees::default()), 30);
    let occupancy = known(&shares("2024-06-03 10:00:00", &[0, 90]));
    let ready = scene.compiled().with_occupancy(occupancy);
    let priced = rate(&ready, scene.start, &scene.periods).unwrap();
    let said = explain(&scene.tariff, &settle(&priced, &Rounding::DEFAULT).unwrap());
    assert!(
        said.iter().any(|line| line
            .starts_with("Parking time 15 min 00 s × 0 EUR/h = 0.00 EUR (element 1, site not known to be 80 % busy;")),
        "{said:?}"
    );
    for (language, words) in [
        (
            Language::English,
            "at least 80 % of the site's places are taken",
        ),
        (
            Language::German,
            "mindestens 80 % der Plätze am Standort belegt sind",
        ),
        (
            Language::French,
            "au moins 80 % des places du site sont occupées",
        ),
        (
            Language::Dutch,
            "minstens 80 % van de plaatsen op de locatie bezet is",
        ),
    ] {
        let said = explain_tariff(&scene.tariff, language);
        assert!(said.iter().any(|line| line.contains(words)), "{said:?}");
    }
    assert!(lint(&scene.tariff).is_empty());
    let mut nothing = scene.tariff;
    nothing.elements[0].components.truncate(1);
    assert_eq!(lint(&nothing)[0].code, LintCode::BusyLimit);
    nothing.idle_fees.only_when_busy = BusyShare::of_per_mille(0);
    assert_eq!(
        CompiledTariff::compile(&nothing, "UTC").unwrap_err().path,
        "idle_fees"
    );
    assert_eq!(BusyShare::of_per_mille(1_001), None);
}

#[test]
fn the_next_change_of_price_and_when_an_amount_is_reached_know_of_it() {
    let scene = parking_from_ten(busy_only(IdleFees::default()), 10);
    let occupancy = known(&shares("2024-06-03 10:00:00", &[0, 0, 90, 90, 0]));
    let ready = scene.compiled().with_occupancy(occupancy);
    let mut meter = Meter::start(scene.start);
    for period in &scene.periods {
        meter.advance(&ready, &usage(period)).unwrap();
    }
    assert_eq!(meter.next_change(&ready), Some(utc("2024-06-03 10:30:00")));
    // 5.00 of energy; 6.00 after ten minutes from 10:30 on; more than 8.00 never.
    let parks = Outlook {
        state: ChargingState::SuspendedByVehicle,
        power: Milliwatts(0),
    };
    let until = utc("2024-06-04 10:00:00");
    let reaches = |minor| {
        let amount = Money::new(minor, Currency::EUR);
        reaches(&meter, &ready, &parks, (amount, until), &Rounding::DEFAULT).unwrap()
    };
    let found = reaches(600).unwrap();
    assert!((utc("2024-06-03 10:39:57")..=utc("2024-06-03 10:40:00")).contains(&found));
    assert_eq!(reaches(801), None);
}

fn usage(period: &wattledger_domain::session::ChargingPeriod) -> Usage {
    Usage {
        to: period.to,
        energy: period.energy,
        state: period.state,
        power: period.power,
        current: period.current,
    }
}
