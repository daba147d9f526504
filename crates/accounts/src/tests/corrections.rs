//! Ratings after the first: credit notes, new invoices, refunds, additional charges.

use super::world::*;
use wattledger_domain::payment::{IncrementSupport, OutcomeResult, Retry};

/// A guest whose session was billed, captured and numbered.
fn paid(gross: i64) -> World {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, gross).captured(1, 2, gross).issue().did();
    world
}

#[test]
fn the_same_version_again_changes_nothing() {
    let mut world = paid(3_000);
    assert!(world.rate(1, 3_000).did().is_empty());
    assert!(world.rate(1, 2_000).did().is_empty());
}

#[test]
fn a_new_version_that_bills_the_same_makes_no_documents() {
    let mut world = paid(3_000);
    assert!(world.rate(2, 3_000).did().is_empty());
}

#[test]
fn lago_67_a_lower_rating_is_credited_billed_again_and_refunded() {
    let mut world = paid(3_000);
    assert_eq!(
        world.rate(2, 2_400).did(),
        [
            "credit note v1 3000",
            "invoice v2 2400",
            "p1#3.1 refund 600"
        ]
    );
    world.answer(1, 3, OutcomeResult::Refunded { refunded: eur(600) });
    assert_eq!(world.did(), ["p1 Refunded 600 on draft"]);
    assert_eq!(world.balance(), (2_400, 2_400, 0, 0));
}

#[test]
fn a_higher_rating_charges_the_difference() {
    let mut world = paid(3_000);
    assert_eq!(
        world.rate(2, 3_100).did(),
        [
            "credit note v1 3000",
            "invoice v2 3100",
            "p2#1.1 charge 100"
        ]
    );
}

#[test]
fn a_difference_below_the_correction_minimum_is_written_off() {
    let mut world = paid(3_000);
    assert_eq!(
        world.rate(2, 3_099).did(),
        [
            "credit note v1 3000",
            "invoice v2 3099",
            "- WrittenOff 99 on draft"
        ]
    );
    assert_eq!(world.balance(), (3_099, 3_000, 0, 99));
}

#[test]
fn while_a_draft_is_in_flight_only_the_newest_correction_waits() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 3_000).captured(1, 2, 3_000).did();
    assert!(world.rate(2, 2_900).did().is_empty());
    assert!(world.rate(3, 2_500).did().is_empty());
    assert!(world.rate(2, 2_900).did().is_empty());
    assert_eq!(
        world.issue().did(),
        [
            "credit note v1 3000",
            "invoice v3 2500",
            "p1#3.1 refund 500"
        ]
    );
}

#[test]
fn the_next_correction_credits_the_version_issued_last() {
    let mut world = paid(3_000);
    world.rate(2, 2_400).issue().did();
    world
        .answer(1, 3, OutcomeResult::Refunded { refunded: eur(600) })
        .did();
    assert_eq!(
        world.rate(3, 2_000).did(),
        [
            "credit note v2 2400",
            "invoice v3 2000",
            "p1#4.1 refund 400"
        ]
    );
}

#[test]
fn a_refund_waits_for_its_capture() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 3_000).issue().did();
    assert_eq!(
        world.rate(2, 2_000).did(),
        ["credit note v1 3000", "invoice v2 2000"]
    );
    assert_eq!(
        world.captured(1, 2, 3_000).did(),
        [
            "p1 Released 5000 on draft",
            "p1 Captured 3000 on draft",
            "p1#3.1 refund 1000"
        ]
    );
}

#[test]
fn a_refused_draft_alerts_and_its_money_names_no_invoice() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 3_000).did();
    assert_eq!(world.reject().did(), ["alert SumsDiffer"]);
    assert_eq!(
        world.captured(1, 2, 3_000).did(),
        ["p1 Released 5000", "p1 Captured 3000"]
    );
    assert_eq!(
        world.rate(2, 2_900).did(),
        ["invoice v2 2900", "p1#3.1 refund 100"]
    );
}

