//! JSON documents: one, several after each other, or an array of them.

use super::{Located, Place, Unreadable, yaml};
use serde_json::Value;
use std::collections::BTreeMap;
use wattledger_wire::unique_keys::Unique;

/// Reads every document of a text.
pub fn read(file: &str, text: &str) -> Result<Vec<Located>, Unreadable> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Unique>();
    let mut documents = Vec::new();
    loop {
        let skipped = text.get(stream.byte_offset()..).unwrap_or_default();
        let white = skipped.len().saturating_sub(skipped.trim_start().len());
        let start = stream.byte_offset().saturating_add(white);
        let value = match stream.next() {
            None => return Ok(documents),
            Some(Ok(Unique(value))) => value,
            Some(Err(error)) => {
                let line = error.line().max(1);
                let reason = if error.is_data() {
                    error.to_string()
                } else {
                    format!("not JSON: {error}")
                };
                return Err(Unreadable { line, reason });
            }
        };
        let source = text.get(start..stream.byte_offset()).unwrap_or_default();
        let before = text.get(..start).unwrap_or_default().matches('\n').count();
        let lines = lines(source, before);
        let place = Place {
            file: file.to_owned(),
            line: before.saturating_add(1),
        };
        if let Value::Array(items) = value {
            documents.extend(items_of(&place, items, &lines));
        } else {
            documents.push(Located {
                value,
                place,
                lines,
            });
        }
    }
}

/// Lines of fields. JSON is YAML but for corners such as tabs: where those are in the way, faults
/// name the line of the document alone.
fn lines(source: &str, before: usize) -> BTreeMap<String, usize> {
    let read = yaml::read("", source)
        .ok()
        .and_then(|documents| documents.into_iter().next());
    let found = read.map(|document| document.lines).unwrap_or_default();
    found
        .into_iter()
        .map(|(path, line)| (path, line.saturating_add(before)))
        .collect()
}

/// The items of an array, each with its own lines.
fn items_of(at: &Place, items: Vec<Value>, lines: &BTreeMap<String, usize>) -> Vec<Located> {
    let located = items.into_iter().enumerate().map(|(index, value)| {
        let path = format!("[{index}]");
        let inside = lines.iter().filter_map(|(known, line)| {
            Some((
                known.strip_prefix(&path)?.strip_prefix('.')?.to_owned(),
                *line,
            ))
        });
        let line = lines.get(&path).copied().unwrap_or(at.line);
        Located {
            value,
            place: Place { line, ..at.clone() },
            lines: inside.collect(),
        }
    });
    located.collect()
}
