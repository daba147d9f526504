//! What a person decides: once, about what they looked at, and as long as the data are the same.

use super::world::documents::{assignment, recorded, tariff};
use super::world::{World, check, clock};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::reference::Content;

/// Held twice over: the register jumped, and nobody knows the token.
const JUMPED: &str = "08:00 start tx=7 token=alice meter=1000
     09:00 end tx=7 meter=900000
     tick 00:01";

/// Billed without a doubt.
const BILLED: &str = "08:00 start tx=7 token=alice meter=1000
     09:00 end tx=7 meter=11000
     tick 00:01";

#[track_caller]
fn after(before: &str, then: &str, expect: &[&str]) {
    let mut world = World::new();
    world.tell(before);
    let seen = world.came().len();
    world.tell(then);
    assert_eq!(world.came()[seen..], *expect);
}

#[test]
fn a_register_that_jumped_waits_with_a_proposal() {
    check(JUMPED, &["opened alice", "held [EnergyImplausible] 0 Wh"]);
}

#[test]
fn a_corrected_register_is_billed_as_a_person_read_it() {
    after(
        JUMPED,
        "10:00 decide do=correct stop=9000 round=1",
        &[
            "rated v1 08:00-09:00 8000 Wh 4.00 EUR",
            "decided: v1 round 0 4.00 EUR",
        ],
    );
}

#[test]
fn a_bill_as_proposed_is_billed_in_spite_of_doubts() {
    after(
        JUMPED,
        "10:00 decide do=bill round=1",
        &[
            "rated v1 08:00-09:00 0 Wh 0.00 EUR",
            "decided: v1 round 0 0.00 EUR",
        ],
    );
}

#[test]
fn the_same_decision_again_is_a_duplicate() {
    after(
        JUMPED,
        "10:00 decide do=correct stop=9000 round=1 id=d
         10:00 decide do=correct stop=9000 round=1 id=d",
        &[
            "rated v1 08:00-09:00 8000 Wh 4.00 EUR",
            "decided: v1 round 0 4.00 EUR",
            "Duplicate",
        ],
    );
}

#[test]
fn a_decision_about_what_has_changed_meanwhile_changes_nothing() {
    after(
        JUMPED,
        "08:30 read tx=7 total=4000
         tick 00:02
         10:00 decide do=bill round=1
         10:01 decide do=bill round=2",
        &[
            "Late",
            "held [EnergyImplausible] 3000 Wh",
            "Conflicting",
            "rated v1 08:00-09:00 3000 Wh 1.50 EUR",
            "decided: v1 round 0 1.50 EUR",
        ],
    );
}

#[test]
fn nobody_decides_about_a_session_that_goes_on() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:10 decide do=waive",
        &["opened alice", "Conflicting"],
    );
}

#[test]
fn without_a_payer_nothing_is_billed_and_with_one_it_is() {
    after(
        "08:00 start tx=7 token=?x meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01",
        "10:00 decide do=bill round=1
         10:01 decide do=payer account=bob round=1",
        &[
            "Refused",
            "opened bob",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "decided: v1 round 0 5.00 EUR",
        ],
    );
}

#[test]
fn another_payer_after_the_bill_takes_it_from_the_one_and_gives_it_to_the_other() {
    after(
        BILLED,
        "10:00 decide do=payer account=bob version=1
         10:01 decide do=payer account=bob version=3
         10:02 decide do=payer account=alice version=3",
        &[
            "withdrawn v2 from alice",
            "opened bob",
            "rated v3 08:00-09:00 10000 Wh 5.00 EUR",
            "decided: v3 round 0 5.00 EUR",
            "Refused",
            "withdrawn v4 from bob",
            "opened alice",
            "rated v5 08:00-09:00 10000 Wh 5.00 EUR",
            "decided: v5 round 0 5.00 EUR",
        ],
    );
}

#[test]
fn a_waived_session_stays_waived_whatever_comes_late() {
    after(
        BILLED,
        "10:00 decide do=waive version=1
         08:30 read tx=7 total=9000
         09:00 read tx=7 total=11500
         tick 00:05",
        &[
            "rated v2 08:00-09:00 10000 Wh 0.00 EUR",
            "decided: v2 round 0 0.00 EUR",
        ],
    );
}

