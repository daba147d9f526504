//! What a day looks like, and that it is always the same.

use super::*;
use std::collections::BTreeMap;
use wattledger_domain::charging::TokenRef;
use wattledger_domain::ids::TokenHash;
use wattledger_wire::cloud_events::{self, Intake};
use wattledger_wire::documents;

const MORNING: Timestamp = Timestamp(1_700_006_400_000);

fn scenario(anomalies: Anomalies) -> Scenario {
    let to = MORNING.plus(Milliseconds(86_400_000));
    Scenario {
        stations: 20,
        sessions: 120,
        anomalies,
        ..Scenario::demo(7, MORNING, to)
    }
}

fn kind(event: &Value) -> &str {
    let text = event["type"].as_str().unwrap();
    text.trim_start_matches("wattledger.charging.")
        .trim_end_matches(".v1")
}

fn count(events: &[Value], wanted: &str) -> usize {
    events.iter().filter(|event| kind(event) == wanted).count()
}

/// A day on which every visit has one oddity.
fn odd_day(set: impl FnOnce(&mut Anomalies)) -> Vec<Value> {
    let mut anomalies = Anomalies::default();
    set(&mut anomalies);
    scenario(anomalies).events().collect()
}

#[test]
fn a_seed_is_a_day_byte_for_byte() {
    let day = |seed| -> Vec<String> {
        let scenario = Scenario {
            seed,
            ..scenario(Anomalies::DEMO)
        };
        scenario.events().map(|event| event.to_string()).collect()
    };
    assert_eq!(day(1), day(1));
    assert_ne!(day(1), day(2));
}

#[test]
fn every_event_is_read_by_intake_and_comes_in_order_of_receipt() {
    let token = |_: &str, _: Timestamp| TokenRef {
        hash: TokenHash([0; 16]),
        account: None,
        group: None,
        tax: None,
    };
    let mut last = String::new();
    for event in scenario(Anomalies::DEMO).events() {
        let received_at = event["received_at"].as_str().unwrap();
        let at = wattledger_wire::times::parse(received_at).unwrap();
        let intake = Intake {
            received_at: at,
            token: &token,
        };
        cloud_events::event(&event, &intake).unwrap_or_else(|fault| panic!("{fault}: {event}"));
        let sortable = format!("{:020}", at.0);
        assert!(last <= sortable, "{event}");
        last = sortable;
    }
}

