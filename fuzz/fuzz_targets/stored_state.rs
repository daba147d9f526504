//! `wattledger_fuzzing::stored_state`, fed by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wattledger_fuzzing::stored_state(bytes));
