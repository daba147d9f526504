//! Versions of real records that were never released, planted: read by this build, and what this build
//! writes read by theirs.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "an overflow fails the test, as it should"
)]

mod planted;

use super::transcode::transcode;
use super::*;
use crate::tests::samples;
use crate::topics::charging;
use crate::topics::charging::decode_with;
use planted::{Planted, UPDATED, apache, body, compiled_schema, edited, fields};
use serde_json::{Value, json};

fn updated() -> Vec<u8> {
    charging::encode(&samples::typical_update())
}

#[test]
fn a_field_that_this_build_does_not_know_is_skipped() {
    let next = edited(UPDATED, |schema| {
        let tariff = json!({ "name": "tariff", "type": ["null", "string"], "default": null });
        fields(schema).insert(3, tariff);
        let tags = json!({ "name": "tags", "type": { "type": "map", "values": "double" },
            "default": {} });
        fields(schema).push(tags);
    });
    let written = apache(UPDATED, &next, &updated(), |record| {
        let text = apache_avro::types::Value::String("T1".to_owned());
        let text = apache_avro::types::Value::Union(1, text.into());
        record.insert(3, ("tariff".to_owned(), text));
        let half = apache_avro::types::Value::Double(0.5);
        let tags = [("a".to_owned(), half)].into_iter().collect();
        record.push(("tags".to_owned(), apache_avro::types::Value::Map(tags)));
    });
    let source = Planted::with(&next);
    let read = decode_with(&source.single_object(&written), &source);
    assert_eq!(read, Ok(samples::typical_update()));
    let read = decode_with(&source.confluent(&written), &source);
    assert_eq!(read, Ok(samples::typical_update()));
    let unknown = charging::decode(&source.single_object(&written));
    assert_eq!(
        unknown,
        Err(DecodeError::UnknownSchema(source.fingerprint()))
    );
    let unknown = charging::decode(&source.confluent(&written));
    assert_eq!(unknown, Err(DecodeError::UnknownId(planted::ID)));
}

#[test]
fn a_field_that_an_older_build_did_not_write_is_its_default() {
    let previous = edited(UPDATED, |schema| {
        fields(schema).retain(|field| field["name"] != "sequence");
        fields(schema).reverse();
    });
    let written = apache(UPDATED, &previous, &updated(), |record| {
        record.retain(|(name, _)| name != "sequence");
        record.reverse();
    });
    let source = Planted::with(&previous);
    let read = decode_with(&source.single_object(&written), &source).unwrap();
    assert_ne!(read, samples::typical_update());
    let without = planted::without_sequence(samples::typical_update());
    assert_eq!(read, without);
}

#[test]
fn what_this_build_writes_is_read_by_builds_before_and_after() {
    let ours = Writer::parse(&compiled_schema(UPDATED).to_string()).unwrap();
    let next = edited(UPDATED, |schema| {
        let added = json!({ "name": "added", "default": [{ "name": "n", "count": 3 }],
            "type": { "type": "array", "items": { "type": "record", "name": "wattledger.Added",
            "fields": [{ "name": "name", "type": "string" }, { "name": "count", "type": "long" },
                       { "name": "kind", "default": "B", "type": { "type": "enum",
                         "name": "wattledger.AddedKind", "symbols": ["A", "B"] } }] } } });
        fields(schema).insert(0, added);
    });
    let theirs = Writer::parse(&next.to_string()).unwrap();
    let bytes = transcode(&ours.shape, &theirs.shape, body(&updated())).unwrap();
    let read = planted::read(&next, &bytes);
    assert_eq!(read["added"], planted::read_default(&next, "added"));
    let back = transcode(&theirs.shape, &ours.shape, &bytes).unwrap();
    assert_eq!(back, body(&updated()));
}

