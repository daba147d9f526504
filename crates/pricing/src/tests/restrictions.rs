//! Every edge of every restriction.

use super::scene::*;
use crate::calendar::local;
use crate::restriction::{Moment, holds};
use chrono_tz::Tz;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::record::Extent;
use wattledger_domain::tariff::{Dimension, Restrictions, Weekday};

/// Whether restrictions hold at a local time in UTC.
#[track_caller]
fn check(when: &Restrictions, at: &str, expect: bool) {
    let wall = local(Tz::UTC, utc(at), &[]);
    let moment = Moment {
        local: wall.as_ref(),
        energy: MilliwattHours::ZERO,
        duration: Milliseconds::ZERO,
        idle: None,
        power: None,
        current: None,
    };
    assert_eq!(holds(when, &moment), expect, "{at}");
}

/// Whether a window holds at times of one day.
#[track_caller]
fn check_window(start: Option<&str>, end: Option<&str>, cases: &[(&str, bool)]) {
    let when = Restrictions {
        start_time: start.and_then(clock),
        end_time: end.and_then(clock),
        ..Restrictions::default()
    };
    for (at, expect) in cases {
        check(&when, &format!("2024-06-03 {at}"), *expect);
    }
}

#[test]
fn a_window_begins_with_its_start_and_ends_before_its_end() {
    check_window(
        Some("09:00"),
        Some("17:00"),
        &[
            ("08:59:59", false),
            ("09:00:00", true),
            ("16:59:59", true),
            ("17:00:00", false),
        ],
    );
}

#[test]
fn a_window_that_ends_before_it_starts_wraps_past_midnight() {
    check_window(
        Some("20:00"),
        Some("06:00"),
        &[
            ("19:59:59", false),
            ("20:00:00", true),
            ("23:59:59", true),
            ("00:00:00", true),
            ("05:59:59", true),
            ("06:00:00", false),
        ],
    );
}

#[test]
fn an_end_of_midnight_is_the_end_of_the_day() {
    let evening = [
        ("00:00:00", false),
        ("17:59:59", false),
        ("18:00:00", true),
        ("23:59:59", true),
    ];
    check_window(Some("18:00"), Some("00:00"), &evening);
    let all_day = [("00:00:00", true), ("12:00:00", true), ("23:59:59", true)];
    check_window(Some("00:00"), Some("00:00"), &all_day);
    check_window(None, Some("00:00"), &all_day);
}

#[test]
fn a_start_alone_is_until_midnight_and_an_end_alone_from_midnight() {
    check_window(
        Some("18:00"),
        None,
        &[("17:59:59", false), ("18:00:00", true), ("23:59:59", true)],
    );
    check_window(Some("18:00"), None, &[("00:00:00", false)]);
    check_window(
        None,
        Some("06:00"),
        &[("00:00:00", true), ("05:59:59", true), ("06:00:00", false)],
    );
}

#[test]
fn a_window_that_ends_when_it_starts_is_empty() {
    check_window(
        Some("09:00"),
        Some("09:00"),
        &[
            ("08:59:59", false),
            ("09:00:00", false),
            ("09:00:01", false),
        ],
    );
}

#[test]
fn dates_begin_with_the_first_and_end_before_the_last() {
    let when = Restrictions {
        start_date: date(2024, 6, 3),
        end_date: date(2024, 6, 5),
        ..Restrictions::default()
    };
    check(&when, "2024-06-02 23:59:59", false);
    check(&when, "2024-06-03 00:00:00", true);
    check(&when, "2024-06-04 23:59:59", true);
    check(&when, "2024-06-05 00:00:00", false);
    let with_window = Restrictions {
        start_time: clock("10:00"),
        end_time: clock("11:00"),
        ..when
    };
    check(&with_window, "2024-06-04 09:59:59", false);
    check(&with_window, "2024-06-04 10:00:00", true);
    check(&with_window, "2024-06-05 10:00:00", false);
}

#[test]
fn a_weekday_is_that_of_the_instant_also_in_a_window_over_midnight() {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let when = Restrictions {
        days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
        ..window("20:00", "15:00")
    };
    check(&when, "2024-06-03 08:01:00", true);
    check(&when, "2024-06-07 23:59:59", true);
    check(&when, "2024-06-08 00:00:00", false);
    check(&when, "2024-06-08 08:00:00", false);
    check(&when, "2024-06-03 16:00:00", false);
}

