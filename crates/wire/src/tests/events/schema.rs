//! The JSON Schema of events against the reader.

use super::{full, taken};
use crate::cloud_events::{EventFault, TYPES, json_schema};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wattledger_domain::charging::FieldEvent;

/// Every property below an object of the JSON Schema, with its pointer in an event.
fn properties(schema: &Value, pointer: &str, out: &mut Vec<(String, Value)>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{name}");
        out.push((pointer.clone(), property.clone()));
        properties(property, &pointer, out);
        if property["items"]["$ref"] == "#/$defs/sample" {
            properties(
                &json_schema()["$defs"]["sample"],
                &format!("{pointer}/0"),
                out,
            );
        }
    }
}

fn path_of(pointer: &str) -> String {
    pointer
        .trim_start_matches('/')
        .replace("/0/", "[0].")
        .replace('/', ".")
}

#[test]
fn the_json_schema_and_the_reader_agree_on_every_field() {
    let schema = json_schema();
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), TYPES.len());
    for name in TYPES {
        let part = &schema["$defs"][name]["properties"];
        assert_eq!(
            part["type"]["const"],
            format!("wattledger.charging.{name}.v1")
        );
        let mut found = Vec::new();
        properties(&part["data"], "/data", &mut found);
        for (pointer, property) in found {
            let event = full(name);
            let here = event.pointer(&pointer);
            assert!(here.is_some(), "{name}{pointer} is not read");
            let with = |value: Value| {
                let mut event = event.clone();
                if !["/data/method", "/data/limit"]
                    .iter()
                    .any(|object| pointer.starts_with(object))
                {
                    let data = event["data"].as_object_mut().unwrap();
                    ["token", "account"]
                        .iter()
                        .filter(|payer| pointer.ends_with(**payer))
                        .for_each(|_| drop(data.insert("method".to_owned(), Value::Null)));
                }
                *event.pointer_mut(&pointer).unwrap() = value;
                taken(&event)
            };
            let form = if property["type"] == "object" {
                json!([])
            } else {
                json!({})
            };
            let fault = with(form).expect_err(&pointer);
            assert_eq!(fault.path, path_of(&pointer), "{name}");
            agrees(&pointer, &property, &with);
        }
    }
}

/// Words and bounds of a property are the reader's.
fn agrees(pointer: &str, property: &Value, with: &dyn Fn(Value) -> Result<FieldEvent, EventFault>) {
    if let Some(words) = property["enum"].as_array() {
        let fault = with("no such word".into()).unwrap_err();
        let (_, known) = fault.reason.split_once("is not one of ").unwrap();
        let known: BTreeSet<String> = serde_json::from_str(known).unwrap();
        let words = words.iter().map(|word| word.as_str().unwrap().to_owned());
        assert_eq!(known, words.collect(), "{pointer}");
    }
    if property["type"] == "integer" {
        let (low, high) = (
            property["minimum"].as_i64().unwrap(),
            property["maximum"].as_i64().unwrap(),
        );
        assert!(
            with(low.into()).is_ok() && with(high.into()).is_ok(),
            "{pointer}"
        );
        assert!(with((low - 1).into()).is_err(), "{pointer}");
        assert!(
            high == i64::MAX || with((high + 1).into()).is_err(),
            "{pointer}"
        );
    }
}