#[test]
fn a_symbol_is_its_name_and_an_unknown_one_the_readers_default() {
    let context = |symbols: Value, default: Option<&str>| {
        edited(UPDATED, |schema| {
            let found = planted::named(schema, "wattledger.charging.ReadingContext");
            found["symbols"] = symbols.clone();
            if let Some(default) = default {
                found["default"] = default.into();
            }
        })
    };
    let ours = Writer::parse(&compiled_schema(UPDATED).to_string()).unwrap();
    let turned = context(json!(["PERIODIC", "OTHER", "CLOCK", "END", "BEGIN"]), None);
    let turned = Writer::parse(&turned.to_string()).unwrap();
    let there = transcode(&ours.shape, &turned.shape, body(&updated())).unwrap();
    assert_ne!(there, body(&updated()));
    let back = transcode(&turned.shape, &ours.shape, &there).unwrap();
    assert_eq!(back, body(&updated()));

    let fewer = json!(["BEGIN", "END", "OTHER"]);
    let without = Writer::parse(&context(fewer.clone(), None).to_string()).unwrap();
    let refused = transcode(&ours.shape, &without.shape, body(&updated()));
    assert!(matches!(refused, Err(DecodeError::Unresolvable(why)) if why.contains("PERIODIC")));
    let schema = context(fewer, Some("OTHER"));
    let with = Writer::parse(&schema.to_string()).unwrap();
    let bytes = transcode(&ours.shape, &with.shape, body(&updated())).unwrap();
    let samples = format!("{:?}", planted::read(&schema, &bytes)["samples"]);
    assert!(
        samples.contains("\"OTHER\"") && !samples.contains("PERIODIC"),
        "{samples}"
    );
}

#[test]
fn fingerprints_are_those_of_the_library_and_odd_schemas_have_one_too() {
    for known in published() {
        let writer = Writer::parse(&known.schema.to_string()).unwrap();
        assert_eq!(writer.fingerprint(), known.fingerprint, "{}", known.name);
        assert!(writer.is_compiled);
    }
    let odd = r#"{ "type": "record", "name": "R", "namespace": "a.b", "fields": [
        { "name": "e", "type": { "type": "enum", "name": "E", "symbols": ["A"], "fields": null } },
        { "name": "f", "type": { "type": "fixed", "name": "c.F", "size": 4, "symbols": 1 } },
        { "name": "g", "type": ["null", "E", { "type": "map", "values": "c.F" }] }] }"#;
    let plain = r#"{ "type": "record", "name": "a.b.R", "fields": [
        { "name": "e", "type": { "type": "enum", "name": "a.b.E", "symbols": ["A"] } },
        { "name": "f", "type": { "type": "fixed", "name": "c.F", "size": 4 } },
        { "name": "g", "type": ["null", "a.b.E", { "type": "map", "values": "c.F" }] }] }"#;
    let library = crate::schema::fingerprint(&apache_avro::Schema::parse_str(plain).unwrap());
    assert_eq!(Writer::parse(odd).unwrap().fingerprint(), library);
    assert_eq!(Writer::parse(plain).unwrap().fingerprint(), library);
}

/// Every record there and back: by a version whose records have their fields in reverse order.
#[test]
fn every_sample_of_every_record_goes_there_and_back() {
    for sample in samples::all() {
        let schema = compiled_schema(&sample.name);
        let ours = Writer::parse(&schema.to_string()).unwrap();
        let same = transcode(&ours.shape, &ours.shape, body(&sample.bytes)).unwrap();
        assert_eq!(same, body(&sample.bytes), "{}", sample.name);
        let reversed = planted::reversed(&schema);
        let theirs = Writer::parse(&reversed.to_string()).unwrap();
        let there = transcode(&ours.shape, &theirs.shape, body(&sample.bytes)).unwrap();
        planted::read(&reversed, &there);
        let back = transcode(&theirs.shape, &ours.shape, &there).unwrap();
        assert_eq!(back, body(&sample.bytes), "{}", sample.name);
    }
}

/// Why the rules of resolution are here and not the library's: apache-avro 0.22 looks for a union's
/// variant by the fields of the value, so that some of our records come out as others. Should
/// this fail, the library has learnt it.
#[test]
fn the_librarys_own_resolution_takes_one_variant_for_another() {
    let mut wrong = std::collections::BTreeSet::new();
    for sample in samples::all() {
        let schema = compiled_schema(&sample.name).to_string();
        let schema = apache_avro::Schema::parse_str(&schema).unwrap();
        let resolved = planted::resolved(&schema, body(&sample.bytes));
        if resolved.as_deref() != Some(body(&sample.bytes)) {
            wrong.insert(sample.name);
        }
    }
    assert!(wrong.len() > 3, "{wrong:?}");
}

