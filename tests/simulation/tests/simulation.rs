//! The program as its users have it: processes, directories, kill -9.
//!
//! Invariant tested: what a replay publishes depends on its inputs alone, not on when it was killed
//! nor on how its input was cut into turns.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::print_stderr,
    reason = "says which real data a run went without"
)]
#![allow(
    clippy::arithmetic_side_effects,
    reason = "seeds, delays and counts of tests; overflow fails the test"
)]

mod disturbed;
mod imports;
mod kills;
mod outputs;
mod program;
