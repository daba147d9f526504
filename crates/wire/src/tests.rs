//! What crosses modules: every record's bytes against Avro's own library, committed schemas and
//! goldens, the published JSON Schemas and docs, real files.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "an overflow or another variant fails the test, as it should"
)]

mod against_avro;
mod documents;
mod events;
mod events_doc;
mod evolution;
mod hostile;
mod imports;
mod ocpp;
mod real_files;
mod rendering;
pub mod samples;
mod schema_files;
mod speed;
