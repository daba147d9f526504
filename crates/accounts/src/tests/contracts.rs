//! Customers with an account: standing, stored methods, invoices that stay open.

use super::world::*;
use wattledger_domain::ids::AccountId;
use wattledger_domain::payment::{OutcomeResult, Retry};
use wattledger_domain::price::TaxRate;
use wattledger_domain::reference::Standing;
use wattledger_domain::tax::TaxLiability;

#[test]
fn an_active_account_charges_without_a_limit() {
    let mut world = World::customer(Standing::Active, Some(card()));
    assert_eq!(world.pin(None, None).did(), ["grant credit final #1"]);
}

#[test]
fn a_blocked_account_is_refused() {
    let mut world = World::customer(Standing::Blocked, Some(card()));
    assert_eq!(world.pin(None, None).did(), ["refuse AccountBlocked"]);
}

#[test]
fn an_account_that_nobody_knows_is_refused() {
    let mut world = World::of(AccountId::new("nobody"));
    assert_eq!(world.pin(None, None).did(), ["refuse UnknownAccount"]);
}

#[test]
fn an_older_version_of_an_account_changes_nothing() {
    let mut world = World::customer(Standing::Active, None);
    world.document(3, Standing::Blocked, None);
    world.document(2, Standing::Active, None);
    assert_eq!(world.pin(None, None).did(), ["refuse AccountBlocked"]);
}

#[test]
fn a_session_of_an_account_charges_its_stored_method() {
    let mut world = World::customer(Standing::Active, Some(card()));
    world.pin(None, None).open(Some(authorization())).did();
    assert_eq!(
        world.rate(1, 2_000).did(),
        ["invoice v1 2000", "p1#1.1 charge 2000"]
    );
    world.answer(
        1,
        1,
        OutcomeResult::Charged {
            charged: eur(2_000),
        },
    );
    assert_eq!(world.did(), ["p1 Captured 2000 on draft"]);
    assert_eq!(world.balance(), (2_000, 2_000, 0, 0));
}

/// Holds are for guests: an account that owes the tax itself has none that could cover it.
#[test]
fn an_account_that_owes_the_tax_is_held_for_nothing_and_charged_before_tax() {
    let mut world = World::of(AccountId::new("abroad"));
    world.document_of(1, |account| {
        account.method = Some(card());
        account.vat_id = Some("ATU12345678".into());
        account.tax = TaxLiability::Buyer;
    });
    world.pin(None, None).open(Some(authorization()));
    assert_eq!(world.did(), ["grant credit final #1 untaxed"]);
    world.cost(11_900, 11_900);
    assert_eq!(world.payments(), []);
    // 100.00 and 19 %: billed without the tax, and so is what is charged.
    assert_eq!(
        world.rate_taxed(1, 10_000, TaxRate(190_000)).did(),
        ["invoice v1 10000", "p1#1.1 charge 10000"]
    );
}

#[test]
fn a_blocked_account_is_billed_for_what_it_used() {
    let mut world = World::customer(Standing::Blocked, Some(card()));
    assert_eq!(
        world.rate_by(1, 2_000, None).did(),
        ["invoice v1 2000", "p1#1.1 charge 2000"]
    );
}

#[test]
fn an_account_without_a_method_owes_what_it_used() {
    let mut world = World::customer(Standing::Active, None);
    assert_eq!(world.rate_by(1, 20, None).did(), ["invoice v1 20"]);
    assert_eq!(world.balance(), (20, 0, 20, 0));
}

#[test]
fn a_session_of_an_account_without_a_document_is_receivable() {
    let mut world = World::of(AccountId::new("late"));
    assert_eq!(world.rate_by(1, 2_000, None).did(), ["invoice v1 2000"]);
    assert_eq!(world.balance(), (2_000, 0, 2_000, 0));
}

#[test]
fn a_charge_declined_for_now_is_tried_again_then_stays_receivable() {
    let mut world = World::customer(Standing::Active, Some(card()));
    world.rate_by(1, 2_000, None).did();
    let mut tries = 1;
    while !world
        .declined(1, 1, Retry::Later)
        .pass(DAY)
        .did()
        .is_empty()
    {
        tries += 1;
        // After 23 h each try is a question first.
        world.answer(1, 1, OutcomeResult::NotFound).did();
    }
    assert_eq!(tries, 12);
    assert_eq!(world.balance(), (2_000, 0, 2_000, 0));
}

#[test]
fn citrineos_payment_b_a_session_charges_for_the_seller_it_is_pinned_to() {
    let mut world = World::customer(Standing::Active, Some(card()));
    world.rate_by(1, 2_000, None);
    let command = world.commands().next().unwrap();
    assert_eq!(command.legal_entity.as_str(), "acme-de");
}
