//! Bytes and words: Avro and CloudEvents JSON ⇄ domain, operator documents, recorded sessions.
//!
//! Invariant: this crate decides nothing. What it cannot read it refuses by name and place.

pub mod avro;
pub mod card_numbers;
pub mod cloud_events;
pub mod documents;
pub mod imports;
pub mod json;
pub mod json_tree;
mod limits;
mod listings;
pub mod ocpi;
pub mod resolution;
pub mod schema;
pub mod times;
pub mod topics;
pub mod unique_keys;

pub use avro::{Avro, DecodeError};
pub use resolution::{NoRegistry, SchemaFault, SchemaSource, SourceFault, Writer};
pub use schema::limit_allocations;
#[doc(hidden)]
pub use schema::{avro_enum, avro_field, avro_logical, avro_record};
pub use serde_json::Value as Json;

#[cfg(test)]
mod tests;
