//! Random pairs of a tariff and a session, a pair per seed.

use serde_json::{Map, Value, json};

const DAYS: [&str; 7] = [
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
];

/// Numbers from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in so many of a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap_or(0)]
    }
}

/// A line as `price --batch` reads it, in 2.3.0.
pub fn pair(seed: u64) -> Value {
    let mut numbers = Numbers(seed);
    let tariff = tariff(&mut numbers);
    let zone = numbers.of(&["Europe/Berlin", "UTC", "America/Toronto"]);
    json!({ "id": seed, "time_zone": zone, "tariff": tariff, "cdr": record(&mut numbers) })
}

/// The same in 2.2.1, whose prices are always before tax, with all that a record must state.
pub fn pair_of_2_2_1(seed: u64) -> Value {
    let mut pair = pair(seed);
    let tariff = &mut pair["tariff"];
    tariff
        .as_object_mut()
        .map(|tariff| tariff.remove("tax_included"));
    for limit in ["min_price", "max_price"] {
        if let Some(amount) = tariff[limit].get("before_taxes").cloned() {
            tariff[limit] = json!({ "excl_vat": amount });
        } else {
            tariff.as_object_mut().map(|tariff| tariff.remove(limit));
        }
    }
    let cdr = &mut pair["cdr"];
    for (name, value) in [
        ("country_code", json!("DE")),
        ("party_id", json!("ALL")),
        (
            "cdr_token",
            json!({
                "country_code": "DE", "party_id": "EMP", "uid": "012345678", "type": "RFID", "contract_id": "DE8ACC12E46L89"
            }),
        ),
        ("auth_method", json!("WHITELIST")),
        (
            "cdr_location",
            json!({
                "id": "LOC1", "address": "Hauptstrasse 1", "city": "Berlin", "postal_code": "10115", "country": "DEU",
                "coordinates": { "latitude": "52.520008", "longitude": "13.404954" },
                "evse_uid": "3256", "evse_id": "DE*ALL*E041503003", "connector_id": "1",
                "connector_standard": "IEC_62196_T2", "connector_format": "SOCKET", "connector_power_type": "AC_3_PHASE"
            }),
        ),
        ("currency", json!("EUR")),
        ("total_cost", json!({ "excl_vat": 0.0 })),
        ("total_energy", json!(0.0)),
        ("total_time", json!(0.0)),
        ("last_updated", json!("2024-12-01T00:00:00Z")),
    ] {
        cdr[name] = value;
    }
    pair
}

fn tariff(numbers: &mut Numbers) -> Value {
    let included = numbers.of(&["NO", "NO", "YES", "N/A"]);
    let mut elements = Vec::new();
    for _ in 0..=numbers.below(5) {
        let components: Vec<Value> = (0..=numbers.below(3))
            .map(|_| component(numbers, included))
            .collect();
        elements.push(json!({
            "price_components": components, "restrictions": restrictions(numbers)
        }));
    }
    let mut tariff = json!({
        "country_code": "DE", "party_id": "ALL", "id": "T", "currency": "EUR",
        "tax_included": included, "elements": elements, "last_updated": "2024-01-01T00:00:00Z"
    });
    for (name, least) in [("min_price", 1), ("max_price", 10)] {
        if numbers.chance(20) {
            let amount = (numbers.below(100) + least) as f64 / 10.0;
            tariff[name] = json!({ "before_taxes": amount });
        }
    }
    tariff
}

fn component(numbers: &mut Numbers, included: &str) -> Value {
    let mut component = json!({
        "type": numbers.of(&["ENERGY", "TIME", "PARKING_TIME", "FLAT"]),
        "price": numbers.below(300) as f64 / 100.0,
        "step_size": numbers.of(&[0, 1, 1, 60, 300, 900, 500]),
    });
    let rate = numbers.of(&[0.0, 5.2, 10.0, 19.0, 20.0]);
    if included == "YES" || (included == "NO" && numbers.chance(80)) {
        component["vat"] = json!(rate);
    }
    component
}

fn restrictions(numbers: &mut Numbers) -> Value {
    let mut found = Map::new();
    let mut put = |given: bool, name: &str, value: Value| {
        if given {
            found.insert(name.to_owned(), value);
        }
    };
    let clock = |numbers: &mut Numbers| {
        let (hour, minute) = (numbers.below(24), numbers.of(&[0, 15, 30]));
        json!(format!("{hour:02}:{minute:02}"))
    };
    put(numbers.chance(30), "start_time", clock(numbers));
    put(numbers.chance(30), "end_time", clock(numbers));
    let days: Vec<&str> = (0..=numbers.below(3)).map(|_| numbers.of(&DAYS)).collect();
    put(numbers.chance(20), "day_of_week", json!(days));
    put(numbers.chance(25), "min_kwh", json!(numbers.below(20)));
    put(numbers.chance(25), "max_kwh", json!(numbers.below(40) + 1));
    put(
        numbers.chance(20),
        "min_duration",
        json!(numbers.below(20) * 600),
    );
    put(
        numbers.chance(20),
        "max_duration",
        json!(numbers.below(30) * 600 + 600),
    );
    put(numbers.chance(15), "min_power", json!(numbers.below(20)));
    put(
        numbers.chance(15),
        "max_power",
        json!(numbers.below(25) + 5),
    );
    found.into()
}

fn record(numbers: &mut Numbers) -> Value {
    // Days around both clock changes of 2024 and midsummer, by month.
    let (month, day) = numbers.of(&[(3, 28), (3, 30), (6, 25), (10, 26), (11, 2)]);
    let first = numbers.below(96) * 15;
    let mut minute = first;
    let instant = |minute: u64| {
        let day = day + minute / 1_440;
        format!(
            "2024-{month:02}-{day:02}T{:02}:{:02}:00Z",
            minute / 60 % 24,
            minute % 60
        )
    };
    let mut periods = Vec::new();
    for _ in 0..=numbers.below(7) {
        let length = numbers.of(&[6, 12, 15, 15, 15]);
        let hours = length as f64 / 60.0;
        let power = numbers.below(30) + 1;
        let mut dimensions = vec![
            json!({ "type": "MAX_POWER", "volume": power }),
            json!({ "type": "MIN_POWER", "volume": power }),
        ];
        if numbers.chance(30) {
            dimensions.push(json!({ "type": "PARKING_TIME", "volume": hours }));
        } else {
            let energy = numbers.of(&[0.5, 1.0, 2.25, 5.0, 0.0]);
            dimensions.push(json!({ "type": "ENERGY", "volume": energy }));
            dimensions.push(json!({ "type": "TIME", "volume": hours }));
        }
        periods.push(json!({ "start_date_time": instant(minute), "dimensions": dimensions }));
        minute += length;
    }
    json!({
        "id": "c", "start_date_time": instant(first), "end_date_time": instant(minute),
        "charging_periods": periods
    })
}
