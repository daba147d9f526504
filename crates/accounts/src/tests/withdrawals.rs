//! Every way in which a bill changes after it was made: what is credited, billed, given back, charged or
//! written off, once, however often the cause repeats.

use super::world::*;
use wattledger_domain::payment::{OutcomeResult, Retry};
use wattledger_domain::reference::Standing;

/// How a session was paid before its bill changes.
#[derive(Clone, Copy)]
enum Paid {
    /// A guest, captured from the hold.
    Guest(i64),
    /// A contract with a card on file, charged.
    Contract(i64),
    /// A contract that pays by invoice: nothing is charged.
    ByInvoice(i64),
    /// A guest whose hold of 5,000 did not suffice, and whose card refused the rest.
    Shortfall(i64),
}

fn paid(how: Paid) -> World {
    let mut world = match how {
        Paid::Guest(_) | Paid::Shortfall(_) => World::charging_guest(5_000, 168),
        Paid::Contract(_) => World::customer(Standing::Active, Some(card())),
        Paid::ByInvoice(_) => World::customer(Standing::Active, None),
    };
    match how {
        Paid::Guest(gross) => {
            world.rate(1, gross).captured(1, 2, gross);
        }
        Paid::Contract(gross) => {
            world.open(None).rate(1, gross);
            let charged = eur(gross);
            world.answer(1, 1, OutcomeResult::Charged { charged });
        }
        Paid::ByInvoice(gross) => {
            world.open(None).rate(1, gross);
        }
        Paid::Shortfall(gross) => {
            world.rate(1, gross).captured(1, 2, 5_000);
            world.declined(2, 1, Retry::Never);
        }
    }
    world.issue().did();
    world
}

/// What happens to the bill.
#[derive(Clone, Copy)]
enum Then {
    /// It is rated so.
    Rated(i32, i64),
    /// The session is another's.
    Withdrawn(i32),
}

fn told(world: &mut World, then: Then) {
    match then {
        Then::Rated(version, gross) => world.rate(version, gross),
        Then::Withdrawn(version) => world.withdraw(version),
    };
}

/// Tells the causes, each three times, answers what the processor is asked, and compares what was done
/// and what the balance is at the end: due, captured, receivable, written off.
#[track_caller]
fn check(how: Paid, causes: &[Then], did: &[&str], balance: (i64, i64, i64, i64)) {
    let mut world = paid(how);
    let mut done = Vec::new();
    for cause in causes {
        for _ in 0..3 {
            told(&mut world, *cause);
            done.extend(world.did());
        }
        world.issue();
        world.serve();
        done.extend(world.did());
        told(&mut world, *cause);
        done.extend(world.did());
    }
    let asked: Vec<&str> = done
        .iter()
        .map(String::as_str)
        .filter(|what| !what.starts_with('p') || what.contains('#'))
        .collect();
    assert_eq!(asked, did);
    assert_eq!(world.balance(), balance);
}

#[test]
fn a_cheaper_bill_is_credited_billed_anew_and_the_rest_given_back() {
    let cheaper = [Then::Rated(2, 2_400)];
    let (guest, contract) = (Paid::Guest(3_000), Paid::Contract(3_000));
    let documents = ["credit note v1 3000", "invoice v2 2400"];
    let with = |what| [&documents[..], &[what][..]].concat();
    check(
        guest,
        &cheaper,
        &with("p1#3.1 refund 600"),
        (2_400, 2_400, 0, 0),
    );
    check(
        contract,
        &cheaper,
        &with("p1#2.1 refund 600"),
        (2_400, 2_400, 0, 0),
    );
    check(
        Paid::ByInvoice(3_000),
        &cheaper,
        &documents,
        (2_400, 0, 2_400, 0),
    );
}

#[test]
fn a_dearer_bill_charges_the_difference_where_it_is_worth_it() {
    let dearer = [Then::Rated(2, 3_500)];
    let documents = ["credit note v1 3000", "invoice v2 3500"];
    let with = |what| [&documents[..], &[what][..]].concat();
    check(
        Paid::Guest(3_000),
        &dearer,
        &with("p2#1.1 charge 500"),
        (3_500, 3_500, 0, 0),
    );
    check(
        Paid::Contract(3_000),
        &dearer,
        &with("p2#1.1 charge 500"),
        (3_500, 3_500, 0, 0),
    );
    check(
        Paid::ByInvoice(3_000),
        &dearer,
        &documents,
        (3_500, 0, 3_500, 0),
    );
    // Below the seller's minimum for corrections it is written off.
    let little = [
        "credit note v1 3000",
        "invoice v2 3050",
        "- WrittenOff 50 on draft",
    ];
    check(
        Paid::Guest(3_000),
        &[Then::Rated(2, 3_050)],
        &little,
        (3_050, 3_000, 0, 50),
    );
}

#[test]
fn a_bill_over_nothing_gives_everything_back() {
    let nothing = [Then::Rated(2, 0)];
    let documents = ["credit note v1 3000", "invoice v2 0"];
    let with = |what| [&documents[..], &[what][..]].concat();
    check(
        Paid::Guest(3_000),
        &nothing,
        &with("p1#3.1 refund 3000"),
        (0, 0, 0, 0),
    );
    check(
        Paid::Contract(3_000),
        &nothing,
        &with("p1#2.1 refund 3000"),
        (0, 0, 0, 0),
    );
    check(Paid::ByInvoice(3_000), &nothing, &documents, (0, 0, 0, 0));
}

