//! The thin thread: documents and charger events in, a numbered invoice out, on the embedded log.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "ground/replayed.rs"]
#[allow(dead_code, reason = "each test tells some of it")]
mod replayed;

use replayed::{billed, configuration, event, events, flat_price, replay_with};
use serde_json::{Value, json};
use std::path::Path;
use wattledger_domain::payment::{PaymentCommand, PaymentOutcome};
use wattledger_domain::time::Timestamp;
use wattledger_engine::opening::Opened;
use wattledger_engine::payments::{Processor, ProcessorDown};
use wattledger_engine::replay::{ReplayError, ReplayProcessor, Told};
use wattledger_engine::topics::PUBLIC;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Record, Visibility};

fn replay(folder: &Path, turn_records: usize) -> Vec<Record> {
    // 10 kWh and 20 kWh at 0.50, 19 % on each net: 5.95 + 11.90.
    replay_at(folder, turn_records, &flat_price(), 1_785)
}

fn replay_at(folder: &Path, turn_records: usize, price: &Value, gross: i64) -> Vec<Record> {
    replay_under(folder, turn_records, &configuration(price), gross).1
}

fn replay_under(
    folder: &Path,
    turn_records: usize,
    documents: &[Value],
    gross: i64,
) -> (Opened, Vec<Record>) {
    let opened = billed(folder, turn_records, documents, events());
    let records = public(&opened);
    let totals = serde_json::to_value(opened.views.totals().unwrap()).unwrap();
    assert_eq!(totals["sessions"], 2, "{totals:#}");
    assert_eq!(totals["money"][0]["gross"], gross, "{totals:#}");
    assert_eq!(totals["money"][0]["captured"], gross, "{totals:#}");
    (opened, records)
}

/// All that the public topics hold.
fn public(opened: &Opened) -> Vec<Record> {
    let mut records = Vec::new();
    for topic in PUBLIC {
        let mut consumer = opened.log.consumer(topic, Visibility::Process).unwrap();
        for partition in 0..opened.log.partitions(topic).unwrap() {
            let limit = FetchLimit {
                records: usize::MAX,
                bytes: usize::MAX,
            };
            consumer.fetch(partition, 0, limit, &mut records).unwrap();
        }
    }
    records
}

#[test]
fn events_become_numbered_invoices_and_captures() {
    let folder = tempfile::tempdir().unwrap();
    let records = replay(folder.path(), 500);
    let numbers: Vec<String> = records
        .iter()
        .filter(|record| &*record.topic == "billing.invoices")
        .map(|record| {
            wattledger_wire::topics::issued::decode(record.value.as_deref().unwrap()).unwrap()
        })
        .map(|document| document.number.to_string())
        .collect();
    assert_eq!(numbers, ["INV-2024-000001", "INV-2024-000002"]);
}

/// Documents, catalogue, broadcast, sessions, invoices: 0.40 per kWh until 11:00, 0.80 after, and 0.10.
#[test]
fn sessions_are_billed_by_the_prices_of_their_market() {
    let mut price = flat_price();
    price["market"] = json!({ "series": "DE-LU", "markup": 0.10 });
    let folder = tempfile::tempdir().unwrap();
    // 10 kWh at 0.50; 19 kWh at 0.50 and, from 11:00 to 11:03, 1 kWh at 0.90: 5.95 + 12.38.
    let records = replay_at(folder.path(), 500, &price, 1_833);
    let rated = records
        .iter()
        .filter(|record| &*record.topic == "charging.sessions")
        .map(|record| {
            wattledger_wire::topics::rated::decode(record.value.as_deref().unwrap()).unwrap()
        });
    let pins: Vec<_> = rated
        .flat_map(|rated| rated.market_prices.unwrap())
        .collect();
    assert_eq!(pins.len(), 2);
    assert!(
        pins.iter()
            .all(|pin| pin.id.as_str() == "DE-LU/2024-05-01" && pin.version == 1)
    );
}

