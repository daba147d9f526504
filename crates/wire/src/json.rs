//! Any record as JSON for people and pipes, by the schema that it names.

use crate::avro::DecodeError;
use crate::schema::{NoRegistry, unframed};
use crate::topics::published;
use apache_avro::types::Value as AvroValue;
use apache_avro::{Schema, from_avro_datum};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use wattledger_domain::time::Timestamp;

/// A record: `{"type": its schema's name, "data": {...}}`; times as RFC 3339, hashes in hexadecimal.
///
/// # Errors
/// [`DecodeError`] when its framing or schema is not known or its bytes are not of the schema.
pub fn render(bytes: &[u8]) -> Result<Value, DecodeError> {
    let (fingerprint, mut body) = unframed(bytes, &NoRegistry)?;
    let found = known().get(&fingerprint);
    let (name, schema) = found.ok_or(DecodeError::UnknownSchema(fingerprint))?;
    let value = from_avro_datum(schema, &mut body, None).map_err(|_| DecodeError::Truncated)?;
    Ok(json!({ "type": name, "data": plain(value) }))
}

fn known() -> &'static BTreeMap<u64, (String, Schema)> {
    static KNOWN: OnceLock<BTreeMap<u64, (String, Schema)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let parsed = published().into_iter().filter_map(|published| {
            let schema = Schema::parse_str(&published.schema.to_string()).ok()?;
            Some((published.fingerprint, (published.name, schema)))
        });
        parsed.collect()
    })
}

fn plain(value: AvroValue) -> Value {
    match value {
        AvroValue::Record(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, plain(value))).collect::<Map<_, _>>())
        }
        AvroValue::Union(_, inner) => plain(*inner),
        AvroValue::Array(items) => items.into_iter().map(plain).collect(),
        AvroValue::TimestampMillis(at) => Timestamp(at).to_string().into(),
        AvroValue::Long(number) => number.into(),
        AvroValue::Int(number) => number.into(),
        AvroValue::String(text) | AvroValue::Enum(_, text) => text.into(),
        AvroValue::Fixed(16, bytes) => fixed_16(&bytes),
        AvroValue::Fixed(_, bytes) | AvroValue::Bytes(bytes) => hexadecimal(&bytes).into(),
        AvroValue::Null => Value::Null,
        other => format!("{other:?}").into(),
    }
}

/// Exact costs are small numbers in 128 bits; token hashes use all of them.
fn fixed_16(bytes: &[u8]) -> Value {
    match <[u8; 16]>::try_from(bytes).map(i128::from_be_bytes) {
        Ok(number) if number.unsigned_abs() < 1 << 96 => number.to_string().into(),
        _ => hexadecimal(bytes).into(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