#[test]
fn quantities_begin_with_the_minimum_and_end_before_the_maximum() {
    type Bounds = fn(i64, i64) -> Restrictions;
    let nothing = || Moment {
        local: None,
        energy: MilliwattHours(-1),
        duration: Milliseconds(-1),
        idle: None,
        power: None,
        current: None,
    };
    let energy: Bounds = |min, max| Restrictions {
        min_energy: Some(MilliwattHours(min)),
        max_energy: Some(MilliwattHours(max)),
        ..Restrictions::default()
    };
    let duration: Bounds = |min, max| Restrictions {
        min_duration: Some(Milliseconds(min)),
        max_duration: Some(Milliseconds(max)),
        ..Restrictions::default()
    };
    let power: Bounds = |min, max| Restrictions {
        min_power: Some(Milliwatts(min)),
        max_power: Some(Milliwatts(max)),
        ..Restrictions::default()
    };
    let current: Bounds = |min, max| Restrictions {
        min_current: Some(Milliamperes(min)),
        max_current: Some(Milliamperes(max)),
        ..Restrictions::default()
    };
    for (value, expect) in [(9, false), (10, true), (19, true), (20, false)] {
        let at = Moment {
            energy: MilliwattHours(value),
            ..nothing()
        };
        assert_eq!(holds(&energy(10, 20), &at), expect, "energy {value}");
        let at = Moment {
            duration: Milliseconds(value),
            ..nothing()
        };
        assert_eq!(holds(&duration(10, 20), &at), expect, "duration {value}");
        let at = Moment {
            power: Some(Extent::steady(value)),
            ..nothing()
        };
        assert_eq!(holds(&power(10, 20), &at), expect, "power {value}");
        let at = Moment {
            current: Some(Extent::steady(value)),
            ..nothing()
        };
        assert_eq!(holds(&current(10, 20), &at), expect, "current {value}");
    }
    assert!(!holds(&power(0, 20), &nothing()));
    assert!(!holds(&current(0, 20), &nothing()));
}

#[test]
fn per_dimension_the_first_that_holds_is_in_force() {
    let tariff = tariff(vec![
        always(&[flat("1")]),
        when(&[energy("1")], window("09:00", "10:00")),
        when(&[energy("2"), time("3")], window("08:00", "12:00")),
        always(&[energy("4"), energy("5"), parking("6")]),
    ]);
    let scene = Scene::new(tariff, "2024-06-03 09:30:00")
        .charge(180, "18")
        .park(10);
    assert_eq!(scene.watt_hours(), [(1, 3_000), (2, 12_000), (3, 3_000)]);
    assert_eq!(scene.minutes(Dimension::Time), [(2, 150)]);
    assert_eq!(scene.minutes(Dimension::ParkingTime), [(3, 10)]);
}

#[test]
fn a_start_fee_is_due_once_and_when_it_is_first_in_force() {
    let evening = when(&[flat("2")], window("18:00", "00:00"));
    let late = when(&[flat("3")], window("20:00", "00:00"));
    let day = when(&[flat("1")], window("06:00", "12:00"));
    let tariff = tariff(vec![late, evening, day]);
    let cost = |start: &str, minutes| {
        let scene = Scene::new(tariff.clone(), &format!("2024-06-03 {start}:00"));
        exact(scene.charge(minutes, "1").settled().exact_net)
    };
    assert_eq!(cost("09:00", 600), "1");
    assert_eq!(cost("13:00", 60), "0");
    assert_eq!(cost("13:00", 300), "0");
    assert_eq!(cost("13:00", 301), "2");
    assert_eq!(cost("19:00", 120), "2");
    assert_eq!(cost("20:00", 1), "3");
}

#[test]
fn a_threshold_of_energy_is_crossed_inside_a_period() {
    let first = Restrictions {
        max_energy: Some(kwh("30")),
        ..Restrictions::default()
    };
    let components = [energy("0.30"), time("1"), parking("0")];
    let tariff = tariff(vec![
        when(&components, first),
        always(&[energy("0.50"), time("2"), parking("10")]),
    ]);
    let scene = Scene::new(tariff.clone(), "2024-06-03 09:00:00").charge(40, "40");
    assert_eq!(scene.watt_hours(), [(0, 30_000), (1, 10_000)]);
    assert_eq!(scene.minutes(Dimension::Time), [(0, 30), (1, 10)]);
    // Reached exactly at the end of a period: what follows is past it.
    let scene = Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(30, "30")
        .park(60);
    assert_eq!(scene.minutes(Dimension::ParkingTime), [(1, 60)]);
}

