//! `wattledger_fuzzing::ocpp_log`, fed by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wattledger_fuzzing::ocpp_log(bytes));
