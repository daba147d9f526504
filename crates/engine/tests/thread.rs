//! The thin thread: documents and charger events in, a numbered invoice out, on the embedded log.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use wattledger_domain::charging::ChargingCommand;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, OutcomeVia, PaymentCommand, PaymentOutcome,
};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{BackDating, ReferenceSubmitted};
use wattledger_domain::time::Timestamp;
use wattledger_engine::audit;
use wattledger_engine::directory::Directory;
use wattledger_engine::opening::{EngineConfig, Opened, open};
use wattledger_engine::payments::{PaymentsWorker, Processor, ProcessorDown};
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::project::Projector;
use wattledger_engine::replay::{
    InThread, Plan, Replay, ReplayError, ReplayProcessor, Source, Told, Watch,
};
use wattledger_engine::topics::PUBLIC;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{LogError, Record, Visibility};
use wattledger_wire::documents;
use wattledger_wire::imports::{ImportedEvent, Refused};

/// Approves everything, as a ledger in memory.
#[derive(Default)]
struct Approving(BTreeMap<String, i64>);

impl Processor for Approving {
    fn execute(&mut self, command: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown> {
        let held = self.0.entry(command.payment.to_string()).or_insert(0);
        let result = match &command.operation {
            Operation::Authorize { amount, .. } => {
                *held = amount.minor;
                OutcomeResult::Authorized {
                    held: *amount,
                    capture_before: command.at.plus(Milliseconds(7 * 86_400_000)),
                    increments: IncrementSupport::Supported,
                }
            }
            Operation::Increment { total } => OutcomeResult::Incremented { held: *total },
            Operation::Capture { amount } => {
                let released =
                    wattledger_domain::money::Money::new(*held - amount.minor, amount.currency);
                OutcomeResult::Captured {
                    captured: *amount,
                    released,
                }
            }
            Operation::Void => OutcomeResult::Voided,
            Operation::Refund { amount } => OutcomeResult::Refunded { refunded: *amount },
            Operation::Charge { amount, .. } => OutcomeResult::Charged { charged: *amount },
            Operation::Retrieve { .. } => OutcomeResult::NotFound,
        };
        Ok(PaymentOutcome {
            payment: command.payment.clone(),
            account: command.account.clone(),
            op: command.op,
            attempt: command.attempt,
            via: OutcomeVia::Call,
            reference: Some("ref".into()),
            result,
            at: command.at,
        })
    }
}

impl ReplayProcessor for Approving {
    fn advance(&mut self, _: Timestamp, after: i64) -> Result<Told, ProcessorDown> {
        Ok(Told {
            outcomes: Vec::new(),
            cursor: after,
        })
    }
}

struct Events(Vec<ImportedEvent>);

impl Source for Events {
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.0
            .iter()
            .map(|event| event.received_at)
            .find(|at| *at > after)
    }
    fn take(&mut self, to: Timestamp, _: &[ChargingCommand]) -> Vec<ImportedEvent> {
        let count = self.0.partition_point(|event| event.received_at <= to);
        self.0.drain(..count).collect()
    }
}

struct Quiet;

impl Watch for Quiet {
    fn reached(&mut self, _: Timestamp, _: u64) {}
    fn refused(&mut self, refused: Refused) {
        panic!("refused: {refused:?}");
    }
}

fn document(value: &Value) -> ReferenceSubmitted {
    let hash = |token: &str| wattledger_engine::directory::TenantSecret::new("secret").hash(token);
    let hash: &dyn Fn(&str) -> TokenHash = &hash;
    let submission = documents::submission(value, hash).unwrap();
    ReferenceSubmitted {
        document: submission.document,
        valid_from: None,
        valid_to: None,
        back_dating: BackDating::Allowed,
        submitted_at: Timestamp(0),
        submitted_by: "test".into(),
    }
}

fn flat_price() -> Value {
    json!({ "type": "ENERGY", "price": 0.50, "vat": 19.0, "step_size": 1 })
}

