//! Buyers who owe the tax themselves (reverse charge): what is held against a limit while their sessions run, and
//! what is proposed to a person, is what they will be billed: no tax.

use super::live::looked;
use super::world::{World, documents};
use crate::Effect;
use crate::live::Looked;
use std::sync::Arc;
use wattledger_domain::accounts::{AccountRecord, SessionHeld};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::TaxRate;
use wattledger_domain::reference::Content;
use wattledger_domain::tax::TaxLiability;
use wattledger_pricing::settle_for;

/// Where a kWh costs 0.50 and 20 % of tax, and more than 4.00 waits for a person.
fn world() -> World {
    let mut world = World::empty();
    for mut recorded in documents::all() {
        match &mut recorded.document.content {
            Content::Tariff(tariff) => {
                let elements = tariff.elements.iter_mut();
                for component in elements.flat_map(|element| &mut element.components) {
                    component.tax = Some(TaxRate(200_000));
                }
            }
            Content::Policy(policy) => {
                Arc::make_mut(policy).plausibility.gross_max_minor = 400;
            }
            _ => {}
        }
        world.fold(&ChargingRecord::Reference(recorded));
    }
    world
}

#[track_caller]
fn check(script: &str, expect: &[&str]) {
    let mut world = world();
    world.tell(script);
    assert_eq!(world.came(), expect);
}

/// The newest proposal.
fn held(world: &World) -> &SessionHeld {
    let mut held = world.effects.iter().rev();
    let held = held.find_map(|effect| match effect {
        Effect::ToAccount(AccountRecord::SessionHeld(held)) => Some(held),
        _ => None,
    });
    held.unwrap()
}

/// What a proposal says is owed, and its taxes of it.
#[track_caller]
fn check_held(script: &str, gross: i64, tax: i64) {
    let mut world = world();
    world.tell(script);
    let held = held(&world);
    let euro = |minor| Money::new(minor, Currency::EUR);
    assert_eq!(held.proposed, Some(euro(gross)));
    let proposal = held.proposal.as_ref().unwrap();
    let taxes = proposal.groups.iter().map(|group| group.tax.minor);
    assert_eq!(taxes.sum::<i64>(), tax);
    let owed = proposal.groups.iter().map(|group| group.gross.minor);
    assert_eq!(owed.sum::<i64>(), gross);
    assert!(
        proposal
            .lines
            .iter()
            .all(|line| line.tax.is_some() == (tax != 0))
    );
}

const CHARGING: &str = "08:00 start tx=7 auth=A meter=0
     08:15 read tx=7 total=2500
     08:30 read tx=7 total=5000";

#[test]
fn a_drivers_limit_is_held_against_what_is_billed_without_the_tax() {
    let pinned = ["pin plain v1 for alice", "allow 4.00 EUR", "opened alice"];
    let told = |told: &[&'static str]| [&pinned[..], told].concat();
    let ask = "08:00 ask auth=A token=alice limit=400\n08:00 grant auth=A";
    // With tax 3.00 after half an hour, and 4.50 after the next quarter.
    check(&format!("{ask}\n{CHARGING}"), &told(&["stop DriverLimit"]));
    check(
        &format!("{ask} tax=seller\n{CHARGING}"),
        &told(&["stop DriverLimit"]),
    );
    // Without 2.50, 3.75 and 5.00.
    check(&format!("{ask} tax=buyer\n{CHARGING}"), &told(&[]));
    let longer = format!("{ask} tax=buyer\n{CHARGING}\n08:45 read tx=7 total=7500");
    check(&longer, &told(&["stop DriverLimit"]));
}

#[test]
fn the_account_knows_better_than_the_token_who_owes_the_tax_also_while_the_car_charges() {
    let pinned = ["pin plain v1 for alice", "allow 4.00 EUR", "opened alice"];
    let ask = "08:00 ask auth=A token=alice tax=buyer limit=400\n08:00 grant auth=A";
    check(&format!("{ask}\n{CHARGING}"), &pinned);
    let stopped = [&pinned[..], &["stop DriverLimit"]].concat();
    check(&format!("{ask} tax=seller\n{CHARGING}"), &stopped);
    // The answer comes late: the charger began before.
    let late = [&pinned[..1], &["opened alice", "allow 4.00 EUR"]].concat();
    let ask = "08:00 ask auth=A token=alice limit=400\n08:00 start tx=7 auth=A meter=0";
    let rest =
        "08:01 grant auth=A tax=buyer\n08:15 read tx=7 total=2500\n08:30 read tx=7 total=5000";
    check(&format!("{ask}\n{rest}"), &late);
}

#[test]
fn who_owes_the_tax_is_told_with_what_a_running_session_costs() {
    for (tax, expect) in [
        ("seller", TaxLiability::Seller),
        ("buyer", TaxLiability::Buyer),
    ] {
        let mut world = world();
        world.tell(&format!(
            "08:00 ask auth=A token=alice\n08:00 grant auth=A tax={tax}"
        ));
        world.tell(CHARGING);
        let Looked::Running(running) = looked(&world) else {
            panic!("it runs");
        };
        assert_eq!(running.liability, expect);
    }
}

const TOO_DEAR: &str = "meter=0
     09:00 end tx=7 meter=10000
     tick 00:01";

#[test]
fn a_proposal_is_what_the_buyer_will_be_billed() {
    check_held(
        &format!("08:00 start tx=7 token=alice {TOO_DEAR}"),
        600,
        100,
    );
    check_held(
        &format!("08:00 start tx=7 token=alice tax=buyer {TOO_DEAR}"),
        500,
        0,
    );
    let authorized = "08:00 ask auth=A token=alice\n08:00 grant auth=A tax=buyer";
    check_held(
        &format!("{authorized}\n08:00 start tx=7 auth=A {TOO_DEAR}"),
        500,
        0,
    );
}

#[test]
fn whoever_comes_to_pay_later_is_proposed_what_they_will_be_billed() {
    let mut world = world();
    world.tell(&format!("08:00 start tx=7 token=?x {TOO_DEAR}"));
    let euro = |minor| Some(Money::new(minor, Currency::EUR));
    assert_eq!(held(&world).proposed, euro(600));
    world.tell("10:00 resolve account=alice tax=buyer");
    assert_eq!(held(&world).proposed, euro(500));
}

#[test]
fn a_bill_as_proposed_comes_to_what_was_proposed() {
    let mut world = world();
    world.tell(&format!(
        "08:00 start tx=7 token=alice tax=buyer {TOO_DEAR}"
    ));
    let (proposed, seen) = (held(&world).proposed, world.came().len());
    world.tell("10:00 decide do=bill round=1");
    assert_eq!(
        world.came()[seen..].last().unwrap(),
        "decided: v1 round 0 5.00 EUR"
    );
    // The account settles the rating as its document says.
    let rated = world.rated();
    let rounding = wattledger_domain::cost::Rounding::DEFAULT;
    let bill = settle_for(&rated[0].priced, &rounding, TaxLiability::Buyer).unwrap();
    assert_eq!(Some(bill.gross), proposed);
}
