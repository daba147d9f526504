//! Registers that do not say what they seem to: units, zeros, energy of others (rows of docs/field.md).

use super::world::{World, check, documents};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::reference::Content;
use wattledger_domain::time::Timestamp;

#[test]
fn anomaly_11_a_factor_of_1000_between_register_and_power_is_held_openevse_703() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=1005 watts=10000
         09:00 read tx=7 total=1010 watts=10000
         09:00 end tx=7 meter=1010
         tick 00:01",
        &["opened alice", "held [EnergyImplausible] 10 Wh"],
    );
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000 watts=10
         09:00 end tx=7 meter=11000
         tick 00:01",
        &["opened alice", "held [EnergyImplausible] 10000 Wh"],
    );
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=3000 watts=11000
         09:00 end tx=7 meter=5000
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 4000 Wh 2.00 EUR"],
    );
}

#[test]
fn anomaly_12_session_registers_between_lifetime_ones_evcc_26734() {
    check(
        "08:00 start tx=7 token=alice meter=909948
         08:20 read tx=7 total=2000
         08:40 read tx=7 total=4000
         09:00 end tx=7 meter=914948
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-09:00 5000 Wh 2.50 EUR [RegisterRelative]",
        ],
    );
}

#[test]
fn anomaly_12_session_registers_to_the_end_count_from_the_start() {
    check(
        "08:00 start tx=7 token=alice meter=909948
         08:20 read tx=7 total=2000
         08:40 read tx=7 total=4000
         09:00 end tx=7 meter=5000
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-09:00 5000 Wh 2.50 EUR [RegisterRelative]",
        ],
    );
}

#[test]
fn anomaly_12_session_registers_that_contradict_the_lifetime_ones_are_held() {
    check(
        "08:00 start tx=7 token=alice meter=909948
         08:20 read tx=7 total=2000
         08:40 read tx=7 total=4000
         09:00 end tx=7 meter=910948
         tick 00:01",
        &["opened alice", "held [RegisterBackwards] 4000 Wh"],
    );
}

#[test]
fn anomaly_14_a_register_that_runs_on_after_the_end_is_the_next_sessions_own_start_lbbrhzn_1069() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01
         09:30 start tx=8 token=bob meter=11004
         09:31 read tx=8 total=11000
         10:30 end tx=8 meter=15004
         tick 00:02",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "opened bob",
            "rated v1 09:30-10:30 4000 Wh 2.00 EUR",
        ],
    );
}

#[test]
fn anomaly_15_energy_carried_over_counts_only_after_the_reset_evcc_5696() {
    check(
        "08:00 start tx=7 token=alice meter=0
         09:00 end tx=7 meter=8000
         09:30 start tx=8 token=bob meter=0
         10:20 read tx=8 total=8000
         10:25 read tx=8 total=0
         10:35 read tx=8 total=500
         10:45 end tx=8 meter=1000
         tick 00:01",
        &[
            "opened alice",
            "opened bob",
            "rated v1 08:00-09:00 8000 Wh 4.00 EUR",
            "rated v1 09:30-10:45 1000 Wh 0.50 EUR [BaselineSuspect]",
        ],
    );
}

#[test]
fn anomaly_15_the_same_energy_twice_is_no_carry_over() {
    check(
        "08:00 start tx=7 token=alice meter=0
         09:00 end tx=7 meter=8000
         09:30 start tx=8 token=bob meter=0
         10:20 read tx=8 total=8000
         10:45 end tx=8 meter=9000
         tick 00:01",
        &[
            "opened alice",
            "opened bob",
            "rated v1 08:00-09:00 8000 Wh 4.00 EUR",
            "rated v1 09:30-10:45 9000 Wh 4.50 EUR",
        ],
    );
}

#[test]
fn anomaly_18_a_net_register_serves_when_there_is_no_other_lbbrhzn_1925() {
    check(
        "08:00 start tx=7 token=alice
         08:10 read tx=7 net=100
         08:50 read tx=7 net=4100
         09:00 end tx=7
         tick 00:01",
        &["opened alice", "rated v1 08:00-09:00 4000 Wh 2.00 EUR"],
    );
}

#[test]
fn anomaly_20_a_reading_beside_the_hour_is_split_at_the_hour_libocpp_445() {
    let mut world = World::new();
    let by_time = Content::Tariff(Box::new(documents::by_time("plain")));
    let recorded = documents::recorded(by_time, 2, Timestamp(0));
    world.fold(&ChargingRecord::Reference(recorded));
    // 13:00 in Berlin is 12:00 UTC; the stretch from 11:59:58 is split there, its energy by time.
    world.tell(
        "11:30 start tx=7 token=alice meter=0
         11:59:58 read tx=7 total=4000
         12:00:02 read tx=7 total=4012
         12:30 end tx=7 meter=8012
         tick 00:01",
    );
    let rated = world.rated();
    let [rated] = rated[..] else { panic!() };
    let by_price: Vec<(i64, i64)> = rated
        .priced
        .steps
        .iter()
        .map(|step| (step.price.0 / 1_000_000, step.quantity / 1_000))
        .collect();
    assert_eq!(by_price, [(50, 4_006), (80, 4_006)]);
}
