//! What the fold must do, named from the rules: what a station tells, and what comes of it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stderr,
    reason = "a test that overflows fails, scripts pick what they look at, one that is left out says so"
)]

mod anomalies;
mod arrivals;
mod authorizations;
mod buyers;
mod chunks;
mod clocks;
mod corrections;
mod devices;
mod field;
mod laws;
mod live;
mod market;
mod metering;
mod model;
mod occupancy;
mod real;
mod registers;
mod repricing;
mod review;
mod thinning;
mod world;
