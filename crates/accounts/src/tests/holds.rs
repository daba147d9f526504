//! A guest's hold: asked for, granted, raised, limited, renewed, released.

use super::world::*;
use wattledger_domain::payment::{IncrementSupport, OutcomeResult, Retry};

#[test]
fn a_guest_is_asked_for_the_first_hold_and_let_charge_once_it_is_there() {
    let mut world = World::guest();
    assert_eq!(
        world.pin(Some(card()), None).did(),
        ["p1#1.1 authorize 5000"]
    );
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 5000", "grant 5000 may grow #1"]);
}

#[test]
fn an_authorisation_pinned_twice_holds_once() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    assert!(world.pin(Some(card()), None).did().is_empty());
}

#[test]
fn a_drivers_limit_below_the_first_hold_is_held_and_final() {
    let mut world = World::guest();
    assert_eq!(
        world.pin(Some(card()), Some(eur(1_500))).did(),
        ["p1#1.1 authorize 1500"]
    );
    world.hold(1, 1, 1_500, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 1500", "grant 1500 final #1"]);
}

#[test]
fn a_partial_hold_above_the_floor_is_granted_as_what_it_is() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    world.hold(1, 1, 1_000, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 1000", "grant 1000 may grow #1"]);
}

#[test]
fn a_partial_hold_below_the_floor_is_voided_and_refused() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    world.hold(1, 1, 999, 168, IncrementSupport::Supported);
    assert_eq!(
        world.did(),
        ["p1 Held 999", "refuse HoldTooSmall", "p1#2.1 void"]
    );
    assert_eq!(
        world.answer(1, 2, OutcomeResult::Voided).did(),
        ["p1 Released 999"]
    );
}

#[test]
fn a_declined_hold_refuses_the_authorisation() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    assert_eq!(
        world.declined(1, 1, Retry::Later).did(),
        ["refuse Declined"]
    );
}

#[test]
fn everest_1462_a_hold_is_voided_when_nobody_plugs_in() {
    let mut world = World::guest();
    world.pin(Some(card()), None);
    world
        .pass(MINUTE)
        .hold(1, 1, 5_000, 168, IncrementSupport::Supported)
        .did();
    assert!(world.pass(5 * MINUTE - 1).did().is_empty());
    assert_eq!(world.pass(1).did(), ["refuse PlugInTimeout", "p1#2.1 void"]);
}

#[test]
fn a_hold_that_nobody_answers_for_is_refused_and_voided_when_it_turns_up() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    assert_eq!(world.pass(5 * MINUTE).did(), ["refuse NoAnswer"]);
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 5000", "p1#2.1 void"]);
}

#[test]
fn plugging_in_ends_the_timeout() {
    let mut world = World::charging_guest(5_000, 168);
    assert!(world.pass(HOUR).did().is_empty());
}

#[test]
fn the_hold_is_raised_at_eighty_percent_of_it_forecast_included() {
    let mut world = World::charging_guest(5_000, 168);
    assert!(world.cost(3_000, 3_999).did().is_empty());
    assert_eq!(world.cost(3_100, 4_000).did(), ["p1#2.1 increment to 7000"]);
    world.answer(1, 2, OutcomeResult::Incremented { held: eur(7_000) });
    assert_eq!(world.did(), ["p1 Held 2000", "grant 7000 may grow #2"]);
}

#[test]
fn an_increment_covers_the_forecast_and_the_reserve() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(world.cost(6_000, 9_000).did(), ["p1#2.1 increment to 9200"]);
}

#[test]
fn an_increment_stops_at_the_drivers_limit() {
    let mut world = World::guest();
    world.pin(Some(card()), Some(eur(6_000)));
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    world.open(Some(authorization())).did();
    assert_eq!(world.cost(4_000, 4_500).did(), ["p1#2.1 increment to 6000"]);
    world.answer(1, 2, OutcomeResult::Incremented { held: eur(6_000) });
    assert_eq!(world.did(), ["p1 Held 1000", "grant 6000 final #2"]);
}

#[test]
fn one_increment_is_in_flight_and_the_next_follows_when_the_cost_ran_on() {
    let mut world = World::charging_guest(5_000, 168);
    world.cost(4_000, 4_000).did();
    assert!(world.cost(6_500, 6_500).did().is_empty());
    world.answer(1, 2, OutcomeResult::Incremented { held: eur(7_000) });
    assert_eq!(
        world.did(),
        [
            "p1 Held 2000",
            "grant 7000 may grow #2",
            "p1#3.1 increment to 9000"
        ]
    );
}

#[test]
fn everest_425_a_declined_increment_limits_the_session_to_what_is_held() {
    let mut world = World::charging_guest(5_000, 168);
    world.cost(4_000, 4_000).did();
    assert_eq!(
        world.declined(1, 2, Retry::Later).did(),
        ["grant 5000 final #2"]
    );
    assert!(world.cost(4_900, 4_900).did().is_empty());
}

