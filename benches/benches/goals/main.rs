//! The goals of the hot path and how far they are reached: the fold alone, and the turn around it.
//!
//! Run by `cargo bench -p wattledger-benches`; each line names its goal.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    reason = "a program that measures: what it cannot set up it cannot measure"
)]

mod fold;
mod turn;
mod written;

use wattledger_benches::scene::Scene;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Live sessions of every measurement here.
const SCENE: Scene = Scene { sessions: 100_000 };

fn main() {
    // `cargo bench` and `cargo test --benches` pass flags of a test harness: only a name narrows.
    let only = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if wanted("fold") {
        fold::measure(SCENE);
    }
    if wanted("turn") {
        turn::measure(SCENE);
    }
    if wanted("written") {
        written::measure();
    }
}
