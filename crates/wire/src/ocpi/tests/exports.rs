//! What is written reads back equal, and costs the same.

use super::*;
use crate::json_tree::JsonTree;
use crate::ocpi::{
    OwnTariffs, Owner, RecordExport, RecordTotals, StatedTax, TaxAmount, Version, cdr_under,
    record_json, tariff_json, tariff_under,
};
use serde_json::{Value, json};
use wattledger_domain::money::Currency;
use wattledger_domain::price::TaxRate;
use wattledger_domain::tariff::TaxIncluded;
use wattledger_domain::time::Timestamp;

const OWNER: Owner<'_> = Owner {
    country_code: "DE",
    party_id: "ALL",
    last_updated: Timestamp(1_717_400_000_000),
};

/// Every field that a price depends on, in 2.3.0.
fn full() -> Value {
    json!({
        "id": "T", "currency": "EUR", "type": "PROFILE_FAST", "tax_included": "NO",
        "start_date_time": "2024-01-01T00:00:00Z", "end_date_time": "2024-12-31T23:59:59Z",
        "min_price": {"before_taxes": 0.5}, "max_price": {"before_taxes": 10, "after_taxes": 11.9},
        "elements": [
            {"price_components": [
                {"type": "ENERGY", "price": 0.12345678, "vat": 8.875, "step_size": 100},
                {"type": "FLAT", "price": -0.5, "step_size": 0}],
             "restrictions": {
                "start_time": "22:00", "end_time": "06:30", "start_date": "2024-02-29",
                "end_date": "2025-01-01", "min_kwh": 0.001, "max_kwh": 50.5, "min_current": 6.5,
                "max_current": 32, "min_power": 3.7, "max_power": 22, "min_duration": 60,
                "max_duration": 7200, "day_of_week": ["SATURDAY", "SUNDAY"]}},
            {"price_components": [{"type": "TIME", "price": 3, "vat": 20, "step_size": 60}],
             "restrictions": {"reservation": "RESERVATION_EXPIRES"}},
            {"price_components": [{"type": "FLAT", "price": 3, "step_size": 1}],
             "restrictions": {"booking": "BOOKING_OVERTIME"}},
            {"price_components": [{"type": "PARKING_TIME", "price": 6, "vat": 0, "step_size": 300}]}]
    })
}

fn read(value: &Value, version: Version) -> Tariff {
    tariff_under(JsonTree::of(value).root(), "$", version, &mut Vec::new()).unwrap()
}

#[test]
fn a_tariff_reads_back_equal_in_the_versions_that_can_say_it() {
    let tariff = read(&full(), Version::V2_3_0);
    for version in [Version::V2_2_1, Version::V2_3_0] {
        let written = tariff_json(&tariff, version, &OWNER).unwrap();
        assert_eq!(read(&written, version), tariff, "{version:?}");
    }
}

#[test]
fn what_a_version_cannot_say_is_refused_with_its_path() {
    let mut tariff = read(&full(), Version::V2_3_0);
    let path = |tariff: &Tariff, version| tariff_json(tariff, version, &OWNER).unwrap_err().path;
    assert_eq!(path(&tariff, Version::V2_1_1), "$.elements");
    for component in tariff
        .elements
        .iter_mut()
        .flat_map(|one| &mut one.components)
    {
        component.tax = None;
    }
    assert_eq!(path(&tariff, Version::V2_1_1), "$.min_price");
    (tariff.min_price, tariff.max_price) = (None, None);
    assert_eq!(path(&tariff, Version::V2_1_1), "$.type");
    (tariff.kind, tariff.valid_from, tariff.valid_to) = (None, None, None);
    assert_eq!(
        path(&tariff, Version::V2_1_1),
        "$.elements[0].restrictions.min_current"
    );
    tariff.elements.truncate(1);
    tariff.elements[0].restrictions.min_current = None;
    tariff.elements[0].restrictions.max_current = None;
    let written = tariff_json(&tariff, Version::V2_1_1, &OWNER).unwrap();
    assert_eq!(read(&written, Version::V2_1_1), tariff);
    tariff.tax_included = TaxIncluded::Yes;
    assert_eq!(path(&tariff, Version::V2_2_1), "$.tax_included");
}

#[test]
fn the_time_since_charging_ended_is_ours_alone() {
    let mut ours = full();
    ours["elements"][3]["restrictions"] = json!({ "min_idle_time": 600, "max_idle_time": 3600 });
    let tariff = read(&ours, Version::V2_3_0);
    let idle = &tariff.elements[3].restrictions;
    let minutes = |minutes| Some(wattledger_domain::quantity::Milliseconds::minutes(minutes));
    assert_eq!((idle.min_idle, idle.max_idle), (minutes(10), minutes(60)));
    let refused = tariff_json(&tariff, Version::V2_3_0, &OWNER).unwrap_err();
    assert_eq!(refused.path, "$.elements[3].restrictions.min_idle_time");
}

