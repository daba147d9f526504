//! A line of a message log: when, which station, and the message as OCPP-J frames it.

use crate::times;
use crate::unique_keys;
use serde_json::Value;
use wattledger_domain::time::Timestamp;

/// A line.
pub struct Line {
    pub at: Timestamp,
    pub station: String,
    pub message: Message,
}

/// A message, of either side.
pub enum Message {
    /// `[2, id, action, payload]`, and 2.1's `[6, …]`, which nobody answers.
    Call {
        id: String,
        action: String,
        payload: Value,
    },
    /// `[3, id, payload]`.
    Result { id: String, payload: Value },
    /// `[4, id, code, …]`, and 2.1's `[5, …]`.
    Error { id: String, code: String },
}

/// Reads a line: `[time, station, message]` or `{"time", "station", "message"}`; the message is an
/// array, or its text.
///
/// # Errors
/// A sentence: what it is not.
pub fn read(bytes: &[u8]) -> Result<Line, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value = unique_keys::read(bytes).map_err(|fault| fault.reason)?;
    let [time, station, message] = match value {
        Value::Array(parts) => <[Value; 3]>::try_from(parts).map_err(|parts| {
            format!(
                "expected [time, station, message], found {} parts",
                parts.len()
            )
        })?,
        Value::Object(mut fields) => {
            ["time", "station", "message"].map(|name| fields.remove(name).unwrap_or_default())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err("expected [time, station, message]".to_owned());
        }
    };
    let time = time.as_str().ok_or("its time is no text")?;
    let at = times::parse(time).ok_or_else(|| format!("its time `{time}` is not RFC 3339"))?;
    let station = station
        .as_str()
        .filter(|station| !station.is_empty())
        .ok_or("its station is no text")?
        .to_owned();
    let message = match message {
        Value::String(text) => {
            unique_keys::read(text.as_bytes()).map_err(|fault| format!("its message: {fault}"))?
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => other,
    };
    Ok(Line {
        at,
        station,
        message: framed(message)?,
    })
}

fn framed(message: Value) -> Result<Message, String> {
    let Value::Array(parts) = message else {
        return Err("its message is no array".to_owned());
    };
    let mut parts = parts.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    let kind = next();
    let Value::String(id) = next() else {
        return Err("its message has no id".to_owned());
    };
    let word = |value: Value, what: &str| match value {
        Value::String(word) => Ok(word),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("its message has no {what}"))
        }
    };
    match kind.as_u64() {
        Some(2 | 6) => Ok(Message::Call {
            id,
            action: word(next(), "action")?,
            payload: next(),
        }),
        Some(3) => Ok(Message::Result {
            id,
            payload: next(),
        }),
        Some(4 | 5) => Ok(Message::Error {
            id,
            code: word(next(), "error code")?,
        }),
        _ => Err(format!("its message is of kind {kind}, not 2 to 6")),
    }
}