#[test]
fn a_processor_without_increments_is_final_from_the_start() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    world.hold(1, 1, 5_000, 168, IncrementSupport::Unsupported);
    assert_eq!(world.did(), ["p1 Held 5000", "grant 5000 final #1"]);
}

#[test]
fn the_last_increment_that_the_policy_allows_is_final() {
    let mut world = World::charging_guest(5_000, 168);
    for (op, held) in [(2, 7_000), (3, 9_000), (4, 11_000)] {
        world.cost(held - 2_000, held - 2_000).did();
        world.answer(1, op, OutcomeResult::Incremented { held: eur(held) });
    }
    assert_eq!(world.did(), ["p1 Held 2000", "grant 11000 final #4"]);
    assert!(world.cost(10_900, 10_900).did().is_empty());
}

#[test]
fn an_increment_in_doubt_limits_at_once_and_is_taken_back_when_known() {
    let mut world = World::charging_guest(5_000, 168);
    world.cost(4_000, 4_000).did();
    assert_eq!(world.unknown(1, 2).did(), ["grant 5000 final #2"]);
    assert_eq!(world.pass(2 * SECOND).did(), ["p1#2.2 retrieve #2"]);
    world.answer(1, 2, OutcomeResult::Incremented { held: eur(7_000) });
    assert_eq!(world.did(), ["p1 Held 2000", "grant 7000 may grow #3"]);
}

#[test]
fn a_hold_is_renewed_before_it_lapses_and_the_old_one_voided() {
    let mut world = World::charging_guest(5_000, 48);
    assert!(world.pass(42 * HOUR - 1).did().is_empty());
    assert_eq!(world.pass(1).did(), ["p2#1.1 authorize 5000"]);
    world.hold(2, 1, 5_000, 48, IncrementSupport::Supported);
    assert_eq!(
        world.did(),
        ["p2 Held 5000", "grant 5000 may grow #2", "p1#2.1 void"]
    );
    world.answer(1, 2, OutcomeResult::Voided).did();
    assert_eq!(
        world.rate(1, 3_000).did(),
        ["invoice v1 3000", "p2#2.1 capture 3000"]
    );
}

#[test]
fn when_a_hold_cannot_be_renewed_the_session_stops_and_the_old_hold_is_captured() {
    let mut world = World::charging_guest(5_000, 48);
    world.cost(1_200, 1_300);
    world.pass(42 * HOUR).did();
    assert_eq!(
        world.declined(2, 1, Retry::Never).did(),
        ["grant 1200 final #2"]
    );
    assert_eq!(
        world.rate(1, 1_250).did(),
        ["invoice v1 1250", "p1#2.1 capture 1250"]
    );
}

#[test]
fn a_smaller_new_hold_is_let_go_and_the_old_one_kept() {
    let mut world = World::charging_guest(5_000, 48);
    world.cost(1_200, 1_300);
    world.pass(42 * HOUR).did();
    world.hold(2, 1, 2_000, 48, IncrementSupport::Supported);
    assert_eq!(
        world.did(),
        ["p2 Held 2000", "grant 1200 final #2", "p2#2.1 void"]
    );
}

#[test]
fn a_session_rated_while_its_hold_is_renewed_takes_the_old_hold() {
    let mut world = World::charging_guest(5_000, 48);
    world.pass(42 * HOUR).did();
    assert_eq!(
        world.rate(1, 3_000).did(),
        ["invoice v1 3000", "p1#2.1 capture 3000"]
    );
    world.hold(2, 1, 5_000, 48, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p2 Held 5000 on draft", "p2#2.1 void"]);
}

#[test]
fn a_hold_that_lapses_mid_session_is_replaced() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(
        world.webhook("e1", 1, 1, OutcomeResult::Expired).did(),
        ["p1 Released 5000", "p2#1.1 authorize 5000"]
    );
}

#[test]
fn a_session_under_review_keeps_its_hold_until_it_lapses() {
    let mut world = World::charging_guest(5_000, 48);
    assert!(world.review().pass(48 * HOUR - 1).did().is_empty());
    assert_eq!(world.pass(1).did(), ["p1#2.1 void"]);
}

#[test]
fn a_hold_that_lapses_under_review_is_not_replaced() {
    let mut world = World::charging_guest(5_000, 48);
    world.review();
    assert_eq!(
        world.webhook("e1", 1, 1, OutcomeResult::Expired).did(),
        ["p1 Released 5000"]
    );
    assert_eq!(
        world.rate(1, 2_000).did(),
        ["invoice v1 2000", "p2#1.1 charge 2000"]
    );
}

#[test]
fn ev_server_2346_the_policy_is_frozen_at_the_authorisation() {
    let mut world = World::charging_guest(5_000, 168);
    world.policy.hold.increment_minor = 1;
    assert_eq!(world.cost(4_000, 4_000).did(), ["p1#2.1 increment to 7000"]);
}

#[test]
fn a_session_released_from_review_captures_its_hold() {
    let mut world = World::charging_guest(5_000, 48);
    world.review();
    assert_eq!(
        world.rate(1, 2_000).did(),
        ["invoice v1 2000", "p1#2.1 capture 2000"]
    );
}
