//! Starts, ends and which session an event is about (ev-domain §2).

use super::world::{World, check};
use crate::{Effect, fold};

#[test]
fn a_session_is_metered_and_rated_when_its_grace_is_over() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         09:00 end tx=7 meter=11000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"],
    );
}

#[test]
fn a_gapless_sequence_is_rated_at_once() {
    check(
        "08:00 start tx=7 token=alice meter=1000 seq=0
         09:00 end tx=7 meter=11000 seq=2
         08:30 read tx=7 total=6000 seq=1
         tick 00:01
         10:00 start tx=8 token=bob meter=11000 seq=0
         10:30 read tx=8 total=13000 seq=1
         11:00 end tx=8 meter=16000 seq=2",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "opened bob",
            "rated v1 10:00-11:00 5000 Wh 2.50 EUR",
        ],
    );
}

#[test]
fn anomaly_4_a_second_end_that_differs_is_held_and_never_a_second_invoice() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         09:00 end tx=7 meter=12000
         tick 00:01",
        &[
            "opened alice",
            "Conflicting",
            "held [ConflictingEnd] 10000 Wh",
        ],
    );
}

#[test]
fn anomaly_4_both_ends_are_told_to_the_person_who_decides() {
    let mut world = World::new();
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         09:05 end tx=7 meter=12000
         09:06 end tx=7",
    );
    let told = world.effects.iter().filter_map(|effect| match effect {
        Effect::Outcome(outcome) => Some(&*outcome.detail),
        _ => None,
    });
    assert_eq!(
        told.collect::<Vec<&str>>(),
        [
            "another end was told before: 2026-03-02T09:00:00Z at 11000 Wh; \
             this one: 2026-03-02T09:05:00Z at 12000 Wh",
            "another end was told before: 2026-03-02T09:00:00Z at 11000 Wh; \
             this one: 2026-03-02T09:06:00Z without a register",
        ]
    );
}

#[test]
fn anomaly_5_the_same_end_in_another_message_is_a_duplicate() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         09:00 end tx=7 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "Duplicate",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn anomaly_7_an_end_before_its_start_waits_and_is_claimed() {
    check(
        "09:00 end tx=7 meter=11000
         08:00 start tx=7 token=alice meter=1000
         tick 00:01",
        &[
            "Unresolved",
            "opened alice",
            "Claimed",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn anomaly_8_the_same_start_again_is_the_same_session() {
    check(
        "08:00 start token=alice meter=1000
         08:00 start token=alice meter=1000 tx=7
         08:30 read tx=7 total=6000
         09:00 end tx=7 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "Duplicate",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn anomaly_9_one_transaction_id_on_two_evses_closes_only_its_own() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:00 start evse=2 tx=7 token=bob meter=500
         09:00 end evse=1 tx=7 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "opened bob",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn anomaly_10_an_untrusted_clock_gives_way_to_the_time_of_receipt() {
    check(
        "08:00! start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR [ClockSuspect]",
        ],
    );
}

#[test]
fn anomaly_16_a_next_start_ends_the_last_session_at_its_last_reading() {
    check(
        "08:00 start evse=1 token=alice meter=1000
         08:30 read evse=1 total=6000
         10:00 start evse=1 token=bob meter=6000
         tick 00:01
         tick +1d00:00",
        &[
            "opened alice",
            "opened bob",
            "rated v1 08:00-08:30 5000 Wh 2.50 EUR [EndInferred]",
        ],
    );
}

#[test]
fn anomaly_16_a_boot_ends_what_was_open_and_a_late_real_end_corrects() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         09:00 boot
         tick +1d00:00
         08:45 end tx=7 meter=7000
         tick +1d00:01",
        &[
            "opened alice",
            "rated v1 08:00-08:30 5000 Wh 2.50 EUR [EndInferred]",
            "Late",
            "rated v2 08:00-08:45 6000 Wh 3.00 EUR",
        ],
    );
}

#[test]
fn a_transaction_that_goes_on_after_a_boot_was_not_over() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         09:00 boot
         09:30 read tx=7 total=7000
         tick +1d00:00
         10:00 end tx=7 meter=8000
         tick +1d00:01",
        &["opened alice", "rated v1 08:00-10:00 7000 Wh 3.50 EUR"],
    );
}

#[test]
fn anomaly_17_readings_after_the_end_fold_within_the_grace() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7
         09:01 read tx=7 total=11000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"],
    );
}

#[test]
fn anomaly_17_readings_after_the_bill_correct_it_where_it_differs_lbbrhzn_2075() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:50 read tx=7 total=10000
         09:00 end tx=7
         tick 09:02
         09:04 read tx=7 total=11000
         tick 09:10
         09:06 read tx=7 total=12000
         tick 09:20",
        &[
            "opened alice",
            "rated v1 08:00-09:00 9000 Wh 4.50 EUR",
            "Late",
            "rated v2 08:00-09:00 10000 Wh 5.00 EUR [LateEvents]",
        ],
    );
}

#[test]
fn anomaly_19_parking_ends_when_the_evse_is_free() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 read tx=7 total=11000 state=parked
         09:30 status is=available
         10:00 end tx=7 meter=11000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:30 10000 Wh 8.00 EUR"],
    );
}

#[test]
fn parking_is_time_in_which_the_vehicle_asks_for_no_power() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000 state=starved
         09:00 read tx=7 total=6000 state=parked
         10:00 end tx=7 meter=6000
         tick 00:01",
        &["opened alice", "rated v1 08:00-10:00 5000 Wh 8.50 EUR"],
    );
}

#[test]
fn a_reading_without_a_transaction_is_attributed_by_evse_and_time() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:30 read evse=1 total=6000
         08:30 read evse=2 total=9
         09:00 end tx=7
         tick 00:01",
        &[
            "opened alice",
            "Unresolved",
            "rated v1 08:00-09:00 5000 Wh 2.50 EUR",
        ],
    );
}

#[test]
fn what_no_price_depends_on_is_ignored_and_changes_nothing() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 soc=50
         09:00 end tx=7 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "Ignored",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn a_session_at_an_unknown_station_is_metered_and_held() {
    let mut world = World::empty();
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01",
    );
    assert_eq!(world.came(), ["opened alice", "held [NoStation] 10000 Wh"]);
}

#[test]
fn an_evse_below_zero_is_refused_and_nothing_changes() {
    let mut world = World::new();
    let record = world.record("08:00 start evse=-1 token=alice");
    let before = world.state.entities.clone();
    assert!(fold(&mut world.state, &record, &mut world.effects).is_err());
    assert_eq!(world.state.entities, before);
    assert_eq!(world.came(), Vec::<String>::new());
}
