//! The processor over HTTP, as its client and its driver see it.

mod live;
mod reopening;
mod webhooks;

use super::*;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use wattledger_domain::ids::{AccountId, CommandId, LegalEntityId, PaymentId, ProcessorId};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::{Operation, OutcomeResult, PaymentCommand, PaymentMethod};
use wattledger_domain::time::Timestamp;
use wattledger_payments::contract::{self, Cards, Subject};
use wattledger_payments::{Connector as _, Secret, SimulatedConnector};

const NOON: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

fn secrets() -> WebhookSecrets {
    WebhookSecrets::one(Secret::new("whsec_test").unwrap())
}

/// A processor with its ledger in `folder`, and its client.
struct Scene {
    processor: Processor,
    connector: SimulatedConnector,
    http: Client,
}

fn scene(folder: &Path, faults: FaultRates) -> Scene {
    let config = ProcessorConfig {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        ledger_path: folder.join("ledger.jsonl"),
        seed: 42,
        faults,
        secrets: secrets(),
        mode: Mode::Replay,
    };
    let processor = Processor::start(config).unwrap();
    let wait = Duration::from_secs(5);
    let connector = SimulatedConnector::new(processor.base(), secrets(), wait).unwrap();
    let http = Client::builder().no_proxy().build().unwrap();
    Scene {
        processor,
        connector,
        http,
    }
}

impl Scene {
    fn clock(&self, at: i64, after: u64) -> Value {
        let address = format!("{}/clock", self.processor.base());
        let body = json!({ "at": at, "after": after });
        self.http
            .post(address)
            .json(&body)
            .send()
            .unwrap()
            .json()
            .unwrap()
    }

    fn ledger(&self) -> Value {
        let address = format!("{}/ledger", self.processor.base());
        self.http.get(address).send().unwrap().json().unwrap()
    }

    fn row(&self, payment: &PaymentId) -> Value {
        let ledger = self.ledger();
        let rows = ledger["payments"].as_array().unwrap();
        rows.iter()
            .find(|row| row["payment"] == payment.as_str())
            .cloned()
            .unwrap_or_default()
    }

    fn send(&self, payment: &PaymentId, op: i32, attempt: i32, what: Operation) -> OutcomeResult {
        self.connector
            .execute(&command(payment, op, attempt, what))
            .result
    }
}

fn command(payment: &PaymentId, op: i32, attempt: i32, operation: Operation) -> PaymentCommand {
    PaymentCommand {
        command: CommandId::of(&[payment.as_str(), &op.to_string()]),
        payment: payment.clone(),
        op,
        attempt,
        operation,
        processor: ProcessorId::new("simulated"),
        legal_entity: LegalEntityId::new("seller"),
        account: AccountId::new("guest:s:1"),
        session: None,
        reference: None,
        first_asked_at: Timestamp(NOON),
        at: Timestamp(NOON),
    }
}

fn pay(name: &str) -> PaymentId {
    PaymentId::of(&["test", name])
}

const fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn authorize(minor: i64, token: &str) -> Operation {
    let method = PaymentMethod {
        processor: ProcessorId::new("simulated"),
        token: token.into(),
        label: None,
    };
    Operation::Authorize {
        amount: euro(minor),
        method,
    }
}

#[test]
fn the_simulated_connector_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let kept = |payment: &PaymentId| {
        let row = scene.row(payment);
        let minor = |name: &str| row[name].as_i64().unwrap_or(0);
        minor("captured_minor") + minor("charged_minor") - minor("refunded_minor")
    };
    contract::run(&Subject {
        connector: &scene.connector,
        cards: Cards {
            approves: "tok_approved",
            declines: "tok_declined",
            cannot_grow: "tok_no_increment",
            loses_replies: "tok_lost_reply",
            odd_status: "tok_odd_status",
        },
        kept: &kept,
        at: Timestamp(NOON),
    });
}

#[test]
fn a_card_with_little_money_holds_little() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let payment = pay("little");
    let held = scene.send(&payment, 1, 1, authorize(5_000, "tok_insufficient_40"));
    assert!(
        matches!(held, OutcomeResult::Authorized { held, .. } if held == euro(4_000)),
        "{held:?}"
    );
    let grown = scene.send(&payment, 2, 1, Operation::Increment { total: euro(6_000) });
    assert!(matches!(grown, OutcomeResult::Declined { .. }), "{grown:?}");
}

#[test]
fn a_hold_lapses_by_the_drivers_clock() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let payment = pay("lapse");
    scene.send(&payment, 1, 1, authorize(5_000, "tok_approved"));
    scene.clock(NOON + 168 * HOUR - 1, 0);
    assert_eq!(scene.row(&payment)["status"], "held");
    scene.clock(NOON + 168 * HOUR, 0);
    assert_eq!(scene.row(&payment)["status"], "expired");
    let late = scene.send(&payment, 2, 1, Operation::Capture { amount: euro(100) });
    assert!(matches!(late, OutcomeResult::Declined { .. }), "{late:?}");
    let asked = scene.send(&payment, 1, 2, Operation::Retrieve { op: 1 });
    assert_eq!(asked, OutcomeResult::Expired);
}

#[test]
fn a_lost_request_does_nothing_and_its_next_attempt_does() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let payment = pay("lost");
    let first = scene.send(&payment, 1, 1, authorize(5_000, "tok_lost_request"));
    assert!(matches!(first, OutcomeResult::Unknown { .. }), "{first:?}");
    let asked = scene.send(&payment, 1, 2, Operation::Retrieve { op: 1 });
    assert_eq!(asked, OutcomeResult::NotFound);
    let second = scene.send(&payment, 1, 3, authorize(5_000, "tok_lost_request"));
    assert!(
        matches!(second, OutcomeResult::Authorized { .. }),
        "{second:?}"
    );
}

#[test]
fn a_capture_may_fail_two_days_later() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let payment = pay("late");
    scene.send(&payment, 1, 1, authorize(5_000, "tok_capture_fails_late"));
    let taken = scene.send(&payment, 2, 1, Operation::Capture { amount: euro(900) });
    assert!(matches!(taken, OutcomeResult::Captured { .. }), "{taken:?}");
    scene.clock(NOON + 48 * HOUR, 0);
    let row = scene.row(&payment);
    assert_eq!(
        (&row["status"], &row["captured_minor"]),
        (&json!("capture_failed"), &json!(0))
    );
}

#[test]
fn requests_without_key_and_rubbish_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    let base = scene.processor.base();
    let post = |path: &str, body: &'static str| {
        let request = scene.http.post(format!("{base}{path}")).body(body);
        let request = request
            .header("Idempotency-Key", "k")
            .header("Wattledger-Attempt", "1");
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(post("/v1/payments/p/steal", "{}"), 404);
    assert_eq!(post("/v1/payments/p/void", "rubbish"), 422);
    assert_eq!(post("/clock", "[]"), 422);
    let unkeyed = scene
        .http
        .post(format!("{base}/v1/payments/p/void"))
        .body("{}");
    assert_eq!(unkeyed.send().unwrap().status().as_u16(), 422);
}
