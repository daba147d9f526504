//! The programs of examples/python against a real broker: a gateway's session is the same in every
//! form, a ledger comes to the engine's figures and finds every planted fault.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failure must fail the test"
)]

mod billed;
mod engine;
mod gateway;
mod interpreter;
mod ledger;
mod operating;
