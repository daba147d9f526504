//! What one record costs. Figures are printed; only in a release build do they mean something.

use super::samples;
use crate::topics::{account, charging};
use std::hint::black_box;
use std::time::Instant;

#[test]
#[allow(clippy::print_stderr, reason = "a measurement is for people")]
fn a_record_is_encoded_and_decoded_in_well_under_a_millisecond() {
    let update = samples::typical_update();
    let bytes = charging::encode(&update);
    let decode = nanoseconds(&mut || drop(black_box(charging::decode(black_box(&bytes)))));
    let encode = nanoseconds(&mut || drop(black_box(charging::encode(black_box(&update)))));
    eprintln!("SessionUpdated with one sample: decode {decode} ns, encode {encode} ns");

    let all = samples::all();
    let bill = all
        .iter()
        .find(|sample| sample.name == "wattledger.accounts.SessionBill")
        .unwrap();
    let record = account::decode(&bill.bytes).unwrap();
    let decode = nanoseconds(&mut || drop(black_box(account::decode(black_box(&bill.bytes)))));
    let encode = nanoseconds(&mut || drop(black_box(account::encode(black_box(&record)))));
    eprintln!("SessionBill with its terms: decode {decode} ns, encode {encode} ns");
}

/// The mean cost of a call; it is below a millisecond on any machine.
fn nanoseconds(call: &mut dyn FnMut()) -> u128 {
    const ROUNDS: u32 = if cfg!(debug_assertions) { 200 } else { 100_000 };
    let begun = Instant::now();
    (0..ROUNDS).for_each(|_| call());
    let mean = begun.elapsed().as_nanos() / u128::from(ROUNDS);
    assert!(mean < 1_000_000, "{mean} ns");
    mean
}
