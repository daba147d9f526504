//! CloudEvents 1.0 JSON from gateways: one event or a batch, read into field events.
//!
//! `source` and `id` are the idempotency key, `subject` the station, `time` the charger's time. A
//! token comes in plain text and leaves as its keyed hash only. docs/events.md shows every type.

mod body;
mod bounds;
mod decision;
mod fields;
mod samples;

pub use bounds::check;
pub use decision::{DESK, Subject, decision};

use crate::card_numbers;
use crate::limits;
use crate::schema::RECORD_BYTES_MAX;
use crate::times;
use crate::unique_keys::{self, JsonFault};
use fields::Fields;
use serde_json::Value;
use wattledger_domain::charging::{FieldEvent, TokenRef};
use wattledger_domain::ids::{EventId, SourceId, StationId};
use wattledger_domain::time::Timestamp;

/// Every event type that a gateway may send, `wattledger.charging.<name>.v1`.
pub const TYPES: [&str; 6] = [
    "authorization_requested",
    "session_started",
    "session_updated",
    "session_ended",
    "connector_status_changed",
    "station_booted",
];

/// The JSON Schema of every type of event.
///
/// # Panics
/// Never: a test reads it.
#[must_use]
pub fn json_schema() -> Value {
    serde_json::from_str(include_str!("../../../schemas/events.schema.json"))
        .expect("a test reads the schema")
}

/// An event that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct EventFault {
    /// Position in the batch, from 0.
    pub index: Option<usize>,
    /// Which field, such as `data.samples[2].value`.
    pub path: String,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong and what is expected.
    pub reason: String,
}

/// How intake completes an event: the time it was received, and what a token resolves to at the
/// event's own time.
pub struct Intake<'a> {
    /// When it was received.
    pub received_at: Timestamp,
    /// Hashes and resolves a token.
    pub token: &'a dyn Fn(&str, Timestamp) -> TokenRef,
}

/// Reads a batch: a JSON array of events.
///
/// # Errors
/// The first [`EventFault`], with its index; nothing of the batch is taken then.
pub fn batch(bytes: &[u8], intake: &Intake<'_>) -> Result<Vec<FieldEvent>, EventFault> {
    let value = json(bytes).map_err(of_item)?;
    let items = value
        .as_array()
        .ok_or_else(|| whole("batch", "a batch is a JSON array of events".to_owned()))?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            event(item, intake).map_err(|fault| EventFault {
                index: Some(index),
                ..fault
            })
        })
        .collect()
}

/// Reads one event.
///
/// # Errors
/// An [`EventFault`].
pub fn single(bytes: &[u8], intake: &Intake<'_>) -> Result<FieldEvent, EventFault> {
    if bytes.len() > RECORD_BYTES_MAX {
        let reason = format!(
            "{} bytes; an event has at most {RECORD_BYTES_MAX}",
            bytes.len()
        );
        return Err(whole("oversize", reason));
    }
    event(&json(bytes)?, intake)
}

fn json(bytes: &[u8]) -> Result<Value, EventFault> {
    unique_keys::read(bytes).map_err(|JsonFault { path, reason }| {
        let path = if path.is_empty() { "$".into() } else { path };
        EventFault {
            path,
            ..whole("json", reason)
        }
    })
}

/// A fault at `[1].data.evse` of a batch is one at `data.evse` of its second event.
fn of_item(fault: EventFault) -> EventFault {
    let inside = fault
        .path
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let Some((index, path)) = inside else {
        return fault;
    };
    EventFault {
        index: index.parse().ok(),
        path: path.trim_start_matches('.').to_owned(),
        ..fault
    }
}

/// A fault of all of it.
fn whole(code: &'static str, reason: String) -> EventFault {
    EventFault {
        index: None,
        path: "$".to_owned(),
        code,
        reason,
    }
}

/// Reads an event that is JSON already.
///
/// # Errors
/// An [`EventFault`].
pub fn event(value: &Value, intake: &Intake<'_>) -> Result<FieldEvent, EventFault> {
    refuse_card_numbers(value)?;
    let fields = Fields::new(value, "")?;
    let version = fields.text("specversion")?;
    if version != "1.0" {
        return Err(fields.fault("specversion", "field", "only CloudEvents 1.0 is read"));
    }
    let occurred_at = time(&fields, "time")?;
    let type_ = fields.text("type")?;
    let name = type_
        .strip_prefix("wattledger.charging.")
        .and_then(|rest| rest.strip_suffix(".v1"));
    let known = name.filter(|name| TYPES.contains(name)).ok_or_else(|| {
        let reason = format!(
            "`{type_}` is not wattledger.charging.<{}>.v1",
            TYPES.join("|")
        );
        fields.fault("type", "type", reason)
    })?;
    let data = fields.required("data")?;
    let data = Fields::new(data, "data")?;
    let body = body::read(known, &data, occurred_at, intake)?;
    // What is not read is bounded as well.
    limits::check(value).map_err(|reason| whole("json", reason))?;
    Ok(FieldEvent {
        source: SourceId::new(fields.text("source")?),
        id: EventId::new(fields.text("id")?),
        station: StationId::new(fields.text("subject")?),
        occurred_at,
        received_at: intake.received_at,
        body,
    })
}

fn refuse_card_numbers(value: &Value) -> Result<(), EventFault> {
    let Some((path, masked)) = card_numbers::find_in(value, "") else {
        return Ok(());
    };
    Err(EventFault {
        index: None,
        path: path.trim_start_matches('.').to_owned(),
        code: "card_data_refused",
        reason: format!("holds a card number ({masked}): send a processor's token instead"),
    })
}

fn time(fields: &Fields<'_>, name: &str) -> Result<Timestamp, EventFault> {
    read_time(fields, name, fields.text(name)?)
}

fn optional_time(fields: &Fields<'_>, name: &str) -> Result<Option<Timestamp>, EventFault> {
    let text = fields.optional_text(name)?;
    text.map(|text| read_time(fields, name, text)).transpose()
}

fn read_time(fields: &Fields<'_>, name: &str, text: &str) -> Result<Timestamp, EventFault> {
    times::parse(text).ok_or_else(|| {
        fields.fault(
            name,
            "time",
            format!("`{text}` is not an RFC 3339 time between 1970 and 2100"),
        )
    })
}
