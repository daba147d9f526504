//! The toy on a log and stores that fail: whatever dies, is refused, comes late or loses its power,
//! what is left in the end is what an undisturbed run leaves. Every failure names the seed that
//! repeats it.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a failed step fails the test, and its numbers are small"
)]

#[path = "toy/counting.rs"]
mod counting;
#[path = "simulation/outcome.rs"]
mod outcome;
#[path = "simulation/planted.rs"]
mod planted;
#[path = "simulation/world.rs"]
mod world;

use planted::Bug;
use std::collections::BTreeMap;
use wattledger_runtime::log::simulated::{Faults, Flavour, Mishap, Rates, Step};
use world::World;

const SEEDS: u64 = 1_000;
const FLAVOURS: [Flavour; 2] = [Flavour::Embedded, Flavour::Kafka];

fn flavour(seed: u64) -> Flavour {
    if seed.is_multiple_of(2) {
        Flavour::Embedded
    } else {
        Flavour::Kafka
    }
}

#[test]
fn whatever_fails_nothing_is_lost_and_nothing_doubled() {
    let mut happened: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..SEEDS {
        let flavour = flavour(seed);
        let undisturbed = World::new(flavour, seed, Faults::none()).drained().unwrap();
        undisturbed.says_enough();
        let faults = Faults::new(seed, Rates::drawn(seed));
        let mut world = World::new(flavour, seed, faults.clone());
        let disturbed = world.disturbed(80);
        let disturbed = disturbed.unwrap_or_else(|fault| panic!("SEED={seed}: {fault}"));
        assert!(
            disturbed == undisturbed,
            "SEED={seed}: {}",
            disturbed.difference(&undisturbed)
        );
        for ((step, mishap), times) in faults.happened() {
            *happened.entry(format!("{step:?} {mishap:?}")).or_insert(0) += times;
        }
        for (deed, times) in world.deeds() {
            *happened.entry(deed.to_owned()).or_insert(0) += times;
        }
    }
    let never: Vec<String> = expected()
        .into_iter()
        .filter(|what| !happened.contains_key(what))
        .collect();
    assert!(
        never.is_empty(),
        "no seed has met {never:?}; met were {happened:?}"
    );
}

/// Everything that some seed must have met.
fn expected() -> Vec<String> {
    let steps = [
        Step::Initialise,
        Step::Committed,
        Step::Ends,
        Step::Fetch,
        Step::Begin,
        Step::Send,
        Step::SendOffset,
        Step::Commit,
        Step::Sync,
        Step::StoreRead,
        Step::StoreWrite,
    ];
    let anywhere = [Mishap::Refused, Mishap::DiedBefore, Mishap::DiedAfter];
    let commits = [
        Mishap::ReplyLost,
        Mishap::CommitLost,
        Mishap::CommitLate,
        Mishap::ArrivedLate,
        Mishap::Aborted,
    ];
    let mut all: Vec<String> = Vec::new();
    for step in steps {
        all.extend(anywhere.iter().map(|mishap| format!("{step:?} {mishap:?}")));
    }
    all.extend(
        commits
            .iter()
            .map(|mishap| format!("{:?} {mishap:?}", Step::Commit)),
    );
    all.extend(world::DEEDS.map(str::to_owned));
    all
}

/// One small story, and a death before and after each of its steps, without and with a power loss.
#[test]
fn a_death_between_any_two_steps_changes_nothing() {
    for flavour in FLAVOURS {
        let whole = Faults::none();
        let undisturbed = World::small(flavour, whole.clone()).drained().unwrap();
        let steps = whole.steps();
        assert!(steps > 150, "the story is too short: {steps} steps");
        for step in 0..steps {
            for mishap in [Mishap::DiedBefore, Mishap::DiedAfter] {
                let mut world = World::small(flavour, Faults::dying_at(step, mishap));
                let power = world::Power::of(step.is_multiple_of(2));
                let outcome = world.drained_through_death(power);
                let outcome = outcome.unwrap_or_else(|fault| panic!("{mishap:?} {step}: {fault}"));
                let difference = || outcome.difference(&undisturbed);
                assert!(
                    outcome == undisturbed,
                    "{mishap:?} {step}: {}",
                    difference()
                );
            }
        }
    }
}

#[test]
fn a_seed_repeats_itself_to_the_byte() {
    let run = |seed| {
        let faults = Faults::new(seed, Rates::drawn(seed));
        let mut world = World::new(flavour(seed), seed, faults.clone());
        (
            world.disturbed(80).unwrap(),
            faults.steps(),
            faults.happened(),
        )
    };
    for seed in 0..10 {
        assert!(run(seed) == run(seed), "SEED={seed}");
    }
}

#[test]
fn a_log_that_has_lost_its_end_stops_its_readers_loudly() {
    for flavour in FLAVOURS {
        let mut world = World::new(flavour, 1, Faults::none());
        world.drained().unwrap();
        world.truncate("middle", 0, 3);
        let error = world.drained().err().unwrap();
        assert!(error.contains("its input ends at"), "{error}");
    }
}

#[test]
fn a_hole_between_two_stages_stops_the_second_loudly() {
    let mut world = World::new(Flavour::Embedded, 1, Faults::none());
    world.drained_first(0).unwrap();
    world.truncate("middle", 0, 2);
    world.append(&counting::input(7, 40));
    let error = world.drained().err().unwrap();
    assert!(error.contains("records between are missing"), "{error}");
}

/// The test of the test: each bug must be seen within so many seeds.
#[track_caller]
fn check_caught(bug: Bug) {
    for seed in 0..SEEDS {
        let flavour = flavour(seed);
        let undisturbed = World::new(flavour, seed, Faults::none()).drained().unwrap();
        let faults = Faults::new(seed, Rates::drawn(seed));
        let mut world = World::new(flavour, seed, faults);
        world.plant(bug);
        let caught = match world.disturbed(80) {
            Ok(outcome) => outcome != undisturbed,
            Err(_) => true,
        };
        if caught {
            return;
        }
    }
    panic!("{bug:?} was not caught in {SEEDS} seeds");
}

#[test]
fn a_second_begin_after_an_indefinite_commit_without_a_new_producer_is_caught() {
    check_caught(Bug::ProducerKept);
}

#[test]
fn a_store_written_before_the_commit_is_caught() {
    check_caught(Bug::StoreBeforeCommit);
}

#[test]
fn a_store_written_before_its_commits_are_durable_is_caught() {
    check_caught(Bug::StoreBeforeSync);
}

#[test]
fn offsets_committed_apart_from_their_outputs_are_caught() {
    check_caught(Bug::OffsetsApart);
}

#[test]
fn an_offset_that_is_the_last_instead_of_the_next_is_caught() {
    check_caught(Bug::LastOffset);
}

#[test]
fn an_indefinite_commit_taken_for_done_is_caught() {
    check_caught(Bug::IndefiniteIsDone);
}

#[test]
fn a_transactional_id_that_changes_with_every_start_is_caught() {
    check_caught(Bug::RandomId);
}
