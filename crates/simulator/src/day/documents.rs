//! The network's documents, as an operator would write them.

use super::Scenario;
use super::driver::{ACCOUNTS, account_id, is_blocked, token};
use super::plan::Station;
use serde_json::{Value, json};

/// All, in the order to apply them.
pub(super) fn all(scenario: &Scenario) -> Vec<Value> {
    let stations = i64::from(scenario.stations.max(1));
    let stations: Vec<Station> = (0..stations)
        .map(|number| Station::of(scenario, number))
        .collect();
    let mut documents = vec![policy(scenario)];
    let sellers = scenario.zones.len().max(1);
    for seller in 0..sellers {
        documents.push(legal_entity(scenario, seller));
    }
    let sites = stations.last().map_or(0, |station| station.site() + 1);
    documents.extend((0..sites).map(|site| self::site(scenario, site)));
    documents.extend(
        stations
            .iter()
            .map(|station| self::station(scenario, *station)),
    );
    documents.extend(tariffs(scenario));
    documents.extend(assignments(scenario, &stations));
    documents.extend((0..ACCOUNTS).map(|number| account(scenario, number)));
    documents.extend((0..ACCOUNTS).map(|number| {
        let spec =
            json!({ "token": token(scenario, number), "account": account_id(scenario, number) });
        let id = format!("{}tag-{:03}", scenario.network, number + 1);
        document("Token", &id, spec)
    }));
    documents
}

/// Stays of a hurried network are short and yet billed, and holds small enough to have to grow.
fn policy(scenario: &Scenario) -> Value {
    let spec = if scenario.pace.haste == 1 {
        json!({})
    } else {
        json!({
            "hold": { "initialMinor": 500, "floorMinor": 300, "incrementMinor": 500 },
            "plausibility": { "waiverEnergyWh": 0, "waiverDurationSeconds": 0 },
        })
    };
    document("Policy", &policy_id(scenario), spec)
}

fn policy_id(scenario: &Scenario) -> String {
    format!("{}default", scenario.network)
}

/// A network of its own has assignments that hold for its own sellers alone.
fn assignments(scenario: &Scenario, stations: &[Station]) -> Vec<Value> {
    let network = scenario.network.as_str();
    let named = |id: &str| format!("{network}{id}");
    let fast = stations.iter().filter(|station| station.is_fast());
    let mut documents: Vec<Value> = fast
        .map(|station| {
            let id = station.id(scenario);
            let spec = json!({ "tariff": named("fast"), "station": id, "priority": 1 });
            document("TariffAssignment", &format!("fast-{id}"), spec)
        })
        .collect();
    let everywhere = json!({ "tariff": named("standard") });
    let members = json!({ "tariff": named("members"), "group": "members", "priority": 2 });
    for (id, spec) in [("everywhere", everywhere), ("members", members)] {
        if network.is_empty() {
            documents.push(document("TariffAssignment", id, spec));
            continue;
        }
        for seller in 0..scenario.zones.len().max(1) {
            let seller = seller_id(scenario, seller);
            let mut spec = spec.clone();
            spec["legalEntity"] = seller.as_str().into();
            documents.push(document(
                "TariffAssignment",
                &format!("{seller}-{id}"),
                spec,
            ));
        }
    }
    documents
}

fn document(kind: &str, id: &str, spec: Value) -> Value {
    json!({ "kind": kind, "id": id, "spec": spec })
}

fn seller_id(scenario: &Scenario, seller: usize) -> String {
    format!("{}seller-{}", scenario.network, seller + 1)
}

fn legal_entity(scenario: &Scenario, seller: usize) -> Value {
    let zone = scenario
        .zones
        .get(seller)
        .map_or("Europe/Berlin", String::as_str);
    let (country, city) = match zone {
        "Europe/Amsterdam" => ("NL", "1012 AB Amsterdam"),
        "Europe/Paris" => ("FR", "75001 Paris"),
        "Europe/Vienna" => ("AT", "1010 Wien"),
        _ => ("DE", "10115 Berlin"),
    };
    let number = seller + 1;
    let series = format!("{}{country}{number}", scenario.network.to_uppercase());
    let spec = json!({
        "name": format!("Simulated Charging {country} {number}"),
        "address": [format!("Teststreet {number}"), city],
        "country": country,
        "timeZone": zone,
        "currency": "EUR",
        "book": seller_id(scenario, seller),
        "invoiceNumber": format!("{series}-{{year}}-{{number:6}}"),
        "creditNoteNumber": format!("{series}-C-{{year}}-{{number:6}}"),
        "policy": policy_id(scenario),
        "processor": "simulated",
    });
    document("LegalEntity", &seller_id(scenario, seller), spec)
}