#[test]
fn a_waived_session_that_nobody_pays_waits_no_longer() {
    after(
        "08:00 start tx=7 token=?x meter=1000
         09:00 end tx=7 meter=11000
         tick 00:01",
        "10:00 decide do=waive round=1
         tick +400d00:01",
        &["decided: v0 round 0 0.00 EUR", "Unresolved"],
    );
}

#[test]
fn a_billed_session_is_corrected_in_energy_and_in_time() {
    after(
        BILLED,
        "10:00 decide do=correct stop=6000 version=1
         10:01 decide do=correct end=08:30 version=2",
        &[
            "rated v2 08:00-09:00 5000 Wh 2.50 EUR",
            "decided: v2 round 0 2.50 EUR",
            "rated v3 08:00-08:30 0 Wh 0.00 EUR",
            "decided: v3 round 0 0.00 EUR",
        ],
    );
}

#[test]
fn a_corrected_reading_lapses_once_the_charger_says_something_else() {
    after(
        JUMPED,
        "10:00 decide do=correct stop=9000 round=1
         08:20 read tx=7 total=3000
         tick 00:05",
        &[
            "rated v1 08:00-09:00 8000 Wh 4.00 EUR",
            "decided: v1 round 0 4.00 EUR",
            "Late",
            "held [EnergyImplausible] 2000 Wh",
        ],
    );
}

#[test]
fn a_corrected_register_that_runs_backwards_is_refused() {
    after(
        JUMPED,
        "10:00 decide do=correct stop=500 round=1",
        &["Refused"],
    );
    after(
        JUMPED,
        "10:00 decide do=correct end=07:59 round=1",
        &["Refused"],
    );
}

#[test]
fn a_session_that_nothing_priced_is_billed_once_it_is_repriced() {
    let mut world = World::empty();
    world.tell(BILLED);
    assert_eq!(world.came(), ["opened alice", "held [NoStation] 10000 Wh"]);
    for document in super::world::documents::all() {
        world.fold(&ChargingRecord::Reference(document));
    }
    world.tell(
        "10:00 decide do=bill round=1
         10:01 decide do=reprice round=1",
    );
    assert_eq!(
        world.came()[2..],
        [
            "Refused",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "decided: v1 round 0 5.00 EUR",
        ]
    );
}

#[test]
fn another_tariff_for_the_time_of_the_start_is_billed_once_however_often_it_is_repriced() {
    let mut world = World::new();
    world.tell(BILLED);
    let dear = Content::Tariff(Box::new(tariff("dear", 80)));
    let first = assignment("a-dear", "dear", 9);
    for content in [dear, Content::TariffAssignment(Box::new(first))] {
        world.fold(&ChargingRecord::Reference(recorded(
            content,
            1,
            clock("00:00"),
        )));
    }
    let seen = world.came().len();
    world.tell(
        "10:00 decide do=reprice version=1
         10:01 decide do=reprice",
    );
    assert_eq!(
        world.came()[seen..],
        [
            "rated v2 08:00-09:00 10000 Wh 8.00 EUR",
            "decided: v2 round 0 8.00 EUR",
            "decided: v2 round 0 8.00 EUR",
        ]
    );
}

#[test]
fn a_proposal_shows_what_the_charger_said_and_what_it_would_be_billed_as() {
    let mut world = World::new();
    world.tell(JUMPED);
    let held = world.effects.iter().find_map(|effect| match effect {
        crate::Effect::ToAccount(wattledger_domain::accounts::AccountRecord::SessionHeld(held)) => {
            held.proposal.as_deref()
        }
        _ => None,
    });
    let proposal = held.unwrap();
    assert_eq!((proposal.round, proposal.version), (1, 0));
    let read: Vec<i64> = proposal
        .readings
        .iter()
        .map(|reading| reading.value / 1_000)
        .collect();
    assert_eq!(read, [1_000, 900_000]);
    assert!(proposal.tariff.is_some());
}
