//! Our bytes and apache-avro's agree, value by value, in both framings.

use super::samples;
use crate::avro::DecodeError;
use crate::resolution::{SchemaSource, SourceFault, Writer};
use crate::schema::{avro_record, fingerprint};
use crate::topics::{charging, published};
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use std::collections::BTreeMap;
use std::sync::Arc;

fn parsed() -> BTreeMap<String, Schema> {
    let parse = |known: crate::topics::Published| {
        let schema = Schema::parse_str(&known.schema.to_string());
        (
            known.name.clone(),
            schema.unwrap_or_else(|error| panic!("{}: {error}", known.name)),
        )
    };
    published().into_iter().map(parse).collect()
}

/// The value that apache-avro reads, whole.
fn read(schema: &Schema, mut body: &[u8]) -> Value {
    let reader = GenericDatumReader::builder(schema).build().unwrap();
    let value = reader.read_value(&mut body).unwrap();
    assert!(body.is_empty(), "{} bytes left", body.len());
    value
}

#[test]
fn apache_avro_reads_our_bytes_and_writes_the_same_ones() {
    let schemas = parsed();
    for sample in samples::all() {
        let schema = &schemas[&sample.name];
        let body = &sample.bytes[10..];
        let value = read(schema, body);
        assert!(value.validate(schema), "{}", sample.name);
        let writer = GenericDatumWriter::builder(schema).build().unwrap();
        assert_eq!(
            writer.write_value_to_vec(value).unwrap(),
            body,
            "{}",
            sample.name
        );
    }
}

#[test]
fn our_reader_reads_what_apache_avro_writes() {
    let schemas = parsed();
    for sample in samples::all() {
        let schema = &schemas[&sample.name];
        let value = read(schema, &sample.bytes[10..]);
        let writer = GenericDatumWriter::builder(schema).build().unwrap();
        let mut bytes = sample.bytes[..10].to_vec();
        bytes.extend(writer.write_value_to_vec(value).unwrap());
        assert_eq!((sample.same)(&bytes), Ok(true), "{}", sample.name);
    }
}

#[test]
fn fields_mean_the_same_to_apache_avro() {
    let bytes = charging::encode(&samples::typical_update());
    let value = read(
        &parsed()["wattledger.charging.SessionUpdated"],
        &bytes[10..],
    );
    let Value::Record(fields) = value else {
        panic!("{value:?}")
    };
    let fields: BTreeMap<String, Value> = fields.into_iter().collect();
    assert_eq!(fields["station"], Value::String("DE*ABC*E0001".to_owned()));
    assert_eq!(
        fields["occurred_at"],
        Value::TimestampMillis(1_764_072_000_000)
    );
    assert_eq!(
        fields["sequence"],
        Value::Union(1, Box::new(Value::Long(17)))
    );
    assert_eq!(fields["state"], Value::Union(0, Box::new(Value::Null)));
    let Value::Array(samples) = &fields["samples"] else {
        panic!()
    };
    let Value::Record(sample) = &samples[0] else {
        panic!()
    };
    let word = Value::Enum(0, "ENERGY_IMPORT_REGISTER".to_owned());
    assert_eq!(sample[1], ("measurand".to_owned(), word));
    assert_eq!(sample[4], ("value".to_owned(), Value::Long(1_234_567_000)));
}

#[test]
fn arrays_in_blocks_with_byte_sizes_are_read() {
    let bytes = charging::encode(&samples::typical_update());
    // Ours ends with: one block of one reading, then the end. Other writers put a negative count and
    // the block's size in bytes.
    let size: u8 = 14;
    let reading = bytes.len() - 1 - usize::from(size);
    assert_eq!(bytes[reading - 1], 2);
    let mut other = bytes[..reading - 1].to_vec();
    other.extend([1, size * 2]);
    other.extend(&bytes[reading..]);
    assert_eq!(charging::decode(&other), Ok(samples::typical_update()));
}

struct Registry;

impl SchemaSource for Registry {
    fn by_id(&self, id: u32) -> Result<Arc<Writer>, SourceFault> {
        let name = "wattledger.charging.SessionUpdated";
        let known = published().into_iter().find(|known| known.name == name);
        let known = known.filter(|_| id == 0x0102_0304);
        let known = known.ok_or(SourceFault::Unknown)?;
        Ok(Arc::new(Writer::parse(&known.schema.to_string())?))
    }
}

#[test]
fn both_framings_are_read_and_anything_else_is_named() {
    let bytes = charging::encode(&samples::typical_update());
    let confluent = |id: [u8; 4]| [&[0][..], &id, &bytes[10..]].concat();
    let read = |bytes: &[u8]| charging::decode_with(bytes, &Registry);
    assert_eq!(read(&bytes), Ok(samples::typical_update()));
    assert_eq!(
        read(&confluent([1, 2, 3, 4])),
        Ok(samples::typical_update())
    );
    assert_eq!(
        read(&confluent([1, 2, 3, 5])),
        Err(DecodeError::UnknownId(0x0102_0305))
    );
    let without = charging::decode(&confluent([1, 2, 3, 4]));
    assert_eq!(without, Err(DecodeError::UnknownId(0x0102_0304)));
    assert_eq!(read(b"{}"), Err(DecodeError::Framing(b"{}".to_vec())));
    assert_eq!(read(b""), Err(DecodeError::Framing(Vec::new())));
    assert_eq!(read(&[0xC3, 0x01, 1]), Err(DecodeError::Truncated));
    assert_eq!(
        read(&[&bytes[..], &[0]].concat()),
        Err(DecodeError::Trailing(1))
    );
    let mut unknown = bytes.clone();
    unknown[2..10].fill(0xab);
    assert_eq!(
        read(&unknown),
        Err(DecodeError::UnknownSchema(0xabab_abab_abab_abab))
    );
}

#[test]
fn fingerprints_and_names_are_unique() {
    let all = published();
    let prints: std::collections::BTreeSet<u64> =
        all.iter().map(|known| known.fingerprint).collect();
    assert_eq!(prints.len(), all.len());
}

/// The figures are fastavro 1.13.1's and what Java's `SchemaNormalization` says: a reader of another
/// maker finds our schemas by them, and we its.
#[test]
fn fingerprints_are_those_of_other_avro_libraries() {
    let known = |name: &str| {
        let schema = published().into_iter().find(|known| known.name == name);
        schema.unwrap().fingerprint
    };
    assert_eq!(
        known("wattledger.billing.JournalEntry"),
        0xbcb7_664b_f4c4_7a65
    );
    let of = |schema: &str| fingerprint(&Schema::parse_str(schema).unwrap());
    let time = r#"{ "type": "long", "logicalType": "timestamp-millis" }"#;
    assert_eq!(of(time), of(r#""long""#));
    assert_eq!(of(r#""null""#), 0x63dd_24e7_cc25_8f8a);
}

#[test]
fn a_planted_schema_error_is_caught() {
    let twice = serde_json::json!({ "name": "a", "type": "long" });
    let record = avro_record("wattledger.Bad", "", vec![twice.clone(), twice]);
    assert!(Schema::parse_str(&record.to_string()).is_err());
}
