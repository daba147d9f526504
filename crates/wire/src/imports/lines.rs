//! Our own event JSON lines: one CloudEvent a line, with `receivedat` for when it was received.

use super::{Imported, ImportedEvent, Refused};
use crate::times;
use serde_json::Value;
use std::io::BufRead;

/// Reads CloudEvents, one a line; an absent `receivedat` is the event's own `time`.
///
/// # Errors
/// Only when the file itself cannot be read.
pub fn read(input: impl BufRead) -> std::io::Result<Imported> {
    let mut imported = Imported::default();
    for (index, line) in input.split(b'\n').enumerate() {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row = index.saturating_add(1);
        match event(&line) {
            Ok(event) => {
                if let Some(station) = event.event["subject"].as_str() {
                    let named = imported.stations.entry(station.to_owned()).or_default();
                    named.saw(&event.event["data"]["evse"]);
                }
                imported.events.push(event);
            }
            Err(reason) => imported.refused.push(Refused {
                row,
                name: None,
                reason,
            }),
        }
    }
    Ok(imported.sorted())
}

fn event(line: &[u8]) -> Result<ImportedEvent, String> {
    let mut event: Value =
        serde_json::from_slice(line).map_err(|error| format!("not JSON: {error}"))?;
    let fields = event.as_object_mut().ok_or("not a JSON object")?;
    let stated = fields
        .remove("receivedat")
        .or_else(|| fields.get("time").cloned());
    let text = stated
        .as_ref()
        .and_then(Value::as_str)
        .ok_or("it has no `time`")?;
    let received_at =
        times::parse(text).ok_or_else(|| format!("`{text}` is not an RFC 3339 time"))?;
    Ok(ImportedEvent { received_at, event })
}
