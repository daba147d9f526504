//! Bytes that nobody sane sends: errors, never panics, never more memory than bytes.

use super::samples;
use crate::avro::{Avro, DecodeError, Input, put_long};
use crate::cloud_events::{Intake, batch, single};
use crate::{imports, json, topics};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use wattledger_domain::charging::TokenRef;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::time::Timestamp;

/// Every decoder there is.
fn decode_everywhere(bytes: &[u8]) {
    drop(topics::charging::decode(bytes));
    drop(topics::account::decode(bytes));
    drop(topics::invoice::decode(bytes));
    drop(topics::control::decode(bytes));
    drop(topics::analytics::decode(bytes));
    drop(topics::charging_command::decode(bytes));
    drop(topics::rated::decode(bytes));
    drop(topics::payment_command::decode(bytes));
    drop(topics::issued::decode(bytes));
    drop(topics::journal::decode(bytes));
    drop(topics::payment_fact::decode(bytes));
    drop(topics::outcome::decode(bytes));
    drop(topics::directory::decode(bytes));
    drop(json::render(bytes));
}

fn intake() -> Intake<'static> {
    let token = &|_: &str, _: Timestamp| TokenRef {
        hash: TokenHash([1; 16]),
        account: None,
        group: None,
        tax: None,
    };
    Intake {
        received_at: Timestamp(0),
        token,
    }
}

#[test]
fn a_record_cut_anywhere_is_an_error() {
    let mut seen = BTreeSet::new();
    for sample in samples::all() {
        if !seen.insert(sample.name.clone()) {
            continue;
        }
        for end in 0..sample.bytes.len() {
            let cut = &sample.bytes[..end];
            assert!((sample.same)(cut).is_err(), "{} cut at {end}", sample.name);
            assert!(json::render(cut).is_err(), "{} cut at {end}", sample.name);
        }
    }
}

#[test]
fn counts_and_lengths_beyond_the_record_are_refused_unread() {
    for count in [1, 1_000_000_000, i64::MAX, -1_000_000_000, i64::MIN] {
        let mut bytes = Vec::new();
        put_long(&mut bytes, count);
        if count < 0 {
            put_long(&mut bytes, 0);
        }
        assert!(
            <Vec<i64>>::read(&mut Input::new(&bytes)).is_err(),
            "{count}"
        );
        assert!(
            <BTreeMap<i64, i64>>::read(&mut Input::new(&bytes)).is_err(),
            "{count}"
        );
        assert!(
            <BTreeSet<i64>>::read(&mut Input::new(&bytes)).is_err(),
            "{count}"
        );
        assert!(
            <Box<str>>::read(&mut Input::new(&bytes)).is_err(),
            "{count}"
        );
    }
}

#[test]
fn numbers_of_more_than_64_bits_are_refused() {
    let read = |bytes: &[u8]| Input::new(bytes).long();
    assert_eq!(
        read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        Ok(i64::MIN)
    );
    assert_eq!(
        read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
        Err(DecodeError::Varint)
    );
    assert_eq!(read(&[0x80; 11]), Err(DecodeError::Varint));
    assert_eq!(read(&[0x80; 9]), Err(DecodeError::Truncated));
}

#[test]
fn a_record_over_256_kib_is_refused() {
    let bytes = vec![0xC3; 262_145];
    assert_eq!(
        topics::charging::decode(&bytes),
        Err(DecodeError::Oversize(262_145))
    );
}

#[test]
fn bad_text_symbols_and_variants_are_named() {
    let text = <Box<str>>::read(&mut Input::new(&[4, 0xff, 0xfe]));
    assert_eq!(text, Err(DecodeError::Text));
    let flag = <Option<i64>>::read(&mut Input::new(&[4]));
    assert_eq!(
        flag,
        Err(DecodeError::Variant {
            name: "optional",
            index: 2
        })
    );
    let side = wattledger_domain::document::Side::read(&mut Input::new(&[1]));
    assert_eq!(
        side,
        Err(DecodeError::Variant {
            name: "wattledger.billing.Side",
            index: -1
        })
    );
    let small = u16::read(&mut Input::new(&[0x80, 0x80, 0x10]));
    assert_eq!(
        small,
        Err(DecodeError::Range {
            what: "a whole number"
        })
    );
}

#[test]
fn every_decode_error_has_its_page() {
    let errors = [
        DecodeError::Truncated,
        DecodeError::Trailing(1),
        DecodeError::Varint,
        DecodeError::Length(1),
        DecodeError::Text,
        DecodeError::Variant { name: "", index: 0 },
        DecodeError::Range { what: "" },
        DecodeError::Framing(Vec::new()),
        DecodeError::UnknownSchema(0),
        DecodeError::UnknownId(0),
        DecodeError::Oversize(0),
        DecodeError::Document(String::new()),
        DecodeError::Unreachable {
            id: 0,
            why: String::new(),
        },
        DecodeError::Unresolvable(String::new()),
    ];
    let codes: BTreeSet<&str> = errors.iter().map(DecodeError::code).collect();
    assert_eq!(codes.len(), errors.len());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    for code in codes {
        let page = std::fs::read_to_string(folder.join(format!("{code}.md"))).unwrap_or_default();
        assert!(
            page.starts_with(&format!("# {code}")),
            "docs/errors/{code}.md"
        );
        assert!(page.contains("What to do"), "docs/errors/{code}.md");
    }
}

proptest! {
    /// Law: no bytes make a decoder panic.
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        decode_everywhere(&bytes);
        drop(single(&bytes, &intake()));
        drop(batch(&bytes, &intake()));
        drop(imports::acn::read(&bytes[..]));
        drop(imports::lines::read(&bytes[..]));
    }

    /// Law: a sample with any bytes changed decodes or fails; it never panics.
    #[test]
    fn damaged_records_never_panic(
        pick in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        thread_local! { static ALL: Vec<samples::Sample> = samples::all(); }
        ALL.with(|all| {
            let mut bytes = pick.get(all).bytes.clone();
            for (place, byte) in &damage {
                // The fingerprint stays, so that the reader is reached.
                let place = place.index(bytes.len() - 10) + 10;
                bytes[place] = *byte;
            }
            decode_everywhere(&bytes);
        });
    }

    /// Law: what is written is read.
    #[test]
    fn numbers_and_texts_round_trip(number in any::<i64>(), wide in any::<i128>(), text in ".{0,80}") {
        let value = (number, wide, Some(Box::<str>::from(text)));
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        let mut input = Input::new(&bytes);
        prop_assert_eq!(<(i64, i128, Option<Box<str>>)>::read(&mut input), Ok(value));
        prop_assert_eq!(input.finish(), Ok(()));
    }
}
