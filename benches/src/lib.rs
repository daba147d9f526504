//! What the benchmarks measure on: a scene of live sessions, a fast state, the CPU time of a thread.

pub mod goal;
pub mod scene;
pub mod state;
