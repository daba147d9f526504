//! What the field does, one rule a test: the number is the row of docs/field.md, which names where it
//! was seen. Other rows are tested in `field`, `metering`,
//! `registers` and `corrections`.

use super::world::{World, check, documents};
use std::sync::Arc;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::reference::Content;
use wattledger_domain::time::Timestamp;

#[test]
fn anomaly_1_offline_boot_register_zero_then_lifetime_citrineos_1060() {
    check(
        "08:00 start tx=7 token=alice meter=0 offline=yes
         08:10 read tx=7 total=909948
         08:20 read tx=7 total=910000
         08:30 end tx=7 meter=910031
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-08:30 83 Wh 0.04 EUR [BaselineSuspect]",
        ],
    );
}

#[test]
fn anomaly_2_a_batch_without_energy_changes_no_energy_citrineos_868() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:20 read tx=7 total=3000
         08:30 read tx=7 soc=50
         08:40 read tx=7 total=5000 context=clock
         08:50 read tx=7 soc=60
         09:00 end tx=7
         tick 00:01",
        &[
            "opened alice",
            "Ignored",
            "Ignored",
            "rated v1 08:00-09:00 4000 Wh 2.00 EUR",
        ],
    );
}

#[test]
fn anomaly_3_readings_without_a_transaction_go_by_evse_and_time_citrineos_869() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:30 read evse=1 total=6000
         09:00 end tx=7
         09:04 read evse=1 total=6500
         09:06 read evse=1 total=9000
         tick 00:01",
        &[
            "opened alice",
            "Unresolved",
            "rated v1 08:00-09:00 5500 Wh 2.75 EUR",
        ],
    );
}

#[test]
fn anomaly_4_ends_that_differ_are_held_and_bill_once_steve_1293() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01
         09:00 end tx=7 meter=12000
         09:00 end tx=7 meter=12500
         tick 00:02",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "Conflicting",
            "Conflicting",
        ],
    );
}

#[test]
fn anomaly_6_ids_that_mean_unknown_go_by_evse_then_token_then_register_libocpp_495() {
    for id in ["-1", "0", "9223372036854775807"] {
        check(
            &format!(
                "08:00 start evse=1 tx={id} token=alice meter=1000
                 08:00 start evse=2 tx={id} token=bob meter=500000
                 08:30 read evse=1 tx={id} total=6000
                 08:50 end tx={id} token=alice meter=10000
                 tick 00:01
                 09:00 end tx={id} meter=505000
                 tick 00:02"
            ),
            &[
                "opened alice",
                "opened bob",
                "rated v1 08:00-08:50 9000 Wh 4.50 EUR",
                "rated v1 08:00-09:00 5000 Wh 2.50 EUR",
            ],
        );
    }
}

#[test]
fn anomaly_6_an_unknown_id_ends_what_another_id_began_on_its_evse_steve_292() {
    // The answer to the start never came back: the charger does not know the id that it was given.
    check(
        "08:00 start evse=1 tx=42 token=alice meter=1000
         09:00 end evse=1 tx=-1 meter=5000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 4000 Wh 2.00 EUR"],
    );
}

#[test]
fn anomaly_6_without_a_place_an_unknown_id_ends_another_id_by_token_and_register_only() {
    let told = |end: &str| {
        let mut world = World::new();
        world.tell(
            "08:00 start evse=1 tx=42 token=alice meter=1000
             08:00 start evse=2 tx=43 token=bob meter=2000",
        );
        world.tell(end);
        world.tell("tick 00:01");
        world.came().split_off(2)
    };
    assert_eq!(
        told("09:00 end tx=-1 token=alice meter=5000"),
        ["rated v1 08:00-09:00 4000 Wh 2.00 EUR"]
    );
    for unproven in [
        "09:00 end tx=-1 meter=5000",
        "09:00 end tx=-1 token=alice",
        "09:00 end tx=-1 token=alice meter=900",
        "09:00 end tx=-1 token=carol meter=5000",
    ] {
        assert_eq!(told(unproven), ["Unresolved"], "{unproven}");
    }
    // In whatever order.
    check(
        "09:00 end tx=0 token=alice meter=5000
         08:00 start evse=1 tx=42 token=alice meter=1000
         tick 00:01",
        &[
            "Unresolved",
            "opened alice",
            "Claimed",
            "rated v1 08:00-09:00 4000 Wh 2.00 EUR",
        ],
    );
}

#[test]
fn anomaly_6_an_end_that_several_sessions_could_have_waits_and_is_told_when_it_expires() {
    check(
        "08:00 start evse=1 tx=-1 token=alice meter=1000
         08:00 start evse=2 tx=-1 token=bob meter=1000
         09:00 end tx=-1 meter=5000
         tick +1d09:01",
        &["opened alice", "opened bob", "Unresolved", "Unresolved"],
    );
}

