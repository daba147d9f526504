//! Readings in chunks beside their session: few bytes an event, the same bill in any order.

use super::world::World;
use crate::{Key, Value};
use proptest::prelude::*;

/// A session of some hundred readings told in an order; its bill, its chunks and its own bytes.
fn told(order: &[usize]) -> (Vec<String>, Vec<usize>, usize) {
    let mut world = World::new();
    world.tell("00:00 start tx=7 token=alice meter=1000");
    for minute in order {
        let minute = minute + 1;
        world.tell(&format!(
            "{:02}:{:02} read tx=7 total={}",
            minute / 60,
            minute % 60,
            1_000 + minute * 100
        ));
    }
    let mut chunks = Vec::new();
    let (mut recent, mut counted) = (0, 0);
    for (key, value) in &world.state.entities {
        match (key, value) {
            (Key::Samples(_, _, number), Value::Samples(chunk)) => {
                assert_eq!(usize::from(*number), chunks.len());
                chunks.push(chunk.bytes().len());
            }
            (Key::Session(..), Value::Session(session)) => {
                counted = usize::from(session.chunks);
                recent = session.recent.bytes().len();
            }
            _ => {}
        }
    }
    assert_eq!(counted, chunks.len());
    world.tell(
        "08:00 end tx=7 meter=45000
         tick 00:02
         tick +35d00:02",
    );
    let left = |key: &&Key| matches!(key, Key::Session(..) | Key::Samples(..));
    assert_eq!(world.state.entities.keys().filter(left).count(), 0);
    (world.came(), chunks, recent)
}

#[test]
fn readings_in_order_leave_a_session_small_and_fill_one_chunk_after_the_other() {
    let order: Vec<usize> = (0..440).collect();
    let (_, chunks, recent) = told(&order);
    assert!(recent <= 80, "{recent}");
    assert!(chunks.len() >= 6, "{chunks:?}");
    assert!(chunks.iter().all(|bytes| *bytes < 512 + 80), "{chunks:?}");
}

#[test]
fn readings_told_backwards_stay_in_chunks_of_bounded_size() {
    let order: Vec<usize> = (0..440).rev().collect();
    let (_, chunks, recent) = told(&order);
    assert!(recent <= 600, "{recent}");
    assert!(chunks.iter().all(|bytes| *bytes <= 1_024), "{chunks:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_many_readings_does_not_matter(
        order in Just((0..440).collect::<Vec<usize>>()).prop_shuffle(),
        swaps in proptest::collection::vec((0..440_usize, 0..12_usize), 0..40),
    ) {
        let sorted: Vec<usize> = (0..440).collect();
        let mut nearly = sorted.clone();
        for (place, step) in swaps {
            nearly.swap(place, (place + step).min(439));
        }
        let expect = told(&sorted).0;
        prop_assert_eq!(&told(&order).0, &expect);
        prop_assert_eq!(&told(&nearly).0, &expect);
    }
}
