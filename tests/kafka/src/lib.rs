//! A real Apache Kafka broker for tests, and a proxy that breaks the wire between it and a client.
//!
//! Invariant: every process is ended by its own id, also when a test panics or is killed; ports are
//! found free, never fixed; each wait has an end.

#![allow(
    clippy::unwrap_used,
    reason = "only tests use this; a failure must fail the test"
)]

mod broker;
mod proxy;
mod registry;

pub use broker::{Broker, Setup, Usage};
pub use proxy::{ApiKey, Fault, Proxy};
pub use registry::SchemaRegistry;

use std::path::{Path, PathBuf};

/// A file of the checkout.
#[must_use]
pub fn of_checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}
