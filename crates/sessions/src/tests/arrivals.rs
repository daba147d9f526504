//! Orders of arrival: days late, over two gateways, told again with other words.

use super::world::{World, check};

#[test]
fn a_start_told_again_with_another_transaction_is_known_by_both() {
    check(
        "08:00 start tx=42 token=alice meter=1000
         08:00 start tx=43 token=alice meter=1000
         08:20 read tx=42 total=4400
         08:30 read tx=43 total=6000
         09:00 end tx=43 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "Duplicate",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

/// All orders of a few lines.
fn orders(lines: &[&str]) -> Vec<Vec<String>> {
    let Some((first, rest)) = lines.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut longer = order.clone();
            longer.insert(place, (*first).to_owned());
            all.push(longer);
        }
    }
    all
}

#[track_caller]
fn check_all_orders(lines: &[&str], expect: &str) {
    for order in orders(lines) {
        let mut world = World::new();
        order.iter().for_each(|line| world.tell(line));
        world.tell("tick 12:00\ntick +1d12:01");
        let came = world.came();
        let rated: Vec<&String> = came.iter().filter(|line| line.contains(" Wh ")).collect();
        assert_eq!(rated, [expect], "{order:#?}");
    }
}

#[test]
fn a_boot_ends_a_session_whose_start_comes_after_it() {
    check_all_orders(
        &[
            "08:00 start evse=1 tx=7 token=alice meter=1000",
            "08:20 read tx=7 total=4000",
            "08:30 read tx=7 total=6000",
            "09:00 boot",
        ],
        "rated v1 08:00-08:30 5000 Wh 2.50 EUR [EndInferred]",
    );
}

#[test]
fn a_transaction_that_goes_on_after_a_boot_goes_on_in_any_order() {
    check_all_orders(
        &[
            "08:00 start evse=1 tx=7 token=alice meter=1000",
            "08:20 boot",
            "08:30 read tx=7 total=6000",
            "09:00 end tx=7 meter=11000",
        ],
        "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
    );
}

#[test]
fn a_free_evse_ends_a_session_whose_start_comes_after_it() {
    check_all_orders(
        &[
            "08:00 start evse=1 tx=7 token=alice meter=1000",
            "08:30 read tx=7 total=6000 state=parked",
            "09:00 status is=available",
        ],
        "rated v1 08:00-09:00 5000 Wh 5.50 EUR [EndInferred]",
    );
}

#[test]
fn two_gateways_tell_of_one_station_and_it_is_billed_once() {
    check(
        "08:00 start tx=7 token=alice meter=1000 id=a1
         08:00 start tx=7 token=alice meter=1000 id=b1
         08:30 read tx=7 total=6000 id=b2
         08:30 read tx=7 total=6000 id=a2
         08:40 read tx=7 total=7000 id=a3
         09:00 end tx=7 meter=11000 id=b4
         09:00 end tx=7 meter=11000 id=a4
         tick 00:01",
        &[
            "opened alice",
            "Duplicate",
            "Duplicate",
            "Duplicate",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn a_gateway_that_was_away_for_days_tells_all_it_has_and_each_session_is_billed_once() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000 received=+3d06:00
         10:00 start evse=1 tx=8 token=bob meter=11000 received=+3d06:00
         09:00 end tx=7 meter=11000 received=+3d06:00
         11:00 end tx=8 meter=13000 received=+3d06:00
         08:30 read tx=7 total=6000 received=+3d06:00
         tick +3d06:02",
        &[
            "opened alice",
            "opened bob",
            "rated v1 10:00-11:00 2000 Wh 1.00 EUR",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
        ],
    );
}

#[test]
fn a_backlog_that_comes_after_the_end_was_inferred_and_billed_corrects_once() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         08:40 boot
         tick +1d09:00
         08:35 read tx=7 total=7000 received=+4d00:00
         08:38 end tx=7 meter=7500 received=+4d00:00
         08:38 end tx=7 meter=7500 received=+4d00:00
         tick +4d00:02",
        &[
            "opened alice",
            "rated v1 08:00-08:30 5000 Wh 2.50 EUR [EndInferred]",
            "Late",
            "Duplicate",
            "rated v2 08:00-08:38 6500 Wh 3.25 EUR [LateEvents]",
        ],
    );
}