#[test]
fn a_record_reads_back_with_the_same_periods_and_price() {
    let (read_in, _) = record(
        "12:00:01",
        &[
            ("09:30:00", "RESERVATION_TIME=0.25"),
            (
                "09:45:00",
                "ENERGY=20.123456 TIME=1.0833 MIN_POWER=3 MAX_POWER=22 MAX_CURRENT=32",
            ),
            ("10:50:00", "PARKING_TIME=1.1669"),
        ],
    );
    let tariff = read(&full(), Version::V2_3_0);
    let priced = price(&tariff, &read_in);
    let token = json!({ "uid": "1", "type": "RFID", "contract_id": "C" });
    let location = json!({ "id": "LOC1", "time_zone": "UTC" });
    let export = RecordExport {
        owner: OWNER,
        id: "c1",
        start: read_in.start,
        end: read_in.end,
        token: &token,
        auth_method: "WHITELIST",
        location: &location,
        currency: Currency::EUR,
        periods: &read_in.periods,
        tariffs: std::slice::from_ref(&tariff),
        totals: RecordTotals {
            cost: (priced.total.before_tax, priced.total.after_tax),
            taxes: &[],
            places: priced.places,
            energy: priced.energy,
            time: priced.time,
            parking_time: priced.parking_time,
            fixed: priced.fixed,
            reservation: priced.reservation,
        },
        credits: None,
    };
    for version in [Version::V2_2_1, Version::V2_3_0] {
        let written = record_json(&export, version).unwrap();
        let mut odd = Vec::new();
        let back = cdr_under(
            JsonTree::of(&written).root(),
            "$",
            (version, OwnTariffs::Read),
            &mut odd,
        )
        .unwrap();
        assert_eq!(back.periods, read_in.periods, "{version:?}");
        assert_eq!(back.tariffs, std::slice::from_ref(&tariff));
        assert_eq!(price(&back.tariffs[0], &back), priced);
        let stated = back.total_before_tax.unwrap().to_string();
        assert_eq!(
            stated,
            Decimal::new(priced.total.before_tax.unwrap(), 2)
                .normalize()
                .to_string()
        );
        assert_eq!(
            back.total_after_tax.is_some(),
            priced.total.after_tax.is_some()
        );
    }
    let plain = RecordExport {
        tariffs: &[],
        ..export
    };
    let written = record_json(&plain, Version::V2_1_1).unwrap();
    let own = (Version::V2_1_1, OwnTariffs::Read);
    let back = cdr_under(JsonTree::of(&written).root(), "$", own, &mut Vec::new()).unwrap();
    assert_eq!(back.periods, read_in.periods);
    let credit = RecordExport {
        credits: Some("c0"),
        ..plain
    };
    let refused = record_json(&credit, Version::V2_1_1).unwrap_err();
    assert_eq!(refused.path, "$.credit");
    let written = record_json(&credit, Version::V2_2_1).unwrap();
    let own = (Version::V2_2_1, OwnTariffs::Read);
    assert!(
        cdr_under(JsonTree::of(&written).root(), "$", own, &mut Vec::new())
            .unwrap()
            .credit
    );
}

#[test]
fn taxes_are_written_by_name_and_read_back_equal() {
    let (read_in, _) = record("10:30:00", &[("09:30:00", "ENERGY=10 TIME=1")]);
    let taxes = [
        TaxAmount {
            name: "GST",
            account_number: Some("123456789 RT0001"),
            rate: Some(TaxRate(50_000)),
            amount: 500,
        },
        TaxAmount {
            name: "QST",
            account_number: None,
            rate: Some(TaxRate(99_750)),
            amount: 998,
        },
    ];
    let token = json!({ "uid": "1", "contract_id": "C" });
    let export = RecordExport {
        owner: OWNER,
        id: "c1",
        start: read_in.start,
        end: read_in.end,
        token: &token,
        auth_method: "WHITELIST",
        location: &json!({ "id": "LOC1" }),
        currency: Currency::parse("CAD").unwrap(),
        periods: &read_in.periods,
        tariffs: &[],
        totals: RecordTotals {
            cost: (Some(10_000), Some(11_498)),
            taxes: &taxes,
            places: 2,
            energy: None,
            time: None,
            parking_time: None,
            fixed: None,
            reservation: None,
        },
        credits: None,
    };
    let back = |export: &RecordExport<'_>| {
        let written = record_json(export, Version::V2_3_0).unwrap();
        let own = (Version::V2_3_0, OwnTariffs::Read);
        cdr_under(JsonTree::of(&written).root(), "$", own, &mut Vec::new()).unwrap()
    };
    let read = back(&export);
    let stated = |name: &str, account: Option<&str>, percentage, amount| StatedTax {
        name: name.to_owned(),
        account_number: account.map(str::to_owned),
        percentage,
        amount: Decimal::new(amount, 2).normalize(),
    };
    let gst = stated(
        "GST",
        Some("123456789 RT0001"),
        Some(Decimal::new(5, 0)),
        500,
    );
    let qst = stated("QST", None, Some(Decimal::new(9_975, 3)), 998);
    assert_eq!(read.taxes, [gst, qst]);
    assert_eq!(read.total_after_tax, Some(Decimal::new(11_498, 2)));
    // Names that do not add up to the tax are not told.
    let export = RecordExport {
        totals: RecordTotals {
            taxes: &taxes[..1],
            ..export.totals
        },
        ..export
    };
    assert_eq!(back(&export).taxes, [stated("VAT", None, None, 1_498)]);
    // Nor is a tax where there is none.
    let export = RecordExport {
        totals: RecordTotals {
            cost: (Some(10_000), Some(10_000)),
            taxes: &[],
            ..export.totals
        },
        ..export
    };
    assert_eq!(back(&export).taxes, []);
}

#[test]
fn a_tax_rate_that_is_none_is_said_and_does_not_cost_the_record() {
    let text = r#"{"start_date_time": "2024-06-03T09:30:00Z",
        "end_date_time": "2024-06-03T10:30:00Z", "charging_periods": [],
        "total_cost": {"before_taxes": 10, "taxes": [
            {"name": "HST", "percentage": "a lot", "amount": 1.3}]}}"#;
    let (read, warnings) = cdr(text).unwrap();
    assert_eq!(read.taxes[0].percentage, None);
    assert_eq!(read.total_after_tax, Some(Decimal::new(113, 1)));
    let path = "$.total_cost.taxes[0].percentage";
    assert!(
        warnings.iter().any(|warning| warning.path == path),
        "{warnings:?}"
    );
}
