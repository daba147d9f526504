//! What charging will cost is pinned, asked for, reported, and bounded.

use super::world::{World, check, clock, documents};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::ids::{AccountId, EvseId};
use wattledger_domain::reference::Content;

#[test]
fn a_request_pins_what_it_will_cost_and_the_answer_goes_to_the_charger() {
    check(
        "08:00 ask auth=A token=alice
         08:00 ask auth=A token=alice
         08:00 grant auth=A limit=5000 op=1
         08:01 grant auth=A limit=4000 op=1
         08:02 grant auth=A limit=6000 op=2",
        &[
            "pin plain v1 for alice",
            "Duplicate",
            "allow 50.00 EUR",
            "allow 60.00 EUR",
        ],
    );
}

#[test]
fn a_guest_is_an_account_of_its_own() {
    check(
        "08:00 ask auth=A limit=2000
         08:00 grant auth=A limit=5000",
        &["pin plain v1 for guest:S1:A", "allow 20.00 EUR"],
    );
}

#[test]
fn a_request_that_nobody_can_answer_for_is_refused() {
    check(
        "08:00 ask auth=A token=?x
         08:00 ask auth=B token=alice at=S9",
        &[
            "Refused",
            "refuse UnknownToken",
            "Refused",
            "refuse UnknownStation",
        ],
    );
}

#[test]
fn a_request_at_an_evse_where_another_charges_is_refused() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:10 ask auth=A evse=1 token=bob
         08:11 ask auth=B evse=2 token=bob
         08:30 end tx=7 meter=2000
         08:31 ask auth=C evse=1 token=bob",
        &[
            "opened alice",
            "Refused",
            "refuse Occupied",
            "pin plain v1 for bob",
            "pin plain v1 for bob",
        ],
    );
}

#[test]
fn a_session_that_has_been_silent_keeps_nobody_from_its_evse() {
    check(
        "08:00 start evse=1 tx=7 token=alice meter=1000
         08:16 ask auth=A evse=1 token=bob",
        &["opened alice", "pin plain v1 for bob"],
    );
}

#[test]
fn a_request_where_no_tariff_applies_is_refused() {
    let mut world = World::empty();
    for recorded in documents::all() {
        if !matches!(recorded.document.content, Content::TariffAssignment(_)) {
            world.fold(&ChargingRecord::Reference(recorded));
        }
    }
    world.tell("08:00 ask auth=A token=alice");
    assert_eq!(world.came(), ["Refused", "refuse NoTariff"]);
}

#[test]
fn the_account_may_refuse() {
    check(
        "08:00 ask auth=A token=alice
         08:00 deny auth=A",
        &["pin plain v1 for alice", "refuse Declined"],
    );
}

#[test]
fn a_charger_that_begins_although_refused_is_told_to_stop_and_is_billed_all_the_same() {
    check(
        "08:00 ask auth=A token=alice
         08:00 deny auth=A
         08:01 start tx=7 auth=A meter=0
         08:31 end tx=7 meter=1000
         tick 00:01",
        &[
            "pin plain v1 for alice",
            "refuse Declined",
            "stop NotAuthorized",
            "opened alice",
            "rated v1 08:01-08:31 1000 Wh 0.50 EUR",
        ],
    );
}

#[test]
fn a_session_that_began_before_its_request_came_finds_its_payer() {
    check(
        "08:00 start tx=7 auth=A meter=0
         08:00 ask auth=A token=alice
         08:31 end tx=7 meter=1000
         tick 00:01",
        &[
            "pin plain v1 for alice",
            "opened alice",
            "rated v1 08:00-08:31 1000 Wh 0.50 EUR",
        ],
    );
}

#[test]
fn a_contract_and_an_evse_choose_the_tariff() {
    let mut world = World::new();
    let mut contract = documents::for_group(documents::assignment("b", "deal", 0), "club");
    contract.account = Some(AccountId::new("bob"));
    let mut fast = documents::assignment("c", "fast", 0);
    fast.evse = Some(EvseId(2));
    for content in [
        Content::Tariff(Box::new(documents::tariff("deal", 30))),
        Content::Tariff(Box::new(documents::tariff("fast", 70))),
        Content::TariffAssignment(Box::new(contract)),
        Content::TariffAssignment(Box::new(fast)),
    ] {
        let recorded = documents::recorded(content, 1, clock("00:00"));
        world.fold(&ChargingRecord::Reference(recorded));
    }
    world.tell(
        "08:00 ask auth=A token=bob group=club
         08:00 ask auth=B token=bob
         08:00 ask auth=C token=alice group=club
         08:00 ask auth=D evse=2 token=alice
         08:00 ask auth=E evse=1 token=alice
         08:00 ask auth=F evse=2 token=bob group=club",
    );
    // Who has a contract and stands at the EVSE pays as the EVSE says: places come first.
    let expect = [
        "pin deal v1 for bob",
        "pin plain v1 for bob",
        "pin plain v1 for alice",
        "pin fast v1 for alice",
        "pin plain v1 for alice",
        "pin fast v1 for bob",
    ];
    assert_eq!(world.came(), expect);
}

