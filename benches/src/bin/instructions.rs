//! One step many times, to be counted by callgrind: instructions do not depend on the machine's load.
//!
//! `valgrind --tool=callgrind --toggle-collect='*::counted_*' target/release/instructions`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures: what it cannot set up it cannot measure"
)]

use wattledger_benches::scene::{self, Scene};
use wattledger_benches::state::FastState;
use wattledger_sessions::Effect;
use wattledger_wire::topics::charging;

const SCENE: Scene = Scene { sessions: 1_000 };

fn main() {
    let mut state = FastState::new(scene::at(0));
    let mut effects = Vec::new();
    for record in SCENE
        .documents()
        .chain(SCENE.openings())
        .chain(SCENE.readings(1))
    {
        wattledger_sessions::fold(&mut state, &record, &mut effects).unwrap();
    }
    let bytes: Vec<Vec<u8>> = SCENE
        .readings(2)
        .map(|record| charging::encode(&record))
        .collect();
    // The tables of schemas are made at the first use.
    charging::decode(&bytes[0]).unwrap();
    counted_readings(&mut state, &bytes, &mut effects);
    println!(
        "counted {} readings: divide the instructions by it",
        bytes.len()
    );
}

/// Readings decoded and folded.
#[inline(never)]
fn counted_readings(state: &mut FastState, bytes: &[Vec<u8>], effects: &mut Vec<Effect>) {
    for bytes in bytes {
        let record = charging::decode(bytes).unwrap();
        wattledger_sessions::fold(state, &record, effects).unwrap();
    }
}
