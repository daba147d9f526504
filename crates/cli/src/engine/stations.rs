//! Stations that a file names and the demo configuration does not know: each gets a place at a demo
//! site in the file's own time zone.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wattledger_wire::imports::Named;

/// Power that no AC or DC charger of such files exceeds; beyond it energy is implausible.
const MAX_POWER_W: i64 = 150_000;
/// So many EVSEs a station of the demo configuration gets; others are billed at a power of no bound.
const EVSES_MAX: u64 = 64;

/// Documents for stations that the configuration lacks, and for the sites they need.
pub fn missing(known: &[Value], named: &BTreeMap<String, Named>) -> Vec<Value> {
    let configured: BTreeSet<&str> = known
        .iter()
        .filter(|document| document["kind"] == "Station")
        .filter_map(|document| document["id"].as_str())
        .collect();
    let mut documents = Vec::new();
    let mut sites = BTreeSet::new();
    for (station, Named { zone, evses }) in named {
        if configured.contains(station.as_str()) {
            continue;
        }
        let zone = zone.as_deref().unwrap_or("Europe/Berlin");
        let site = format!("demo-{}", zone.replace('/', "-").to_lowercase());
        if sites.insert(site.clone()) {
            documents.push(json!({ "kind": "Site", "id": site,
                "spec": { "name": format!("Imported, {zone}"), "timeZone": zone, "legalEntity": "demo-energy" } }));
        }
        let evses: Vec<Value> = (1..=(*evses).clamp(1, EVSES_MAX))
            .map(|evse| json!({ "id": evse, "maxPowerW": MAX_POWER_W }))
            .collect();
        documents.push(json!({ "kind": "Station", "id": station,
            "spec": { "site": site, "evses": evses } }));
    }
    documents
}