#[test]
fn the_highest_priority_then_the_narrowest_scope_chooses_the_tariff() {
    let mut world = World::new();
    let group = documents::for_group(documents::assignment("b", "club", 0), "club");
    for content in [
        Content::Tariff(Box::new(documents::tariff("club", 30))),
        Content::Tariff(Box::new(documents::tariff("event", 70))),
        Content::TariffAssignment(Box::new(group)),
    ] {
        world.fold(&ChargingRecord::Reference(documents::recorded(
            content,
            1,
            clock("00:00"),
        )));
    }
    let event = Content::TariffAssignment(Box::new(documents::assignment("c", "event", 9)));
    world.fold(&ChargingRecord::Reference(documents::recorded(
        event,
        1,
        clock("12:00"),
    )));
    world.tell(
        "08:00 ask auth=A token=alice
         08:00 ask auth=B token=bob group=club
         12:00 ask auth=C token=bob group=club received=12:00",
    );
    let expect = [
        "pin plain v1 for alice",
        "pin club v1 for bob",
        "pin event v1 for bob",
    ];
    assert_eq!(world.came(), expect);
}

#[test]
fn a_version_holds_for_sessions_that_begin_under_it() {
    let mut world = World::new();
    let dearer = Content::Tariff(Box::new(documents::tariff("plain", 60)));
    world.fold(&ChargingRecord::Reference(documents::recorded(
        dearer,
        2,
        clock("08:30"),
    )));
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         10:00 start tx=8 token=alice meter=11000
         11:00 end tx=8 meter=21000
         tick 00:01",
    );
    let came = world.came();
    assert!(
        came.iter().any(|line| line.contains("5.00 EUR")),
        "{came:?}"
    );
    assert!(
        came.iter().any(|line| line.contains("6.00 EUR")),
        "{came:?}"
    );
}

#[test]
fn the_cost_is_reported_once_for_each_share_and_before_it_is_passed() {
    check(
        "08:00 ask auth=A
         08:00 grant auth=A limit=500
         08:00 start tx=7 auth=A meter=0
         08:15 read tx=7 total=2500
         08:30 read tx=7 total=5000
         08:31 read tx=7 total=5010
         08:45 read tx=7 total=7500
         09:00 read tx=7 total=10000",
        &[
            "pin plain v1 for guest:S1:A",
            "allow 5.00 EUR",
            "opened guest:S1:A",
            "cost 1.25 EUR then 2.50 EUR",
            "cost 2.50 EUR then 3.75 EUR",
            "cost 3.75 EUR then 4.92 EUR",
            "cost 5.00 EUR then 6.25 EUR",
        ],
    );
}

#[test]
fn the_charger_is_stopped_before_a_hold_that_cannot_grow_is_used_up() {
    check(
        "08:00 ask auth=A
         08:00 grant auth=A limit=500 reserve=100 final
         08:00 start tx=7 auth=A meter=0
         08:15 read tx=7 total=2500
         08:30 read tx=7 total=5000
         08:45 read tx=7 total=7500
         08:46 read tx=7 total=7600",
        &[
            "pin plain v1 for guest:S1:A",
            "allow 5.00 EUR",
            "opened guest:S1:A",
            "cost 1.25 EUR then 2.50 EUR",
            "cost 2.50 EUR then 3.75 EUR",
            "cost 3.75 EUR then 5.00 EUR",
            "stop HoldExhausted",
        ],
    );
}

#[test]
fn the_charger_is_stopped_at_the_drivers_own_limit() {
    check(
        "08:00 ask auth=A token=alice limit=300
         08:00 grant auth=A
         08:00 start tx=7 auth=A meter=0
         08:15 read tx=7 total=2500
         08:30 read tx=7 total=5000",
        &[
            "pin plain v1 for alice",
            "allow 3.00 EUR",
            "opened alice",
            "stop DriverLimit",
        ],
    );
}

#[test]
fn an_authorisation_is_forgotten_after_a_day_unless_its_session_runs() {
    let mut world = World::new();
    world.tell(
        "08:00 ask auth=A token=alice
         08:00 ask auth=B token=bob
         08:00 start tx=7 auth=A meter=0
         tick +1d00:00",
    );
    let kept = |key: &&crate::Key| matches!(key, crate::Key::Authorization(..));
    assert_eq!(world.state.entities.keys().filter(kept).count(), 1);
}
