//! Any record as JSON for people and pipes, by the schema that it names.

use crate::avro::{DecodeError, Input};
use crate::resolution::{NoRegistry, current};
use crate::schema::unframed;
use crate::topics::published;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::time::Timestamp;

/// A record: `{"type": its schema's name, "data": {...}}`. Times are RFC 3339, hashes hexadecimal,
/// exact costs texts; an amount says itself in `text`, a variant of a union its name in `is`.
///
/// # Errors
/// [`DecodeError`] when its framing or schema is not known or its bytes are not of the schema.
pub fn render(bytes: &[u8]) -> Result<Value, DecodeError> {
    let (fingerprint, body) = current(unframed(bytes)?, &NoRegistry)?;
    let found = known().get(&fingerprint);
    let (name, types) = found.ok_or(DecodeError::UnknownSchema(fingerprint))?;
    let mut input = Input::new(&body);
    let data = named(name, types, &mut input)?;
    input.finish()?;
    Ok(json!({ "type": name, "data": data }))
}

/// The named types of a schema.
type Types = BTreeMap<String, Value>;

fn known() -> &'static BTreeMap<u64, (String, Types)> {
    static KNOWN: OnceLock<BTreeMap<u64, (String, Types)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let schemas = published().into_iter().map(|published| {
            let mut types = Types::new();
            collect(&published.schema, &mut types);
            (published.fingerprint, (published.name, types))
        });
        schemas.collect()
    })
}

fn collect(schema: &Value, types: &mut Types) {
    if let Some(name) = schema["name"]
        .as_str()
        .filter(|_| schema["type"].is_string())
    {
        types.insert(name.to_owned(), schema.clone());
    }
    match schema {
        Value::Array(variants) => variants.iter().for_each(|variant| collect(variant, types)),
        Value::Object(parts) => {
            let inner = ["type", "items"].iter().filter_map(|part| parts.get(*part));
            inner.for_each(|part| collect(part, types));
            let fields = parts.get("fields").and_then(Value::as_array);
            fields
                .into_iter()
                .flatten()
                .for_each(|field| collect(&field["type"], types));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn value(schema: &Value, types: &Types, input: &mut Input<'_>) -> Result<Value, DecodeError> {
    match schema {
        Value::String(word) => named(word, types, input),
        Value::Array(variants) => union(variants, types, input),
        _ if schema["logicalType"] == "timestamp-millis" => {
            Ok(Timestamp(input.long()?).to_string().into())
        }
        _ if schema["type"] == "array" => array(&schema["items"], types, input),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            defined(schema, types, input)
        }
    }
}

fn named(word: &str, types: &Types, input: &mut Input<'_>) -> Result<Value, DecodeError> {
    match word {
        "null" => Ok(Value::Null),
        "int" | "long" => Ok(input.long()?.into()),
        "string" => Ok(input.text()?.into()),
        name => defined(types.get(name).unwrap_or(&Value::Null), types, input),
    }
}

fn union(variants: &[Value], types: &Types, input: &mut Input<'_>) -> Result<Value, DecodeError> {
    let index = input.long()?;
    let variant = usize::try_from(index)
        .ok()
        .and_then(|place| variants.get(place));
    let variant = variant.ok_or(DecodeError::Variant {
        name: "union",
        index,
    })?;
    let mut read = value(variant, types, input)?;
    let optional = variants.first().is_some_and(|first| first == "null");
    let name = variant["name"].as_str().or(variant.as_str());
    if let (false, Some(name), Some(fields)) = (optional, name, read.as_object_mut()) {
        let word = name.rsplit('.').next().unwrap_or(name);
        fields.insert("is".to_owned(), word.into());
    }
    Ok(read)
}

fn array(items: &Value, types: &Types, input: &mut Input<'_>) -> Result<Value, DecodeError> {
    let mut read = Vec::new();
    loop {
        let count = input.long()?;
        if count == 0 {
            return Ok(read.into());
        }
        if count < 0 {
            input.long()?;
        }
        for _ in 0..input.items(count.saturating_abs())? {
            read.push(value(items, types, input)?);
        }
    }
}

/// A record, enum or fixed type.
fn defined(schema: &Value, types: &Types, input: &mut Input<'_>) -> Result<Value, DecodeError> {
    let name = schema["name"].as_str().unwrap_or_default();
    if let Some(fields) = schema["fields"].as_array() {
        return record(name, fields, types, input);
    }
    if let Some(symbols) = schema["symbols"].as_array() {
        let index = input.long()?;
        let symbol = usize::try_from(index)
            .ok()
            .and_then(|place| symbols.get(place));
        return symbol.cloned().ok_or(DecodeError::Variant {
            name: "enum",
            index,
        });
    }
    let size = schema["size"]
        .as_u64()
        .and_then(|size| usize::try_from(size).ok());
    let bytes = input.take(size.unwrap_or_default())?;
    match <[u8; 16]>::try_from(bytes) {
        Ok(bytes) if name == "wattledger.ExactCost" => {
            Ok(i128::from_be_bytes(bytes).to_string().into())
        }
        _ => Ok(bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into()),
    }
}

fn record(
    name: &str,
    fields: &[Value],
    types: &Types,
    input: &mut Input<'_>,
) -> Result<Value, DecodeError> {
    let mut read = Map::new();
    for field in fields {
        let word = field["name"].as_str().unwrap_or_default().to_owned();
        read.insert(word, value(&field["type"], types, input)?);
    }
    if name == "wattledger.Money" {
        let currency = read["currency"]
            .as_str()
            .and_then(|code| Currency::recorded(code).ok());
        if let (Some(minor), Some(currency)) = (read["minor"].as_i64(), currency) {
            read.insert(
                "text".to_owned(),
                Money::new(minor, currency).to_string().into(),
            );
        }
    }
    let document = name
        .starts_with("wattledger.control.")
        .then(|| read.get("text"))
        .flatten();
    let content = document
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str(text).ok());
    if let Some(content) = content {
        read.insert("text".to_owned(), content);
    }
    Ok(read.into())
}
