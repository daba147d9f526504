//! A session priced by another version of a tariff: what would be billed, and what then is.

use super::world::documents::{by_time, policy, recorded, site, tariff};
use super::world::{World, clock};
use crate::rerating::{Basis, By, Rerated, Unpriced, rerate};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::money::Currency;
use wattledger_domain::price::TaxRate;
use wattledger_domain::reference::Content;
use wattledger_domain::session::HoldReason;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::tax::TaxLiability;
use wattledger_pricing::CompiledTariff;

/// From noon to four on the site's clock, an hour ahead of UTC: 10 kWh up to two, 4 kWh after.
const AFTERNOON: &str = "11:00 start tx=7 token=alice meter=1000
     13:00 read tx=7 total=11000
     15:00 end tx=7 meter=15000
     tick 00:01";

fn knows(world: &mut World, tariff: Tariff, version: i32) {
    let content = Content::Tariff(Box::new(tariff));
    world.fold(&ChargingRecord::Reference(recorded(
        content,
        version,
        clock("00:00"),
    )));
}

/// What a station was told, which then hears of a second version of its tariff.
fn told(script: &str, others: Vec<Tariff>) -> World {
    let mut world = World::new();
    world.tell(script);
    for (other, version) in others.into_iter().zip(2..) {
        knows(&mut world, other, version);
    }
    world
}

/// What the last rating would come to under another tariff.
fn would_be(world: &World, other: &Tariff) -> Result<Rerated, Unpriced> {
    let zone = site().time_zone;
    let rated = *world.rated().last().unwrap();
    let own = CompiledTariff::compile(&tariff("plain", 50), &zone).unwrap();
    let other = CompiledTariff::compile(other, &zone).unwrap();
    let by = By {
        pinned: Some(&own),
        tariff: &other,
        policy: &policy(),
        liability: TaxLiability::Seller,
    };
    rerate(rated, &by)
}

/// What comes of it after what was told.
#[track_caller]
fn then(world: &mut World, script: &str, expect: &[&str]) {
    let seen = world.came().len();
    world.tell(script);
    assert_eq!(world.came()[seen..], *expect);
}

#[test]
fn a_session_is_billed_by_the_version_that_is_named_and_once() {
    let mut world = told(AFTERNOON, vec![tariff("plain", 40)]);
    let found = would_be(&world, &tariff("plain", 40)).unwrap();
    assert_eq!(found.basis, Basis::Exact);
    assert_eq!(found.billed.gross.to_string(), "7.00 EUR");
    assert_eq!(found.would_be.gross.to_string(), "5.60 EUR");
    let (_, less) = found.difference().unwrap();
    assert_eq!(less.to_string(), "-1.40 EUR");
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2 version=1
         10:01 decide do=reprice tariff=plain@2 version=1
         10:02 decide do=reprice tariff=plain@2",
        &[
            "rated v2 11:00-15:00 14000 Wh 5.60 EUR",
            "decided: v2 round 0 5.60 EUR",
            "Duplicate",
            "Duplicate",
        ],
    );
    let rated = world.rated();
    let pins = &rated.last().unwrap().pins;
    assert_eq!((pins.tariff.id.as_str(), pins.tariff.version), ("plain", 2));
    assert_eq!(rated[0].pins.policy, pins.policy);
    // And back, and there again: each is a cause of its own.
    then(
        &mut world,
        "10:03 decide do=reprice tariff=plain@1 version=2
         10:04 decide do=reprice tariff=plain@2 version=3",
        &[
            "rated v3 11:00-15:00 14000 Wh 7.00 EUR",
            "decided: v3 round 0 7.00 EUR",
            "rated v4 11:00-15:00 14000 Wh 5.60 EUR",
            "decided: v4 round 0 5.60 EUR",
        ],
    );
}

/// 80 cents from 13:00 to 15:00: of 10 kWh in two hours half, of 4 kWh in two hours half.
#[test]
fn a_boundary_that_the_old_tariff_did_not_have_is_found_between_readings_as_the_fold_finds_it() {
    let mut world = told(AFTERNOON, vec![by_time("plain")]);
    let found = would_be(&world, &by_time("plain")).unwrap();
    // 7 kWh at 0.50, 7 kWh at 0.80.
    assert_eq!(found.would_be.gross.to_string(), "9.10 EUR");
    assert_eq!(found.basis, Basis::Exact);
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2",
        &[
            "rated v2 11:00-15:00 14000 Wh 9.10 EUR",
            "decided: v2 round 0 9.10 EUR",
        ],
    );
}

