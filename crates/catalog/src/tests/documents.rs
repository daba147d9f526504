//! Versions, validity, broadcast, ticks.

use super::*;
use crate::{LEAD, Stage};
use wattledger_domain::device::{DeviceFacts, DeviceProfile, RegisterKind};
use wattledger_domain::ids::{DeviceProfileId, MarketId, MarketPricesId, SiteId, SiteOccupancyId};
use wattledger_domain::market::MarketPrices;
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};

fn from(content: Content, at: Timestamp) -> ReferenceSubmitted {
    ReferenceSubmitted {
        valid_from: Some(at),
        ..submitted(content)
    }
}

fn forward(content: Content, at: Option<Timestamp>) -> ReferenceSubmitted {
    ReferenceSubmitted {
        valid_from: at,
        back_dating: BackDating::Refused,
        ..submitted(content)
    }
}

#[test]
fn a_changed_document_is_the_next_version_and_an_equal_one_a_duplicate() {
    let mut bench = Bench::set_up();
    bench.submit(submitted(site()));
    assert_eq!(bench.outcomes(), [(Outcome::Duplicate, "")]);
    assert_eq!(bench.broadcast(), []);
    bench.submit(submitted(named_site("Renamed")));
    assert_eq!(bench.broadcast(), [(2, Timestamp(0))]);
}

#[test]
fn the_same_text_for_another_time_is_a_version_of_its_own() {
    let mut bench = Bench::set_up();
    let later = from(site(), NOW);
    bench.submit(later.clone());
    bench.submit(later.clone());
    bench.submit(ReferenceSubmitted {
        valid_to: Some(Timestamp::LATEST),
        ..later
    });
    assert_eq!(bench.broadcast(), [(2, NOW), (3, NOW)]);
    assert_eq!(bench.outcomes(), [(Outcome::Duplicate, "")]);
}

#[test]
fn a_folder_of_dated_versions_applied_again_changes_nothing() {
    let mut bench = Bench::set_up();
    let folder = [from(site(), Timestamp(0)), from(named_site("Later"), NOW)];
    for document in folder.iter().chain(&folder) {
        bench.submit(document.clone());
    }
    assert_eq!(bench.broadcast(), [(2, NOW)]);
    assert_eq!(bench.outcomes().len(), 3);
}

#[test]
fn without_a_beginning_a_document_holds_as_soon_as_it_may() {
    let mut bench = Bench::set_up();
    bench.submit(forward(named_site("New"), None));
    assert_eq!(bench.broadcast(), [(2, NOW.plus(LEAD))]);
}

#[test]
fn a_beginning_nearer_than_the_lead_is_refused_unless_back_dated() {
    let mut bench = Bench::set_up();
    let near = Timestamp(NOW.plus(LEAD).0.checked_sub(1).unwrap());
    bench.submit(forward(named_site("New"), Some(near)));
    let [(Outcome::Refused, detail)] = bench.outcomes()[..] else {
        panic!("one refusal");
    };
    assert!(
        detail.contains("2025-06-01T00:01:05Z is the earliest"),
        "{detail}"
    );
    assert_eq!(bench.broadcast(), []);
    bench.submit(from(named_site("New"), near));
    assert_eq!(bench.broadcast(), [(2, near)]);
}

#[test]
fn a_validity_without_time_in_it_is_refused() {
    let mut bench = Bench::set_up();
    for to in [NOW, Timestamp(Timestamp::LATEST.0.checked_add(1).unwrap())] {
        bench.submit(ReferenceSubmitted {
            valid_to: Some(to),
            ..from(named_site("New"), NOW)
        });
    }
    assert_eq!(bench.outcomes().len(), 2);
    assert_eq!(bench.broadcast(), []);
}

#[test]
fn a_later_version_ends_the_earlier_and_replaces_those_that_begin_after_it() {
    let mut bench = Bench::set_up();
    bench.submit(from(
        named_site("Far"),
        Timestamp(NOW.0.checked_mul(2).unwrap()),
    ));
    bench.submit(from(named_site("Near"), NOW));
    let key = Key::Versions {
        kind: wattledger_domain::reference::Kind::Site,
        id: "site".into(),
    };
    let Some(Value::Versions(versions)) = bench.state.entities.get(&key) else {
        panic!("the site has versions");
    };
    let kept: Vec<_> = versions
        .kept
        .iter()
        .map(|version| (version.version, version.superseded_from))
        .collect();
    assert_eq!(kept, [(1, Some(NOW)), (3, None)]);
    assert_eq!(versions.last, 3);
}

#[test]
fn documents_go_to_those_who_need_them_with_full_content() {
    let mut bench = Bench::new();
    for content in [policy(), entity(), site(), station(), tariff()] {
        bench.submit(submitted(content));
    }
    bench.submit(submitted(Content::TariffAssignment(Box::new(assignment()))));
    assert_eq!(bench.broadcast().len(), 6);
    let to_invoices = |effect: &&Effect| matches!(effect, Effect::BroadcastToInvoices(_));
    assert_eq!(bench.effects.iter().filter(to_invoices).count(), 1);
    bench.effects.clear();
    bench.submit(submitted(account(None)));
    let [Effect::ToAccount { account, reference }] = &bench.effects[..] else {
        panic!("an account's document goes to the account alone");
    };
    assert_eq!(account.as_str(), "account");
    assert_eq!(reference.document.content, super::account(None));
}

