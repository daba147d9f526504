//! The worked examples of the specification, each as every version states it, at corrected figures.
//!
//! Sources: ocpi/ocpi, mod_tariffs, mod_cdrs and `examples/` of release-2.1.1-bugfixes (28ea453),
//! release-2.2.1-bugfixes (ca8c04c) and 2.3.0/release/core (3979887). A record states what the text
//! tells of a session; what is billed is compared exactly, before any rounding.

mod book;

use super::{exact, price_where, read_cdr, read_tariff_of};
use crate::ocpi::Version;
use book::{BLOCKS, Example, OLDEST, PRICES, component};
use serde_json::{Value, json};
use wattledger_domain::price::ExactCost;
use wattledger_domain::record::ReservationEnd;
use wattledger_pricing::{AbsentTax, Amounts};

/// What an example comes to, exactly, before and after tax.
fn cost(
    tariff: &Value,
    record: &Value,
    version: Version,
    end: ReservationEnd,
) -> [Option<String>; 2] {
    let absent_tax = match version {
        Version::V2_2_1 => AbsentTax::NotApplicable,
        Version::V2_1_1 | Version::V2_3_0 => AbsentTax::Unknown,
    };
    let record = read_cdr(record, version);
    let tariff = read_tariff_of(tariff, version);
    let priced = price_where(&tariff, &record, end, absent_tax);
    let Amounts {
        before_tax,
        after_tax,
    } = priced.exact;
    let text = |cost: Option<ExactCost>| cost.map(|cost| exact(Some(cost)));
    [text(before_tax), text(after_tax)]
}

impl Example {
    /// The tariff as a version words it.
    fn tariff(&self, version: Version) -> Value {
        let elements = self.elements.iter().map(|(components, restrictions)| {
            let components = components.iter().map(component);
            let components: Vec<Value> = components.collect();
            let restrictions: Value = serde_json::from_str(restrictions).unwrap();
            json!({ "price_components": components, "restrictions": restrictions })
        });
        let mut tariff = json!({ "id": "12", "currency": "EUR", "elements": elements.collect::<Vec<_>>(),
            "last_updated": "2018-12-18T17:07:11Z" });
        let limits: Value = serde_json::from_str(self.limits).unwrap();
        let (before, after) = match version {
            Version::V2_3_0 => ("before_taxes", "after_taxes"),
            Version::V2_1_1 | Version::V2_2_1 => ("excl_vat", "incl_vat"),
        };
        for (name, limit) in limits.as_object().unwrap() {
            tariff[name] = json!({ before: limit[0], after: limit[1] });
        }
        if version == Version::V2_3_0 {
            tariff["tax_included"] = self.included.into();
        }
        tariff
    }

    fn record(&self, version: Version) -> Value {
        let periods = self.periods.iter().map(|(from, dimensions)| {
            let dimensions = dimensions.split_whitespace().map(|one| {
                let (name, volume) = one.split_once('=').unwrap();
                json!({ "type": name, "volume": serde_json::from_str::<Value>(volume).unwrap() })
            });
            json!({ "start_date_time": format!("{}T{from}:00Z", self.day),
                "dimensions": dimensions.collect::<Vec<_>>() })
        });
        let end = match version {
            Version::V2_1_1 => "stop_date_time",
            Version::V2_2_1 | Version::V2_3_0 => "end_date_time",
        };
        let (start, _) = self.periods[0];
        json!({ "start_date_time": format!("{}T{start}:00Z", self.day),
            end: format!("{}T{}Z", self.day, self.end), "charging_periods": periods.collect::<Vec<_>>() })
    }
}

#[test]
fn every_worked_example_costs_what_the_text_says_where_it_is_right() {
    for example in PRICES.iter().chain(BLOCKS) {
        for version in example.versions {
            let found = cost(
                &example.tariff(*version),
                &example.record(*version),
                *version,
                example.reservation,
            );
            let (net, gross) = example.expect;
            // Without a rate no tax applies in 2.2.1, and nobody knows it elsewhere.
            let gross = gross.or((*version == Version::V2_2_1 || net == "0").then_some(net));
            let net = (example.included != "YES").then_some(net);
            let expect = [net, gross].map(|amount| amount.map(str::to_owned));
            assert_eq!(found, expect, "{} in {version:?}", example.source);
        }
    }
}

#[test]
fn the_records_of_the_three_versions_cost_what_they_state() {
    let times = [
        ("start_date_time", "2024-12-05T17:39:09Z"),
        ("end", "2024-12-05T19:37:32Z"),
    ];
    let of = |end: &str, price: Value, vat: Value| {
        let mut component = json!({ "type": "TIME", "price": price, "step_size": 300 });
        if !vat.is_null() {
            component["vat"] = vat;
        }
        let tariff = json!({ "id": "12", "currency": "EUR",
            "elements": [{ "price_components": [component] }] });
        let record = json!({ "id": "12345", "start_date_time": times[0].1, end: times[1].1,
            "currency": "EUR", "total_energy": 15.342, "total_time": 1.973,
            "charging_periods": [{ "start_date_time": times[0].1,
                "dimensions": [{ "type": "TIME", "volume": 1.973 }] }] });
        (tariff, record)
    };
    let used = ReservationEnd::Used;
    // mod_cdrs of 2.1.1, 3.1: the price is a text, the end a `stop_date_time`.
    let (tariff, record) = of("stop_date_time", "2.00".into(), Value::Null);
    let oldest = cost(&tariff, &record, OLDEST[0], used);
    assert_eq!(oldest, [Some("4".to_owned()), None]);
    // examples/cdr_example.json; that of 2.3.0 forgets its tax_included.
    let (tariff, record) = of("end_date_time", json!(2.00), json!(10.0));
    for version in [Version::V2_2_1, Version::V2_3_0] {
        let found = cost(&tariff, &record, version, used);
        assert_eq!(found, [Some("4".to_owned()), Some("4.4".to_owned())]);
    }
}