/// Law: what is shown beforehand is what the fold bills.
#[test]
fn what_would_be_billed_is_what_is_billed() {
    let others = [tariff("plain", 1), tariff("plain", 73), by_time("plain")];
    let scripts = [
        AFTERNOON,
        "11:55 start tx=7 token=alice meter=1000
         12:01 read tx=7 total=1700
         12:07 read tx=7 total=1701 state=parked
         13:59 read tx=7 total=1702 state=parked
         14:20 end tx=7 meter=1703
         tick 00:01",
        "08:00 start tx=7 token=alice meter=1000
         08:01 end tx=7 meter=1020
         tick 00:01",
    ];
    for script in scripts {
        for other in &others {
            let mut world = told(script, vec![other.clone()]);
            let shown = would_be(&world, other).unwrap();
            assert_eq!(shown.basis, Basis::Exact, "{script}");
            world.tell("10:00 decide do=reprice tariff=plain@2");
            let billed = would_be(&world, &tariff("plain", 50)).unwrap().billed;
            assert_eq!(shown.would_be.gross, billed.gross, "{script}");
            assert_eq!(shown.would_be.net, billed.net, "{script}");
        }
    }
}

#[test]
fn a_tax_that_was_wrong_is_billed_right_though_every_price_is_the_same() {
    let mut taxed = tariff("plain", 50);
    for component in &mut taxed.elements[0].components {
        component.tax = Some(TaxRate(190_000));
    }
    let mut world = told(AFTERNOON, vec![taxed.clone()]);
    let found = would_be(&world, &taxed).unwrap();
    assert!(!found.is_unchanged());
    assert_eq!(found.would_be.gross.to_string(), "8.33 EUR");
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2",
        &[
            "rated v2 11:00-15:00 14000 Wh 8.33 EUR",
            "decided: v2 round 0 8.33 EUR",
        ],
    );
}

#[test]
fn a_version_that_bills_the_same_rates_nothing_anew() {
    let mut world = told(AFTERNOON, vec![tariff("plain", 50)]);
    let found = would_be(&world, &tariff("plain", 50)).unwrap();
    assert!(found.is_unchanged());
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2 version=1",
        &["decided: v1 round 0 7.00 EUR"],
    );
}

/// Two kilowatt hours of which the charger tells late.
#[test]
fn what_comes_late_is_priced_by_the_version_that_was_named() {
    let script = "11:00 start tx=7 token=alice meter=1000
         13:00 read tx=7 total=11000
         15:00 end tx=7
         tick 00:01";
    let mut world = told(script, vec![tariff("plain", 40)]);
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2
         14:00 read tx=7 total=13000
         tick 00:05",
        &[
            "rated v2 11:00-15:00 10000 Wh 4.00 EUR",
            "decided: v2 round 0 4.00 EUR",
            "Late",
            "rated v3 11:00-15:00 12000 Wh 4.80 EUR [LateEvents]",
        ],
    );
}

#[test]
fn what_the_station_does_not_know_prices_nothing() {
    let mut world = told(AFTERNOON, Vec::new());
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2
         10:01 decide do=reprice tariff=other@1",
        &["Refused", "Refused"],
    );
}

#[test]
fn another_currency_is_refused() {
    let mut dollars = tariff("plain", 50);
    dollars.currency = Currency::parse("USD").unwrap();
    let mut world = told(AFTERNOON, vec![dollars.clone()]);
    let refused = would_be(&world, &dollars).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "it was billed in EUR, the tariff is in USD"
    );
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2",
        &["Refused"],
    );
}

#[test]
fn a_waived_session_costs_nothing_under_any_tariff() {
    let mut world = told(AFTERNOON, vec![tariff("plain", 90)]);
    world.tell("09:59 decide do=waive version=1");
    let found = would_be(&world, &tariff("plain", 90)).unwrap();
    assert_eq!(found.basis, Basis::Waived);
    assert!(found.is_unchanged());
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2",
        &["decided: v2 round 0 0.00 EUR"],
    );
}

#[test]
fn what_a_person_accepted_stays_accepted_at_another_price() {
    let jumped = "08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=23000
         tick 00:01
         09:59 decide do=correct stop=13000 round=1";
    let mut world = told(jumped, vec![tariff("plain", 40)]);
    assert_eq!(world.came().last().unwrap(), "decided: v1 round 0 6.00 EUR");
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2",
        &[
            "rated v2 08:00-09:00 12000 Wh 4.80 EUR",
            "decided: v2 round 0 4.80 EUR",
        ],
    );
}

/// 14 kWh at 30.00 are 420.00; the policy lets 300.00 pass.
#[test]
fn a_price_that_no_policy_lets_pass_waits_for_a_person() {
    let dear = tariff("plain", 3_000);
    let mut world = told(AFTERNOON, vec![dear.clone()]);
    assert_eq!(would_be(&world, &dear).unwrap().held, [HoldReason::TooDear]);
    then(
        &mut world,
        "10:00 decide do=reprice tariff=plain@2
         10:01 decide do=bill round=1 version=1",
        &[
            "held [TooDear] 14000 Wh",
            "decided: v1 round 1 420.00 EUR",
            "rated v2 11:00-15:00 14000 Wh 420.00 EUR",
            "decided: v2 round 0 420.00 EUR",
        ],
    );
}

#[test]
fn after_the_correction_window_nothing_is_billed_by_another_version() {
    let mut world = told(AFTERNOON, vec![tariff("plain", 40)]);
    world.tell("tick +35d00:02");
    then(
        &mut world,
        "+35d10:00 decide do=reprice tariff=plain@2 version=1",
        &["Unresolved"],
    );
}
