//! Charge detail records: lengths, energy, totals, and what is odd in them.

use super::*;

/// Times in milliseconds: charging, parking, reserved.
fn times(record: &OcpiCdr) -> Vec<[Option<i64>; 3]> {
    let periods = record.periods.iter();
    periods
        .map(|period| {
            [period.time, period.parking_time, period.reservation_time]
                .map(|time| time.map(|time| time.0))
        })
        .collect()
}

#[test]
fn a_length_within_its_last_decimal_is_the_length_of_the_period() {
    // 25 minutes are 0.4167 h, which is 1,500.12 s.
    let (read, warnings) = record("09:55:00", &[("09:30:00", "TIME=0.4167")]);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(times(&read), [[Some(1_500_000), None, None]]);
    let (read, _) = record("09:50:00", &[("09:30:00", "PARKING_TIME=0.3333")]);
    assert_eq!(times(&read), [[None, Some(1_200_000), None]]);
    // 9 min 59.76 s of charging and 15 min of parking: neither is the period's length.
    let (read, warnings) = record(
        "09:55:00",
        &[("09:30:00", "TIME=0.1666 PARKING_TIME=0.2500")],
    );
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(times(&read), [[Some(599_760), Some(900_000), None]]);
}

#[test]
fn a_block_is_not_exceeded_by_a_rounded_length() {
    let tariff = read_tariff(
        r#"{"id": "T", "currency": "EUR", "elements": [{"price_components":
            [{"type": "TIME", "price": 12, "step_size": 300}]}]}"#,
    );
    let (read, _) = record("09:55:00", &[("09:30:00", "TIME=0.4167")]);
    assert_eq!(exact(price(&tariff, &read).exact.before_tax), "5");
}

#[test]
fn a_stated_time_is_billed_evenly_over_its_period() {
    let tariff = read_tariff(
        r#"{"id": "T", "currency": "EUR", "elements": [
            {"price_components": [{"type": "TIME", "price": 4, "step_size": 0}],
             "restrictions": {"end_time": "10:00"}},
            {"price_components": [{"type": "TIME", "price": 8, "step_size": 0}]}]}"#,
    );
    let (read, warnings) = record("10:30:00", &[("09:30:00", "TIME=0.5 ENERGY=3")]);
    assert_eq!(times(&read), [[Some(1_800_000), None, None]]);
    assert_eq!(
        warnings,
        [
            "$.charging_periods[0]: states 1800 s and is 3600 s long; what is stated is billed, \
          evenly over its length"
        ]
    );
    // A quarter of an hour at each price.
    assert_eq!(exact(price(&tariff, &read).exact.before_tax), "3");
    let (read, warnings) = record("10:00:00", &[("09:30:00", "TIME=0.6")]);
    assert_eq!(exact(price(&tariff, &read).exact.before_tax), "2.4");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_period_over_a_price_boundary_is_split_there() {
    let tariff = read_tariff(
        r#"{"id": "T", "currency": "EUR", "elements": [
            {"price_components": [{"type": "ENERGY", "price": 1, "step_size": 1}],
             "restrictions": {"end_time": "10:00"}},
            {"price_components": [{"type": "ENERGY", "price": 2, "step_size": 1}]}]}"#,
    );
    let (read, _) = record("10:30:00", &[("09:30:00", "ENERGY=10 TIME=1")]);
    assert_eq!(exact(price(&tariff, &read).exact.before_tax), "15");
}

#[test]
fn periods_are_read_in_order_of_time() {
    let periods = [
        ("10:00:00", "ENERGY=2"),
        ("09:40:00", "ENERGY=1"),
        ("11:00:00", "ENERGY=9"),
    ];
    let (read, warnings) = record("10:30:00", &periods);
    let lengths: Vec<i64> = read
        .periods
        .iter()
        .map(|period| period.to.since(period.from).0)
        .collect();
    assert_eq!(lengths, [1_200_000, 3_600_000, 0]);
    assert_eq!(
        warnings,
        [
            "$.charging_periods[1]: starts after the session; the time before it is not billed",
            "$.charging_periods[2]: starts after the session's end; it has no length",
        ]
    );
}

