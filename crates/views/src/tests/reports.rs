//! Reports: local days and hours, sums equal to the documents'.

use super::fixtures::*;
use crate::{By, Period, Views};
use tempfile::TempDir;
use wattledger_domain::document::Movement;
use wattledger_domain::tariff::LocalDate;

/// 2026-03-29T00:00 in Berlin, the day that has 23 hours.
const SPRING: i64 = 1_774_738_800_000;
/// 2026-10-25T00:00 in Berlin, the day that has 25 hours.
const AUTUMN: i64 = 1_792_879_200_000;

const NAMES: [&str; 26] = [
    "ses_a", "ses_b", "ses_c", "ses_d", "ses_e", "ses_f", "ses_g", "ses_h", "ses_i", "ses_j",
    "ses_k", "ses_l", "ses_m", "ses_n", "ses_o", "ses_p", "ses_q", "ses_r", "ses_s", "ses_t",
    "ses_u", "ses_v", "ses_w", "ses_x", "ses_y", "ses_z",
];

/// A session that starts every full hour from `midnight` on, 26 of them.
fn hourly(midnight: i64) -> (TempDir, Views) {
    let (directory, views) = fresh();
    let starts = (0_i64..).map(|hour| midnight.saturating_add(hour.saturating_mul(HOUR)));
    let sessions = NAMES.into_iter().zip(starts);
    let rated = sessions
        .map(|(name, start)| Session::new(name, start).rated())
        .collect();
    apply(&views, "t", rated);
    (directory, views)
}

fn keys(views: &Views, by: By, period: Period) -> Vec<(String, i64)> {
    let rows = views.report_usage(by, period).unwrap();
    rows.into_iter()
        .map(|row| (row.key, row.sessions))
        .collect()
}

fn date(month: u8, day: u8) -> Option<LocalDate> {
    Some(LocalDate {
        year: 2026,
        month,
        day,
    })
}

#[track_caller]
fn check_days(midnight: i64, expect: [(&str, i64); 2]) {
    let (_directory, views) = hourly(midnight);
    let days = keys(&views, By::Day, Period::default());
    assert_eq!(
        days,
        expect.map(|(key, sessions)| (key.to_owned(), sessions))
    );
}

#[test]
fn a_spring_day_has_23_hours_and_an_autumn_day_25() {
    check_days(SPRING, [("2026-03-29", 23), ("2026-03-30", 3)]);
    check_days(AUTUMN, [("2026-10-25", 25), ("2026-10-26", 1)]);
}

#[test]
fn the_two_hours_of_an_autumn_night_stay_two() {
    let (_directory, views) = hourly(AUTUMN);
    let period = Period {
        from: date(10, 25),
        to: date(10, 26),
    };
    let hours = keys(&views, By::Hour, period);
    assert_eq!(hours.len(), 25);
    assert!(hours.iter().all(|(_, sessions)| *sessions == 1));
    assert!(hours.contains(&("2026-10-25T02+120".to_owned(), 1)));
    assert!(hours.contains(&("2026-10-25T02+60".to_owned(), 1)));
    assert!(hours.contains(&("2026-10-25T11+60".to_owned(), 1)));
}

#[test]
fn a_day_begins_at_midnight_of_the_site_and_a_period_ends_before_its_last_date() {
    let (_directory, views) = fresh();
    let last = Session::new("ses_a", SPRING.saturating_sub(1));
    let first = Session::new("ses_b", SPRING);
    let west = Session {
        zone: "America/Los_Angeles",
        ..Session::new("ses_c", SPRING)
    };
    apply(&views, "t", vec![last.rated(), first.rated(), west.rated()]);
    let before = Period {
        from: None,
        to: date(3, 29),
    };
    let since = Period {
        from: date(3, 29),
        to: None,
    };
    assert_eq!(
        keys(&views, By::Day, before),
        [("2026-03-28".to_owned(), 2)]
    );
    assert_eq!(keys(&views, By::Day, since), [("2026-03-29".to_owned(), 1)]);
    let west = keys(&views, By::Hour, before);
    assert!(
        west.contains(&("2026-03-28T16-420".to_owned(), 1)),
        "{west:?}"
    );
}

#[test]
fn revenue_equals_the_invoices_less_the_credit_notes_whatever_it_is_by() {
    let (_directory, views) = fresh();
    let one = Session::new("ses_a", SPRING);
    let again = Session {
        version: 2,
        ..Session::new("ses_a", SPRING)
    };
    let other = Session {
        station: "cp-2",
        site: "nord",
        ..Session::new("ses_b", AUTUMN)
    };
    let documents = vec![
        one.invoice(1, 378, 72),
        one.credit(1, 378, 72, 1),
        again.invoice(2, 333, 63),
        other.invoice(3, 1, 0),
    ];
    apply(&views, "billing.invoices", documents);
    for by in [By::Station, By::Site, By::Day, By::Hour] {
        let rows = views.report_revenue(by, Period::default()).unwrap();
        let sums: Vec<_> = rows
            .iter()
            .map(|row| (row.net, row.tax, row.gross))
            .collect();
        assert_eq!(sums, [(333, 63, 396), (1, 0, 1)], "{by:?}");
        let counts: Vec<_> = rows
            .iter()
            .map(|row| (row.invoices, row.credit_notes))
            .collect();
        assert_eq!(counts, [(2, 1), (1, 0)], "{by:?}");
        let energy: Vec<_> = rows.iter().map(|row| row.energy).collect();
        assert_eq!(energy, [10_000_000, 10_000_000], "{by:?}");
    }
}

#[test]
fn totals_say_what_is_due_taken_and_open() {
    let (_directory, views) = fresh();
    let session = Session::new("ses_a", SPRING);
    let records = vec![
        session.rated(),
        session.invoice(1, 378, 72),
        session.invoice(2, 100, 19),
        session.credit(1, 100, 19, 2),
        session.paid(1, Movement::Held, 2_000, 1),
        session.paid(2, Movement::Captured, 500, 1),
        session.paid(3, Movement::Refunded, 60, 1),
        session.paid(4, Movement::WrittenOff, 3, 1),
    ];
    apply(&views, "t", records);
    let totals = views.totals().unwrap();
    assert_eq!(
        (totals.sessions, totals.energy, totals.held),
        (1, 10_000_000, 0)
    );
    let money = &totals.money[0];
    assert_eq!(
        (money.gross, money.captured, money.refunded),
        (450, 500, 60)
    );
    assert_eq!((money.written_off, money.receivable), (3, 7));
    let series: Vec<_> = totals
        .series
        .iter()
        .map(|row| (&*row.first_number, &*row.last_number, row.documents))
        .collect();
    assert_eq!(series, [("GU-1", "GU-1", 1), ("RE-1", "RE-2", 2)]);
}
