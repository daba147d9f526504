//! Wall clocks that skip and repeat an hour, and days of 23 and 25 hours.

use super::scene::*;
use crate::{Meter, local_date};
use chrono::{DateTime, Offset, TimeZone};
use wattledger_domain::tariff::{Dimension, LocalDate, Restrictions, Tariff};
use wattledger_domain::time::Timestamp;

/// Time costs one price inside a window of local time and another outside it.
fn tariff_of(start: &str, end: &str) -> Tariff {
    tariff(vec![
        when(&[time("1")], window(start, end)),
        always(&[time("2")]),
    ])
}

/// Minutes inside the window and outside it, of a session in Berlin.
#[track_caller]
fn check(start: &str, end: &str, from_utc: &str, minutes: i64, inside: i64) {
    let scene = Scene::new(tariff_of(start, end), from_utc).in_zone("Europe/Berlin");
    let spent = scene.charge(minutes, "1").minutes(Dimension::Time);
    let of = |element| {
        spent
            .iter()
            .filter(|(of, _)| *of == element)
            .map(|(_, m)| *m)
            .sum::<i64>()
    };
    assert_eq!(
        of(0),
        inside,
        "{start}–{end} from {from_utc} for {minutes} min"
    );
    assert_eq!(of(0).checked_add(of(1)), Some(minutes));
}

#[test]
fn a_window_is_on_the_wall_clock_of_the_site() {
    check("17:00", "20:00", "2024-06-03 14:30:00", 60, 30);
    check("17:00", "20:00", "2024-01-15 15:30:00", 60, 30);
}

#[test]
fn a_repeated_hour_is_in_its_window_twice() {
    // 2024-10-27 in Berlin: 02:00–03:00 once in summer time, once in winter time.
    check("02:00", "03:00", "2024-10-26 22:00:00", 300, 120);
    check("02:30", "02:45", "2024-10-26 22:00:00", 300, 30);
    check("02:30", "03:30", "2024-10-26 22:00:00", 300, 90);
}

#[test]
fn a_skipped_window_never_holds() {
    // 2024-03-31 in Berlin: 02:00 is followed by 03:00.
    check("02:00", "03:00", "2024-03-30 23:00:00", 300, 0);
    check("02:30", "03:30", "2024-03-30 23:00:00", 300, 30);
    check("01:30", "02:30", "2024-03-30 23:00:00", 300, 30);
}

#[test]
fn days_have_23_and_25_hours_when_the_clocks_change() {
    let on = |year, month, day| Restrictions {
        start_date: date(year, month, day),
        end_date: date(year, month, day.checked_add(1).unwrap()),
        ..Restrictions::default()
    };
    for (day, start, hours) in [
        (on(2024, 3, 30), "2024-03-29 12:00:00", 24),
        (on(2024, 10, 27), "2024-10-26 12:00:00", 25),
        (on(2025, 3, 30), "2025-03-29 12:00:00", 23),
    ] {
        let tariff = tariff(vec![when(&[time("1")], day)]);
        let scene = Scene::new(tariff, start)
            .in_zone("Europe/Berlin")
            .charge(4_000, "1");
        let minutes = scene.minutes(Dimension::Time);
        assert_eq!(
            minutes,
            [(0, i64::from(hours).checked_mul(60).unwrap())],
            "{start}"
        );
    }
}

#[test]
fn the_next_change_stops_at_windows_midnight_and_the_clocks() {
    let next = |at: &str, start: &str| {
        let scene = Scene::new(tariff_of(start, "00:00"), at).in_zone("Europe/Berlin");
        Meter::start(scene.start)
            .next_change(&scene.compiled())
            .unwrap()
    };
    assert_eq!(
        next("2024-06-03 10:00:00", "17:00"),
        utc("2024-06-03 15:00:00")
    );
    assert_eq!(
        next("2024-06-03 15:00:00", "17:00"),
        utc("2024-06-03 22:00:00")
    );
    assert_eq!(
        next("2024-10-26 23:00:00", "17:00"),
        utc("2024-10-27 01:00:00")
    );
    assert_eq!(
        next("2024-03-30 23:30:00", "02:30"),
        utc("2024-03-31 01:00:00")
    );
    let scene = Scene::new(tariff(vec![always(&[time("1")])]), "2024-06-03 10:00:00");
    assert_eq!(
        Meter::start(scene.start).next_change(&scene.compiled()),
        None
    );
}

#[test]
fn a_midnight_that_is_skipped_begins_the_day_all_the_same() {
    // 2018-11-04 in São Paulo: 00:00 was followed by 01:00.
    let sunday = Restrictions {
        start_date: date(2018, 11, 4),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![when(&[time("1")], sunday), always(&[time("2")])]);
    let scene = Scene::new(tariff, "2018-11-04 02:00:00").in_zone("America/Sao_Paulo");
    assert_eq!(
        scene.charge(120, "1").minutes(Dimension::Time),
        [(1, 60), (0, 60)]
    );
}

#[test]
fn a_date_is_that_of_the_zone() {
    let at = utc("2024-12-31 23:30:00");
    let berlin = LocalDate {
        year: 2025,
        month: 1,
        day: 1,
    };
    assert_eq!(local_date("Europe/Berlin", at), Some(berlin));
    assert_eq!(local_date("UTC", at), date(2024, 12, 31));
    assert_eq!(local_date("Mars/Olympus", at), None);
}

/// An offset that is the same a day later is taken to have held in between (`calendar::Offsetting`): whatever
/// a zone does to its clocks, it does not undo it within a day. 2020 to 2035, looked at every three hours.
#[test]
fn no_zone_changes_its_clocks_and_changes_them_back_within_a_day() {
    const LOOK: i64 = 3 * 3_600_000;
    const DAY: i64 = 24 * 3_600_000;
    let years = 1_577_836_800_000..2_051_222_400_000;
    for zone in chrono_tz::TZ_VARIANTS {
        let offset = |at: i64| {
            let at = DateTime::from_timestamp_millis(at).unwrap().naive_utc();
            zone.offset_from_utc_datetime(&at).fix()
        };
        let (mut at, mut before, mut changed) = (years.start, offset(years.start), None);
        while at < years.end {
            at += LOOK;
            let now = offset(at);
            if now == before {
                continue;
            }
            if let Some((then, was)) = changed {
                assert!(was != now || at - then > DAY, "{zone} at {at}");
            }
            changed = Some((at, before));
            before = now;
        }
    }
}

#[test]
fn a_day_before_1970_has_its_date() {
    let date = |at| local_date("UTC", Timestamp(at)).map(|date| (date.year, date.month, date.day));
    assert_eq!(date(0), Some((1970, 1, 1)));
    assert_eq!(date(-1), Some((1969, 12, 31)));
    assert_eq!(date(-86_400_001), Some((1969, 12, 30)));
    // 1900 was no leap year.
    assert_eq!(date(-2_203_891_200_000), Some((1900, 3, 1)));
    assert_eq!(date(-2_203_891_200_001), Some((1900, 2, 28)));
}
