//! Sessions whose price follows a market: live, final, revised.

use super::world::{World, clock, documents};
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::ids::{MarketId, MarketPricesId};
use wattledger_domain::market::{Fixing, MarketFormula, MarketPrices};
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{Content, ReferenceRecorded};
use wattledger_domain::time::Timestamp;

/// A tariff whose energy follows a market, 50 cents where nobody has published.
fn following(fixing: Fixing) -> ReferenceRecorded {
    let mut tariff = documents::tariff("plain", 50);
    tariff.markets = vec![MarketFormula {
        element: 0,
        market: MarketId::new("DE-LU"),
        factor: MarketFormula::ONCE,
        markup: PriceE8(0),
        grid_fees: Vec::new(),
        levy: PriceE8(0),
        floor: None,
        cap: None,
        fixing,
    }];
    documents::recorded(Content::Tariff(Box::new(tariff)), 2, clock("00:00"))
}

/// Cents per kWh for hours from 08:00 on.
fn published(version: i32, known_from: Timestamp, cents: &[i64]) -> ReferenceRecorded {
    let prices = MarketPrices {
        id: MarketPricesId::new("today"),
        market: MarketId::new("DE-LU"),
        currency: Currency::EUR,
        start: clock("08:00"),
        slot: Milliseconds::minutes(60),
        prices: cents
            .iter()
            .map(|cents| Some(PriceE8(cents * 1_000_000)))
            .collect(),
    };
    documents::recorded(Content::MarketPrices(Box::new(prices)), version, known_from)
}

fn world(fixing: Fixing, cents: &[i64]) -> World {
    let mut world = World::new();
    world.fold(&ChargingRecord::Reference(following(fixing)));
    world.fold(&ChargingRecord::Reference(published(
        1,
        clock("00:00"),
        cents,
    )));
    world
}

const SESSION: [&str; 5] = [
    "08:30 start tx=7 token=alice meter=1000",
    "09:00 read tx=7 total=3000",
    "09:30 read tx=7 total=5000",
    "10:30 end tx=7 meter=9000",
    "tick 00:01",
];

/// Tells the session with a publication in between, and what it is rated at.
#[track_caller]
fn check(mut world: World, revision: Option<(usize, ReferenceRecorded)>, gross: &str) -> World {
    for (place, line) in SESSION.iter().enumerate() {
        if let Some((before, recorded)) = &revision
            && *before == place
        {
            world.fold(&ChargingRecord::Reference(recorded.clone()));
        }
        world.tell(line);
    }
    let rated = format!("rated v1 08:30-10:30 8000 Wh {gross}");
    assert_eq!(world.came(), ["opened alice".to_owned(), rated]);
    world
}

#[test]
fn each_hour_is_billed_at_the_price_of_its_market() {
    // 2 kWh at 10, 4 at 20, 2 at 30 cents.
    let world = check(world(Fixing::Floating, &[10, 20, 30]), None, "1.60 EUR");
    let rated = world.rated()[0];
    let used = rated.market_prices.as_ref().unwrap();
    assert_eq!(used.len(), 1);
    assert_eq!((used[0].id.as_str(), used[0].version), ("today", 1));
}

#[test]
fn an_hour_that_nobody_published_costs_the_tariffs_own_price() {
    check(world(Fixing::Floating, &[10, 20]), None, "2.00 EUR");
    let mut nothing = World::new();
    nothing.fold(&ChargingRecord::Reference(following(Fixing::Floating)));
    check(nothing, None, "4.00 EUR");
}

#[test]
fn a_revision_counts_for_the_hours_that_begin_after_it() {
    let revision = published(2, clock("09:20"), &[11, 21, 40]);
    let floating = world(Fixing::Floating, &[10, 20, 30]);
    let world = check(floating, Some((2, revision)), "1.80 EUR");
    let used = world.rated()[0].market_prices.as_ref().unwrap().clone();
    assert_eq!(
        used.iter().map(|pin| pin.version).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn a_price_guaranteed_at_plug_in_stands() {
    let revision = published(2, clock("09:20"), &[11, 21, 40]);
    let plugged = world(Fixing::PlugIn, &[10, 20, 30]);
    check(plugged, Some((2, revision)), "1.60 EUR");
}

/// A revision dated back prices anew what is metered already: where it comes does not matter.
#[test]
fn when_a_revision_reaches_the_station_changes_nothing() {
    let revision = published(2, clock("00:00"), &[20, 40, 60]);
    for place in 0..SESSION.len() {
        let mut world = world(Fixing::Floating, &[10, 20, 30]);
        world.tell("08:00 ask auth=A token=alice limit=100");
        world.tell("08:00 grant auth=A limit=5000 op=1");
        for (number, line) in SESSION.iter().enumerate() {
            if number == place {
                world.fold(&ChargingRecord::Reference(revision.clone()));
            }
            world.tell(&line.replace("token=alice", "auth=A"));
        }
        let rated = world
            .came()
            .into_iter()
            .filter(|line| line.starts_with("rated"));
        assert_eq!(
            rated.collect::<Vec<_>>(),
            ["rated v1 08:30-10:30 8000 Wh 3.20 EUR"],
            "before line {place}"
        );
    }
}

#[test]
fn the_running_cost_is_by_the_market_as_well() {
    let mut world = world(Fixing::Floating, &[100, 200, 300]);
    world.tell(
        "08:00 ask auth=A token=alice
         08:00 grant auth=A limit=800 op=1
         08:30 start tx=7 auth=A meter=1000
         09:00 read tx=7 total=3000
         09:30 read tx=7 total=5000",
    );
    // 2 kWh at 1.00, 2 at 2.00; the next half hour brings 2 more at 2.00.
    let cost = "cost 6.00 EUR then 10.00 EUR";
    assert!(
        world.came().iter().any(|line| line == cost),
        "{:?}",
        world.came()
    );
}
