//! Records of `gateway.events` read: an event, nothing, or why one is set aside.
//!
//! Invariant: a record leaves exactly one of these, and no card number leaves with any.

use super::Door;
use crate::topics::Topics;
use std::sync::Arc;
use wattledger_domain::charging::{ChargingRecord, FieldBody, FieldEvent, PayerRequest};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{Destination, Outgoing, Record, Urgency};
use wattledger_wire::card_numbers;
use wattledger_wire::cloud_events;
use wattledger_wire::json;
use wattledger_wire::schema::RECORD_BYTES_MAX;
use wattledger_wire::topics::charging;

/// The code of what holds a card number.
const CARD: &str = "card_data_refused";

/// Why a record is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// A stable code with a page in `docs/errors`.
    pub code: &'static str,
    /// For people; it names no card number.
    pub message: String,
}

impl Door<'_> {
    /// Reads a record: CloudEvents JSON or Avro, told apart by the first byte. A tombstone says
    /// nothing.
    ///
    /// # Errors
    /// An [`Aside`] for what is no event of a charger.
    pub fn record(&self, record: &Record) -> Result<Option<FieldEvent>, Aside> {
        let Some(bytes) = record.value.as_deref() else {
            return Ok(None);
        };
        if bytes.len() > RECORD_BYTES_MAX {
            let message = format!(
                "{} bytes; an event has at most {RECORD_BYTES_MAX}",
                bytes.len()
            );
            return Err(aside("oversize", message));
        }
        match bytes.first() {
            None => Err(aside("unreadable", "the record is empty")),
            Some(0xC3 | 0x00) => self.avro(bytes).map(Some),
            Some(_) => self.json(bytes).map(Some),
        }
    }

    fn json(&self, bytes: &[u8]) -> Result<FieldEvent, Aside> {
        let read = self
            .single(bytes)
            .map_err(|fault| aside(fault.code, fault.to_string()))?;
        let event = read.into_iter().next();
        event.ok_or_else(|| aside("unreadable", "no event in it"))
    }

    fn avro(&self, bytes: &[u8]) -> Result<FieldEvent, Aside> {
        let fault = |error: wattledger_wire::DecodeError| aside(error.code(), error.to_string());
        let rendered = json::render(bytes).map_err(fault)?;
        if let Some((path, masked)) = card_numbers::find_in(&rendered, "") {
            return Err(aside(
                CARD,
                format!("{path} holds a card number ({masked})"),
            ));
        }
        let ChargingRecord::Field(event) = charging::decode(bytes).map_err(fault)? else {
            let message = "a gateway may only send what chargers tell";
            return Err(aside("unreadable", message));
        };
        cloud_events::check(&event).map_err(|fault| aside(fault.code, fault.to_string()))?;
        Ok(self.resolved(FieldEvent {
            received_at: self.received_at,
            ..event
        }))
    }

    /// The same with its token resolved at its time.
    fn resolved(&self, mut event: FieldEvent) -> FieldEvent {
        let at = event.occurred_at;
        let token = match &mut event.body {
            FieldBody::AuthorizationRequested(asked) => match &mut asked.payer {
                PayerRequest::Token(token) => Some(token),
                PayerRequest::Account(_) | PayerRequest::Method(_) => None,
            },
            FieldBody::SessionStarted(started) => started.token.as_mut(),
            FieldBody::SessionEnded(ended) => ended.token.as_mut(),
            FieldBody::SessionUpdated(_)
            | FieldBody::ConnectorStatusChanged(_)
            | FieldBody::StationBooted(_) => None,
        };
        if let Some(token) = token {
            *token = self.directory.resolve_hash(token.hash, at);
        }
        event
    }
}

fn aside(code: &'static str, message: impl Into<String>) -> Aside {
    Aside {
        code,
        message: message.into(),
    }
}

/// Original bytes but for card numbers, with where they came from and why.
#[must_use]
pub fn dead_letter(topics: &Topics, record: &Record, aside: &Aside, at: Timestamp) -> Outgoing {
    let coordinates = format!("{}/{}/{}", record.topic, record.partition, record.offset);
    let header = |name: &str, value: &[u8]| (Box::from(name), value.to_vec());
    let bytes = record.value.as_deref().unwrap_or_default();
    let bytes = if aside.code == CARD {
        card_numbers::masked(bytes)
    } else {
        card_numbers::scrubbed(bytes)
    };
    Outgoing {
        topic: Arc::clone(&topics.dead_letter),
        to: Destination::Key,
        key: coordinates.into_bytes(),
        value: Some(bytes),
        link: None,
        headers: vec![
            header("topic", record.topic.as_bytes()),
            header("partition", record.partition.to_string().as_bytes()),
            header("offset", record.offset.to_string().as_bytes()),
            header("key", &card_numbers::scrubbed(&record.key)),
            header("stage", b"intake"),
            header("code", aside.code.as_bytes()),
            header("message", card_numbers::hidden(&aside.message).as_bytes()),
            header("logical-time", at.0.to_string().as_bytes()),
        ],
        urgency: Urgency::Normal,
    }
}
