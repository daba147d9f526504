//! What the fold must do, named from the rules: what a station tells, and what comes of it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test that overflows fails, and scripts pick what they look at"
)]

mod anomalies;
mod authorizations;
mod chunks;
mod corrections;
mod field;
mod laws;
mod metering;
mod registers;
mod thinning;
mod world;
