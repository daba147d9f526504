//! `wattledger_fuzzing::cdr_json`, fed by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wattledger_fuzzing::cdr_json(bytes));
