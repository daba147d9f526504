//! The sessions fold by itself: a reading's bytes in, state in hash maps.

use std::time::Duration;
use wattledger_benches::goal::{at_least, figure, rate, timed};
use wattledger_benches::scene::{self, Scene};
use wattledger_benches::state::FastState;
use wattledger_domain::charging::ChargingRecord;
use wattledger_sessions::Effect;
use wattledger_wire::topics::charging;

/// Minutes measured, in pairs; the first warms up.
const MINUTES: usize = 9;

/// So few sessions that their state stays in the processor's caches.
const CACHED: Scene = Scene { sessions: 500 };

pub fn measure(scene: Scene) {
    let (whole, alone) = readings(scene);
    at_least(
        "sessions fold, wire bytes in",
        "events/s/core",
        600_000.0,
        whole.rate(),
    );
    figure(
        "  of it the fold of a decoded record",
        "events/s/core",
        alone.rate(),
    );
    figure(
        "  with 500 live sessions",
        "events/s/core",
        readings(CACHED).0.rate(),
    );
}

/// Readings of some minutes: with their bytes decoded in the time, and decoded before.
fn readings(scene: Scene) -> (Spent, Spent) {
    let mut state = FastState::new(scene::at(0));
    let mut effects = Vec::new();
    for record in scene
        .documents()
        .chain(scene.openings())
        .chain(scene.readings(1))
    {
        fold(&mut state, &record, &mut effects);
    }
    effects.clear();
    let (mut whole, mut alone) = (Spent::default(), Spent::default());
    for minute in 2..=MINUTES {
        state.now = scene::at(minute);
        let encode = |record| charging::encode(&record);
        let bytes: Vec<Vec<u8>> = scene.readings(minute).map(encode).collect();
        if minute % 2 == 0 {
            whole.add(bytes.len(), || {
                for bytes in &bytes {
                    fold(&mut state, &decode(bytes), &mut effects);
                }
            });
        } else {
            let decoded: Vec<ChargingRecord> = bytes.iter().map(|bytes| decode(bytes)).collect();
            alone.add(decoded.len(), || {
                for record in &decoded {
                    fold(&mut state, record, &mut effects);
                }
            });
        }
    }
    assert_eq!(effects.len(), 0, "plain readings have no effects");
    (whole, alone)
}

#[derive(Default)]
struct Spent {
    events: usize,
    time: Duration,
}

impl Spent {
    fn add(&mut self, events: usize, work: impl FnOnce()) {
        self.events += events;
        self.time += timed(work);
    }

    fn rate(&self) -> f64 {
        rate(self.events, self.time)
    }
}

fn decode(bytes: &[u8]) -> ChargingRecord {
    charging::decode(bytes).unwrap()
}

fn fold(state: &mut FastState, record: &ChargingRecord, effects: &mut Vec<Effect>) {
    wattledger_sessions::fold(state, record, effects).unwrap();
}
