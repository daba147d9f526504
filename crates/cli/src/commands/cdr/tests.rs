//! Records of partners, right and wrong.

use super::*;
use std::path::PathBuf;

const RECORD: &str = r#"{"id": "c", "start_date_time": "2026-03-02T10:00:00Z",
    "end_date_time": "2026-03-02T11:40:00Z", "currency": "EUR",
    "tariffs": [{"id": "T", "currency": "EUR", "elements": [{"price_components": [
        {"type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1},
        {"type": "PARKING_TIME", "price": 2, "vat": 20, "step_size": 900}]}]}],
    "charging_periods": [
        {"start_date_time": "2026-03-02T10:00:00Z", "dimensions": [
            {"type": "ENERGY", "volume": 20}, {"type": "TIME", "volume": 1}]},
        {"start_date_time": "2026-03-02T11:00:00Z", "dimensions": [
            {"type": "PARKING_TIME", "volume": 0.6667}]}],
    "total_energy": 20, "total_time": 1.6667, "total_parking_time": 0.6667,
    "total_energy_cost": {"excl_vat": 5.00, "incl_vat": 5.50},
    "total_parking_cost": {"excl_vat": 1.50},
    "total_cost": {"excl_vat": 6.50, "incl_vat": 7.30}}"#;

fn verify(record: &str) -> Result<String, CliError> {
    verify_by(record, None)
}

/// With the taxes of a place.
fn verify_by(record: &str, taxes: Option<&str>) -> Result<String, CliError> {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("c.json");
    std::fs::write(&file, record).unwrap();
    let levied = folder.path().join("taxes.yaml");
    std::fs::write(&levied, taxes.unwrap_or_default()).unwrap();
    let arguments = CdrArguments {
        command: CdrCommand::Verify {
            file,
            tariff: None,
            time_zone: Some("UTC".to_owned()),
            policy: None,
            prices: None,
            taxes: taxes.map(|_| levied),
            json: false,
        },
    };
    let mut out = Vec::new();
    run(&arguments, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_record_that_adds_up_agrees_line_by_line() {
    let shown = verify(RECORD).unwrap();
    assert_eq!(shown.lines().count(), 7, "{shown}");
    assert!(
        shown.lines().all(|line| line.ends_with(" agrees")),
        "{shown}"
    );
}

#[test]
fn the_first_total_that_differs_is_named() {
    let first = |from: &str, to: &str| verify(&RECORD.replace(from, to)).unwrap_err().to_string();
    let parked = first(
        r#""total_parking_cost": {"excl_vat": 1.50}"#,
        r#""total_parking_cost": {"excl_vat": 1.33}"#,
    );
    assert!(
        parked.ends_with("c.json: $.total_parking_cost: states 1.33, should be 1.5"),
        "{parked}"
    );
    let energy = first(r#""total_energy": 20"#, r#""total_energy": 21"#);
    assert!(
        energy.contains("$.total_energy: states 21, should be 20"),
        "{energy}"
    );
    let total = first(r#""excl_vat": 6.50"#, r#""excl_vat": 6.51"#);
    assert!(
        total.contains("$.total_cost: states 6.51, should be 6.5"),
        "{total}"
    );
    let tax = first("7.30", "7.15");
    assert!(
        tax.contains("$.total_cost, after tax: states 7.15, should be 7.3"),
        "{tax}"
    );
}

/// 10 kWh in Montreal, 100.00 before tax.
const CANADIAN: &str = r#"{"id": "c", "start_date_time": "2026-03-02T10:00:00Z",
    "end_date_time": "2026-03-02T11:00:00Z", "currency": "CAD",
    "tariffs": [{"id": "T", "currency": "CAD", "tax_included": "NO", "elements": [
        {"price_components": [{"type": "ENERGY", "price": 10, "step_size": 1}]}]}],
    "charging_periods": [{"start_date_time": "2026-03-02T10:00:00Z", "dimensions": [
        {"type": "ENERGY", "volume": 10}, {"type": "TIME", "volume": 1}]}],
    "total_energy": 10, "total_time": 1,
    "total_cost": {"before_taxes": 100.00, "taxes": [
        {"name": "GST", "account_number": "1", "percentage": 5, "amount": 5.00},
        {"name": "QST", "percentage": 9.975, "amount": 9.98}]}}"#;
const QUEBEC: &str = "- { name: GST, percent: 5, accountNumber: \"1\" }\n\
                      - { name: QST, percent: 9.975 }\n";

#[test]
fn taxes_are_compared_by_name() {
    let shown = verify_by(CANADIAN, Some(QUEBEC)).unwrap();
    for row in [
        "total_cost.taxes[0], GST",
        "total_cost.taxes[1], QST",
        "total_cost, after tax",
    ] {
        let line = shown.lines().find(|line| line.starts_with(row)).unwrap();
        assert!(line.ends_with(" agrees"), "{shown}");
    }
    let first = |record: &str| {
        let error = verify_by(record, Some(QUEBEC)).unwrap_err().to_string();
        error.split("c.json: ").nth(1).unwrap().to_owned()
    };
    // The sum is right, and each of them wrong: the first is named.
    let swapped = CANADIAN.replace("9.98", "5.01").replace("5.00}", "9.97}");
    assert_eq!(
        first(&swapped),
        "$.total_cost.taxes[0], GST: states 9.97, should be 5"
    );
    let other = CANADIAN.replace("QST", "PST");
    assert_eq!(
        first(&other),
        "$.total_cost.taxes[1], PST: states 9.98, should be 0"
    );
    let fewer = CANADIAN.replace(r#"5.00},"#, "5.00}]}}").replace(
        r#"
        {"name": "QST", "percentage": 9.975, "amount": 9.98}]}}"#,
        "",
    );
    assert_eq!(
        first(&fewer),
        "$.total_cost.taxes, QST 9.975 %: states 0, should be 9.98"
    );
    // Nobody says what the place levies: nothing to compare with.
    let shown = verify(CANADIAN).unwrap();
    assert!(!shown.contains("taxes"), "{shown}");
}

#[test]
fn taxes_without_names_are_compared_by_rate_or_in_sum() {
    let newer = RECORD
        .replace(
            r#""currency": "EUR", "elements""#,
            r#""currency": "EUR", "tax_included": "NO", "elements""#,
        )
        .replace("excl_vat", "before_taxes");
    let with = |taxes: &str| {
        let total = format!(r#""taxes": [{taxes}]"#);
        verify(&newer.replace(r#""incl_vat": 7.30"#, &total))
    };
    let both = r#"{"name": "VAT", "percentage": 10.0, "amount": 0.5},
        {"name": "VAT", "percentage": 20, "amount": 0.3}"#;
    let shown = with(both).unwrap();
    assert!(shown.contains("total_cost.taxes[1], VAT"), "{shown}");
    let error = with(&both.replace("0.3", "0.2")).unwrap_err().to_string();
    assert!(
        error.ends_with("total_cost.taxes[1], VAT: states 0.2, should be 0.3"),
        "{error}"
    );
    // As cdr_example.json of 2.3.0 states it.
    with(r#"{"name": "VAT", "amount": 0.80}"#).unwrap();
    let error = with(r#"{"name": "VAT", "amount": 0.70}"#)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("total_cost.taxes[0], VAT: states 0.70, should be 0.8"),
        "{error}"
    );
}
