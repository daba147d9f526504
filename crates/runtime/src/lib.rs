//! The exactly-once turn: a fold over one partition of a log, with its state in a store.
//!
//! # One commit
//! A [`Task`] fetches records, checks their links, fires due timers and folds them into an overlay
//! of decoded objects. A [`Worker`] then commits outputs, changelog and input offsets of its tasks to
//! the log together.
//! Only once that is durable does one write batch take the overlay into the store, with the offsets
//! it stands for. So a crash leaves the store behind the log and never ahead:
//!
//! | crash | log | store | on opening |
//! |---|---|---|---|
//! | before the commit | nothing of the turn | behind by nothing | the turn is folded again |
//! | after the commit, before the store | all of the turn | one turn behind | rolled forward from the changelog |
//! | after the store | all of it | equal | nothing to do |
//! | power lost after an unsynced commit | nothing of the turn | equal: it waits for the sync | folded again |
//!
//! A store ahead of its log has lost its log: opening stops loudly.
//!
//! # Same log, same bytes
//! Everything a fold depends on is a record of its one input topic, logical time moves only by
//! ticks among them, and outputs are numbered per destination. How records are cut into turns shows
//! nowhere.
//!
//! Invariant: this crate knows nothing of what is folded.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "offsets, counters and lengths: bounded by memory and by 2^63 records"
)]

pub mod codec;
mod codes;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod fold;
pub mod link;
pub mod log;
pub mod meta;
pub mod metrics;
pub mod overlay;
pub mod partitioner;
pub mod record;
pub mod store;
pub mod task;
pub mod timers;
pub mod turn;

pub use fold::{Class, Fold, Refusal, StateFault, Turn};
pub use log::embedded::EmbeddedLog;
pub use log::{Cleanup, CommitError, Consumer, Log, LogError, Producer, TopicSettings, Visibility};
pub use record::{Destination, Link, Outgoing, Record, Urgency};
pub use store::{MemoryStore, RocksStore, Store, StoreError};
pub use task::{Task, TaskConfig, TaskError, TurnReport};
pub use timers::Timer;
pub use turn::{TaskStanding, Turns, Worker};