#[test]
fn another_payer_gets_the_session_and_this_one_everything_back() {
    let gone = [Then::Withdrawn(2)];
    let with = |what| ["credit note v1 3000", what];
    check(
        Paid::Guest(3_000),
        &gone,
        &with("p1#3.1 refund 3000"),
        (0, 0, 0, 0),
    );
    check(
        Paid::Contract(3_000),
        &gone,
        &with("p1#2.1 refund 3000"),
        (0, 0, 0, 0),
    );
    check(
        Paid::ByInvoice(3_000),
        &gone,
        &["credit note v1 3000"],
        (0, 0, 0, 0),
    );
}

#[test]
fn a_correction_of_a_correction_credits_the_newest() {
    check(
        Paid::Guest(3_000),
        &[Then::Rated(2, 2_400), Then::Rated(3, 2_900)],
        &[
            "credit note v1 3000",
            "invoice v2 2400",
            "p1#3.1 refund 600",
            "credit note v2 2400",
            "invoice v3 2900",
            "p2#1.1 charge 500",
        ],
        (2_900, 2_900, 0, 0),
    );
}

#[test]
fn after_a_refund_a_still_cheaper_bill_gives_back_only_the_rest() {
    check(
        Paid::Guest(3_000),
        &[Then::Rated(2, 2_400), Then::Rated(3, 0)],
        &[
            "credit note v1 3000",
            "invoice v2 2400",
            "p1#3.1 refund 600",
            "credit note v2 2400",
            "invoice v3 0",
            "p1#4.1 refund 2400",
        ],
        (0, 0, 0, 0),
    );
}

#[test]
fn after_a_shortfall_a_cheaper_bill_gives_back_nothing_before_it_is_below_what_was_taken() {
    let documents = ["credit note v1 6000", "invoice v2 5400"];
    check(
        Paid::Shortfall(6_000),
        &[Then::Rated(2, 5_400)],
        &documents,
        (5_400, 5_000, 400, 0),
    );
    check(
        Paid::Shortfall(6_000),
        &[Then::Rated(2, 4_000)],
        &[
            "credit note v1 6000",
            "invoice v2 4000",
            "p1#3.1 refund 1000",
        ],
        (4_000, 4_000, 0, 0),
    );
    // What was not to be had once is not charged again: it stays receivable.
    check(
        Paid::Shortfall(6_000),
        &[Then::Rated(2, 7_000)],
        &["credit note v1 6000", "invoice v2 7000"],
        (7_000, 5_000, 2_000, 0),
    );
    check(
        Paid::Shortfall(6_000),
        &[Then::Withdrawn(2)],
        &["credit note v1 6000", "p1#3.1 refund 5000"],
        (0, 0, 0, 0),
    );
}

#[test]
fn a_session_that_comes_back_is_billed_anew_under_another_version() {
    check(
        Paid::Contract(3_000),
        &[
            Then::Withdrawn(2),
            Then::Rated(3, 3_000),
            Then::Withdrawn(4),
        ],
        &[
            "credit note v1 3000",
            "p1#2.1 refund 3000",
            "invoice v3 3000",
            "p2#1.1 charge 3000",
            "credit note v3 3000",
            "p2#2.1 refund 3000",
        ],
        (0, 0, 0, 0),
    );
}

#[test]
fn while_documents_wait_for_their_numbers_a_withdrawal_waits_and_the_newest_cause_counts() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 3_000).captured(1, 2, 3_000).did();
    assert!(world.withdraw(2).did().is_empty());
    assert!(world.rate(3, 2_000).did().is_empty());
    assert!(world.withdraw(4).did().is_empty());
    assert_eq!(
        world.issue().did(),
        ["credit note v1 3000", "p1#3.1 refund 3000"]
    );
    // A rating that was overtaken changes nothing.
    assert!(world.rate(3, 2_000).did().is_empty());
    assert!(world.issue().did().is_empty());
}

#[test]
fn a_session_that_is_taken_away_before_it_is_billed_lets_its_hold_go() {
    let mut world = World::charging_guest(5_000, 168);
    assert_eq!(world.withdraw(0).did(), ["p1#2.1 void"]);
    assert!(world.withdraw(0).did().is_empty());
}

#[test]
fn what_was_taken_for_a_refused_invoice_is_given_back_with_the_session() {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 3_000).did();
    world.reject().did();
    world.captured(1, 2, 3_000).did();
    assert_eq!(world.withdraw(2).did(), ["p1#3.1 refund 3000"]);
    let refunded = OutcomeResult::Refunded {
        refunded: eur(3_000),
    };
    assert_eq!(world.answer(1, 3, refunded).did(), ["p1 Refunded 3000"]);
}

#[test]
fn two_accounts_of_one_session_never_share_a_payment() {
    let charge = |first: i32| {
        let mut world = World::customer(Standing::Active, Some(card()));
        world.open(None).rate(first, 3_000);
        world.payments()
    };
    assert_ne!(charge(1), charge(3));
}
