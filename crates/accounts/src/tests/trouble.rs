//! Processors that do not answer, answer twice, late, or before they were heard.

use super::world::*;
use crate::{Rejection, fold};
use wattledger_domain::ids::PaymentId;
use wattledger_domain::payment::{IncrementSupport, OutcomeResult, OutcomeVia, Retry};
use wattledger_domain::time::Timestamp;

#[test]
fn a_timeout_after_the_processor_did_it_is_retrieved_never_repeated() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).did();
    world.unknown(1, 2);
    let mut attempt = 1;
    for wait in [2 * SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, HOUR, DAY] {
        assert!(world.pass(wait - 1).did().is_empty());
        attempt += 1;
        assert_eq!(world.pass(1).did(), [format!("p1#2.{attempt} retrieve #2")]);
        world.unknown(1, 2);
    }
    world.pass(DAY).did();
    world.captured(1, 2, 1_000);
    assert_eq!(world.balance(), (1_000, 1_000, 0, 0));
}

#[test]
fn an_outcome_that_never_comes_is_given_up_after_a_week_and_alerts() {
    let mut world = World::charging_guest(5_000, 1_000);
    world.rate(1, 1_000).unknown(1, 2).did();
    let mut asked = 0;
    while !world.pass(DAY).did().is_empty() {
        asked += 1;
        world.unknown(1, 2);
        if world
            .effects()
            .iter()
            .any(|effect| matches!(effect, crate::Effect::Alert(_)))
        {
            break;
        }
    }
    assert_eq!(asked, 12);
    assert_eq!(
        world.did(),
        ["alert lost #2", "p1#3.1 void", "p2#1.1 charge 1000"]
    );
}

#[test]
fn a_capture_that_turns_up_after_it_was_given_up_gives_the_charge_back() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).declined(1, 2, Retry::Never);
    world
        .answer(
            2,
            1,
            OutcomeResult::Charged {
                charged: eur(1_000),
            },
        )
        .did();
    world.captured(1, 2, 1_000);
    assert_eq!(world.balance(), (1_000, 2_000, -1_000, 0));
    world.declined(1, 3, Retry::Never);
    let refunds = world.did();
    assert_eq!(
        refunds
            .iter()
            .filter(|did| did.contains("refund 1000"))
            .count(),
        1
    );
}

#[test]
fn what_the_processor_never_saw_is_sent_again_under_the_same_key() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).unknown(1, 2).pass(2 * SECOND).did();
    assert_eq!(
        world.answer(1, 2, OutcomeResult::NotFound).did(),
        ["p1#2.3 capture 1000"]
    );
}

#[test]
fn an_increment_that_was_never_seen_is_not_sent_again_after_the_rating() {
    let mut world = World::charging_guest(5_000, 168);
    world.cost(4_000, 4_000).unknown(1, 2);
    world.rate(1, 4_100).pass(2 * SECOND).did();
    assert_eq!(
        world.answer(1, 2, OutcomeResult::NotFound).did(),
        ["p1#3.1 capture 4100"]
    );
}

#[test]
fn lago_239_a_webhook_that_comes_twice_counts_once() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).did();
    let captured = || OutcomeResult::Captured {
        captured: eur(1_000),
        released: eur(4_000),
    };
    world.webhook("e1", 1, 2, captured()).did();
    assert!(world.webhook("e1", 1, 2, captured()).did().is_empty());
    assert!(world.webhook("e2", 1, 2, captured()).did().is_empty());
    assert!(world.captured(1, 2, 1_000).did().is_empty());
    assert_eq!(world.balance(), (1_000, 1_000, 0, 0));
}

#[test]
fn a_webhook_before_our_own_call_returns_ends_the_operation() {
    let mut world = World::guest();
    world.pin(Some(card()), None).did();
    let capture_before = Timestamp(world.state.now.0 + 168 * HOUR);
    let held = || OutcomeResult::Authorized {
        held: eur(5_000),
        capture_before,
        increments: IncrementSupport::Supported,
    };
    assert_eq!(
        world.webhook("e1", 1, 1, held()).did(),
        ["p1 Held 5000", "grant 5000 may grow #1"]
    );
    assert!(world.answer(1, 1, held()).did().is_empty());
    assert!(world.unknown(1, 1).did().is_empty());
    assert!(world.pass(MINUTE).did().is_empty());
}