#[test]
fn energy_that_comes_all_at_once_has_the_price_of_its_instant() {
    let tariff = tariff(vec![
        when(&[energy("1")], window("09:00", "10:00")),
        always(&[energy("2")]),
    ]);
    let scene = Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(60, "1")
        .charge_seconds(0, "1");
    assert_eq!(scene.watt_hours(), [(0, 1_000), (1, 1_000)]);
}

#[test]
fn grace_and_a_cap_count_from_the_end_of_charging_and_anew_after_each() {
    let idle = |from: i64, to: i64| Restrictions {
        min_idle: Milliseconds::from_seconds(from.checked_mul(60).unwrap()),
        max_idle: Milliseconds::from_seconds(to.checked_mul(60).unwrap()),
        ..Restrictions::default()
    };
    // Ten minutes free, then 6.00 an hour for half an hour, then no more.
    let tariff = tariff(vec![when(&[parking("6")], idle(10, 40))]);
    let new = || Scene::new(tariff.clone(), "2024-06-03 10:00:00");
    new().charge(120, "1").park(10).costs("0", "0.00 EUR");
    new().charge(120, "1").park(25).costs("1.5", "1.50 EUR");
    new().charge(5, "1").park(600).costs("3", "3.00 EUR");
    // Flapping: each end of charging has its own grace.
    let flaps = new()
        .charge(5, "1")
        .park(9)
        .charge(5, "1")
        .park(9)
        .charge(5, "1")
        .park(12);
    flaps.costs("0.2", "0.20 EUR");
    // Readings in between change nothing; a station that gives no power is no idle car.
    let read = new().charge(5, "1").park(8).park(8).park(8);
    read.costs("1.4", "1.40 EUR");
    new()
        .charge(5, "1")
        .park(9)
        .pause(30)
        .park(9)
        .costs("0", "0.00 EUR");
}

#[test]
fn durations_count_charging_and_parking_together() {
    let late = Restrictions {
        min_duration: Milliseconds::from_seconds(5_400),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![when(&[parking("6")], late), always(&[energy("1")])]);
    let scene = Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(60, "9")
        .park(45);
    assert_eq!(scene.minutes(Dimension::ParkingTime), [(0, 15)]);
}

#[test]
fn time_that_the_station_gave_no_power_is_not_billed() {
    let tariff = tariff(vec![always(&[time("1"), parking("1")])]);
    let scene = Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(10, "1")
        .pause(20)
        .park(30);
    scene.costs("0.66666666", "0.67 EUR");
}

#[test]
fn elements_for_reservations_do_not_price_charging() {
    let reserved = Restrictions {
        reservation: Some(wattledger_domain::tariff::Reservation::Reservation),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![
        when(&[time("5"), flat("2")], reserved),
        always(&[flat("0.50"), energy("0.25")]),
    ]);
    Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(60, "20")
        .costs("5.5", "5.50 EUR");
}

#[test]
fn a_change_of_current_counts_also_where_power_stays() {
    let strong = Restrictions {
        min_power: Some(Milliwatts(1)),
        min_current: Some(Milliamperes(16_000)),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![when(&[energy("1")], strong), always(&[energy("2")])]);
    let scene = Scene::new(tariff, "2024-06-03 09:00:00");
    let scene = scene.charge(10, "1").kilowatts("6").amperes("16");
    let scene = scene.charge(10, "1").kilowatts("6").amperes("15.999");
    assert_eq!(scene.watt_hours(), [(0, 1_000), (1, 1_000)]);
}

#[test]
fn unknown_power_holds_in_no_bounds_where_no_mean_exists() {
    let fast = Restrictions {
        min_power: Some(Milliwatts(0)),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![when(&[energy("1")], fast), always(&[energy("2")])]);
    let scene = Scene::new(tariff, "2024-06-03 09:00:00").charge_seconds(0, "1");
    assert_eq!(scene.watt_hours(), [(1, 1_000)]);
    assert_eq!(scene.charge(1, "1").watt_hours(), [(1, 1_000), (0, 1_000)]);
}