#[test]
fn ticks_are_passed_on_to_the_stages_they_name() {
    let mut bench = Bench::new();
    let mut ticked = |stages| {
        let at = NOW;
        bench.effects.clear();
        bench.fold(ControlRecord::Tick(ControlTick { at, stages }));
        let mut ticked = Vec::new();
        for effect in &bench.effects {
            assert!(matches!(effect, Effect::Tick { tick, .. } if tick.at == NOW));
            if let Effect::Tick { stage, .. } = effect {
                ticked.push(*stage);
            }
        }
        ticked
    };
    let all = [Stage::Sessions, Stage::Accounts, Stage::Invoices];
    assert_eq!(ticked(TickedStages::All), all);
    assert_eq!(ticked(TickedStages::Control), []);
    assert_eq!(ticked(TickedStages::Sessions), [Stage::Sessions]);
    assert_eq!(ticked(TickedStages::Accounts), [Stage::Accounts]);
    assert_eq!(ticked(TickedStages::Invoices), [Stage::Invoices]);
}

#[test]
fn market_prices_are_broadcast_and_revised_and_refused_off_the_quarter_hour() {
    let prices = |start: Timestamp, count: usize| {
        Content::MarketPrices(Box::new(MarketPrices {
            id: MarketPricesId::new("day"),
            market: MarketId::new("DE-LU"),
            currency: Currency::EUR,
            start,
            slot: Milliseconds::minutes(15),
            prices: vec![None; count],
        }))
    };
    let mut bench = Bench::set_up();
    bench.submit(submitted(prices(Timestamp(0), 96)));
    bench.submit(from(prices(Timestamp(0), 92), NOW));
    // Without a word of since when, they are not known before they were handed in: what a display has
    // shown for a slot that is past is billed.
    assert_eq!(bench.broadcast(), [(1, NOW.plus(LEAD)), (2, NOW)]);
    for refused in [
        prices(Timestamp(1), 96),
        prices(Timestamp(0), 0),
        prices(Timestamp(0), 201),
    ] {
        let mut bench = Bench::set_up();
        bench.submit(submitted(refused));
        assert_eq!(bench.outcomes()[0].0, Outcome::Refused);
        assert_eq!(bench.broadcast(), []);
    }
}

#[test]
fn an_occupancy_is_broadcast_and_refused_off_the_five_minutes_or_of_no_site() {
    let occupancy = |site: &str, start: i64, minutes: i32, count: usize| {
        Content::SiteOccupancy(Box::new(SiteOccupancy {
            id: SiteOccupancyId::new("day"),
            site: SiteId::new(site),
            start: Timestamp(start),
            slot: Milliseconds::minutes(minutes),
            shares: vec![BusyShare::of_per_mille(800); count],
        }))
    };
    let mut bench = Bench::set_up();
    bench.submit(submitted(occupancy("site", 300_000, 20, 300)));
    bench.submit(from(occupancy("site", 0, 5, 1), NOW));
    // Without a word of since when, it is not known before it was handed in.
    assert_eq!(bench.broadcast(), [(1, NOW.plus(LEAD)), (2, NOW)]);
    for refused in [
        occupancy("nowhere", 0, 15, 96),
        occupancy("site", 1, 15, 96),
        occupancy("site", 0, 25, 96),
        occupancy("site", 0, 15, 0),
        occupancy("site", 0, 15, 301),
    ] {
        let mut bench = Bench::set_up();
        bench.submit(submitted(refused));
        assert_eq!(bench.outcomes()[0].0, Outcome::Refused);
        assert_eq!(bench.broadcast(), []);
    }
}

#[test]
fn device_profiles_are_broadcast_and_refused_where_they_describe_nothing() {
    let profile = |before: &str, facts: DeviceFacts| {
        Content::DeviceProfile(Box::new(DeviceProfile {
            id: DeviceProfileId::new("acme"),
            vendor: "Acme".into(),
            model: None,
            firmware_from: Some("1.9".into()),
            firmware_before: Some(before.into()),
            facts,
        }))
    };
    let mut bench = Bench::set_up();
    bench.submit(submitted(profile("1.10", DeviceFacts::ASSUMED)));
    assert_eq!(bench.broadcast(), [(1, Timestamp(0))]);
    let rolling = DeviceFacts {
        rollover: Some(MilliwattHours(1_000)),
        register: Some(RegisterKind::PerSession),
        ..DeviceFacts::ASSUMED
    };
    for refused in [
        profile("1.9", DeviceFacts::ASSUMED),
        profile("1.10", rolling),
    ] {
        let mut bench = Bench::set_up();
        bench.submit(submitted(refused));
        assert_eq!(bench.outcomes()[0].0, Outcome::Refused);
        assert_eq!(bench.broadcast(), []);
    }
}
