//! The desk on a whole engine: a record that cannot be read is set aside, mended, driven in again, and
//! bills what it would have billed, once.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "ground/world.rs"]
#[allow(dead_code, reason = "each test tells some of it")]
mod world;

use serde_json::json;
use wattledger_engine::audit;
use wattledger_engine::letters::{Redrive, coordinates};
use wattledger_runtime::LogError;
use world::{World, at, end, start};

#[test]
fn what_was_set_aside_is_mended_driven_in_again_and_billed_once() {
    let mut world = World::new();
    world.told(&start());
    world.written(b"\xc3\x01 no event of ours");
    let waiting = world.waiting();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!((&*waiting[0].stage, waiting[0].bytes), ("sessions", 19));
    let kept = world.service.letter(&waiting[0]).unwrap().unwrap();
    assert_eq!(kept.value.unwrap(), b"\xc3\x01 no event of ours");

    // As it is, it is set aside again: where it stands now.
    assert_eq!(world.redrive(&waiting, None).redriven, 1);
    let again = world.waiting();
    assert_eq!(again.len(), 1);
    assert_ne!(coordinates(&again[0]), coordinates(&waiting[0]));

    assert_eq!(world.redrive(&again, Some(end())).redriven, 1);
    assert_eq!(world.waiting(), []);
    world.tick(120);
    assert_eq!(world.billed(), [595]);

    // Driven in twice, it counts once; so it does when the same event comes by another door.
    let twice = world.redrive(&[waiting, again].concat(), Some(end()));
    assert_eq!((twice.redriven, twice.left.len()), (0, 2));
    assert!(twice.left[0].1.contains("before"), "{twice:?}");
    world.told(&end());
    world.tick(180);
    assert_eq!(world.billed(), [595]);
    let report = audit::audit(&world.service.log, &world.service.topics, || {
        Ok::<_, LogError>(None)
    });
    let report = report.unwrap();
    assert!(report.is_clean(), "{report:#?}");
}

#[test]
fn a_mended_event_that_cannot_be_taken_leaves_everything_as_it_was() {
    let mut world = World::new();
    world.written(b"");
    let waiting = world.waiting();
    assert_eq!(waiting.len(), 1);
    let asked = Redrive {
        letters: waiting.clone(),
        mended: Some(json!({ "type": "moon.landed" })),
        by: "ada".into(),
        reason: "a try".into(),
        at: at(90),
    };
    assert!(world.service.redrive(&asked).is_err());
    assert_eq!(world.waiting(), waiting);
}
