//! Whatever stands in a field, reading and pricing it is an answer or an error.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use wattledger_pricing::{PricingError, RecordError};

fn sample() -> Value {
    json!({
        "start_date_time": "2024-06-03T09:30:00Z", "end_date_time": "2024-06-03T10:30:00Z",
        "currency": "EUR", "total_cost": {"before_taxes": 1, "taxes": [{"amount": 1}]},
        "total_energy": 1, "tariffs": [{
            "id": "T", "currency": "EUR", "tax_included": "YES",
            "min_price": {"before_taxes": 1, "after_taxes": 1}, "max_price": {"excl_vat": 9},
            "elements": [{
                "price_components": [
                    {"type": "ENERGY", "price": 1, "vat": 19, "step_size": 1},
                    {"type": "TIME", "price": 1, "step_size": 1}],
                "restrictions": {
                    "start_time": "08:00", "end_time": "10:00", "start_date": "2024-06-03",
                    "min_kwh": 0, "max_kwh": 10, "max_power": 100, "min_duration": 0,
                    "day_of_week": ["MONDAY"]}}]}],
        "charging_periods": [
            {"start_date_time": "2024-06-03T09:30:00Z", "dimensions": [
                {"type": "ENERGY", "volume": 1}, {"type": "TIME", "volume": 0.5}]},
            {"start_date_time": "2024-06-03T10:00:00Z", "dimensions": [
                {"type": "PARKING_TIME", "volume": 0.5},
                {"type": "RESERVATION_TIME", "volume": 0.1}]}]
    })
}

/// Every place in a value that holds no other, as a JSON pointer.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(field, &format!("{path}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.push(path.to_owned());
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[-+0-9.:eT]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("2099-12-31T23:59:59Z")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_value_in_any_field_is_read_priced_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 1..3),
    ) {
        let mut value = sample();
        let mut places = Vec::new();
        leaves(&value, "", &mut places);
        for (place, change) in changes {
            if let Some(field) = value.pointer_mut(&places[place.index(places.len())]) {
                *field = change;
            }
        }
        let Ok((record, _)) = cdr(&value.to_string()) else { return Ok(()) };
        for tariff in &record.tariffs {
            let rules = UsageRules::default();
            let zone = "Europe/Berlin";
            let Ok(tariff) = RecordTariff::compile(tariff, zone, record.reservation, rules) else {
                continue;
            };
            let stated = Record {
                start: record.start,
                periods: &record.periods,
                reservation: record.reservation,
                credit: Credit::Credits,
            };
            let terms = RecordTerms {
                rounding: Rounding::DEFAULT,
                places: Some(4),
                absent_tax: AbsentTax::Unknown,
                liability: TaxLiability::Buyer,
                taxes: &[],
            };
            let priced = price_record(&[tariff], &stated, &terms);
            let backwards = Err(RecordError::Pricing(PricingError::TimeBackwards));
            prop_assert_ne!(priced, backwards);
        }
    }
}

#[test]
fn a_field_that_is_given_twice_is_refused_and_no_price_taken_from_either() {
    let twice = sample()
        .to_string()
        .replacen("\"price\":1,", "\"price\":1,\"price\":9,", 1);
    let fault = cdr(&twice).expect_err("price twice");
    assert_eq!(
        fault.path,
        "$.tariffs[0].elements[0].price_components[0].price"
    );
    assert!(fault.reason.contains("is given twice"), "{fault}");
    let fault = tariff(r#"{"id": "T", "id": "U"}"#).expect_err("id twice");
    assert_eq!(fault.path, "$.id");
    let fault = tariff("{").expect_err("cut off");
    assert_eq!(fault.path, "$");
}

#[test]
fn a_currency_that_nobody_has_is_refused_with_its_path() {
    for place in ["/currency", "/tariffs/0/currency"] {
        let mut record = sample();
        *record.pointer_mut(place).unwrap() = "QQQ".into();
        let fault = cdr(&record.to_string()).expect_err(place);
        assert!(fault.path.ends_with("currency"), "{fault}");
        assert!(
            fault.reason.contains("`QQQ` is no currency of ISO 4217"),
            "{fault}"
        );
    }
}
