//! Tariffs: what is read, named, and refused.

use super::*;
use crate::ocpi::Fault;
use wattledger_domain::tariff::{TariffKind, TaxIncluded};

/// A tariff of the specification's, with these fields beside id, currency and elements.
fn with(fields: &str, elements: &str) -> String {
    format!(
        r#"{{"country_code": "DE", "party_id": "ALL", "id": "12", "currency": "EUR", {fields}
            "elements": [{elements}], "last_updated": "2015-06-29T20:39:09Z"}}"#
    )
}

const ENERGY: &str = r#"{"price_components": [
    {"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}]}"#;
const NO: &str = r#""tax_included": "NO","#;

fn reserved(component: &str, reservation: &str) -> String {
    format!(
        r#"{{"price_components": [{component}], "restrictions": {{"reservation": "{reservation}"}}}}"#
    )
}

#[test]
fn what_a_tariff_says_beside_its_prices_is_read() {
    // examples/tariff_3_alt_url.json.
    let fields = r#""tax_included": "NO", "type": "PROFILE_CHEAP",
        "tariff_alt_url": "https://company.com/tariffs/13","#;
    let read = read_tariff(&with(fields, ENERGY));
    assert_eq!(read.kind, Some(TariffKind::ProfileCheap));
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
