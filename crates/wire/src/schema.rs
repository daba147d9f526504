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

/// Puts the single-object framing in front: 0xC3 0x01, fingerprint little-endian.
#[must_use]
pub fn framed<T: Avro>(fingerprint: u64, value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(&[0xC3, 0x01]);
    out.extend_from_slice(&fingerprint.to_le_bytes());
    value.write(&mut out);
    out
}

/// A body behind the single-object framing.
pub(crate) fn single_object(fingerprint: u64, body: &[u8]) -> Vec<u8> {
    [&[0xC3, 0x01], &fingerprint.to_le_bytes()[..], body].concat()
}

/// Puts Confluent's framing, 0x00 and the id big-endian, in place of the single-object framing;
/// other bytes, and records of a schema that `id` does not know, stay as they are.
#[must_use]
pub fn confluent(bytes: Vec<u8>, id: impl FnOnce(u64) -> Option<u32>) -> Vec<u8> {
    let Ok(Framed::Fingerprint(fingerprint, body)) = unframed(&bytes) else {
        return bytes;
    };
    match id(fingerprint) {
        Some(id) => [&[0x00], &id.to_be_bytes()[..], body].concat(),
        None => bytes,
    }
}

/// What a framing says, and the body behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed<'b> {
    /// Single-object: the writer's fingerprint.
    Fingerprint(u64, &'b [u8]),
    /// Confluent's: the writer's id in the registry.
    Id(u32, &'b [u8]),
}

/// Takes either framing off.
///
/// # Errors
/// [`DecodeError::Framing`], [`DecodeError::Truncated`], [`DecodeError::Oversize`].
pub fn unframed(bytes: &[u8]) -> Result<Framed<'_>, DecodeError> {
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(DecodeError::Oversize(bytes.len()));
    }
    match bytes {
        [0xC3, 0x01, rest @ ..] => {
            let split = rest.split_first_chunk::<8>();
            let (fingerprint, body) = split.ok_or(DecodeError::Truncated)?;
            Ok(Framed::Fingerprint(u64::from_le_bytes(*fingerprint), body))
        }
        [0x00, rest @ ..] => {
            let split = rest.split_first_chunk::<4>();
            let (id, body) = split.ok_or(DecodeError::Truncated)?;
            Ok(Framed::Id(u32::from_be_bytes(*id), body))
        }
        other => Err(DecodeError::Framing(
            other.iter().take(2).copied().collect(),
        )),
    }
}