#[test]
fn a_refund_that_the_processor_will_not_make_alerts_once() {
    let mut world = paid(3_000);
    world.rate(2, 2_000).did();
    assert_eq!(
        world.declined(1, 3, Retry::Never).did(),
        ["alert stuck 1000"]
    );
    assert_eq!(world.balance(), (2_000, 3_000, -1_000, 0));
}

#[test]
fn a_ghost_session_rated_by_inference_is_corrected_by_its_real_end() {
    let mut world = paid(4_000);
    world.rate(2, 1_500);
    world.answer(
        1,
        3,
        OutcomeResult::Refunded {
            refunded: eur(2_500),
        },
    );
    assert_eq!(world.balance(), (1_500, 1_500, 0, 0));
}

#[test]
fn a_refund_never_exceeds_what_was_captured() {
    let mut world = World::charging_guest(5_000, 168);
    world
        .rate(1, 5_500)
        .captured(1, 2, 5_000)
        .declined(2, 1, Retry::Never)
        .issue()
        .did();
    assert_eq!(
        world.rate(2, 0).did(),
        ["credit note v1 5500", "invoice v2 0", "p1#3.1 refund 5000"]
    );
}

#[test]
fn a_refund_waits_while_its_payment_is_disputed() {
    let mut world = paid(3_000);
    let (dispute, amount) = ("d1".into(), eur(3_000));
    assert_eq!(
        world
            .webhook("e1", 1, 2, OutcomeResult::DisputeOpened { dispute, amount })
            .did(),
        ["p1 DisputeOpened 3000 on draft"]
    );
    assert_eq!(
        world.rate(2, 2_000).did(),
        ["credit note v1 3000", "invoice v2 2000"]
    );
    let dispute = "d1".into();
    assert_eq!(
        world
            .webhook("e2", 1, 2, OutcomeResult::DisputeWon { dispute })
            .did(),
        ["p1 DisputeWon 3000 on draft", "p1#3.1 refund 1000"]
    );
}

#[test]
fn meteroid_a_dispute_lost_after_a_refund_clamps_at_what_was_kept() {
    let mut world = paid(3_000);
    world.rate(2, 2_000);
    world
        .answer(
            1,
            3,
            OutcomeResult::Refunded {
                refunded: eur(1_000),
            },
        )
        .did();
    let lost = || OutcomeResult::DisputeLost {
        dispute: "d1".into(),
        amount: eur(3_000),
    };
    assert_eq!(
        world.webhook("e1", 1, 2, lost()).did(),
        [
            "p1 DisputeOpened 2000 on draft",
            "p1 DisputeLost 2000 on draft"
        ]
    );
    assert!(world.webhook("e2", 1, 2, lost()).did().is_empty());
}

#[test]
fn a_refund_waits_while_a_charge_is_still_to_come_in() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 6_200).captured(1, 2, 5_000).issue().did();
    assert_eq!(
        world.rate(2, 4_500).did(),
        ["credit note v1 6200", "invoice v2 4500"]
    );
    assert_eq!(
        world.declined(2, 1, Retry::Never).did(),
        ["p1#3.1 refund 500"]
    );
}

#[test]
fn a_correction_before_the_capture_was_asked_for_changes_what_is_captured() {
    let mut world = World::guest();
    world.pin(Some(card()), None).open(Some(authorization()));
    world.rate(1, 900).issue().did();
    assert_eq!(
        world.rate(2, 700).did(),
        ["credit note v1 900", "invoice v2 700"]
    );
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 5000 on draft", "p1#2.1 capture 700"]);
}

#[test]
fn a_capture_that_fails_after_a_refund_leaves_all_of_it_open() {
    let mut world = paid(3_000);
    world.rate(2, 2_400);
    world
        .answer(1, 3, OutcomeResult::Refunded { refunded: eur(600) })
        .did();
    let code = "".into();
    assert_eq!(
        world
            .webhook("e1", 1, 2, OutcomeResult::CaptureFailedLate { code })
            .did(),
        ["p1 CaptureReversed 3000 on draft", "p2#1.1 charge 3000"]
    );
}