fn site_id(scenario: &Scenario, site: i64) -> String {
    format!("{}site-{:02}", scenario.network, site + 1)
}

fn site(scenario: &Scenario, site: i64) -> Value {
    let sellers = scenario.zones.len().max(1);
    let seller = usize::try_from(site).unwrap_or(0) % sellers;
    let zone = scenario
        .zones
        .get(seller)
        .map_or("Europe/Berlin", String::as_str);
    let spec = json!({
        "name": format!("Car park {}", site + 1),
        "timeZone": zone,
        "legalEntity": seller_id(scenario, seller),
    });
    document("Site", &site_id(scenario, site), spec)
}

fn station(scenario: &Scenario, station: Station) -> Value {
    let model = if station.is_fast() { "Fast" } else { "Street" };
    let evse = |id: i64| json!({ "id": id, "maxPowerW": station.power });
    let spec = json!({
        "site": site_id(scenario, station.site()),
        "vendor": "Simulated",
        "model": format!("{model} {}", station.power / 1_000),
        "evses": [evse(1), evse(2)],
    });
    document("Station", &station.id(scenario), spec)
}

/// A day and night price with an idle fee, a fast one, and one for members.
fn tariffs(scenario: &Scenario) -> Vec<Value> {
    let tariff = |id: &str, elements: Value| {
        let id = format!("{}{id}", scenario.network);
        let spec = json!({
            "id": id,
            "country_code": "DE",
            "party_id": "SIM",
            "currency": "EUR",
            "last_updated": "2020-01-01T00:00:00Z",
            "elements": elements,
        });
        document("Tariff", &id, spec)
    };
    let price = |kind: &str, cents: i64, step: i64| {
        // What is billed by quantity is dearer as quantities are smaller.
        let cents = if kind == "FLAT" {
            cents
        } else {
            cents * scenario.pace.haste
        };
        let decimal = format!("{}.{:02}", cents / 100, cents % 100);
        // Parsed so that the decimal is kept as it is written.
        let price: Value = serde_json::from_str(&decimal).unwrap_or_default();
        json!({ "type": kind, "price": price, "vat": 19, "step_size": step })
    };
    let day = json!({ "start_time": "07:00", "end_time": "22:00" });
    vec![
        tariff(
            "standard",
            json!([
                { "price_components": [price("ENERGY", 49, 1), price("FLAT", 30, 1)],
                  "restrictions": day },
                { "price_components": [price("ENERGY", 39, 1), price("FLAT", 30, 1)] },
                { "price_components": [price("PARKING_TIME", 120, 300)], "restrictions": day },
            ]),
        ),
        tariff(
            "fast",
            json!([
                { "price_components": [price("ENERGY", 65, 1), price("FLAT", 50, 1)] },
                { "price_components": [price("PARKING_TIME", 600, 60)] },
            ]),
        ),
        tariff(
            "members",
            json!([{ "price_components": [price("ENERGY", 36, 1)] }]),
        ),
    ]
}

fn account(scenario: &Scenario, number: i64) -> Value {
    let mut spec = json!({
        "name": format!("Customer {}", number + 1),
        "standing": if is_blocked(number) { "blocked" } else { "active" },
    });
    if number % 3 == 0 {
        spec["group"] = "members".into();
    }
    // One in ten pays by bank transfer: the invoice stays receivable.
    if number % 10 != 9 {
        let token = if number % 20 == 5 {
            "tok_insufficient_15"
        } else {
            "tok_visa_ok"
        };
        spec["method"] = json!({ "processor": "simulated", "token": token, "label": "visa 4242" });
    }
    document("Account", &account_id(scenario, number), spec)
}
