//! From a rated session to captured money: captures, shortfalls, charges, small amounts.

use super::world::*;
use wattledger_domain::ids::CommandId;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::{IncrementSupport, Operation, OutcomeResult, Retry};
use wattledger_domain::reference::Standing;

#[test]
fn what_is_rated_is_drafted_and_captured_in_one_turn() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(
        world.rate(1, 1_234).did(),
        ["invoice v1 1234", "p1#2.1 capture 1234"]
    );
    assert_eq!(world.balance(), (1_234, 0, 1_234, 0));
    assert_eq!(
        world.captured(1, 2, 1_234).did(),
        ["p1 Released 5000 on draft", "p1 Captured 1234 on draft"]
    );
    assert_eq!(world.balance(), (1_234, 1_234, 0, 0));
}

#[test]
fn citrineos_payment_a_capture_never_exceeds_the_hold() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(
        world.rate(1, 6_200).did(),
        ["invoice v1 6200", "p1#2.1 capture 5000"]
    );
    assert_eq!(
        world.captured(1, 2, 5_000).did(),
        [
            "p1 Released 5000 on draft",
            "p1 Captured 5000 on draft",
            "p2#1.1 charge 1200"
        ]
    );
    world.answer(
        2,
        1,
        OutcomeResult::Charged {
            charged: eur(1_200),
        },
    );
    assert_eq!(world.balance(), (6_200, 6_200, 0, 0));
}

#[test]
fn a_shortfall_that_cannot_be_charged_stays_receivable() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 6_200).captured(1, 2, 5_000).did();
    assert!(world.declined(2, 1, Retry::Never).did().is_empty());
    assert_eq!(world.balance(), (6_200, 5_000, 1_200, 0));
}

#[test]
fn citrineos_payment_a_a_declined_capture_is_retried_under_the_same_key() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).did();
    let mut attempt = 1;
    for wait in [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR] {
        assert!(
            world
                .declined(1, 2, Retry::Later)
                .pass(wait - 1)
                .did()
                .is_empty()
        );
        attempt += 1;
        assert_eq!(
            world.pass(1).did(),
            [format!("p1#2.{attempt} capture 1000")]
        );
    }
}

#[test]
fn after_23_hours_an_operation_is_asked_about_before_it_is_tried_again() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000);
    for wait in [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR] {
        world.declined(1, 2, Retry::Later).pass(wait);
    }
    world.declined(1, 2, Retry::Later).did();
    assert_eq!(world.pass(DAY).did(), ["p1#2.6 retrieve #2"]);
    assert_eq!(
        world.answer(1, 2, OutcomeResult::NotFound).did(),
        ["p1#2.7 capture 1000"]
    );
}

#[test]
fn a_capture_is_retried_only_until_the_hold_lapses_then_the_method_is_charged() {
    let mut world = World::charging_guest(5_000, 24);
    world.rate(1, 1_000);
    for wait in [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR] {
        world.declined(1, 2, Retry::Later).pass(wait);
    }
    world.did();
    assert_eq!(
        world.declined(1, 2, Retry::Later).did(),
        ["p1#3.1 void", "p2#1.1 charge 1000"]
    );
}

#[test]
fn a_capture_that_fails_for_good_is_charged() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).did();
    assert_eq!(
        world.declined(1, 2, Retry::Never).did(),
        ["p1#3.1 void", "p2#1.1 charge 1000"]
    );
}

#[test]
fn a_hold_that_lapsed_before_the_capture_is_charged() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).declined(1, 2, Retry::Later).did();
    assert_eq!(
        world.webhook("e1", 1, 1, OutcomeResult::Expired).did(),
        ["p1 Released 5000 on draft", "p2#1.1 charge 1000"]
    );
}

#[test]
fn a_hold_still_unanswered_when_the_session_is_rated_is_captured_once_it_is_there() {
    let mut world = World::guest();
    world
        .pin(Some(card()), None)
        .open(Some(authorization()))
        .did();
    assert_eq!(world.rate(1, 900).did(), ["invoice v1 900"]);
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 5000 on draft", "p1#2.1 capture 900"]);
}

#[test]
fn a_hold_declined_after_the_session_was_rated_is_charged() {
    let mut world = World::guest();
    world.pin(Some(card()), None).open(Some(authorization()));
    world.rate(1, 900).did();
    assert_eq!(
        world.declined(1, 1, Retry::Never).did(),
        ["p2#1.1 charge 900"]
    );
}

