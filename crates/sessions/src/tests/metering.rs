//! From registers to energy that can be proven (ev-domain §2, 1, 13, 14, 18).

use super::world::{World, check, clock, documents};
use std::sync::Arc;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::cost::{StartFee, SuspendedByStation, UsageRules};
use wattledger_domain::reference::Content;
use wattledger_domain::tariff::Dimension;

#[test]
fn anomaly_1_a_lifetime_register_after_a_start_at_zero_is_never_billed() {
    check(
        "08:00 start tx=7 token=alice meter=0
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
fn anomaly_1_a_jump_that_nothing_confirms_is_held() {
    check(
        "08:00 start tx=7 token=alice meter=0
         08:30 end tx=7 meter=910031
         tick 00:01",
        &["opened alice", "held [EnergyImplausible] 0 Wh"],
    );
}

#[test]
fn energy_that_came_faster_than_the_evse_can_give_is_held_though_its_end_confirms_it() {
    check(
        "08:00 start tx=7 token=alice meter=0
         08:01 read tx=7 total=8180
         09:00 end tx=7 meter=8180
         tick 00:01",
        &["opened alice", "held [EnergyImplausible] 8180 Wh"],
    );
}

#[test]
fn anomaly_13_a_register_that_restarts_begins_a_segment() {
    check(
        "08:00 start tx=7 token=alice meter=100000
         08:20 read tx=7 total=102000
         08:40 read tx=7 total=0
         08:50 read tx=7 total=1000
         09:00 end tx=7 meter=2000
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-09:00 4000 Wh 2.00 EUR [RegisterReset]",
        ],
    );
}

#[test]
fn anomaly_13_a_dip_that_recovers_is_an_outlier() {
    check(
        "08:00 start tx=7 token=alice meter=100000
         08:20 read tx=7 total=0
         08:40 read tx=7 total=104000
         09:00 end tx=7 meter=106000
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-09:00 6000 Wh 3.00 EUR [ReadingOutlier]",
        ],
    );
}

#[test]
fn anomaly_14_a_register_that_leaks_back_a_little_stands_still() {
    check(
        "08:00 start tx=7 token=alice meter=2259992
         08:10 read tx=7 total=2259988
         09:00 end tx=7 meter=2260992
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 1000 Wh 0.50 EUR"],
    );
}

#[test]
fn anomaly_18_phases_are_summed_when_no_total_register_comes() {
    check(
        "08:00 start tx=7 token=alice l1=10 l2=20 l3=30
         08:30 read tx=7 l1=1010 l2=1020 l3=1030
         09:00 end tx=7
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 3000 Wh 1.50 EUR"],
    );
}

#[test]
fn anomaly_18_a_total_register_outranks_phases_and_intervals() {
    check(
        "08:00 start tx=7 token=alice l1=10 l2=20 l3=30
         08:15 read tx=7 l1=510 l2=520 l3=530 interval=77
         08:30 read tx=7 total=5000
         08:45 read tx=7 total=6000
         09:00 end tx=7
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 1000 Wh 0.50 EUR"],
    );
}

#[test]
fn anomaly_18_intervals_are_summed_when_there_is_no_register() {
    check(
        "08:00 start tx=7 token=alice
         08:15 read tx=7 interval=500
         08:30 read tx=7 interval=700
         09:00 end tx=7
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 1200 Wh 0.60 EUR"],
    );
}

#[test]
fn an_end_below_its_start_is_held_and_no_line_is_negative() {
    check(
        "08:00 start tx=7 token=alice meter=5000
         09:00 end tx=7 meter=1000
         tick 00:01",
        &["opened alice", "held [RegisterBackwards] 0 Wh"],
    );
}

#[test]
fn more_energy_than_the_evse_has_power_for_is_held() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=14000
         tick 00:01",
        &["opened alice", "held [EnergyImplausible] 0 Wh"],
    );
}

#[test]
fn a_session_longer_than_the_policy_lets_pass_is_held() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         +3d08:00 end tx=7 meter=11000 received=+3d08:00
         tick 00:01",
        &["opened alice", "held [TooLong] 10000 Wh"],
    );
}

#[test]
fn an_end_before_the_start_is_held() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         07:00 end tx=7 meter=1000
         tick 00:01",
        &["opened alice", "held [TimesImplausible] 0 Wh"],
    );
}

#[test]
fn a_session_below_both_bounds_of_the_waiver_costs_nothing() {
    check(
        "08:00 start tx=7 token=alice meter=1000 state=parked
         08:01 end tx=7 meter=1020
         tick 00:01",
        &["opened alice", "rated v1 08:00-08:01 20 Wh 0.00 EUR"],
    );
}

/// The usual station, whose seller bills as told.
fn under(usage: UsageRules, fee_cents: i64) -> World {
    let mut world = World::new();
    let mut policy = documents::policy();
    policy.usage = usage;
    let mut tariff = documents::tariff("plain", 50);
    let mut fee = tariff.elements[0].components[0];
    fee.dimension = Dimension::Flat;
    fee.price.0 = fee_cents * 1_000_000;
    tariff.elements[0].components.push(fee);
    for content in [
        Content::Policy(Arc::new(policy)),
        Content::Tariff(Box::new(tariff)),
    ] {
        let recorded = documents::recorded(content, 2, clock("00:00"));
        world.fold(&ChargingRecord::Reference(recorded));
    }
    world
}

#[test]
fn time_in_which_the_station_gives_no_power_is_billed_as_its_seller_says() {
    for (counts, gross) in [
        (SuspendedByStation::Unbilled, "1.00 EUR"),
        (SuspendedByStation::Time, "1.00 EUR"),
        (SuspendedByStation::ParkingTime, "4.00 EUR"),
    ] {
        let usage = UsageRules {
            suspended_by_station: counts,
            ..UsageRules::default()
        };
        let mut world = under(usage, 0);
        world.tell(
            "08:00 start tx=7 token=alice meter=1000
             08:10 read tx=7 total=2000 state=starved
             08:40 read tx=7 total=2000 state=charging
             09:00 end tx=7 meter=3000
             tick 00:01",
        );
        let rated = format!("rated v1 08:00-09:00 2000 Wh {gross}");
        assert_eq!(world.came(), ["opened alice".to_owned(), rated]);
    }
}

#[test]
fn who_could_not_charge_pays_a_start_fee_where_the_seller_says_so() {
    for (start_fee, gross) in [
        (StartFee::Always, "1.00 EUR"),
        (StartFee::WithEnergy, "0.00 EUR"),
    ] {
        let usage = UsageRules {
            start_fee,
            ..UsageRules::default()
        };
        let mut world = under(usage, 100);
        world.tell(
            "08:00 start tx=7 token=alice meter=1000
             08:30 end tx=7 meter=1000
             tick 00:01",
        );
        let rated = format!("rated v1 08:00-08:30 0 Wh {gross}");
        assert_eq!(world.came(), ["opened alice".to_owned(), rated]);
    }
}
