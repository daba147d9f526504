//! Holds for review, late events, and what is forgotten when.

use super::world::{World, check};
use crate::Key;

const BILLED: &str = "08:00 start tx=7 token=alice meter=1000
     09:00 end tx=7
     tick 00:01";

#[test]
fn a_session_without_a_payer_is_held_until_somebody_answers_for_it() {
    check(
        "08:00 start tx=7 token=?x meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01
         09:10 resolve account=alice",
        &[
            "token unknown",
            "held [NoPayer] 10000 Wh",
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn late_readings_within_the_window_give_one_new_version() {
    check(
        &format!(
            "{BILLED}
             08:30 read tx=7 total=3000
             08:50 read tx=7 total=5000
             tick 00:02"
        ),
        &[
            "opened alice",
            "rated v1 08:00-09:00 0 Wh 0.00 EUR",
            "Late",
            "rated v2 08:00-09:00 4000 Wh 2.00 EUR [LateEvents]",
        ],
    );
}

#[test]
fn late_readings_that_change_nothing_on_the_bill_give_no_new_version() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01
         08:30 read tx=7 total=6000
         tick 00:02",
        &["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"],
    );
}

#[test]
fn what_follows_every_rated_session_is_folded_without_a_word() {
    check(
        "08:00 start tx=7 token=alice meter=1000 seq=0
         09:00 end tx=7 meter=11000 seq=1
         09:00 status is=finishing
         09:05 status is=available
         09:00 read tx=7 total=11000 seq=2
         tick 10:00",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "Duplicate",
        ],
    );
}

#[test]
fn a_real_end_that_says_what_was_inferred_changes_nothing() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         09:00 boot
         tick +1d00:00
         08:30 end tx=7 meter=6000
         tick +1d00:01",
        &[
            "opened alice",
            "rated v1 08:00-08:30 5000 Wh 2.50 EUR [EndInferred]",
        ],
    );
}

#[test]
fn a_held_session_is_proposed_anew_when_a_late_reading_changes_it() {
    check(
        "08:00 start tx=7 token=?x meter=1000
         09:00 end tx=7
         tick 00:01
         08:30 read tx=7 total=3000
         08:30 status is=charging
         tick 00:02",
        &[
            "token unknown",
            "held [NoPayer] 0 Wh",
            "Late",
            "held [NoPayer] 2000 Wh",
        ],
    );
}

#[test]
fn the_same_source_and_id_is_a_duplicate_whatever_else_it_says() {
    check(
        "08:00 start tx=7 token=alice meter=1000 id=a
         08:00 start tx=7 token=alice meter=1001 id=a
         09:00 end tx=7 meter=11000 id=b
         09:01 end tx=7 meter=12000 id=b
         tick 00:01
         tick +35d00:01
         08:00 start tx=7 token=alice meter=1002 id=a",
        &[
            "opened alice",
            "Duplicate",
            "Duplicate",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "Duplicate",
        ],
    );
}

#[test]
fn an_event_that_nobody_claims_and_a_token_that_nobody_answers_for_are_told_when_they_expire() {
    let mut world = World::new();
    world.tell(
        "08:00 start tx=7 token=?x meter=1000
         09:00 end tx=7 meter=11000
         09:00 read tx=8 evse=2 total=6000
         tick 00:01
         tick +1d09:01
         tick +400d00:01",
    );
    assert_eq!(
        world.came(),
        [
            "token unknown",
            "Unresolved",
            "held [NoPayer] 10000 Wh",
            "Unresolved",
            "Unresolved",
        ]
    );
    world.tell("tick +500d00:00");
    assert!(world.state.timers.is_empty());
}

#[test]
fn after_the_window_session_and_readings_are_gone_but_its_start_bills_nothing_again() {
    let mut world = World::new();
    world.tell(BILLED);
    world.tell(
        "tick +35d00:01
         08:00 start tx=7 token=alice meter=1000
         tick +36d00:00
         08:30 read tx=7 total=3000",
    );
    let expect = [
        "opened alice",
        "rated v1 08:00-09:00 0 Wh 0.00 EUR",
        "Duplicate",
        "TooLate",
    ];
    assert_eq!(world.came(), expect);
    let left = |key: &&Key| {
        matches!(
            key,
            Key::Session(..) | Key::Samples(..) | Key::Transaction(..)
        )
    };
    assert_eq!(world.state.entities.keys().filter(left).count(), 0);
    world.tell("tick +500d00:00");
    assert!(world.state.timers.is_empty());
}
