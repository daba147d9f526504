//! What one record costs. Figures are printed; only in a release build do they mean something.

use super::samples::typical_update;
use crate::topics::charging::{decode, encode};
use std::hint::black_box;
use std::time::Instant;

#[test]
#[allow(clippy::print_stderr, reason = "a measurement is for people")]
fn a_record_is_encoded_and_decoded_in_well_under_a_millisecond() {
    const ROUNDS: u32 = if cfg!(debug_assertions) {
        2_000
    } else {
        500_000
    };
    let record = typical_update();
    let bytes = encode(&record);
    let measured = |what: &mut dyn FnMut()| {
        let begun = Instant::now();
        (0..ROUNDS).for_each(|_| what());
        begun.elapsed().as_nanos() / u128::from(ROUNDS)
    };
    let decoding = measured(&mut || drop(black_box(decode(black_box(&bytes)))));
    let encoding = measured(&mut || drop(black_box(encode(black_box(&record)))));
    eprintln!(
        "SessionUpdated, one sample, {} bytes: decode {decoding} ns, encode {encoding} ns",
        bytes.len()
    );
    assert!(decoding < 1_000_000 && encoding < 1_000_000);
}
