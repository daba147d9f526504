//! OCPP's `meterValue` as our samples: the readings that a bill can use, of the outlet.

use super::Version;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Measurands that a bill can use, or that a person wants to see beside it.
const USED: [&str; 9] = [
    REGISTER,
    "Energy.Active.Import.Interval",
    "Energy.Active.Export.Register",
    "Energy.Active.Net",
    "Power.Active.Import",
    "Power.Offered",
    "Current.Import",
    "Voltage",
    "SoC",
];
const REGISTER: &str = "Energy.Active.Import.Register";

/// What became of a `meterValue`.
#[derive(Default)]
pub struct Readings {
    /// Our samples.
    pub samples: Vec<Value>,
    /// What was left out, in a few words each.
    pub unused: BTreeSet<String>,
}

/// Reads one element of `meterValue`.
///
/// A reading at the car or upstream is never the outlet's; one at the inlet, the cable or the body
/// stands in where the element has none of the outlet.
///
/// # Errors
/// When it has no timestamp.
pub fn of(element: &Value, version: Version, into: &mut Readings) -> Result<String, String> {
    let time = element["timestamp"]
        .as_str()
        .ok_or("a meterValue has no timestamp")?
        .to_owned();
    let sampled = element["sampledValue"].as_array();
    let sampled: Vec<&Value> = sampled.into_iter().flatten().collect();
    let at_outlet: BTreeSet<(&str, Option<&str>)> = sampled
        .iter()
        .filter(|value| is_outlet(value))
        .map(|value| kind(value))
        .collect();
    for value in &sampled {
        let (measurand, phase) = kind(value);
        if !USED.contains(&measurand) {
            into.unused
                .insert(format!("{measurand}: no price depends on it"));
        } else if value["format"] == "SignedData" {
            into.unused
                .insert(format!("{measurand}: a signed record, not read here"));
        } else if is_elsewhere(value)
            || !is_outlet(value) && at_outlet.contains(&(measurand, phase))
        {
            let place = value["location"].as_str().unwrap_or_default();
            into.unused
                .insert(format!("{measurand}: measured at {place}, not the outlet"));
        } else {
            into.samples.push(sample(&time, value, measurand, version));
        }
    }
    Ok(time)
}

fn kind(value: &Value) -> (&str, Option<&str>) {
    (
        value["measurand"].as_str().unwrap_or(REGISTER),
        value["phase"].as_str(),
    )
}

fn is_outlet(value: &Value) -> bool {
    matches!(value["location"].as_str(), None | Some("Outlet"))
}

fn is_elsewhere(value: &Value) -> bool {
    matches!(value["location"].as_str(), Some("EV" | "Upstream"))
}

fn sample(time: &str, value: &Value, measurand: &str, version: Version) -> Value {
    let mut sample = json!({ "time": time, "value": value["value"], "measurand": measurand });
    let unit = match version {
        Version::OneSix => value,
        Version::Two => &value["unitOfMeasure"],
    };
    let copies = [
        ("unit", &unit["unit"]),
        ("multiplier", &unit["multiplier"]),
        ("phase", &value["phase"]),
        ("context", &value["context"]),
    ];
    for (name, told) in copies {
        if !told.is_null() && *told != "" {
            sample[name] = told.clone();
        }
    }
    sample
}