fn configuration(price: &Value) -> Vec<Value> {
    vec![
        json!({ "kind": "Policy", "id": "default", "spec": {} }),
        json!({ "kind": "LegalEntity", "id": "seller", "spec": { "name": "Seller", "country": "DE",
            "timeZone": "Europe/Berlin", "currency": "EUR", "policy": "default" } }),
        json!({ "kind": "Site", "id": "site", "spec": { "timeZone": "Europe/Berlin", "legalEntity": "seller" } }),
        json!({ "kind": "Station", "id": "station", "spec": { "site": "site",
            "evses": [{ "id": 1, "maxPowerW": 22000 }, { "id": 2, "maxPowerW": 22000 }] } }),
        json!({ "kind": "Tariff", "id": "tariff", "spec": { "id": "tariff", "currency": "EUR", "elements": [
            { "price_components": [price] }] } }),
        json!({ "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "tariff" } }),
        json!({ "kind": "Account", "id": "driver", "spec": { "method": { "token": "tok_visa_ok" } } }),
        json!({ "kind": "Token", "spec": { "token": "CARD-1", "account": "driver" } }),
        json!({ "kind": "MarketPrices", "id": "DE-LU/2024-05-01", "spec": { "market": "DE-LU",
            "currency": "EUR", "start": "2024-05-01T10:00:00Z", "prices": [400, 800] } }),
    ]
}

const NOON: i64 = 1_714_557_600_000; // 2024-05-01T10:00:00Z

fn event(kind: &str, id: &str, minute: i64, data: Value) -> ImportedEvent {
    let at = Timestamp(NOON + minute * 60_000);
    let event = json!({ "specversion": "1.0", "type": format!("wattledger.charging.{kind}.v1"),
        "source": "gateway", "id": id, "subject": "station", "time": at.to_string(), "data": data });
    ImportedEvent {
        received_at: at,
        event,
    }
}

/// A contract session by token, and a guest with a card.
fn events() -> Vec<ImportedEvent> {
    let register = |wh: i64| json!([{ "value": wh }]);
    vec![
        event(
            "session_started",
            "1",
            0,
            json!({ "evse": 1, "transaction": 11, "token": "CARD-1", "meterStart": 1000 }),
        ),
        event(
            "authorization_requested",
            "2",
            1,
            json!({ "authorization": "guest-1", "evse": 2, "method": { "token": "tok_visa_ok" } }),
        ),
        event(
            "session_started",
            "3",
            3,
            json!({ "evse": 2, "transaction": 12, "authorization": "guest-1", "meterStart": 0 }),
        ),
        event(
            "session_updated",
            "4",
            30,
            json!({ "evse": 1, "transaction": 11, "samples": register(6000) }),
        ),
        event(
            "session_updated",
            "5",
            33,
            json!({ "evse": 2, "transaction": 12, "samples": register(10000) }),
        ),
        event(
            "session_ended",
            "6",
            60,
            json!({ "evse": 1, "transaction": 11, "meterStop": 11000 }),
        ),
        event(
            "session_ended",
            "7",
            63,
            json!({ "evse": 2, "transaction": 12, "meterStop": 20000 }),
        ),
        event(
            "session_ended",
            "7",
            64,
            json!({ "evse": 2, "transaction": 12, "meterStop": 20000 }),
        ),
    ]
}

fn replay_with(
    folder: &Path,
    turn_records: usize,
    processor: &mut dyn ReplayProcessor,
    documents: &[Value],
) -> Result<Opened, ReplayError> {
    let config = EngineConfig {
        turn_records,
        ..EngineConfig::new(folder)
    };
    let opened = open(&config, None, b"secret").unwrap();
    let pipeline = Pipeline::open(&opened.log, &opened.topics, &config.pipeline(0)).unwrap();
    let payments = PaymentsWorker::open(&opened.log, &opened.topics).unwrap();
    let mut ground = InThread { pipeline, payments };
    let mut directory =
        Directory::open(&opened.log, &opened.topics, opened.secret.clone(), None).unwrap();
    let mut source = Events(events());
    let mut plan = Plan {
        identity: "test".to_owned(),
        documents: documents.iter().map(document).collect(),
        source: &mut source,
        from: Timestamp(NOON - 60_000),
        until: None,
        settle_hours: 30,
    };
    let mut replay = Replay {
        log: &opened.log,
        topics: &opened.topics,
        ground: &mut ground,
        processor,
        directory: &mut directory,
    };
    replay.run(&mut plan, &mut Quiet)?;
    drop(ground);
    Ok(opened)
}

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
    let approving = &mut Approving::default();
    let opened = replay_with(folder, turn_records, approving, documents).unwrap();
    let report = audit::audit(&opened.log, &opened.topics, || Ok::<_, LogError>(None)).unwrap();
    assert!(report.is_clean(), "{report:#?}");
    let mut projector = Projector::open(&opened.log, &opened.topics, &opened.views).unwrap();
    while projector.step(&opened.views).unwrap() {}
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

/// From documents to what finance reads: named taxes, reverse charge and cash rounding.
#[test]
fn taxes_of_a_place_reach_invoices_journal_and_views() {
    let price = json!({ "type": "ENERGY", "price": 0.51, "step_size": 1 });
    let mut documents = configuration(&price);
    documents[0]["spec"] = json!({ "rounding": { "cashMinor": 5 } });
    documents[2]["spec"]["taxes"] = json!([
        { "name": "GST", "percent": 5, "accountNumber": "123 RT0001" },
        { "name": "QST", "percent": 9.975 },
    ]);
    documents[6]["spec"]["vatId"] = json!("ATU12345678");
    documents[6]["spec"]["tax"] = json!("buyer");
    let folder = tempfile::tempdir().unwrap();
    // The driver owes the tax on 5.10; the guest pays 10.20 + 0.51 + 1.02, rounded to 11.75.
    let (opened, _) = replay_under(folder.path(), 500, &documents, 1_685);
    let mut ledgers = BTreeMap::new();
    for invoice in opened.views.invoices(None, 10).unwrap() {
        let found = opened.views.invoice_story(&invoice.invoice).unwrap();
        let document = &found[0].document;
        let told = document
            .taxes
            .iter()
            .map(|tax| (&*tax.name, tax.base, tax.amount));
        let taxes: Vec<_> = told.collect();
        let head = &document.head;
        match head.reverse_charge.as_deref() {
            Some("ATU12345678") => assert_eq!((head.gross, &taxes[..]), (510, &[][..])),
            _ => {
                assert_eq!(taxes, [("GST", 1_020, 51), ("QST", 1_020, 102)]);
                assert_eq!((head.net, head.tax, head.rounding), (1_020, 153, 2));
            }
        }
        for posting in found[0].entries.iter().flat_map(|entry| &entry.postings) {
            *ledgers.entry(posting.ledger.clone()).or_insert(0) += posting.amount;
        }
    }
    let named = ["tax:DE:GST", "tax:DE:QST", "rounding"].map(|name| ledgers.get(name).copied());
    assert_eq!(named, [Some(51), Some(102), Some(2)], "{ledgers:?}");
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
    let ended =
        replay_with(folder.path(), 500, &mut Gone, &configuration(&flat_price())).map(|_| ());
    assert!(matches!(ended, Err(ReplayError::Worker(_))), "{ended:?}");
    replay(folder.path(), 500);
}
