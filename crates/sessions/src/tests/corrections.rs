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
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "Late",
        ],
    );
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
