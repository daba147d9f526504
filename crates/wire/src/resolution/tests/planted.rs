//! Planted versions: schemas edited as JSON, their records written and read by apache-avro.

use crate::resolution::{SchemaSource, SourceFault, Writer};
use crate::topics::published;
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::charging::{ChargingRecord, FieldBody};

/// A record with a bit of everything.
pub const UPDATED: &str = "wattledger.charging.SessionUpdated";
/// The id under which a planted schema is registered.
pub const ID: u32 = 77;

/// A registry of one schema, which was also released once.
pub struct Planted(Arc<Writer>);

impl Planted {
    pub fn with(schema: &Value) -> Self {
        Self(Arc::new(Writer::parse(&schema.to_string()).unwrap()))
    }
    pub fn fingerprint(&self) -> u64 {
        self.0.fingerprint()
    }
    pub fn single_object(&self, body: &[u8]) -> Vec<u8> {
        [&[0xC3, 0x01], &self.fingerprint().to_le_bytes()[..], body].concat()
    }
    pub fn confluent(&self, body: &[u8]) -> Vec<u8> {
        [&[0], &ID.to_be_bytes()[..], body].concat()
    }
}

impl SchemaSource for Planted {
    fn by_id(&self, id: u32) -> Result<Arc<Writer>, SourceFault> {
        let known = (id == ID).then(|| Arc::clone(&self.0));
        known.ok_or(SourceFault::Unknown)
    }
    fn by_fingerprint(&self, fingerprint: u64) -> Option<Arc<Writer>> {
        (fingerprint == self.fingerprint()).then(|| Arc::clone(&self.0))
    }
}

/// What follows the framing of a record of ours.
pub fn body(framed: &[u8]) -> &[u8] {
    &framed[10..]
}

pub fn compiled_schema(name: &str) -> Value {
    let known = published().into_iter().find(|known| known.name == name);
    known.unwrap().schema
}

pub fn edited(name: &str, edit: impl FnOnce(&mut Value)) -> Value {
    let mut schema = compiled_schema(name);
    edit(&mut schema);
    schema
}

pub fn fields(schema: &mut Value) -> &mut Vec<Value> {
    schema["fields"].as_array_mut().unwrap()
}

/// The definition of a type inside a schema.
pub fn named<'s>(schema: &'s mut Value, name: &str) -> &'s mut Value {
    fn find<'s>(schema: &'s mut Value, name: &str) -> Option<&'s mut Value> {
        if schema["name"] == name && schema["type"].is_string() {
            return Some(schema);
        }
        match schema {
            Value::Array(parts) => parts.iter_mut().find_map(|part| find(part, name)),
            Value::Object(parts) => parts.values_mut().find_map(|part| find(part, name)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }
    find(schema, name).unwrap()
}

/// A schema whose records have their fields in reverse order; each name is written out where it now
/// stands first.
pub fn reversed(schema: &Value) -> Value {
    let mut definitions = BTreeMap::new();
    collect(schema, &mut definitions);
    turned(schema, &mut definitions)
}

fn collect(schema: &Value, found: &mut BTreeMap<String, Value>) {
    if let (Some(name), true) = (schema["name"].as_str(), schema["type"].is_string())
        && ["record", "enum", "fixed"]
            .iter()
            .any(|word| schema["type"] == *word)
    {
        found.insert(name.to_owned(), schema.clone());
    }
    match schema {
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, found)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn turned(schema: &Value, left: &mut BTreeMap<String, Value>) -> Value {
    match schema {
        Value::String(name) => match left.remove(name) {
            Some(definition) => defined(definition, left),
            None => schema.clone(),
        },
        Value::Array(variants) => variants
            .iter()
            .map(|variant| turned(variant, left))
            .collect(),
        Value::Object(_) => {
            if let Some(name) = schema["name"].as_str() {
                let definition = left.remove(name);
                return definition.map_or_else(|| name.into(), |of| defined(of, left));
            }
            let mut copy = schema.clone();
            if schema["type"] == "array" {
                copy["items"] = turned(&schema["items"], left);
            }
            copy
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => schema.clone(),
    }
}

fn defined(mut definition: Value, left: &mut BTreeMap<String, Value>) -> Value {
    if let Some(fields) = definition.get_mut("fields").and_then(Value::as_array_mut) {
        fields.reverse();
        for field in fields {
            field["type"] = turned(&field["type"], left);
        }
    }
    definition
}

/// The record that apache-avro reads.
pub fn read(schema: &Value, mut bytes: &[u8]) -> BTreeMap<String, Avro> {
    let schema = Schema::parse_str(&schema.to_string()).unwrap();
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    let Avro::Record(fields) = reader.read_value(&mut bytes).unwrap() else {
        panic!("not a record")
    };
    assert!(bytes.is_empty());
    fields.into_iter().collect()
}

/// What apache-avro says that a field's default is.
pub fn read_default(schema: &Value, field: &str) -> Avro {
    let mut only = schema.clone();
    let default = fields(&mut only)
        .iter()
        .find(|of| of["name"] == field)
        .cloned();
    *fields(&mut only) = vec![default.unwrap()];
    let writer =
        r#"{ "type": "record", "name": "wattledger.charging.SessionUpdated", "fields": [] }"#;
    let writer = Schema::parse_str(writer).unwrap();
    let reader = Schema::parse_str(&only.to_string()).unwrap();
    let datum = GenericDatumReader::builder(&writer).reader_schema(&reader);
    let value = datum.build().unwrap().read_value(&mut &[][..]).unwrap();
    let Avro::Record(mut fields) = value else {
        panic!("not a record")
    };
    fields.remove(0).1
}

/// A record of ours, changed and written by apache-avro with another schema.
pub fn apache(
    name: &str,
    schema: &Value,
    framed: &[u8],
    change: impl FnOnce(&mut Vec<(String, Avro)>),
) -> Vec<u8> {
    let ours = Schema::parse_str(&compiled_schema(name).to_string()).unwrap();
    let reader = GenericDatumReader::builder(&ours).build().unwrap();
    let Avro::Record(mut record) = reader.read_value(&mut body(framed)).unwrap() else {
        panic!("not a record")
    };
    change(&mut record);
    let theirs = Schema::parse_str(&schema.to_string()).unwrap();
    let writer = GenericDatumWriter::builder(&theirs).build().unwrap();
    writer.write_value_to_vec(Avro::Record(record)).unwrap()
}

/// A record resolved by apache-avro to the very schema it was written by.
pub fn resolved(schema: &Schema, mut body: &[u8]) -> Option<Vec<u8>> {
    let reader = GenericDatumReader::builder(schema).reader_schema(schema);
    let value = reader.build().ok()?.read_value(&mut body).ok()?;
    let writer = GenericDatumWriter::builder(schema).build().ok()?;
    writer.write_value_to_vec(value).ok()
}

pub fn without_sequence(mut record: ChargingRecord) -> ChargingRecord {
    if let ChargingRecord::Field(event) = &mut record
        && let FieldBody::SessionUpdated(updated) = &mut event.body
    {
        updated.sequence = None;
    }
    record
}
