//! Field events: the envelope's fields and the body's in one flat record, a schema for each kind.

use super::Reader;
use crate::avro::{Avro, AvroRecord, DecodeError, Input, Names};
use crate::schema::{fingerprint_of, schema_of};
use serde_json::Value;
use wattledger_domain::charging::{
    AuthorizationRequested, ConnectorStatusChanged, FieldBody, FieldEvent, SessionEnded,
    SessionStarted, SessionUpdated, StationBooted,
};
use wattledger_domain::ids::{EventId, SourceId, StationId};
use wattledger_domain::time::Timestamp;

/// What every field event says before what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEnvelope {
    /// Who says it.
    pub source: SourceId,
    /// The source's id of it.
    pub id: EventId,
    /// The station.
    pub station: StationId,
    /// The charger's time.
    pub occurred_at: Timestamp,
    /// Intake's time.
    pub received_at: Timestamp,
}

crate::record! { "wattledger.charging.FieldEnvelope",
    "What every field event says.", FieldEnvelope {
    source: "Who says it (CloudEvents source).",
    id: "The source's id of it; with the source the idempotency key.",
    station: "The station.",
    occurred_at: "The charger's time.",
    received_at: "Intake's time.",
} }

/// Envelope and body in one record. Avro writes a record as its fields in order, so the two follow
/// each other.
struct Flat<Body>(FieldEnvelope, Body);

macro_rules! flat {
    ($($body:ident $name:literal $doc:literal;)*) => {
        $(
            impl Avro for Flat<$body> {
                fn schema(names: &mut Names) -> Value {
                    let mut fields = FieldEnvelope::fields(names);
                    fields.extend($body::fields(names));
                    crate::avro_record($name, $doc, fields)
                }
                fn write(&self, out: &mut Vec<u8>) {
                    self.0.write(out);
                    self.1.write(out);
                }
                fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                    Ok(Self(FieldEnvelope::read(input)?, $body::read(input)?))
                }
            }
        )*

        /// Schema and fingerprint of every kind of field event.
        pub(super) fn schemas() -> Vec<(Value, u64)> {
            vec![$((schema_of::<Flat<$body>>(), fingerprint_of::<Flat<$body>>())),*]
        }

        /// Readers by fingerprint.
        pub(super) fn readers() -> Vec<(u64, Reader<FieldEvent>)> {
            vec![$((fingerprint_of::<Flat<$body>>(), |input| {
                let Flat(envelope, body) = <Flat<$body>>::read(input)?;
                Ok(joined(envelope, FieldBody::$body(body)))
            })),*]
        }

        /// Envelope and body as bytes, without framing; the index of its schema.
        pub(super) fn write(event: &FieldEvent, out: &mut Vec<u8>) {
            event.source.write(out);
            event.id.write(out);
            event.station.write(out);
            event.occurred_at.write(out);
            event.received_at.write(out);
            match &event.body {
                $(FieldBody::$body(body) => body.write(out),)*
            }
        }

        /// Position of an event's schema among [`schemas`].
        pub(super) fn position(event: &FieldEvent) -> usize {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "positions only")]
            #[allow(clippy::enum_variant_names, reason = "positions only")]
            enum Position { $($body),* }
            #[allow(clippy::as_conversions, reason = "a position in a list of six")]
            match &event.body {
                $(FieldBody::$body(_) => Position::$body as usize,)*
            }
        }
    };
}

flat! {
    AuthorizationRequested "wattledger.charging.AuthorizationRequested" "A driver asks to charge.";
    SessionStarted "wattledger.charging.SessionStarted" "A transaction began.";
    SessionUpdated "wattledger.charging.SessionUpdated" "Something changed or was measured.";
    SessionEnded "wattledger.charging.SessionEnded" "A transaction ended.";
    ConnectorStatusChanged "wattledger.charging.ConnectorStatusChanged" "A connector's status.";
    StationBooted "wattledger.charging.StationBooted" "The station booted.";
}

fn joined(envelope: FieldEnvelope, body: FieldBody) -> FieldEvent {
    let FieldEnvelope {
        source,
        id,
        station,
        occurred_at,
        received_at,
    } = envelope;
    FieldEvent {
        source,
        id,
        station,
        occurred_at,
        received_at,
        body,
    }
}
