//! `wattledger_fuzzing::event_stream`, fed by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wattledger_fuzzing::event_stream(bytes));
