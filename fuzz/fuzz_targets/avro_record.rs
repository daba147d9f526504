//! `wattledger_fuzzing::avro_record`, fed by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wattledger_fuzzing::avro_record(bytes));
