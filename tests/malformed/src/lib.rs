//! Malformed records of every class among good ones, through intake and all stages on the embedded
//! log: each has its one outcome, nothing stops, and the good ones are billed as if alone.
//!
//! Source of the classes: the design's reliability page. Not among them: a registry that answers 500, which
//! pauses its partition (tests/kafka/tests/registry.rs).

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed step fails the run, its numbers are small"
)]

mod classes;
mod engine;
mod good;
mod redriven;
mod spent;

pub use classes::{CLASSES, Class, Expected, framed_sessions, malformed};
pub use engine::{Among, Found, Run, run};
pub use good::{EVENTS_OF_A_SESSION, event};
pub use redriven::Redriven;
pub use spent::Spent;
