//! Our own event JSON lines: one CloudEvent a line, with `receivedat` for when it was received.

use super::{Imported, ImportedEvent, Refused};
use crate::times;
use crate::unique_keys;
use serde_json::Value;
use std::io::BufRead;

/// No longer line is read: an event has at most 256 KiB, as everywhere.
const LINE_BYTES_MAX: usize = crate::schema::RECORD_BYTES_MAX;

/// Reads CloudEvents, one a line; an absent `receivedat` is the event's own `time`.
///
/// # Errors
/// Only when the file itself cannot be read.
pub fn read(mut input: impl BufRead) -> std::io::Result<Imported> {
    let mut imported = Imported::default();
    let mut line = Vec::new();
    for row in 1_usize.. {
        let length = next_line(&mut input, &mut line)?;
        if length == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let read = if length > LINE_BYTES_MAX {
            Err(format!(
                "{length} bytes; a line has at most {LINE_BYTES_MAX}"
            ))
        } else {
            event(&line)
        };
        match read {
            Ok(event) => {
                if let Some(station) = event.event["subject"].as_str() {
                    let named = imported.stations.entry(station.to_owned()).or_default();
                    named.saw(&event.event["data"]["evse"]);
                }
                imported.events.push(event);
            }
            Err(reason) => imported.refused.push(Refused::new(row, None, &reason)),
        }
    }
    Ok(imported.sorted())
}

/// Reads a line, of which no more is kept than may be there; its length with its end, 0 at the end
/// of the file.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    line.clear();
    let mut length: usize = 0;
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end.saturating_add(1));
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend(buffer.iter().take(taken.min(room)));
        length = length.saturating_add(taken);
        input.consume(taken);
        if end.is_some() || taken == 0 {
            line.pop_if(|last| *last == b'\n');
            return Ok(length);
        }
    }
}

fn event(line: &[u8]) -> Result<ImportedEvent, String> {
    let mut event = unique_keys::read(line).map_err(|fault| fault.reason)?;
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
