//! What is found odd about a tariff, and what is not.

use super::scene::*;
use crate::lint;
use wattledger_domain::tariff::{
    Dimension, Element, Reservation, Restrictions, Tariff, TaxIncluded, Weekday,
};

#[track_caller]
fn check(tariff: &Tariff, expect: &[&str]) {
    let found: Vec<String> = lint(tariff)
        .iter()
        .map(|finding| format!("{} {}", finding.code.word(), finding.path))
        .collect();
    assert_eq!(found, expect);
}

fn below(kilowatt_hours: &str) -> Restrictions {
    Restrictions {
        max_energy: Some(kwh(kilowatt_hours)),
        ..Restrictions::default()
    }
}

#[test]
fn exceptions_before_a_rule_are_how_tariffs_are_written() {
    let element = |restrictions| when(&[energy("1"), time("1")], restrictions);
    check(
        &tariff(vec![
            element(window("22:00", "06:00")),
            element(below("10")),
            always(&[energy("2"), time("2"), parking("3"), flat("1")]),
        ]),
        // Both hold at night below 10 kWh.
        &[
            "overlap elements[1].price_components[0]",
            "overlap elements[1].price_components[1]",
        ],
    );
    let parts = [window("00:00", "12:00"), window("12:00", "00:00")];
    let whole: Vec<Element> = parts.map(|part| when(&[energy("1")], part)).into();
    check(&tariff(whole), &["missing_fallback elements"]);
}

#[test]
fn what_never_counts_is_found() {
    check(
        &tariff(vec![
            always(&[energy("1"), energy("2")]),
            when(&[energy("3")], window("08:00", "09:00")),
        ]),
        &[
            "duplicate_dimension elements[0].price_components[1]",
            "unreachable elements[1].price_components[0]",
        ],
    );
    let empty = Restrictions {
        min_energy: Some(kwh("5")),
        max_energy: Some(kwh("5")),
        start_date: date(2026, 1, 2),
        end_date: date(2026, 1, 2),
        ..window("08:00", "08:00")
    };
    check(
        &tariff(vec![when(&[energy("1")], empty), always(&[energy("2")])]),
        &[
            "empty_restriction elements[0].restrictions.start_time",
            "empty_restriction elements[0].restrictions.min_kwh",
            "empty_restriction elements[0].restrictions.start_date",
        ],
    );
}

#[test]
fn weekdays_of_a_night_are_pointed_out() {
    let night = Restrictions {
        days: vec![Weekday::Friday],
        ..window("22:00", "06:00")
    };
    check(
        &tariff(vec![when(&[flat("1")], night)]),
        &["overnight_weekday elements[0].restrictions"],
    );
}

#[test]
fn contradictions_of_money_and_of_time_are_found() {
    let odd = Tariff {
        min_price: limit("2", None),
        max_price: limit("1", None),
        valid_from: Some(utc("2026-01-01 00:00:00")),
        valid_to: Some(utc("2026-01-01 00:00:00")),
        tax_included: TaxIncluded::NotApplicable,
        ..tariff(vec![always(&[taxed(stepped(energy("1"), 10_000), "19")])])
    };
    check(
        &odd,
        &[
            "validity end_date_time",
            "min_above_max min_price",
            "tax elements[0].price_components[0].vat",
            "large_step elements[0].price_components[0].step_size",
        ],
    );
    let gross = Tariff {
        tax_included: TaxIncluded::Yes,
        ..tariff(vec![always(&[energy("1"), of(Dimension::Flat, "0")])])
    };
    check(&gross, &["tax elements[0].price_components[0].vat"]);
}

#[test]
fn a_reservation_prices_time_and_fees_only() {
    let of_kind = |kind| Restrictions {
        reservation: Some(kind),
        ..Restrictions::default()
    };
    check(
        &tariff(vec![
            when(&[time("1"), energy("1")], of_kind(Reservation::Reservation)),
            when(&[flat("1")], of_kind(Reservation::BookingOvertime)),
        ]),
        &[
            "reservation_dimension elements[0].price_components[1]",
            "not_priced elements[1].restrictions.booking",
        ],
    );
}
