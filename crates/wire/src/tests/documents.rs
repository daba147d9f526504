//! Operator documents: the JSON Schema and the reader say the same.

use crate::documents::{Submission, content, json_schema, submission, text_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::occupancy::BusyShare;
use wattledger_domain::reference::{Content, Kind};
use wattledger_domain::time::Timestamp;

/// A document of every kind with every field.
pub fn every_kind() -> Vec<Value> {
    vec![
        json!({ "kind": "Policy", "id": "default", "spec": {
            "rounding": { "order": "gross_first", "half": "even", "steps": "off",
                "places": 0, "cashMinor": 5 },
            "usage": { "startFee": "with_energy", "suspendedByStation": "time" },
            "hold": { "initialMinor": 6000, "floorMinor": 100, "incrementMinor": 1, "incrementsMax": 3,
                "reserveMinor": 0, "plugInTimeoutSeconds": 60, "rotationMarginSeconds": 1 },
            "collection": { "chargeMinimumMinor": 0, "correctionMinimumMinor": 1 },
            "plausibility": { "powerPercent": 120, "durationMaxSeconds": 1, "grossMaxMinor": 2,
                "waiverEnergyWh": 3, "waiverDurationSeconds": 4 },
            "settlingGraceSeconds": 5, "inferredEndHoldSeconds": 6, "correctionWindowSeconds": 7 } }),
        json!({ "kind": "LegalEntity", "id": "demo", "validFrom": "2020-01-01T00:00:00Z",
            "validTo": "2030-01-01T00:00:00+01:00", "spec": {
            "name": "Demo \"Energy\"", "address": ["1 Street", "Town"], "country": "DE",
            "vatId": "DE123456789", "timeZone": "Europe/Berlin", "currency": "EUR", "book": "main",
            "invoiceNumber": "DE-{year}-{number:6}", "creditNoteNumber": "DC-{number}",
            "policy": "default", "processor": "simulated" } }),
        json!({ "kind": "Site", "id": "site", "spec": {
            "name": "Site", "timeZone": "Asia/Kathmandu", "legalEntity": "demo", "taxes": [
                { "name": "QST", "percent": 9.975, "stack": 1, "accountNumber": "12 TQ0001" }] } }),
        json!({ "kind": "Station", "id": "S1", "spec": { "site": "site", "vendor": "Maker",
            "model": "M", "evses": [{ "id": 1, "maxPowerW": 22000 }, { "id": 2, "maxPowerW": 350000 }] } }),
        json!({ "kind": "Tariff", "id": "day", "spec": { "id": "day", "currency": "EUR",
            "last_updated": "2020-01-01T00:00:00Z", "type": "REGULAR",
            "elements": [{ "price_components": [
                { "type": "ENERGY", "price": 0.52, "vat": 19.0, "step_size": 1 }],
                "restrictions": { "start_time": "07:00", "end_time": "22:00" } }],
            "max_price": { "excl_vat": 80.00, "incl_vat": 95.20 } } }),
        json!({ "kind": "Account", "id": "acc-1", "spec": { "name": "Customer", "group": "fleet",
            "standing": "blocked", "vatId": "ATU12345678", "tax": "seller",
            "method": { "processor": "simulated", "token": "tok_visa_ok", "label": "visa 4242" } } }),
        json!({ "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "day",
            "legalEntity": "demo", "site": "site", "station": "S1", "evse": 2, "group": "fleet", "account": "acc-1",
            "priority": -3 } }),
        json!({ "kind": "Token", "id": "card-1", "spec": {
            "token": "SECRET-1", "account": "acc-1", "group": "guests" } }),
        json!({ "kind": "MarketPrices", "id": "DE-LU/2026-11-26", "spec": {
            "market": "DE-LU", "currency": "EUR", "unit": "MWh", "slotMinutes": 60,
            "start": "2026-11-25T23:00:00Z", "prices": [84.12, -3, null, 0] } }),
        json!({ "kind": "DeviceProfile", "id": "acme-wall-2", "spec": {
            "vendor": "Acme", "model": "Wall 2", "firmwareFrom": "1.2", "firmwareBefore": "1.10",
            "energyUnit": "kWh_as_Wh", "powerUnit": "kW_as_W", "register": "lifetime",
            "rolloverWh": 1_000_000, "trustedStates": ["Charging", "SuspendedEV"] } }),
        json!({ "kind": "SiteOccupancy", "id": "site/2026-11-26", "spec": {
            "site": "site", "slotMinutes": 15, "start": "2026-11-26T00:00:00Z",
            "busyPercent": [0, 66.7, null, 100] } }),
    ]
}

