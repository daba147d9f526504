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
    let mut documents = vec![document("Policy", "default", json!({}))];
    let sellers = scenario.zones.len().max(1);
    for seller in 0..sellers {
        documents.push(legal_entity(scenario, seller));
    }
    let sites = stations.last().map_or(0, |station| station.site() + 1);
    documents.extend((0..sites).map(|site| self::site(scenario, site)));
    documents.extend(stations.iter().map(|station| self::station(*station)));
    documents.extend(tariffs());
    for station in stations.iter().filter(|station| station.is_fast()) {
        let id = format!("fast-{}", station.id());
        let spec = json!({ "tariff": "fast", "station": station.id(), "priority": 1 });
        documents.push(document("TariffAssignment", &id, spec));
    }
    documents.push(document(
        "TariffAssignment",
        "everywhere",
        json!({ "tariff": "standard" }),
    ));
    let members = json!({ "tariff": "members", "group": "members", "priority": 2 });
    documents.push(document("TariffAssignment", "members", members));
    documents.extend((0..ACCOUNTS).map(account));
    documents.extend((0..ACCOUNTS).map(|number| {
        let spec = json!({ "token": token(number), "account": account_id(number) });
        document("Token", &format!("tag-{:03}", number + 1), spec)
    }));
    documents
}

fn document(kind: &str, id: &str, spec: Value) -> Value {
    json!({ "kind": kind, "id": id, "spec": spec })
}

fn seller_id(seller: usize) -> String {
    format!("seller-{}", seller + 1)
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
    let spec = json!({
        "name": format!("Simulated Charging {country} {number}"),
        "address": [format!("Teststreet {number}"), city],
        "country": country,
        "timeZone": zone,
        "currency": "EUR",
        "book": seller_id(seller),
        "invoiceNumber": format!("{country}{number}-{{year}}-{{number:6}}"),
        "creditNoteNumber": format!("{country}{number}-C-{{year}}-{{number:6}}"),
        "policy": "default",
        "processor": "simulated",
    });
    document("LegalEntity", &seller_id(seller), spec)
}

fn site_id(site: i64) -> String {
    format!("site-{:02}", site + 1)
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
        "legalEntity": seller_id(seller),
    });
    document("Site", &site_id(site), spec)
}

fn station(station: Station) -> Value {
    let model = if station.is_fast() { "Fast" } else { "Street" };
    let evse = |id: i64| json!({ "id": id, "maxPowerW": station.power });
    let spec = json!({
        "site": site_id(station.site()),
        "vendor": "Simulated",
        "model": format!("{model} {}", station.power / 1_000),
        "evses": [evse(1), evse(2)],
    });
    document("Station", &station.id(), spec)
}

/// A day and night price with an idle fee, a fast one, and one for members.
fn tariffs() -> Vec<Value> {
    let tariff = |id: &str, elements: Value| {
        let spec = json!({
            "id": id,
            "country_code": "DE",
            "party_id": "SIM",
            "currency": "EUR",
            "last_updated": "2020-01-01T00:00:00Z",
            "elements": elements,
        });
        document("Tariff", id, spec)
    };
    let price = |kind: &str, price: &str, step: i64| {
        // Parsed so that the decimal is kept as it is written.
        let price: Value = serde_json::from_str(price).unwrap_or_default();
        json!({ "type": kind, "price": price, "vat": 19, "step_size": step })
    };
    let day = json!({ "start_time": "07:00", "end_time": "22:00" });
    vec![
        tariff(
            "standard",
            json!([
                { "price_components": [price("ENERGY", "0.49", 1), price("FLAT", "0.30", 1)],
                  "restrictions": day },
                { "price_components": [price("ENERGY", "0.39", 1), price("FLAT", "0.30", 1)] },
                { "price_components": [price("PARKING_TIME", "1.20", 300)], "restrictions": day },
            ]),
        ),
        tariff(
            "fast",
            json!([
                { "price_components": [price("ENERGY", "0.65", 1), price("FLAT", "0.50", 1)] },
                { "price_components": [price("PARKING_TIME", "6.00", 60)] },
            ]),
        ),
        tariff(
            "members",
            json!([{ "price_components": [price("ENERGY", "0.36", 1)] }]),
        ),
    ]
}

fn account(number: i64) -> Value {
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
    document("Account", &account_id(number), spec)
}
