//! The specification's tariffs with its sessions and, corrected, its totals.

use super::*;
use crate::ocpi::Fault;
use wattledger_domain::record::ReservationEnd;
use wattledger_domain::tariff::{TariffKind, TaxIncluded};

/// A tariff of the specification's, with these fields beside id, currency and elements.
fn with(fields: &str, elements: &str) -> String {
    format!(
        r#"{{"country_code": "DE", "party_id": "ALL", "id": "12", "currency": "EUR", {fields}
            "elements": [{elements}], "last_updated": "2015-06-29T20:39:09Z"}}"#
    )
}

const START_AND_ENERGY: &str = r#"{"price_components": [
    {"type": "FLAT", "price": 0.50, "vat": 20.0, "step_size": 1},
    {"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}]}"#;
const ENERGY: &str = r#"{"price_components": [
    {"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}]}"#;
const NO: &str = r#""tax_included": "NO","#;

#[track_caller]
fn check(tariff: &str, end: &str, periods: &[(&str, &str)], exact_net: &str, gross: &str) {
    let (record, warnings) = record(end, periods);
    assert!(warnings.is_empty(), "{warnings:?}");
    let priced = price(&read_tariff(tariff), &record);
    assert_eq!(exact(priced.exact.before_tax), exact_net);
    assert_eq!(super::gross(&priced), gross);
}

#[test]
fn tariff_8_energy() {
    check(
        &with(NO, ENERGY),
        "10:30:00",
        &[("09:30:00", "ENERGY=20 TIME=1")],
        "5",
        "5.50 EUR",
    );
}

#[test]
fn tariff_9_start_fee_and_energy() {
    let hour = [("09:30:00", "ENERGY=20 TIME=1")];
    check(
        &with(NO, START_AND_ENERGY),
        "10:30:00",
        &hour,
        "5.5",
        "6.10 EUR",
    );
}

#[test]
fn tariff_10_parking_in_quarters() {
    let elements = START_AND_ENERGY.replace(
        "}]}",
        r#"}, {"type": "PARKING_TIME", "price": 2.00, "vat": 20.0, "step_size": 900}]}"#,
    );
    let periods = [
        ("09:30:00", "ENERGY=20 TIME=1"),
        ("10:30:00", "PARKING_TIME=0.6667"),
    ];
    check(&with(NO, &elements), "11:10:00", &periods, "7", "7.90 EUR");
}

#[test]
fn tariffs_12_and_6_limits() {
    let hour = |kwh: &str| format!("ENERGY={kwh} TIME=1");
    let least = with(
        r#""tax_included": "NO", "min_price": {"before_taxes": 0.50, "after_taxes": 0.55},"#,
        ENERGY,
    );
    check(
        &least,
        "10:30:00",
        &[("09:30:00", &hour("20"))],
        "5",
        "5.50 EUR",
    );
    check(
        &least,
        "10:30:00",
        &[("09:30:00", &hour("1.99"))],
        "0.5",
        "0.55 EUR",
    );
    // As 2.2.1 names it.
    let most = with(
        r#""max_price": {"excl_vat": 10.00, "incl_vat": 11.00},
           "end_date_time": "2019-06-30T23:59:59Z","#,
        START_AND_ENERGY,
    );
    check(
        &most,
        "10:30:00",
        &[("09:30:00", &hour("50"))],
        "10",
        "11.00 EUR",
    );
    check(
        &most,
        "10:30:00",
        &[("09:30:00", &hour("30"))],
        "8",
        "8.85 EUR",
    );
}

#[test]
fn tariffs_1_2_19_and_20_time() {
    let time = |price: &str, vat: &str, step: i32| {
        format!(
            r#"{{"price_components": [{{"type": "TIME", "price": {price}, {vat}
                "step_size": {step}}}]}}"#
        )
    };
    let periods = [
        ("09:30:00", "TIME=2.5 ENERGY=20"),
        ("12:00:00", "PARKING_TIME=0.5"),
    ];
    let check = |fields: &str, elements: &str, net: &str, gross: &str| {
        check(&with(fields, elements), "12:30:00", &periods, net, gross);
    };
    check(NO, &time("2.00", r#""vat": 10.0,"#, 60), "5", "5.50 EUR");
    check(NO, &time("1.90", r#""vat": 5.2,"#, 300), "4.75", "5.00 EUR");
    check(NO, &time("2.00", "", 1), "5", "5.00 EUR");
    // Taxes are in it, and nobody says how much: only what is to be paid is known.
    let tariff = read_tariff(&with(r#""tax_included": "YES","#, &time("2.10", "", 1)));
    let (record, _) = record("12:30:00", &periods);
    let priced = price(&tariff, &record);
    assert_eq!(priced.total.before_tax, None);
    assert_eq!(gross(&priced), "5.25 EUR");
}

#[test]
fn tariff_13_time_and_parking() {
    let elements = r#"{"price_components": [
        {"type": "TIME", "price": 3.00, "vat": 10.0, "step_size": 60},
        {"type": "PARKING_TIME", "price": 5.00, "vat": 20.0, "step_size": 300}]}"#;
    let periods = [("09:30:00", "TIME=2.5"), ("12:00:00", "PARKING_TIME=0.7")];
    check(
        &with(NO, elements),
        "12:42:00",
        &periods,
        "11.25",
        "12.75 EUR",
    );
}

#[test]
fn tariff_3_energy_in_blocks() {
    let elements = START_AND_ENERGY.replace(r#"10.0, "step_size": 1"#, r#"10.0, "step_size": 100"#);
    let periods = [("09:30:00", "ENERGY=20.45")];
    let fields = r#""tax_included": "NO", "type": "PROFILE_CHEAP",
        "tariff_alt_url": "https://company.com/tariffs/13","#;
    check(
        &with(fields, &elements),
        "10:30:00",
        &periods,
        "5.625",
        "6.24 EUR",
    );
    let read = read_tariff(&with(fields, &elements));
    assert_eq!(read.kind, Some(TariffKind::ProfileCheap));
}

#[test]
fn tariff_4_complex() {
    let weekdays = r#"["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]"#;
    let elements = format!(
        r#"{{"price_components": [{{"type": "FLAT", "price": 2.50, "vat": 15.0, "step_size": 1}}]}},
        {{"price_components": [{{"type": "TIME", "price": 1.00, "vat": 20.0, "step_size": 900}}],
          "restrictions": {{"max_current": 32.00}}}},
        {{"price_components": [{{"type": "TIME", "price": 2.00, "vat": 20.0, "step_size": 600}}],
          "restrictions": {{"min_current": 32.00, "day_of_week": {weekdays}}}}},
        {{"price_components": [{{"type": "PARKING_TIME", "price": 5.00, "vat": 10.0,
          "step_size": 300}}], "restrictions": {{"start_time": "09:00", "end_time": "18:00",
          "day_of_week": {weekdays}}}}}"#
    );
    let slow = [
        ("09:30:00", "TIME=2.75 MAX_CURRENT=16"),
        ("12:15:00", "PARKING_TIME=0.7"),
    ];
    check(&with(NO, &elements), "12:57:00", &slow, "9", "10.31 EUR");
    let fast = [
        ("09:30:00", "TIME=2.75 MIN_CURRENT=32"),
        ("12:15:00", "PARKING_TIME=0.7"),
    ];
    check(
        &with(NO, &elements),
        "12:57:00",
        &fast,
        "11.75",
        "13.61 EUR",
    );
}

#[test]
fn tariff_5_free_of_charge() {
    let elements = r#"{"price_components": [{"type": "FLAT", "price": 0.00, "step_size": 0}]}"#;
    check(
        &with(NO, elements),
        "10:30:00",
        &[("09:30:00", "ENERGY=20 TIME=1")],
        "0",
        "0.00 EUR",
    );
}

/// A reservation from 09:30 for some minutes, then an hour of charging unless nobody came.
#[track_caller]
fn check_reserved(elements: &str, minutes: i64, end: ReservationEnd, net: &str, owed: &str) {
    let hours = Decimal::from(minutes)
        .checked_div(Decimal::from(60))
        .unwrap()
        .round_dp(4);
    let reserved = format!("RESERVATION_TIME={hours}");
    let start = minutes.checked_add(570).unwrap();
    let clock = |minute: i64| {
        format!(
            "{:02}:{:02}:00",
            minute.div_euclid(60),
            minute.rem_euclid(60)
        )
    };
    let (begin, last) = (clock(start), clock(start.checked_add(60).unwrap()));
    let charging = [
        ("09:30:00", reserved.as_str()),
        (begin.as_str(), "ENERGY=20 TIME=1"),
    ];
    let (record, warnings) = match end {
        ReservationEnd::Used => record(&last, &charging),
        ReservationEnd::Expired => record(&begin, &charging[..1]),
    };
    assert!(warnings.is_empty(), "{warnings:?}");
    let elements = format!("{elements}, {START_AND_ENERGY}");
    let priced = price_ended(&read_tariff(&with(NO, &elements)), &record, end);
    assert_eq!(exact(priced.exact.before_tax), net);
    assert_eq!(gross(&priced), owed);
}

fn reserved(component: &str, reservation: &str) -> String {
    format!(
        r#"{{"price_components": [{component}], "restrictions": {{"reservation": "{reservation}"}}}}"#
    )
}

#[test]
fn tariff_15_reserved_time() {
    let time = r#"{"type": "TIME", "price": 5.00, "vat": 20.0, "step_size": 60}"#;
    let elements = reserved(time, "RESERVATION");
    check_reserved(&elements, 15, ReservationEnd::Used, "6.75", "7.60 EUR");
}

#[test]
fn tariff_16_reservation_fee_and_time() {
    let both = r#"{"type": "FLAT", "price": 2.00, "vat": 20.0, "step_size": 1},
        {"type": "TIME", "price": 5.00, "vat": 20.0, "step_size": 300}"#;
    let elements = reserved(both, "RESERVATION");
    check_reserved(&elements, 13, ReservationEnd::Used, "8.75", "10.00 EUR");
}

#[test]
fn tariff_17_reservation_with_a_fee_where_it_expires() {
    let fee = r#"{"type": "FLAT", "price": 4.00, "vat": 20.0, "step_size": 1}"#;
    let time = r#"{"type": "TIME", "price": 2.00, "vat": 20.0, "step_size": 600}"#;
    let elements = [
        reserved(fee, "RESERVATION_EXPIRES"),
        reserved(time, "RESERVATION"),
    ];
    let elements = elements.join(",");
    check_reserved(&elements, 22, ReservationEnd::Used, "6.5", "7.30 EUR");
    // The full time reserved and the fee; no start fee, for nothing was started.
    check_reserved(&elements, 60, ReservationEnd::Expired, "6", "7.20 EUR");
}

#[test]
fn tariff_18_reservation_with_another_price_where_it_expires() {
    let time = |price: &str| {
        format!(r#"{{"type": "TIME", "price": {price}, "vat": 20.0, "step_size": 600}}"#)
    };
    let elements = [
        reserved(&time("3.00"), "RESERVATION"),
        reserved(&time("6.00"), "RESERVATION_EXPIRES"),
    ];
    let elements = elements.join(",");
    check_reserved(&elements, 22, ReservationEnd::Used, "7", "7.90 EUR");
    check_reserved(&elements, 90, ReservationEnd::Expired, "9", "10.80 EUR");
}

#[test]
fn what_prices_a_booking_is_named_and_not_priced() {
    let booked = reserved(
        r#"{"type": "FLAT", "price": 9, "step_size": 1}"#,
        "RESERVATION",
    )
    .replace(
        r#""reservation": "RESERVATION""#,
        r#""booking": "BOOKING_OVERTIME""#,
    );
    let (read, warnings) = tariff(&with(NO, &format!("{booked}, {ENERGY}"))).unwrap();
    assert_eq!(warnings[0].path, "$.elements[0].restrictions.booking");
    let (record, _) = record("10:30:00", &[("09:30:00", "ENERGY=20")]);
    assert_eq!(exact(price(&read, &record).exact.before_tax), "5");
}

#[test]
fn restrictions_by_power_and_by_duration() {
    let per_kwh = |price: &str, restrictions: &str| {
        format!(
            r#"{{"price_components": [{{"type": "ENERGY", "price": {price}, "vat": 20.0,
                "step_size": 1}}], "restrictions": {{{restrictions}}}}}"#
        )
    };
    let by_power = [
        per_kwh("0.20", r#""max_power": 16.00"#),
        per_kwh("0.35", r#""max_power": 32.00"#),
        per_kwh("0.50", ""),
    ];
    let periods = [
        ("09:30:00", "ENERGY=1 MAX_POWER=6"),
        ("09:40:00", "ENERGY=40 MAX_POWER=48"),
        ("10:30:00", "ENERGY=0.5"),
    ];
    check(
        &with(NO, &by_power.join(",")),
        "10:37:30",
        &periods,
        "20.3",
        "24.36 EUR",
    );
    let by_duration = [
        per_kwh("0.00", r#""max_duration": 1800"#),
        per_kwh("0.25", r#""max_duration": 3600"#),
        per_kwh("0.40", ""),
    ];
    let periods = [("09:30:00", "ENERGY=5"), ("10:00:00", "ENERGY=1.2")];
    check(
        &with(NO, &by_duration.join(",")),
        "10:10:00",
        &periods,
        "0.3",
        "0.36 EUR",
    );
}

#[test]
fn what_is_no_tariff_is_refused_with_its_path() {
    let refused = |elements: &str| {
        let Fault { path, reason } = tariff(&with(NO, elements)).unwrap_err();
        format!("{path}: {reason}")
    };
    assert_eq!(
        refused(r#"{"price_components": [{"type": "SPEED", "price": 1, "step_size": 1}]}"#),
        "$.elements[0].price_components[0].type: `SPEED` is not a price dimension"
    );
    assert_eq!(
        refused(r#"{"price_components": [{"type": "FLAT", "price": "x", "step_size": 1}]}"#),
        "$.elements[0].price_components[0].price: `x` is not a decimal number"
    );
    assert_eq!(
        refused(&format!(
            r#"{{"restrictions": {{"end_time": "24:01"}}, {}"#,
            &ENERGY[1..]
        )),
        "$.elements[0].restrictions.end_time: `24:01` is not HH:MM"
    );
}

#[test]
fn tax_that_does_not_apply_is_said_not_to_count() {
    let (read, warnings) = tariff(&with(r#""tax_included": "N/A","#, ENERGY)).unwrap();
    assert_eq!(read.tax_included, TaxIncluded::NotApplicable);
    assert_eq!(warnings[0].path, "$.tax_included");
}
