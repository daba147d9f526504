//! `wattledger_fuzzing::import_files`, fed by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wattledger_fuzzing::import_files(bytes));