#[test]
fn the_answer_to_an_old_attempt_does_not_end_the_new_one() {
    let mut world = World::charging_guest(5_000, 168);
    world
        .rate(1, 1_000)
        .declined(1, 2, Retry::Later)
        .pass(MINUTE)
        .did();
    let id = world.payments().remove(0);
    let code = "old".into();
    let retry = Retry::Never;
    let old = OutcomeResult::Declined { code, retry };
    let record = outcome(&world.account, (&id, 2, 1), OutcomeVia::Call, old);
    world.fold(record);
    assert!(world.did().is_empty());
    world.captured(1, 2, 1_000);
    assert_eq!(world.balance(), (1_000, 1_000, 0, 0));
}

#[test]
fn kill_bill_514_nothing_is_captured_after_a_void() {
    let mut world = World::guest();
    world.pin(Some(card()), None);
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    world.pass(5 * MINUTE).answer(1, 2, OutcomeResult::Voided);
    world.open(Some(authorization())).did();
    assert_eq!(
        world.rate(1, 700).did(),
        ["invoice v1 700", "p2#1.1 charge 700"]
    );
}

#[test]
fn a_late_capture_failure_heard_before_the_capture_counts_all_the_same() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).did();
    let code = "".into();
    world.webhook("e1", 1, 2, OutcomeResult::CaptureFailedLate { code });
    assert_eq!(
        world.captured(1, 2, 1_000).did(),
        [
            "p1 Released 5000 on draft",
            "p1 Captured 1000 on draft",
            "p1 CaptureReversed 1000 on draft",
            "p2#1.1 charge 1000"
        ]
    );
}

#[test]
fn an_outcome_for_a_payment_that_was_never_made_is_refused() {
    let mut world = World::guest();
    let id = PaymentId::of(&["nobody's"]);
    let record = outcome(
        &world.account,
        (&id, 1, 1),
        OutcomeVia::Call,
        OutcomeResult::Voided,
    );
    let before = world.state.entities.clone();
    let refused = fold(&mut world.state, &record, &mut Vec::new());
    assert!(matches!(refused, Err(Rejection::UnknownPayment { .. })));
    assert_eq!(world.state.entities, before);
}

#[test]
fn an_outcome_in_another_currency_is_refused_and_changes_nothing() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000);
    let yen = wattledger_domain::money::Currency::parse("JPY").unwrap();
    let captured = wattledger_domain::money::Money::new(1_000, yen);
    let result = OutcomeResult::Captured {
        captured,
        released: captured,
    };
    let id = world.payments().remove(0);
    let record = outcome(&world.account, (&id, 2, 1), OutcomeVia::Call, result);
    let before = world.state.clone().entities;
    let mut effects = Vec::new();
    assert!(matches!(
        fold(&mut world.state, &record, &mut effects),
        Err(Rejection::Money(_))
    ));
    assert!(effects.is_empty());
    assert_eq!(world.state.entities, before);
}

#[test]
fn what_is_long_settled_is_forgotten() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).captured(1, 2, 1_000).issue();
    assert!(!world.state.entities.is_empty());
    world.pass(181 * DAY);
    assert_eq!(world.state.entities.len(), 0);
    assert!(world.state.timers.is_empty());
}

#[test]
fn news_that_the_hold_lapsed_waits_for_the_answer_of_a_capture_in_flight() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).did();
    assert_eq!(
        world.webhook("e1", 1, 1, OutcomeResult::Expired).did(),
        ["p1 Released 5000 on draft"]
    );
    assert_eq!(
        world.captured(1, 2, 1_000).did(),
        ["p1 Captured 1000 on draft"]
    );
    assert_eq!(world.balance(), (1_000, 1_000, 0, 0));
}

#[test]
fn a_hold_that_turns_up_after_its_refusal_is_voided_not_captured() {
    let mut world = World::guest();
    world.pin(Some(card()), None).open(Some(authorization()));
    world.rate(1, 900).declined(1, 1, Retry::Never).did();
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    assert_eq!(world.did(), ["p1 Held 5000 on draft", "p1#2.1 void"]);
}

#[test]
fn old_news_of_the_hold_does_not_bring_back_a_payment_whose_capture_failed() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000).captured(1, 2, 1_000);
    let code = "".into();
    world
        .webhook("e1", 1, 2, OutcomeResult::CaptureFailedLate { code })
        .did();
    world.hold(1, 1, 5_000, 168, IncrementSupport::Supported);
    assert!(world.did().is_empty());
}