fn submit(value: &Value) -> Result<Submission, String> {
    submission(value, &|_| TokenHash([0xab; 16])).map_err(|fault| fault.to_string())
}

fn of_kind(kind: &str) -> Value {
    every_kind()
        .into_iter()
        .find(|document| document["kind"] == kind)
        .unwrap()
}

#[test]
fn every_kind_is_read_and_its_text_is_canonical() {
    assert_eq!(every_kind().len(), Kind::ALL.len());
    for (value, kind) in every_kind().iter().zip(Kind::ALL) {
        let read = submit(value).unwrap();
        let document = read.document;
        assert_eq!(document.content.kind(), kind);
        assert_eq!(document.hash, Digest::of(document.text.as_bytes()));
        assert_eq!(content(kind, &document.text), Ok(document.content.clone()));
        assert!(!document.text.contains("SECRET"), "{}", document.text);
    }
    let read = submit(&of_kind("LegalEntity")).unwrap();
    assert_eq!(read.valid_from, Some(Timestamp(1_577_836_800_000)));
    assert_eq!(read.valid_to, Some(Timestamp(1_893_452_400_000)));
}

#[test]
fn equal_content_gives_equal_text_whatever_the_order() {
    let one: Value = serde_json::from_str(r#"{"spec":{"b":1,"a":[1.50,null]},"id":"x"}"#).unwrap();
    let text = crate::documents::canonical_json(&one);
    assert_eq!(text, r#"{"id":"x","spec":{"a":[1.50,null],"b":1}}"#);
}

#[test]
fn sellers_and_policies_are_written_as_canonical_json() {
    for kind in ["Policy", "LegalEntity"] {
        for id in ["main", "\"{"] {
            let mut value = of_kind(kind);
            value["id"] = id.into();
            let content = submit(&value).unwrap().document.content;
            let text = text_of(&content);
            let again: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(text, crate::documents::canonical_json(&again));
            assert_eq!(
                crate::documents::content(content.kind(), &text),
                Ok(content)
            );
        }
    }
}

/// The field names that the reader knows in the object at a path: it says so when it refuses one.
fn known_to_reader(document: &Value, pointer: &str) -> BTreeSet<String> {
    let mut planted = document.clone();
    planted.pointer_mut(pointer).unwrap()["planted"] = 1.into();
    let refusal = submit(&planted).unwrap_err();
    let (_, known) = refusal
        .split_once("there are ")
        .unwrap_or_else(|| panic!("{refusal}"));
    serde_json::from_str(known).unwrap()
}

/// Every object of a sample with the schema of it.
fn objects(value: &Value, schema: &Value, pointer: &str, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) if schema["additionalProperties"] == false => {
            out.push((pointer.to_owned(), schema.clone()));
            for (name, inner) in fields {
                objects(
                    inner,
                    &schema["properties"][name],
                    &format!("{pointer}/{name}"),
                    out,
                );
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| {
            objects(item, &schema["items"], &format!("{pointer}/{index}"), out);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {}
    }
}

#[test]
fn a_policy_says_what_an_untrusted_clock_pays_and_is_silent_where_it_holds() {
    let policy = |word: &str| {
        let text =
            format!(r#"{{"id":"p","spec":{{"plausibility":{{"untrustedClock":"{word}"}}}}}}"#);
        content(Kind::Policy, &text)
    };
    let cheapest = text_of(&policy("cheapest").unwrap());
    assert!(
        cheapest.contains(r#""untrustedClock":"cheapest""#),
        "{cheapest}"
    );
    assert_eq!(policy("cheapest"), content(Kind::Policy, &cheapest));
    let silent = text_of(&content(Kind::Policy, r#"{"id":"p","spec":{}}"#).unwrap());
    assert_eq!(text_of(&policy("hold").unwrap()), silent);
    assert!(policy("dearest").is_err());
}

#[test]
fn the_json_schema_and_the_reader_know_the_same_fields() {
    let defs = &json_schema()["$defs"];
    for document in every_kind() {
        let kind = document["kind"].as_str().unwrap();
        let mut found = Vec::new();
        objects(&document, &defs[kind], "", &mut found);
        for (pointer, schema) in found {
            let properties = schema["properties"].as_object().unwrap();
            let mut listed: BTreeSet<String> = properties.keys().cloned().collect();
            if kind == "Token" && pointer == "/spec" {
                listed.remove("token");
            }
            let known = known_to_reader(&document, &pointer);
            assert_eq!(listed, known, "{kind}{pointer}");
            for (name, property) in properties {
                let described = property["description"]
                    .as_str()
                    .is_some_and(|text| text.ends_with('.'));
                assert!(described, "{kind}{pointer}/{name}");
            }
            // A field said to be required is missed; any other may go.
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = document.pointer(&pointer).unwrap().as_object().unwrap();
            for name in fields.keys() {
                let mut without = document.clone();
                without
                    .pointer_mut(&pointer)
                    .unwrap()
                    .as_object_mut()
                    .unwrap()
                    .remove(name);
                let needed = required.iter().any(|word| word == name) || name == "token";
                assert_eq!(submit(&without).is_err(), needed, "{kind}{pointer}/{name}");
            }
        }
    }
}

/// The defaults of a schema, as a document would say them.
fn defaults(schema: &Value) -> Value {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let stated = properties.filter_map(|(name, property)| {
        let inner = property.get("default").cloned();
        let inner = inner.or_else(|| property.get("properties").map(|_| defaults(property)))?;
        Some((name.clone(), inner))
    });
    Value::Object(stated.collect())
}

#[test]
fn the_json_schema_states_the_defaults_that_the_reader_has() {
    let defs = &json_schema()["$defs"];
    let mut stated = defaults(&defs["Policy"]["properties"]["spec"]);
    let policy = content(Kind::Policy, r#"{"id":"default","spec":{}}"#).unwrap();
    let said = json!({ "id": "default", "spec": stated }).to_string();
    assert_eq!(content(Kind::Policy, &said).unwrap(), policy);
    // A text leaves out the rules that builds before them do not know, where they are the usual ones.
    stated.as_object_mut().unwrap().remove("usage").unwrap();
    let read: Value = serde_json::from_str(&text_of(&policy)).unwrap();
    assert_eq!(read["spec"], stated);

    let mut seller = of_kind("LegalEntity");
    let said = [
        "address",
        "book",
        "invoiceNumber",
        "creditNoteNumber",
        "processor",
        "vatId",
    ];
    said.iter()
        .for_each(|name| drop(seller["spec"].as_object_mut().unwrap().remove(*name)));
    let Content::LegalEntity(read) = submit(&seller).unwrap().document.content else {
        panic!()
    };
    let properties = &defs["LegalEntity"]["properties"]["spec"]["properties"];
    assert_eq!(
        *read.invoice_number,
        *properties["invoiceNumber"]["default"].as_str().unwrap()
    );
    assert_eq!(
        *read.credit_note_number,
        *properties["creditNoteNumber"]["default"].as_str().unwrap()
    );
    assert_eq!(read.processor.as_str(), properties["processor"]["default"]);
    assert_eq!((read.book.as_str(), read.address.len()), ("demo", 0));
}

#[test]
fn bounds_and_words_of_the_json_schema_are_the_readers() {
    let defs = &json_schema()["$defs"];
    for document in every_kind() {
        let kind = document["kind"].as_str().unwrap();
        let mut found = Vec::new();
        objects(&document, &defs[kind], "", &mut found);
        for (pointer, schema) in found {
            for (name, property) in schema["properties"].as_object().unwrap() {
                let with = |value: Value| {
                    let mut changed = document.clone();
                    changed.pointer_mut(&pointer).unwrap()[name] = value;
                    submit(&changed)
                };
                for bound in ["minimum", "maximum"] {
                    let Some(limit) = property[bound].as_i64() else {
                        continue;
                    };
                    let beyond = if bound == "minimum" {
                        limit - 1
                    } else {
                        limit + 1
                    };
                    assert!(with(limit.into()).is_ok(), "{kind}{pointer}/{name} {bound}");
                    assert!(
                        with(beyond.into()).is_err(),
                        "{kind}{pointer}/{name} beyond {bound}"
                    );
                }
                for word in property["enum"].as_array().into_iter().flatten() {
                    assert!(with(word.clone()).is_ok(), "{kind}{pointer}/{name} {word}");
                }
                // A token in plain text comes before its hash.
                if property["type"] == "string" && !(kind == "Token" && name == "hash") {
                    assert!(with(7.into()).is_err(), "{kind}{pointer}/{name}");
                    assert!(with("".into()).is_err(), "{kind}{pointer}/{name}");
                    assert!(
                        with("x".repeat(4_097).into()).is_err(),
                        "{kind}{pointer}/{name}"
                    );
                }
            }
        }
    }
}

#[track_caller]
fn check(kind: &str, pointer: &str, value: Value, path: &str) {
    let mut document = of_kind(kind);
    *document.pointer_mut(pointer).unwrap() = value;
    let refusal = submit(&document).unwrap_err();
    assert!(refusal.starts_with(&format!("{path}: ")), "{refusal}");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    check("Policy", "/kind", json!("Police"), "kind");
    check(
        "Site",
        "/spec/timeZone",
        json!("Europe/Bonn"),
        "spec.timeZone",
    );
    check("LegalEntity", "/spec/country", json!("de"), "spec.country");
    check(
        "LegalEntity",
        "/spec/currency",
        json!("euro"),
        "spec.currency",
    );
    for (kind, path) in [
        ("LegalEntity", "spec.currency"),
        ("MarketPrices", "spec.currency"),
        ("Tariff", "spec: $.currency"),
    ] {
        check(kind, "/spec/currency", json!("QQQ"), path);
    }
    check(
        "LegalEntity",
        "/spec/invoiceNumber",
        json!("INV-{year}"),
        "spec.invoiceNumber",
    );
    for (field, value) in [
        ("start", json!("2026-11-26T00:01:00Z")),
        ("slotMinutes", json!(25)),
        ("busyPercent", json!([])),
    ] {
        let (pointer, path) = (format!("/spec/{field}"), format!("spec.{field}"));
        check("SiteOccupancy", &pointer, value, &path);
    }
    let mut below = of_kind("SiteOccupancy");
    below["spec"]["busyPercent"][1] = json!(79.99);
    let Content::SiteOccupancy(read) = submit(&below).unwrap().document.content else {
        panic!("{below}")
    };
    assert_eq!(read.shares[1], BusyShare::of_per_mille(799));
    for share in [json!(-1), json!(100.1), json!("half")] {
        let path = "spec.busyPercent[1]";
        check("SiteOccupancy", "/spec/busyPercent/1", share, path);
    }
    check("LegalEntity", "/validFrom", json!("soon"), "validFrom");
    check("LegalEntity", "/spec/address", json!([1]), "spec.address");
    check(
        "Station",
        "/spec/evses/1/maxPowerW",
        json!(0),
        "spec.evses[1].maxPowerW",
    );
    check("Station", "/spec/evses", json!([]), "spec.evses");
    check("Account", "/id", json!("guest:1"), "id");
    check(
        "Account",
        "/spec/method/token",
        json!("4242424242424242"),
        "spec.method.token",
    );
    let levied = |percent: Value| json!([{ "name": "GST", "percent": percent }]);
    let percent = "spec.taxes[0].percent";
    check("Site", "/spec/taxes", levied(json!(100.0001)), percent);
    check("Site", "/spec/taxes", levied(json!(-1)), percent);
    let twice = json!([{ "name": "GST", "percent": 5 }, { "name": "GST", "percent": 5 }]);
    check("Site", "/spec/taxes", twice, "spec.taxes[1].name");
    let owes = json!({ "tax": "buyer" });
    check("Account", "/spec", owes, "spec.vatId");
    check("Tariff", "/id", json!("night"), "spec.id");
    check(
        "Token",
        "/spec",
        json!({ "account": "acc-1" }),
        "spec.token",
    );
    check(
        "Token",
        "/spec",
        json!({ "account": "acc-1", "hash": "xyz" }),
        "spec.hash",
    );
}
