//! The sessions that are measured: a car that charges over a change of the time of day and over 30 kWh, then parks.
//!
//! Each engine reads the same text, in the version of OCPI that it reads best.

use serde_json::{Value, json};

/// The form of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each engine reads one form")]
pub enum Form {
    V2_2_1,
    V2_3_0,
}

/// Which tariff.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Prices {
    /// Four elements: a day of two prices by energy, a night, times.
    Few,
    /// An element for each quarter of an hour of the day.
    Quarters,
}

/// A session and what prices it.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    pub prices: Prices,
    pub periods: u32,
}

/// All that is measured.
pub const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "2 periods",
        prices: Prices::Few,
        periods: 2,
    },
    Scenario {
        name: "20 periods",
        prices: Prices::Few,
        periods: 20,
    },
    Scenario {
        name: "200 periods",
        prices: Prices::Few,
        periods: 200,
    },
    Scenario {
        name: "20 periods, 96 prices a day",
        prices: Prices::Quarters,
        periods: 20,
    },
];

/// The zone of the site.
pub const ZONE: &str = "Europe/Berlin";

fn tariff(prices: Prices, form: Form) -> Value {
    let component = |dimension: &str, price: f64| json!({ "type": dimension, "price": price, "vat": 19.0, "step_size": 1 });
    let element = |restrictions: Value, components: Value| json!({ "restrictions": restrictions, "price_components": components });
    let mut elements = match prices {
        Prices::Few => vec![
            element(
                json!({ "start_time": "07:00", "end_time": "22:00", "max_kwh": 30 }),
                json!([component("ENERGY", 0.52)]),
            ),
            element(
                json!({ "start_time": "07:00", "end_time": "22:00", "min_kwh": 30 }),
                json!([component("ENERGY", 0.49)]),
            ),
            element(
                json!({ "start_time": "22:00", "end_time": "07:00" }),
                json!([component("ENERGY", 0.39)]),
            ),
        ],
        Prices::Quarters => (0..96_u32)
            .map(|quarter| {
                let clock = |quarter: u32| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
                let price = f64::from(2_500 + quarter * 13 % 97 * 10) / 10_000.0;
                element(
                    json!({ "start_time": clock(quarter), "end_time": clock((quarter + 1) % 96) }),
                    json!([component("ENERGY", price)]),
                )
            })
            .collect(),
    };
    elements.push(json!({
        "price_components": [component("TIME", 0.6), component("PARKING_TIME", 4.2)]
    }));
    let mut tariff = json!({
        "country_code": "DE", "party_id": "ALL", "id": "T", "currency": "EUR", "type": "REGULAR",
        "elements": elements, "last_updated": "2024-01-01T00:00:00Z"
    });
    match form {
        Form::V2_2_1 => {
            tariff["min_price"] = json!({ "excl_vat": 2.5, "incl_vat": 2.975 });
            tariff["max_price"] = json!({ "excl_vat": 500.0, "incl_vat": 595.0 });
        }
        Form::V2_3_0 => {
            tariff["tax_included"] = json!("NO");
            tariff["min_price"] = json!({ "before_taxes": 2.5, "after_taxes": 2.975 });
            tariff["max_price"] = json!({ "before_taxes": 500.0, "after_taxes": 595.0 });
        }
    }
    tariff
}

/// The text of a record with its tariff: quarters of an hour from 17:30 at the site, the last tenth of them parked.
pub fn record(scenario: &Scenario, form: Form) -> String {
    let periods = scenario.periods;
    let at = |period: u32| {
        let minute = 15 * 60 + 30 + period * 15;
        let (day, hour) = (3 + minute / 1_440, minute / 60 % 24);
        format!("2024-06-{day:02}T{hour:02}:{:02}:00Z", minute % 60)
    };
    let charging = periods - periods.div_ceil(10);
    let stated = |period: u32| {
        let dimensions = if period < charging {
            let energy = energy_of(period);
            json!([
                { "type": "ENERGY", "volume": energy },
                { "type": "TIME", "volume": 0.25 },
                { "type": "MAX_POWER", "volume": energy * 4.0 }
            ])
        } else {
            json!([{ "type": "PARKING_TIME", "volume": 0.25 }])
        };
        json!({ "start_date_time": at(period), "dimensions": dimensions })
    };
    let periods_stated: Vec<Value> = (0..periods).map(stated).collect();
    let total = match form {
        Form::V2_2_1 => json!({ "excl_vat": 10.0, "incl_vat": 11.9 }),
        Form::V2_3_0 => json!({ "before_taxes": 10.0 }),
    };
    let energy: f64 = (0..charging).map(|period| energy_of(period)).sum();
    json!({
        "country_code": "DE", "party_id": "ALL", "id": "CDR1",
        "start_date_time": at(0), "end_date_time": at(periods),
        "cdr_token": {
            "country_code": "DE", "party_id": "EMP", "uid": "012345678", "type": "RFID",
            "contract_id": "DE8ACC12E46L89"
        },
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "LOC1", "address": "Hauptstrasse 1", "city": "Berlin", "postal_code": "10115", "country": "DEU",
            "coordinates": { "latitude": "52.520008", "longitude": "13.404954" },
            "evse_uid": "3256", "evse_id": "DE*ALL*E041503003", "connector_id": "1",
            "connector_standard": "IEC_62196_T2", "connector_format": "SOCKET", "connector_power_type": "AC_3_PHASE"
        },
        "currency": "EUR", "tariffs": [tariff(scenario.prices, form)], "charging_periods": periods_stated, "total_cost": total, "total_energy": energy,
        "total_time": f64::from(periods) / 4.0, "last_updated": "2024-06-10T00:00:00Z"
    })
    .to_string()
}

/// 30 kWh are reached where a period ends: engines that divide a period at a price's change and such that do not
/// come to the same.
fn energy_of(period: u32) -> f64 {
    if period % 2 == 0 { 2.25 } else { 2.75 }
}