#[test]
fn every_document_is_read_and_each_kind_is_there() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for document in scenario(Anomalies::DEMO).documents() {
        documents::submission(&document, &|_| TokenHash([7; 16]))
            .unwrap_or_else(|fault| panic!("{fault:?}: {document}"));
        *kinds
            .entry(document["kind"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    assert_eq!(
        (kinds["Station"], kinds["Site"], kinds["LegalEntity"]),
        (20, 2, 2)
    );
}

#[test]
fn sessions_start_and_end_but_for_refused_drivers() {
    let scenario = scenario(Anomalies::default());
    let events: Vec<Value> = scenario.events().collect();
    let refused = visits(&scenario)
        .iter()
        .filter(|visit| Driver::of(&scenario, visit).is_refused())
        .count();
    assert_eq!(count(&events, "session_started"), 120 - refused);
    assert_eq!(count(&events, "session_ended"), 120 - refused);
    assert!(count(&events, "session_updated") > 1_000);
}

#[test]
fn the_register_tells_the_energy_and_never_falls_on_a_good_day() {
    let mut registers: BTreeMap<(String, i64), f64> = BTreeMap::new();
    for event in odd_day(|_| {}) {
        let data = &event["data"];
        let text = match kind(&event) {
            "session_started" => &data["meterStart"],
            "session_updated" => &data["samples"][0]["value"],
            "session_ended" => &data["meterStop"],
            _ => continue,
        };
        let shown: f64 = text.as_str().unwrap().parse().unwrap();
        let place = (event["subject"].to_string(), data["evse"].as_i64().unwrap());
        let before = registers.insert(place, shown);
        assert!(before.is_none_or(|before| before <= shown), "{event}");
    }
}

#[test]
fn visits_of_one_evse_do_not_overlap() {
    let scenario = Scenario::demo(3, MORNING, MORNING.plus(Milliseconds(86_400_000)));
    let mut left: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let visits = visits(&scenario);
    assert_eq!(visits.len(), 2_000);
    for visit in visits {
        let before = left.insert((visit.station.number, visit.evse), visit.leaves);
        assert!(
            before.is_none_or(|before| before < visit.arrives),
            "{visit:?}"
        );
        assert!(
            MORNING.0 <= visit.arrives && visit.leaves <= scenario.to.0,
            "{visit:?}"
        );
    }
}

#[test]
fn each_oddity_shows() {
    let ids = |events: &[Value]| -> usize {
        let ids: std::collections::BTreeSet<String> = events
            .iter()
            .map(|event| format!("{}{}", event["source"], event["id"]))
            .collect();
        ids.len()
    };
    let twice = odd_day(|rates| rates.duplicates = 1_000);
    assert!(ids(&twice) < twice.len());
    let good = odd_day(|_| {});
    assert_eq!(ids(&good), good.len());
    let times = |events: &[Value]| {
        let pairs = events.windows(2);
        pairs
            .filter(|pair| pair[0]["time"].as_str() > pair[1]["time"].as_str())
            .count()
    };
    assert!(times(&odd_day(|rates| rates.reordered = 1_000)) > 2 * times(&good));
    assert_eq!(
        count(&odd_day(|rates| rates.missing_end = 1_000), "session_ended"),
        0
    );
    let repeated = odd_day(|rates| rates.end_repeated = 1_000);
    let started = count(&repeated, "session_started");
    assert_eq!(count(&repeated, "session_ended"), 2 * started);
    let offline = odd_day(|rates| rates.offline_start = 1_000);
    let zero =
        |event: &&Value| event["data"]["meterStart"] == "0" && event["data"]["offline"] == true;
    assert_eq!(
        offline.iter().filter(zero).count(),
        count(&offline, "session_started")
    );
    let old = odd_day(|rates| rates.clock_1970 = 1_000);
    assert!(
        old.iter()
            .any(|event| event["time"].as_str().unwrap().starts_with("1970-"))
    );
    let idle = odd_day(|rates| rates.never_plugged_in = 1_000);
    assert!(count(&idle, "authorization_requested") > count(&idle, "session_started") * 2);
    let lost = odd_day(|rates| rates.unknown_token = 1_000);
    let unknown = |event: &&Value| {
        event["data"]["token"]
            .as_str()
            .is_some_and(|token| token.starts_with("TAG-LOST"))
    };
    assert_eq!(lost.iter().filter(unknown).count(), 120);
    let reset = odd_day(|rates| rates.register_reset = 1_000);
    let zeros = reset.iter().filter(|event| {
        event["data"]["samples"][0]["value"]
            .as_str()
            .is_some_and(|text| text.len() < 5)
    });
    assert!(zeros.count() > 20);
}

#[test]
fn oddities_come_at_about_their_rates() {
    let scenario = scenario(Anomalies {
        late_end: 100,
        missing_end: 50,
        ..Anomalies::default()
    });
    let of = |wanted| {
        (0..2_000)
            .filter(|number| scenario.oddity(*number) == wanted)
            .count()
    };
    assert!(
        (150..250).contains(&of(Oddity::LateEnd)),
        "{}",
        of(Oddity::LateEnd)
    );
    assert!(
        (60..140).contains(&of(Oddity::MissingEnd)),
        "{}",
        of(Oddity::MissingEnd)
    );
}

#[test]
fn a_load_has_a_network_of_its_own_and_as_many_events_as_asked_for_at_most() {
    let second = |seconds: i64| MORNING.plus(Milliseconds(seconds * 1_000));
    for (stations, rate, seconds, haste) in
        [(60, 120, 12, 128), (100, 50, 3_600, 8), (5, 1, 60, 16)]
    {
        let scenario = Scenario::load(9, stations, rate, MORNING, second(seconds));
        assert_eq!(scenario.pace.haste, haste);
        assert_eq!(scenario.network, format!("load9x{haste}-"));
        for document in scenario.documents() {
            let id = document["id"].as_str().unwrap();
            assert!(id.contains("load9x"), "{document}");
        }
        let said = scenario.events().count();
        let most = usize::try_from(i64::from(rate) * seconds).unwrap();
        assert!((most / 3..=most).contains(&said), "{said} of {most}");
        assert!(
            visits(&scenario)
                .iter()
                .all(|visit| visit.leaves <= scenario.to.0)
        );
    }
}

#[test]
fn each_row_of_the_fields_page_has_a_knob_that_shows_in_what_chargers_say() {
    let good: Vec<Value> = scenario(Anomalies::default()).events().collect();
    let rows: std::collections::BTreeSet<u8> = knobs().map(|(_, row)| row).collect();
    assert_eq!(rows, (0..=25).collect());
    for (name, _) in knobs() {
        let turned = scenario(Anomalies::default()).turned(vec![(name.to_owned(), 1_000)]);
        let odd: Vec<Value> = turned.events().collect();
        assert!(odd != good, "{name}");
        assert_eq!(odd, turned.events().collect::<Vec<Value>>(), "{name}");
        let token = |_: &str, _: Timestamp| TokenRef {
            hash: TokenHash([0; 16]),
            account: None,
            group: None,
            tax: None,
        };
        for event in &odd {
            let at = wattledger_wire::times::parse(event["received_at"].as_str().unwrap());
            let intake = Intake {
                received_at: at.unwrap(),
                token: &token,
            };
            let read = cloud_events::event(event, &intake);
            let refused = name == "bad-date" && kind(event) == "session_ended";
            assert_eq!(read.is_err(), refused, "{name}: {event} {:?}", read.err());
        }
    }
}
