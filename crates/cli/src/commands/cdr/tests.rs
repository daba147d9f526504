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
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("c.json");
    std::fs::write(&file, record).unwrap();
    let arguments = CdrArguments {
        command: CdrCommand::Verify {
            file,
            tariff: None,
            time_zone: Some("UTC".to_owned()),
            policy: None,
            prices: None,
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
