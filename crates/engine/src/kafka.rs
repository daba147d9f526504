//! The engine on Apache Kafka: stages in consumer groups, scaled by ops.
//!
//! Invariant: a partition's task lives only while its group says that the partition is ours.

pub mod intake;
pub mod payments;
pub mod quiet;
pub mod run;
pub mod stages;
pub mod topics;