#[test]
fn anomaly_9_an_end_without_a_place_never_guesses_between_evses_evcc_15951() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:10 start evse=2 tx=7 token=bob meter=500000
         08:50 end tx=7 meter=10000
         tick 00:01
         09:00 end tx=7 token=bob meter=505000
         tick 00:02",
        &[
            "opened alice",
            "opened bob",
            "rated v1 08:00-08:50 9000 Wh 4.50 EUR",
            "rated v1 08:10-09:00 5000 Wh 2.50 EUR",
        ],
    );
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:00 start evse=2 tx=7 token=bob meter=1000
         09:00 end tx=7 meter=5000",
        &["opened alice", "opened bob", "Unresolved"],
    );
}

#[test]
fn anomaly_9_a_counter_that_begins_again_after_a_boot_is_another_session() {
    check(
        "08:00 start tx=1 token=alice meter=1000
         09:00 end tx=1 meter=5000
         tick 00:01
         10:00 boot
         10:10 start tx=1 token=bob meter=5000
         10:30 read tx=1 total=6000
         11:00 end tx=1 meter=7000
         tick 00:02",
        &[
            "opened alice",
            "rated v1 08:00-09:00 4000 Wh 2.00 EUR",
            "opened bob",
            "rated v1 10:10-11:00 2000 Wh 1.00 EUR",
        ],
    );
}

#[test]
fn anomaly_10_an_untrusted_clock_never_buys_at_the_dearer_hour_it_is_held_microocpp_354() {
    let mut world = World::new();
    let by_time = Content::Tariff(Box::new(documents::by_time("plain")));
    let recorded = documents::recorded(by_time, 2, Timestamp(0));
    world.fold(&ChargingRecord::Reference(recorded));
    world.tell(
        "12:30! start tx=7 token=alice meter=1000
         13:00 end tx=7 meter=2000
         tick 00:01",
    );
    assert_eq!(
        world.came(),
        ["opened alice", "held [TimesImplausible] 1000 Wh"]
    );
}

#[test]
fn anomaly_16_a_free_evse_ends_what_nobody_ended_steve_1264() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         08:45 status is=available
         tick +1d00:00",
        &[
            "opened alice",
            "rated v1 08:00-08:45 5000 Wh 2.50 EUR [EndInferred]",
        ],
    );
}

#[test]
fn anomaly_19_parking_is_never_negative_nor_counted_after_the_evse_was_free_ev_server_4082() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 status is=available
         09:00 read tx=7 total=6000 state=parked
         10:00 end tx=7 meter=6000
         tick 00:01",
        &["opened alice", "rated v1 08:00-08:30 5000 Wh 2.50 EUR"],
    );
}

#[test]
fn anomaly_21_a_session_of_a_million_minutes_is_held_lbbrhzn_1767() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         +700d08:00 end tx=7 meter=11000 received=+700d08:00
         tick +700d08:02",
        &["opened alice", "held [TooLong] 10000 Wh"],
    );
}

#[test]
fn anomaly_21_a_session_dearer_than_the_policy_lets_pass_is_held() {
    let mut world = World::new();
    let mut policy = documents::policy();
    policy.plausibility.gross_max_minor = 499;
    let policy = documents::recorded(Content::Policy(Arc::new(policy)), 2, Timestamp(0));
    world.fold(&ChargingRecord::Reference(policy));
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=10980
         tick 00:01
         10:00 start tx=8 token=alice meter=20000
         11:00 end tx=8 meter=30000
         tick 00:02",
    );
    assert_eq!(
        world.came(),
        [
            "opened alice",
            "rated v1 08:00-09:00 9980 Wh 4.99 EUR",
            "opened alice",
            "held [TooDear] 10000 Wh",
        ]
    );
}

#[test]
fn anomaly_22_a_stop_by_another_card_bills_the_one_that_started_steve_254() {
    let mut world = World::new();
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 token=bob meter=11000
         tick 00:01",
    );
    assert_eq!(
        world.came(),
        ["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"]
    );
    assert_eq!(world.rated()[0].account.as_str(), "alice");
}

#[test]
fn anomaly_23_a_connectors_status_gives_way_to_the_transactions_own_state_libocpp_1130() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000 state=charging
         08:31 status is=parked
         09:30 end tx=7 meter=11000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:30 10000 Wh 5.00 EUR"],
    );
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 status is=parked
         09:30 end tx=7 meter=1000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:30 0 Wh 6.00 EUR"],
    );
}

#[test]
fn anomaly_25_a_session_without_energy_costs_nothing_below_both_bounds_of_the_policy() {
    check(
        "08:00 start tx=7 token=alice meter=1000 state=parked
         08:01 end tx=7 meter=1000
         tick 00:01
         09:00 start tx=8 token=alice meter=1000 state=parked
         09:30 end tx=8 meter=1000
         tick 00:02",
        &[
            "opened alice",
            "rated v1 08:00-08:01 0 Wh 0.00 EUR",
            "opened alice",
            "rated v1 09:00-09:30 0 Wh 3.00 EUR",
        ],
    );
}
