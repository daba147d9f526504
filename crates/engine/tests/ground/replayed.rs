//! Documents and events into an engine on the embedded log, replayed in one thread.

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
use wattledger_runtime::LogError;
use wattledger_wire::documents;
use wattledger_wire::imports::{ImportedEvent, Refused};

/// Approves everything, as a ledger in memory.
#[derive(Default)]
pub struct Approving(BTreeMap<String, i64>);

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

pub struct Events(pub Vec<ImportedEvent>);

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

pub struct Quiet;

impl Watch for Quiet {
    fn reached(&mut self, _: Timestamp, _: u64) {}
    fn refused(&mut self, refused: Refused) {
        panic!("refused: {refused:?}");
    }
}

pub fn document(value: &Value) -> ReferenceSubmitted {
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

pub fn flat_price() -> Value {
    json!({ "type": "ENERGY", "price": 0.50, "vat": 19.0, "step_size": 1 })
}

pub fn configuration(price: &Value) -> Vec<Value> {
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

pub const NOON: i64 = 1_714_557_600_000; // 2024-05-01T10:00:00Z

pub fn event(kind: &str, id: &str, minute: i64, data: Value) -> ImportedEvent {
    let at = Timestamp(NOON + minute * 60_000);
    let event = json!({ "specversion": "1.0", "type": format!("wattledger.charging.{kind}.v1"),
        "source": "gateway", "id": id, "subject": "station", "time": at.to_string(), "data": data });
    ImportedEvent {
        received_at: at,
        event,
    }
}

/// A contract session by token, and a guest with a card.
pub fn events() -> Vec<ImportedEvent> {
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

pub fn replay_with(
    folder: &Path,
    turn_records: usize,
    processor: &mut dyn ReplayProcessor,
    documents: &[Value],
    events: Vec<ImportedEvent>,
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
    let mut source = Events(events);
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

/// A replay whose audit is clean, and whose views have seen all.
pub fn billed(
    folder: &Path,
    turn_records: usize,
    documents: &[Value],
    events: Vec<ImportedEvent>,
) -> Opened {
    let approving = &mut Approving::default();
    let opened = replay_with(folder, turn_records, approving, documents, events).unwrap();
    let report = audit::audit(&opened.log, &opened.topics, || Ok::<_, LogError>(None)).unwrap();
    assert!(report.is_clean(), "{report:#?}");
    let mut projector = Projector::open(&opened.log, &opened.topics, &opened.views).unwrap();
    while projector.step(&opened.views).unwrap() {}
    opened
}
