//! docs/events.md: its examples are taken, its tables name every field.

use super::events::read;
use crate::cloud_events::{TYPES, json_schema, single};
use serde_json::Value;

/// The page.
pub fn text() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    std::fs::read_to_string(path).unwrap()
}

/// The part of the page below a heading.
fn section(heading: &str) -> String {
    let text = text();
    let (_, below) = text
        .split_once(&format!("\n## {heading}\n"))
        .expect(heading);
    below.split("\n## ").next().unwrap_or_default().to_owned()
}

fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    let parts: Vec<&str> = text.split(open.as_str()).skip(1).collect();
    parts
        .into_iter()
        .map(|part| part.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn every_type_has_an_example_that_is_taken() {
    for name in TYPES {
        let heading = format!("wattledger.charging.{name}.v1");
        let section = section(&heading);
        let examples = blocks(&section, "json");
        assert!(!examples.is_empty(), "{heading}");
        for example in examples {
            let value: Value = serde_json::from_str(example).unwrap();
            assert_eq!(value["type"], heading);
            read(|intake| single(example.as_bytes(), intake))
                .unwrap_or_else(|fault| panic!("{fault}"));
        }
    }
}

#[test]
fn the_curl_example_is_taken() {
    let text = text();
    let command = blocks(&text, "sh")[0];
    let body = command
        .split("-d '")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .unwrap();
    read(|intake| single(body.as_bytes(), intake)).unwrap();
    assert!(command.contains("application/cloudevents+json"));
}

fn names(schema: &Value, prefix: &str, section: &str) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let field = format!("{prefix}{name}");
        assert!(
            section.contains(&format!("| `{field}` |")),
            "{field} has no row"
        );
        for word in property["enum"].as_array().into_iter().flatten() {
            assert!(
                section.contains(&format!("`{}`", word.as_str().unwrap())),
                "{field}: {word}"
            );
        }
        names(property, &format!("{field}."), section);
    }
}

#[test]
fn the_tables_name_every_field_and_word_of_the_json_schema() {
    let schema = json_schema();
    let defs = &schema["$defs"];
    names(&defs["envelope"], "", &section("Every event"));
    names(&defs["sample"], "", &section("Samples"));
    for name in TYPES {
        let section = section(&format!("wattledger.charging.{name}.v1"));
        names(&defs[name]["properties"]["data"], "", &section);
    }
}
