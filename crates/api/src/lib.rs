//! HTTP in and out: events in, and what became of them; queries, reports, metrics.
//!
//! The api owns the [`Backend`] trait and hands everything to it. Invariant: it writes no state, folds
//! nothing and computes no amount; every fault names what was wrong and what to do.

pub mod backend;
pub mod code;
pub mod fault;
mod guard;
mod ingest;
mod query;
mod serve;

pub use backend::Backend;
pub use code::Code;
pub use fault::Fault;
pub use serve::{Server, router};

#[cfg(test)]
mod tests;