#[test]
fn an_increment_in_flight_when_the_session_is_rated_is_waited_for() {
    let mut world = World::charging_guest(5_000, 168);
    world.cost(4_500, 5_500).did();
    assert_eq!(world.rate(1, 5_600).did(), ["invoice v1 5600"]);
    world.answer(1, 2, OutcomeResult::Incremented { held: eur(7_000) });
    assert_eq!(
        world.did(),
        ["p1 Held 2000 on draft", "p1#3.1 capture 5600"]
    );
}

#[test]
fn an_increment_declined_after_the_rating_captures_what_is_held() {
    let mut world = World::charging_guest(5_000, 168);
    world.cost(4_500, 5_500).rate(1, 5_600).did();
    assert_eq!(
        world.declined(1, 2, Retry::Never).did(),
        ["p1#3.1 capture 5000"]
    );
}

#[test]
fn nothing_due_releases_the_hold_and_bills_nothing() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(world.rate(1, 0).did(), ["invoice v1 0", "p1#2.1 void"]);
    assert_eq!(world.balance(), (0, 0, 0, 0));
}

#[test]
fn less_than_the_charge_minimum_is_written_off_and_the_hold_released() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(
        world.rate(1, 49).did(),
        ["invoice v1 49", "p1#2.1 void", "- WrittenOff 49 on draft"]
    );
    assert_eq!(world.balance(), (49, 0, 0, 49));
}

#[test]
fn a_shortfall_below_the_charge_minimum_is_written_off() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 5_020).captured(1, 2, 5_000);
    assert_eq!(world.balance(), (5_020, 5_000, 0, 20));
}

#[test]
fn a_session_that_outlives_a_refused_hold_is_charged() {
    let mut world = World::guest();
    world.pin(Some(card()), None).declined(1, 1, Retry::Never);
    world.open(Some(authorization())).did();
    assert_eq!(
        world.rate(1, 700).did(),
        ["invoice v1 700", "p2#1.1 charge 700"]
    );
}

#[test]
fn adyen_capture_failed_late_reopens_the_invoice_and_charges_once() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).captured(1, 2, 1_000).did();
    let failed = || OutcomeResult::CaptureFailedLate { code: "".into() };
    assert_eq!(
        world.webhook("e1", 1, 2, failed()).did(),
        ["p1 CaptureReversed 1000 on draft", "p2#1.1 charge 1000"]
    );
    assert!(world.webhook("e2", 1, 2, failed()).did().is_empty());
    assert_eq!(world.balance(), (1_000, 0, 1_000, 0));
}

#[test]
fn ev_server_1636_a_session_without_authorisation_is_billed_to_its_account() {
    let mut world = World::customer(Standing::Active, Some(card()));
    world.open(None).did();
    assert_eq!(
        world.rate_by(1, 800, None).did(),
        ["invoice v1 800", "p1#1.1 charge 800"]
    );
}

#[test]
fn citrineos_payment_d_minor_units_are_exact_for_exponents_0_2_and_3() {
    for (code, minor) in [("EUR", 1_999), ("EUR", 129), ("JPY", 1_999), ("KWD", 1_999)] {
        let mut world = World::customer(Standing::Active, Some(card()));
        world.currency = Currency::parse(code).unwrap();
        world.rate_by(1, minor, None);
        let amount = Money::new(minor, world.currency);
        let charge = world.commands().next().unwrap().operation.clone();
        let method = card();
        assert_eq!(charge, Operation::Charge { amount, method });
    }
}

#[test]
fn citrineos_payment_e_every_write_carries_a_key_of_payment_and_operation() {
    let mut world = World::charging_guest(5_000, 168);
    world
        .rate(1, 6_200)
        .declined(1, 2, Retry::Later)
        .pass(MINUTE);
    world.captured(1, 2, 5_000);
    for command in world.commands() {
        let key = CommandId::of(&[command.payment.as_str(), &command.op.to_string()]);
        assert_eq!(command.command, key);
    }
}

#[test]
fn flexprice_1240_what_is_captured_is_what_the_invoice_says() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_111).captured(1, 2, 1_111);
    let billed = world.billed().unwrap();
    assert_eq!(billed.balance.captured, billed.invoice.gross);
}
