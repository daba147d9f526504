//! The thin thread: documents and charger events in, a numbered invoice out, on the embedded log.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "ground/replayed.rs"]
#[allow(dead_code, reason = "each test tells some of it")]
mod replayed;

use replayed::{billed, configuration, events, flat_price, replay_with};
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
    let totals = serde_json::to_value(opened.views.totals().unwrap()).unwrap();
    assert_eq!(totals["sessions"], 2, "{totals:#}");
    assert_eq!(totals["money"][0]["gross"], gross, "{totals:#}");
    assert_eq!(totals["money"][0]["captured"], gross, "{totals:#}");
    (opened, records)
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
