//! `schemas/<family>/<record>.v<n>.avsc`: the newest of a record is what the code says, and every word
//! in it is explained. A new version begins as an empty file with the next number.

use crate::topics::published;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The committed contract.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

/// `wattledger.charging.SessionUpdated` is `charging/session_updated`.
pub fn stem(name: &str) -> String {
    let (family, record) = name
        .trim_start_matches("wattledger.")
        .split_once('.')
        .unwrap();
    let mut words = String::new();
    for letter in record.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    format!("{family}/{words}")
}

/// The newest committed version of a record.
pub fn newest(stem: &str) -> u32 {
    let is_there = |version: &u32| root().join(format!("{stem}.v{version}.avsc")).exists();
    (1..).take_while(is_there).last().unwrap_or(1)
}

/// Whether goldens of a kind are to be rewritten.
pub fn update(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
}

#[test]
fn committed_schemas_are_what_the_code_says() {
    for known in published() {
        let stem = stem(&known.name);
        let path = root().join(format!("{stem}.v{}.avsc", newest(&stem)));
        let text = pretty(&known.schema, 0) + "\n";
        if update("UPDATE_SCHEMAS") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{} differs: UPDATE_SCHEMAS=1 rewrites",
            path.display()
        );
        let again: Value = serde_json::from_str(&committed).unwrap();
        assert_eq!(again, known.schema, "{}", path.display());
    }
}

/// A schema with its keys in the order in which people read them.
fn pretty(value: &Value, depth: usize) -> String {
    let inner = depth + 1;
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| pretty(item, inner)).collect();
            let line = format!("[{}]", items.join(", "));
            let short = line.len() < 82 && !line.contains(['{', '\n']);
            if short {
                line
            } else {
                block(&items, depth, '[', ']')
            }
        }
        Value::Object(parts) => {
            let present = order(parts)
                .iter()
                .filter_map(|key| Some((*key, parts.get(*key)?)));
            let pairs = present.map(|(key, part)| format!("\"{key}\": {}", pretty(part, inner)));
            let pairs: Vec<String> = pairs.collect();
            let line = format!("{{ {} }}", pairs.join(", "));
            let short = line.len() + 2 * depth < 98 && !line[1..].contains(['{', '\n']);
            if short {
                line
            } else {
                block(&pairs, depth, '{', '}')
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn block(parts: &[String], depth: usize, open: char, close: char) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    format!(
        "{open}\n{inner}{}\n{outer}{close}",
        parts.join(&format!(",\n{inner}"))
    )
}

/// The order of the keys of a type or a field; there are no others.
fn order(parts: &Map<String, Value>) -> &'static [&'static str] {
    const TYPE: [&str; 9] = [
        "type",
        "logicalType",
        "name",
        "doc",
        "size",
        "symbols",
        "items",
        "fields",
        "default",
    ];
    const FIELD: [&str; 4] = ["name", "doc", "type", "default"];
    let named = ["record", "enum", "fixed"]
        .iter()
        .any(|word| parts["type"] == *word);
    let order = if parts.contains_key("name") && !named {
        &FIELD[..]
    } else {
        &TYPE[..]
    };
    assert!(
        parts.keys().all(|key| order.contains(&key.as_str())),
        "{parts:?}"
    );
    order
}

fn each(schema: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(schema);
    match schema {
        Value::Array(variants) => variants.iter().for_each(|variant| each(variant, visit)),
        Value::Object(parts) => {
            parts
                .get("items")
                .into_iter()
                .for_each(|items| each(items, visit));
            let fields = parts
                .get("fields")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            fields.for_each(|field| each(&field["type"], visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_field_of_every_schema_says_what_it_is() {
    for known in published() {
        each(&known.schema, &mut |schema| {
            for field in schema["fields"].as_array().into_iter().flatten() {
                let doc = field["doc"].as_str().unwrap_or_default();
                assert!(
                    doc.len() > 3 && doc.ends_with('.'),
                    "{}: {field}",
                    known.name
                );
            }
        });
    }
}

#[test]
fn no_published_field_is_an_optional_union() {
    for known in published() {
        each(&known.schema, &mut |schema| {
            let variants = schema.as_array().map_or(&[][..], Vec::as_slice);
            assert!(
                variants.iter().all(|variant| !variant.is_array()),
                "{}",
                known.name
            );
            let optional = variants.iter().any(|variant| variant == "null");
            assert!(!optional || variants.len() == 2, "{}: {schema}", known.name);
        });
    }
}

#[test]
fn a_name_means_the_same_in_every_schema() {
    let mut meanings: BTreeMap<String, Value> = BTreeMap::new();
    for known in published() {
        each(&known.schema, &mut |schema| {
            let Some(name) = schema["name"].as_str() else {
                return;
            };
            let own = |schema: &Value| -> Vec<Value> {
                let fields = schema["fields"].as_array().into_iter().flatten();
                let names = fields.map(|field| field["name"].clone());
                names
                    .chain([schema["symbols"].clone(), schema["size"].clone()])
                    .collect()
            };
            let meaning = meanings
                .entry(name.to_owned())
                .or_insert_with(|| schema.clone());
            assert_eq!(own(meaning), own(schema), "{name}");
        });
    }
}
