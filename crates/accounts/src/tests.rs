//! Whole accounts, from authorisation to the last refund, told as what they do.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails, as it should"
)]

mod contracts;
mod corrections;
mod holds;
mod laws;
mod money;
mod processor;
mod trouble;
mod withdrawals;
mod world;