#[test]
fn a_registry_that_does_not_answer_is_waited_for() {
    struct Down;
    impl SchemaSource for Down {
        fn by_id(&self, _: u32) -> Result<Arc<Writer>, SourceFault> {
            Err(SourceFault::Unreachable("timed out".to_owned()))
        }
    }
    let bytes = [&[0, 0, 0, 0, 9], body(&updated())].concat();
    let error = decode_with(&bytes, &Down).unwrap_err();
    assert!(error.is_retriable(), "{error}");
    let error = charging::decode(&bytes).unwrap_err();
    assert_eq!(
        (error.is_retriable(), error),
        (false, DecodeError::UnknownId(9))
    );
}

#[test]
fn another_record_and_another_meaning_of_a_number_are_refused() {
    let micros = edited(UPDATED, |schema| {
        for field in fields(schema) {
            if field["name"] == "occurred_at" {
                field["type"]["logicalType"] = "timestamp-micros".into();
            }
        }
    });
    let source = Planted::with(&micros);
    let ours = u64::from_le_bytes(updated()[2..10].try_into().unwrap());
    assert_eq!(source.fingerprint(), ours, "fingerprints are blind to it");
    let refused = decode_with(&source.confluent(body(&updated())), &source);
    assert!(
        matches!(refused, Err(DecodeError::Unresolvable(_))),
        "{refused:?}"
    );

    let other = r#"{ "type": "record", "name": "wattledger.charging.Other", "fields": [] }"#;
    let source = Planted::with(&serde_json::from_str(other).unwrap());
    let refused = decode_with(&source.confluent(&[]), &source);
    assert_eq!(
        refused,
        Err(DecodeError::UnknownSchema(source.fingerprint()))
    );
}

#[test]
fn schemas_that_could_exhaust_a_reader_are_refused() {
    let list = r#"{ "type": "record", "name": "wattledger.charging.SessionUpdated", "fields": [
        { "name": "next", "type": ["null", "wattledger.charging.SessionUpdated"] }] }"#;
    let fault = Writer::parse(list).unwrap_err();
    assert!(fault.0.contains("contains itself"), "{fault}");
    let mut doubling = "\"null\"".to_owned();
    for depth in 0..40 {
        let twice = format!(
            r#"{{ "type": "record", "name": "R{depth}", "fields": [
                {{ "name": "a", "type": {doubling} }}, {{ "name": "b", "type": "R{}" }}] }}"#,
            depth - 1
        );
        doubling = if depth == 0 {
            r#"{ "type": "record", "name": "R0", "fields": [] }"#.to_owned()
        } else {
            twice
        };
    }
    let bomb = edited(UPDATED, |schema| {
        let bomb: Value = serde_json::from_str(&doubling).unwrap();
        fields(schema).insert(0, json!({ "name": "bomb", "type": [bomb] }));
    });
    let source = Planted::with(&bomb);
    let bytes = [&[0], body(&updated())].concat();
    let refused = decode_with(&source.confluent(&bytes), &source);
    assert!(
        matches!(refused, Err(DecodeError::Range { .. })),
        "{refused:?}"
    );
    for text in [
        "",
        "{}",
        "\"string\"",
        "[\"null\"]",
        r#"{ "type": "record", "name": "1" }"#,
    ] {
        assert!(Writer::parse(text).is_err(), "{text}");
    }
}

proptest::proptest! {
    /// Law: no bytes of another version make a reader panic.
    #[test]
    fn damaged_records_of_another_version_never_panic(
        damage in proptest::collection::vec((0_usize..1_000, proptest::num::u8::ANY), 0..8),
        end in 0_usize..1_000,
    ) {
        thread_local! {
            static REVERSED: Planted = Planted::with(&planted::reversed(&compiled_schema(UPDATED)));
        }
        REVERSED.with(|source| {
            let mut bytes = source.confluent(body(&updated()));
            for (place, byte) in &damage {
                let place = 5 + place % (bytes.len() - 5);
                bytes[place] = *byte;
            }
            bytes.truncate(end.max(5));
            drop(decode_with(&bytes, source));
        });
    }
}
