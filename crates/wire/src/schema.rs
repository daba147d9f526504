//! Schemas as JSON, their fingerprints, and the framings in front of a record.

use crate::avro::{Avro, DecodeError, Names};
use serde_json::{Value, json};

/// No record is larger (reliability §8.1).
pub const RECORD_BYTES_MAX: usize = 262_144;

/// What Avro libraries may allocate for one value (reliability §8.1). The first call counts, so it
/// is the first thing in main.
pub fn limit_allocations() {
    apache_avro::util::max_allocation_bytes(1_048_576);
}

/// A field of a record.
#[must_use]
pub fn avro_field(name: &str, doc: &str, schema: Value) -> Value {
    let mut field = json!({ "name": name, "doc": doc, "type": schema });
    let optional = field["type"]
        .as_array()
        .is_some_and(|variants| variants.first() == Some(&"null".into()));
    if optional {
        field["default"] = Value::Null;
    }
    field
}

/// A record.
#[must_use]
pub fn avro_record(name: &str, doc: &str, fields: Vec<Value>) -> Value {
    let mut record = json!({ "type": "record", "name": name, "fields": fields });
    if !doc.is_empty() {
        record["doc"] = doc.into();
    }
    record
}

/// An enum.
#[must_use]
pub fn avro_enum(name: &str, doc: &str, symbols: &[&str]) -> Value {
    json!({ "type": "enum", "name": name, "doc": doc, "symbols": symbols })
}

/// A logical type over a primitive.
#[must_use]
pub fn avro_logical(schema: Value, logical: &str) -> Value {
    json!({ "type": schema, "logicalType": logical })
}

/// The whole schema of a type.
#[must_use]
pub fn schema_of<T: Avro>() -> Value {
    T::schema(&mut Names::default())
}

/// CRC-64-AVRO of the Parsing Canonical Form, as every other Avro library computes it.
///
/// # Panics
/// Never for a schema of ours: a test parses each.
#[must_use]
pub fn fingerprint_of<T: Avro>() -> u64 {
    let text = schema_of::<T>().to_string();
    let schema = apache_avro::Schema::parse_str(&text).expect("a test parses every schema of ours");
    fingerprint(&schema)
}

/// As [`fingerprint_of`], of any schema.
///
/// A primitive with a logical type is `"long"` in the Parsing Canonical Form: so say Java's
/// `SchemaNormalization.toParsingForm` and fastavro. apache-avro 0.22 leaves `{"type":"long"}`
/// (apache/avro-rs#61), whose fingerprint nobody else finds.
pub(crate) fn fingerprint(schema: &apache_avro::Schema) -> u64 {
    const PRIMITIVES: [&str; 8] = [
        "null", "boolean", "int", "long", "float", "double", "bytes", "string",
    ];
    let form = PRIMITIVES
        .iter()
        .fold(schema.canonical_form(), |form, primitive| {
            let (left, right) = (json!({ "type": primitive }), json!(primitive));
            form.replace(&left.to_string(), &right.to_string())
        });
    let schema = apache_avro::Schema::parse_str(&form).expect("a canonical form is a schema");
    let bytes = schema.fingerprint::<apache_avro::rabin::Rabin>().bytes;
    let bytes: [u8; 8] = bytes.try_into().expect("CRC-64 has 8 bytes");
    u64::from_le_bytes(bytes)
}

/// Names schemas by the ids of a schema registry (Confluent framing).
pub trait SchemaIds {
    /// The fingerprint of the schema with this id; `None` when the registry knows none.
    fn fingerprint(&self, id: u32) -> Option<u64>;
}

/// No registry: every id is unknown.
pub struct NoRegistry;

impl SchemaIds for NoRegistry {
    fn fingerprint(&self, _: u32) -> Option<u64> {
        None
    }
}

/// Puts the single-object framing in front: 0xC3 0x01, fingerprint little-endian.
#[must_use]
pub fn framed<T: Avro>(fingerprint: u64, value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(&[0xC3, 0x01]);
    out.extend_from_slice(&fingerprint.to_le_bytes());
    value.write(&mut out);
    out
}

/// Takes either framing off: the writer's fingerprint and the body.
///
/// # Errors
/// [`DecodeError::Framing`], [`DecodeError::UnknownId`], [`DecodeError::Oversize`].
pub fn unframed<'a>(
    bytes: &'a [u8],
    registry: &dyn SchemaIds,
) -> Result<(u64, &'a [u8]), DecodeError> {
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(DecodeError::Oversize(bytes.len()));
    }
    match bytes {
        [0xC3, 0x01, rest @ ..] => {
            let (fingerprint, body) = rest
                .split_first_chunk::<8>()
                .ok_or(DecodeError::Truncated)?;
            Ok((u64::from_le_bytes(*fingerprint), body))
        }
        [0x00, rest @ ..] => {
            let (id, body) = rest
                .split_first_chunk::<4>()
                .ok_or(DecodeError::Truncated)?;
            let id = u32::from_be_bytes(*id);
            let fingerprint = registry.fingerprint(id).ok_or(DecodeError::UnknownId(id))?;
            Ok((fingerprint, body))
        }
        other => Err(DecodeError::Framing(
            other.iter().take(2).copied().collect(),
        )),
    }
}