#[test]
fn cdr_example_is_read_without_tax_included_and_priced() {
    let text = r#"{"country_code": "BE", "party_id": "BEC", "id": "12345",
        "start_date_time": "2024-12-05T17:39:09Z", "end_date_time": "2024-12-05T19:37:32Z",
        "cdr_location": {"id": "LOC1", "country": "BEL"}, "currency": "EUR",
        "tariffs": [{"country_code": "BE", "party_id": "BEC", "id": "12", "currency": "EUR",
            "elements": [{"price_components": [{"type": "TIME", "price": 2.00, "vat": 10.0,
                "step_size": 300}]}], "last_updated": "2024-05-02T14:15:01Z"}],
        "charging_periods": [{"start_date_time": "2024-12-05T17:39:09Z",
            "dimensions": [{"type": "TIME", "volume": 1.973}], "tariff_id": "12"}],
        "total_cost": {"before_taxes": 4.00, "taxes": [{"name": "VAT", "amount": 0.40}]},
        "total_energy": 15.342, "total_time": 1.973}"#;
    let (read, _) = cdr(text).unwrap();
    let priced = price(&read.tariffs[0], &read);
    assert_eq!(exact(priced.exact.before_tax), "4");
    assert_eq!(gross(&priced), "4.40 EUR");
    assert_eq!(read.total_before_tax, Some(Decimal::new(400, 2)));
    assert_eq!(read.total_after_tax, Some(Decimal::new(440, 2)));
}

#[test]
fn session_example_2_says_that_its_volumes_are_watt_hours() {
    let text = r#"{"id": "101", "start_date_time": "2015-06-29T22:39:09Z",
        "end_date_time": "2015-06-29T23:50:16Z", "kwh": 41.12, "currency": "EUR",
        "charging_periods": [
            {"start_date_time": "2015-06-29T22:39:09Z", "dimensions": [
                {"type": "ENERGY", "volume": 120}, {"type": "MAX_CURRENT", "volume": 30}]},
            {"start_date_time": "2015-06-29T22:40:54Z", "dimensions": [
                {"type": "ENERGY", "volume": 41000}, {"type": "MIN_CURRENT", "volume": 34}]},
            {"start_date_time": "2015-06-29T23:07:09Z", "dimensions": [
                {"type": "PARKING_TIME", "volume": 0.718}], "tariff_id": "12"}],
        "total_cost": {"before_taxes": 8.50, "taxes": [{"name": "VAT", "amount": 0.85}]}}"#;
    let (_, warnings) = cdr(text).unwrap();
    let energy = warnings
        .iter()
        .find(|warning| warning.path == "$.kwh")
        .unwrap();
    assert_eq!(
        energy.message,
        "says 41.12 kWh, its periods 41120 kWh: volumes seem to be Wh where OCPI wants kWh"
    );
}

#[test]
fn totals_of_all_versions_are_read() {
    let totals = |cost: &str| {
        let text = format!(
            r#"{{"start_date_time": "2024-06-03T09:30:00Z", "stop_date_time":
                "2024-06-03T10:30:00Z", "charging_periods": [], "total_cost": {cost}}}"#
        );
        let (read, _) = cdr(&text).unwrap();
        let text = |total: Option<Decimal>| total.map(|total| total.normalize().to_string());
        (text(read.total_before_tax), text(read.total_after_tax))
    };
    let of = |before: &str, after: &str| (Some(before.to_owned()), Some(after.to_owned()));
    assert_eq!(totals("4.5"), (Some("4.5".to_owned()), None));
    assert_eq!(
        totals(r#"{"excl_vat": 4, "incl_vat": 4.4}"#),
        of("4", "4.4")
    );
    let taxes = r#"[{"name": "GST", "amount": 0.2}, {"name": "QST", "amount": 0.4}]"#;
    assert_eq!(
        totals(&format!(r#"{{"before_taxes": 4, "taxes": {taxes}}}"#)),
        of("4", "4.6")
    );
}

#[test]
fn warnings_and_faults_inside_a_tariff_say_which() {
    let text = |component: &str| {
        format!(
            r#"{{"start_date_time": "2024-06-03T09:30:00Z", "end_date_time":
                "2024-06-03T10:30:00Z", "charging_periods": [], "tariffs": [{{"id": "T",
                "currency": "EUR", "elements": [{{"price_components": [{component}]}}]}}]}}"#
        )
    };
    let (_, warnings) = cdr(&text(r#"{"type": "FLAT", "price": 1}"#)).unwrap();
    assert_eq!(
        warnings[0].path,
        "$.tariffs[0].elements[0].price_components[0].step_size"
    );
    let fault = cdr(&text(r#"{"type": "FLAT", "step_size": 1}"#)).unwrap_err();
    assert_eq!(fault.path, "$.tariffs[0].elements[0].price_components[0]");
}

#[test]
fn a_record_that_ends_before_it_starts_is_refused() {
    let text = r#"{"start_date_time": "2024-06-03T10:30:00Z",
        "end_date_time": "2024-06-03T09:30:00Z", "charging_periods": []}"#;
    assert_eq!(cdr(text).unwrap_err().reason, "ends before it starts");
}
