//! Sessions whose idle fees are due only while the site is busy: live, final, revised.

use super::world::{World, clock, documents};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::ids::{SiteId, SiteOccupancyId};
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{Content, ReferenceRecorded};
use wattledger_domain::tariff::{Component, Dimension};
use wattledger_domain::time::Timestamp;

/// 50 cents per kWh; 6.00 an hour of parking while 80 % of the site's places are taken.
fn busy_only() -> ReferenceRecorded {
    let mut tariff = documents::tariff("plain", 50);
    tariff.elements[0].components.push(Component {
        dimension: Dimension::ParkingTime,
        price: PriceE8(600_000_000),
        tax: None,
        step_size: 0,
    });
    tariff.idle_fees.only_when_busy = BusyShare::of_per_mille(800);
    documents::recorded(Content::Tariff(Box::new(tariff)), 2, clock("00:00"))
}

/// Percent per quarter of an hour from 09:00 on.
fn published(
    site: &str,
    version: i32,
    known_from: Timestamp,
    percent: &[i64],
) -> ReferenceRecorded {
    let occupancy = SiteOccupancy {
        id: SiteOccupancyId::new("today"),
        site: SiteId::new(site),
        start: clock("09:00"),
        slot: Milliseconds::minutes(15),
        shares: percent
            .iter()
            .map(|percent| BusyShare::of_per_mille(percent * 10))
            .collect(),
    };
    let content = Content::SiteOccupancy(Box::new(occupancy));
    documents::recorded(content, version, known_from)
}

fn world(percent: &[i64]) -> World {
    let mut world = World::new();
    world.fold(&ChargingRecord::Reference(busy_only()));
    let known = published("yard", 1, clock("00:00"), percent);
    world.fold(&ChargingRecord::Reference(known));
    world
}

/// 4 kWh until 09:00, then parked for an hour.
const SESSION: [&str; 5] = [
    "08:30 start tx=7 token=alice meter=1000",
    "09:00 read tx=7 total=5000 state=parked",
    "09:30 read tx=7 total=5000 state=parked",
    "10:00 end tx=7 meter=5000",
    "tick 00:01",
];

/// Tells the session with a publication before a line, and what it is rated at.
#[track_caller]
fn check(mut world: World, revision: Option<(usize, &ReferenceRecorded)>, gross: &str) -> World {
    for (place, line) in SESSION.iter().enumerate() {
        if let Some((before, recorded)) = revision
            && before == place
        {
            world.fold(&ChargingRecord::Reference(recorded.clone()));
        }
        world.tell(line);
    }
    let rated = format!("rated v1 08:30-10:00 4000 Wh {gross}");
    assert_eq!(world.came(), ["opened alice".to_owned(), rated]);
    world
}

#[test]
fn parking_costs_while_the_site_is_busy() {
    let world = check(world(&[100, 79, 80, 0]), None, "5.00 EUR");
    let rated = world.rated()[0];
    let used = rated.site_occupancy.as_ref().unwrap();
    assert_eq!(used.len(), 1);
    assert_eq!((used[0].id.as_str(), used[0].version), ("today", 1));
    let parked = rated.priced.steps.iter();
    let parked = parked.filter(|step| step.dimension == Dimension::ParkingTime);
    let told: Vec<_> = parked
        .map(|step| (step.price.0, step.quantity / 60_000))
        .collect();
    assert_eq!(told, [(600_000_000, 30), (0, 30)]);
}

#[test]
fn what_nobody_published_of_this_site_costs_nothing() {
    let mut nothing = World::new();
    nothing.fold(&ChargingRecord::Reference(busy_only()));
    let world = check(nothing, None, "2.00 EUR");
    let used = world.rated()[0].site_occupancy.clone();
    assert_eq!(used, Some(Vec::new()));
    let elsewhere = published("other", 1, clock("00:00"), &[100; 4]);
    check(self::world(&[0; 4]), Some((0, &elsewhere)), "2.00 EUR");
}

#[test]
fn a_revision_counts_from_the_five_minutes_that_begin_after_it_is_known() {
    let revision = published("yard", 2, clock("09:32"), &[0, 0, 100, 100]);
    // 15 minutes of the first, and from 09:35 on.
    let world = check(world(&[100, 0, 0, 0]), Some((3, &revision)), "6.00 EUR");
    let used = world.rated()[0].site_occupancy.as_ref().unwrap();
    let versions: Vec<_> = used.iter().map(|pin| pin.version).collect();
    assert_eq!(versions, [1, 2]);
}

/// Dated back, it prices anew what is metered already: where it comes does not matter.
#[test]
fn when_a_publication_reaches_the_station_changes_nothing() {
    let revision = published("yard", 2, clock("00:00"), &[100, 100, 100, 0]);
    for place in 0..SESSION.len() {
        check(world(&[0, 0, 0, 100]), Some((place, &revision)), "6.50 EUR");
    }
}

#[test]
fn a_bill_stands_until_a_late_reading_rates_it_again_by_what_is_known_then() {
    let mut world = check(world(&[0; 4]), None, "2.00 EUR");
    let late = published("yard", 2, clock("00:00"), &[100; 4]);
    world.fold(&ChargingRecord::Reference(late));
    world.tell("tick 00:30");
    assert_eq!(world.rated().len(), 1);
    world.tell(
        "09:45 read tx=7 total=5000 state=parked
         tick 02:00",
    );
    let came = world.came();
    let rated = "rated v2 08:30-10:00 4000 Wh 8.00 EUR [LateEvents]";
    assert_eq!(came.last().unwrap(), rated);
}

#[test]
fn the_running_cost_knows_of_it_as_well() {
    let mut world = world(&[100, 100, 0, 0]);
    world.tell(
        "08:00 ask auth=A token=alice
         08:00 grant auth=A limit=400 op=1
         08:30 start tx=7 auth=A meter=1000
         09:00 read tx=7 total=5000 state=parked
         09:30 read tx=7 total=5000 state=parked",
    );
    // 2.00 of energy, 30 busy minutes for 3.00; the next half hour of parking is free.
    let told = world.came();
    let cost = "cost 5.00 EUR then 6.00 EUR";
    assert!(told.iter().any(|line| line == cost), "{told:?}");
}