/// 6.00 an hour of parking while 80 % are taken; the site is published for two hours from 12:00 on the wall.
fn busy_only() -> Vec<Value> {
    let mut documents = configuration(&flat_price());
    let tariff = documents.iter_mut().find(|one| one["kind"] == "Tariff");
    let spec = &mut tariff.unwrap()["spec"];
    spec["idle_fees"] = json!({ "only_when_busy": 80 });
    let parking = json!({ "type": "PARKING_TIME", "price": 6, "vat": 19.0, "step_size": 60 });
    let components = spec["elements"][0]["price_components"].as_array_mut();
    components.unwrap().push(parking);
    documents.push(
        json!({ "kind": "SiteOccupancy", "id": "site/2024-05-01", "spec": { "site": "site",
        "start": "2024-05-01T10:00:00Z", "busyPercent": [100, 100, 100, 79.9, 80, null, 0, 100] } }),
    );
    documents
}

/// Documents, catalogue, broadcast, sessions, invoice, journal: half an hour of charging, then parked for
/// an hour, of which half is busy.
#[test]
fn parking_is_billed_while_the_published_site_is_busy() {
    let told = |kind: &str, id: &str, minute, data| event(kind, id, minute, data);
    let register = |wh: i64| json!([{ "value": wh }]);
    let events = || {
        vec![
            told(
                "session_started",
                "1",
                0,
                json!({ "evse": 1, "transaction": 11, "token": "CARD-1", "meterStart": 0 }),
            ),
            told(
                "session_updated",
                "2",
                30,
                json!({ "evse": 1, "transaction": 11, "state": "SuspendedEV", "samples": register(10000) }),
            ),
            told(
                "session_updated",
                "3",
                60,
                json!({ "evse": 1, "transaction": 11, "state": "SuspendedEV", "samples": register(10000) }),
            ),
            told(
                "session_ended",
                "4",
                90,
                json!({ "evse": 1, "transaction": 11, "meterStop": 10000 }),
            ),
        ]
    };
    let folder = tempfile::tempdir().unwrap();
    let opened = billed(folder.path(), 500, &busy_only(), events());
    let records = public(&opened);
    let of = |topic: &str| {
        let found = records.iter().filter(|record| &*record.topic == topic);
        let values: Vec<&[u8]> = found
            .map(|record| record.value.as_deref().unwrap())
            .collect();
        assert_eq!(values.len(), 1, "{topic}");
        values[0]
    };
    let rated = wattledger_wire::topics::rated::decode(of("charging.sessions")).unwrap();
    let pins = rated.site_occupancy.unwrap();
    assert_eq!(
        (pins[0].id.as_str(), pins[0].version),
        ("site/2024-05-01", 1)
    );
    // 10:30 to 10:45 at 100 %, to 11:00 at 79.9 %, to 11:15 at 80 %, to 11:30 unknown.
    let issued = wattledger_wire::topics::issued::decode(of("billing.invoices")).unwrap();
    let lines = issued.draft.lines.iter();
    let lines: Vec<_> = lines.map(|line| (line.quantity, line.net.minor)).collect();
    assert_eq!(
        lines,
        [(10_000_000, 500), (30 * 60_000, 300), (30 * 60_000, 0)]
    );
    assert_eq!(issued.draft.gross.minor, 952);
    // However turns are cut, the same bytes.
    let other = tempfile::tempdir().unwrap();
    assert!(public(&billed(other.path(), 1, &busy_only(), events())) == records);
}

#[test]
fn the_size_of_turns_shows_nowhere() {
    let (one, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(replay(one.path(), 1) == replay(many.path(), 1_000));
}

/// Never answers.
struct Gone;

impl Processor for Gone {
    fn execute(&mut self, _: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown> {
        Err(ProcessorDown("gone".to_owned()))
    }
}

impl ReplayProcessor for Gone {
    fn advance(&mut self, _: Timestamp, after: i64) -> Result<Told, ProcessorDown> {
        Ok(Told {
            outcomes: Vec::new(),
            cursor: after,
        })
    }
}

#[test]
fn a_replay_whose_processor_stays_away_ends_with_the_reason_and_can_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let ended = replay_with(
        folder.path(),
        500,
        &mut Gone,
        &configuration(&flat_price()),
        events(),
    )
    .map(|_| ());
    assert!(matches!(ended, Err(ReplayError::Worker(_))), "{ended:?}");
    replay(folder.path(), 500);
}
