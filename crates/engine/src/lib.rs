//! Binds the folds to topics, keys and stores; intake, clock, payments and views workers; replay; audit.
//!
//! Invariant: no arithmetic on money: amounts come from the folds and are passed on.

pub mod audit;
pub mod directory;
pub mod intake;
pub mod kafka;
pub mod letters;
pub mod live;
pub mod opening;
pub mod payments;
pub mod pipeline;
pub mod project;
pub mod registry;
pub mod replay;
pub mod rerating;
pub mod retention;
pub mod service;
pub mod stage;
mod stored;
pub mod task;
pub mod topics;
