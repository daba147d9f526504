//! Malformed records of every class among good ones, through intake and all stages on the embedded
//! log: each has its one outcome, nothing stops, and the good ones are billed as if alone.
//!
//! Source of the classes: reliability §3.3. Not among them: a map with duplicate keys, since no record of
//! ours has a map; a registry that answers 500 pauses its partition (tests/kafka/tests/registry.rs).

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed step fails the run, its numbers are small"
)]

mod classes;
mod engine;
mod good;

pub use classes::{CLASSES, Class, Expected, malformed};
pub use engine::{Found, Run, run};
pub use good::{EVENTS_OF_A_SESSION, event};
