//! What is done with bytes that nobody sane sends, one function a target.
//!
//! cargo-fuzz (`fuzz/`, `make fuzz`) calls these with what it finds; `cargo test` calls them with
//! the committed corpora. Invariant: whatever the bytes, a function returns; what was read reads again
//! as it was written.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed step is what is looked for"
)]

mod bytes;
mod folds;
mod mutation;
mod readers;
mod state;

pub use folds::{event_stream, usage_stream};
pub use mutation::Chance;
pub use readers::{
    avro_record, cdr_json, document_json, event_json, import_files, ocpp_log, tariff_json,
};
pub use state::{STAGES, is_read, stored_state};

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which its corpus and its program in `fuzz/` carry.
pub const TARGETS: &[(&str, Target)] = &[
    ("avro_record", avro_record),
    ("cdr_json", cdr_json),
    ("document_json", document_json),
    ("event_json", event_json),
    ("event_stream", event_stream),
    ("import_files", import_files),
    ("ocpp_log", ocpp_log),
    ("stored_state", stored_state),
    ("tariff_json", tariff_json),
    ("usage_stream", usage_stream),
];
