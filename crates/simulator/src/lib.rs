//! A charging network and a payment processor that do not exist, from a seed.
//!
//! Invariant: equal seed and equal calls give equal bytes. Wall time is used by the live processor and
//! the live load alone, and chance comes from [`draw::Draw`] alone.

pub mod chargers;
pub mod day;
pub mod draw;
pub mod load;
pub mod processor;

pub use chargers::Chargers;
pub use day::Scenario;
pub use processor::{Mode, Processor, ProcessorConfig};
