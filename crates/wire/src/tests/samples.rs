//! Values of every published record, ugly ones on purpose: no texts, long texts, other scripts, the
//! ends of the 64-bit range, every symbol, every variant, every option absent and there.

mod billing;
mod charging;
mod control;
mod review;
mod sessions;

pub use charging::typical_update;

use crate::avro::{Avro, DecodeError, Input, put_long};
use crate::topics::published;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use wattledger_domain::hash::Digest;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::time::Timestamp;

/// A value of a record, as its bytes and the way back.
pub struct Sample {
    /// Full name of its schema.
    pub name: String,
    /// Framed.
    pub bytes: Vec<u8>,
    /// Whether bytes decode to the same value.
    pub same: Box<Same>,
}

type Same = dyn Fn(&[u8]) -> Result<bool, DecodeError>;

/// Every sample; the first of a name is its fullest and is its golden.
pub fn all() -> Vec<Sample> {
    let mut all = charging::all();
    all.extend(control::all());
    all.extend(review::all());
    all.extend(sessions::all());
    all.extend(billing::all());
    all
}

fn sample<T: PartialEq + 'static>(
    value: T,
    encode: fn(&T) -> Vec<u8>,
    decode: fn(&[u8]) -> Result<T, DecodeError>,
) -> Sample {
    let bytes = encode(&value);
    let fingerprint: [u8; 8] = bytes[2..10].try_into().unwrap();
    let fingerprint = u64::from_le_bytes(fingerprint);
    let name = names()[&fingerprint].clone();
    Sample {
        name,
        bytes,
        same: Box::new(move |bytes| decode(bytes).map(|again| again == value)),
    }
}

fn names() -> &'static BTreeMap<u64, String> {
    static NAMES: OnceLock<BTreeMap<u64, String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        published()
            .into_iter()
            .map(|known| (known.fingerprint, known.name))
            .collect()
    })
}

/// Every symbol of an enum without data.
fn symbols<T: Avro>() -> Vec<T> {
    let read = |index| {
        let mut bytes = Vec::new();
        put_long(&mut bytes, index);
        T::read(&mut Input::new(&bytes)).ok()
    };
    (0..).map_while(read).collect()
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::parse("JPY").unwrap())
}

const NOON: Timestamp = Timestamp(1_764_072_000_000);
const MOST: Timestamp = Timestamp(i64::MAX);
const LEAST: Timestamp = Timestamp(i64::MIN);
const KWH: MilliwattHours = MilliwattHours(1_000_000);
const SCRIPTS: &str = "Ladesäule №7 充電 🔌 \"\\\u{0}\u{7f}\n";

fn long_text() -> String {
    "ÿ".repeat(200)
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

#[test]
fn every_published_record_has_a_sample() {
    let all = all();
    for published in published() {
        assert!(
            all.iter().any(|sample| sample.name == published.name),
            "{}",
            published.name
        );
    }
}
