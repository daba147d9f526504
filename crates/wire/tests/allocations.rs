//! The cap on allocations counts once per process: this test has one of its own.
#![allow(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;

#[test]
fn apache_avro_refuses_to_allocate_more_than_a_mebibyte() {
    wattledger_wire::limit_allocations();
    let read = |schema: &str, mut bytes: &[u8]| {
        let schema = Schema::parse_str(schema).unwrap();
        GenericDatumReader::builder(&schema)
            .build()
            .unwrap()
            .read_value(&mut bytes)
            .is_ok()
    };
    // Lengths of 2^40 and of 2 MiB; an array of 10^9 nulls.
    assert!(!read(r#""bytes""#, &[0x80, 0x80, 0x80, 0x80, 0x80, 0x40]));
    assert!(!read(r#""string""#, &[0x80, 0x80, 0x80, 0x02]));
    assert!(!read(
        r#"{"type":"array","items":"null"}"#,
        &[0x80, 0xa8, 0xd6, 0xb9, 0x07, 0]
    ));
}
