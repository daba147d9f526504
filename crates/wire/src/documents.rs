//! Operator documents: JSON (or YAML, read to JSON by the edge) ⇄ reference data.
//!
//! `{kind, id, validFrom?, validTo?, spec}`. What a document leaves out has the default that the
//! JSON Schema (`schemas/documents.schema.json`) states; unknown fields are refused.

mod canonical;
mod device;
mod market;
mod occupancy;
mod parse;
mod policy;
mod reader;
mod render;
mod taxes;

pub use canonical::canonical_json;
pub use parse::{Submission, content, submission};
pub use reader::Fault;
pub use render::text_of;
pub(crate) use render::{legal_entity_text, policy_text};
pub use taxes::named_taxes;

use serde_json::Value;

/// The JSON Schema of every kind of document.
///
/// # Panics
/// Never: a test reads it.
#[must_use]
pub fn json_schema() -> Value {
    serde_json::from_str(include_str!("../../../schemas/documents.schema.json"))
        .expect("a test reads the schema")
}
