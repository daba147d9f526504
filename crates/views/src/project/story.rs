//! What is told only as part of a session's story: authorisation, running cost, processor calls.

use crate::insert::{Cell, Rows, Table};
use crate::record::Coordinates;
use serde_json::{Value, json};
use wattledger_domain::accounts::{AuthorizationPinned, RunningCost, SessionOpened};
use wattledger_domain::ids::{AccountId, AuthorizationId, PaymentId, SessionId, StationId};
use wattledger_domain::money::Money;
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, OutcomeVia, PaymentCommand, PaymentOutcome, Retry,
};
use wattledger_domain::time::Timestamp;

static ITEMS: Table = Table {
    name: "story_items",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "kind",
        "session",
        "station",
        "auth_id",
        "account",
        "payment",
        "happened_at",
        "body",
    ],
};

/// What an item can be found by.
#[derive(Default)]
struct Links<'r> {
    session: Option<&'r SessionId>,
    station: Option<&'r StationId>,
    authorization: Option<&'r AuthorizationId>,
    account: Option<&'r AccountId>,
    payment: Option<&'r PaymentId>,
}

fn add(
    at: &Coordinates,
    kind: &str,
    links: &Links,
    when: Timestamp,
    body: &Value,
    rows: &mut Rows,
) {
    rows.add(
        &ITEMS,
        [
            (&*at.topic).into(),
            at.partition.into(),
            at.offset.into(),
            kind.into(),
            links.session.map(SessionId::as_str).into(),
            links.station.map(StationId::as_str).into(),
            links.authorization.map(AuthorizationId::as_str).into(),
            links.account.map(AccountId::as_str).into(),
            links.payment.map(PaymentId::as_str).into(),
            when.0.into(),
            Cell::Text(body.to_string()),
        ],
    );
}

fn money(amount: Money) -> Value {
    json!({ "minor": amount.minor, "currency": amount.currency.code() })
}

/// An authorisation with what it will cost pinned.
pub fn authorization(at: &Coordinates, pinned: &AuthorizationPinned, rows: &mut Rows) {
    let pins = &pinned.terms.pins;
    let body = json!({
        "account": pinned.account.as_str(),
        "authorization": pinned.authorization.as_str(),
        "evse": pinned.evse.map(|evse| evse.0),
        "method": pinned.method.as_ref().and_then(|method| method.label.as_deref()),
        "limit": pinned.limit.map(money),
        "tariff": pins.tariff.id.as_str(),
        "tariff_version": pins.tariff.version,
        "policy": pins.policy.id.as_str(),
        "policy_version": pins.policy.version,
        "legal_entity": pins.legal_entity.id.as_str(),
        "legal_entity_version": pins.legal_entity.version,
        "site": pins.site.id.as_str(),
    });
    let links = Links {
        station: Some(&pinned.station),
        authorization: Some(&pinned.authorization),
        account: Some(&pinned.account),
        ..Links::default()
    };
    add(
        at,
        "authorization",
        &links,
        pinned.requested_at,
        &body,
        rows,
    );
}

/// Charging began.
pub fn opened(at: &Coordinates, opened: &SessionOpened, rows: &mut Rows) {
    let body = json!({
        "account": opened.account.as_str(),
        "authorization": opened.authorization.as_ref().map(|id| id.as_str()),
    });
    let links = Links {
        session: Some(&opened.session),
        station: Some(&opened.station),
        authorization: opened.authorization.as_ref(),
        account: Some(&opened.account),
        payment: None,
    };
    add(at, "opened", &links, opened.started_at, &body, rows);
}

/// What a session costs so far.
pub fn running_cost(at: &Coordinates, cost: &RunningCost, rows: &mut Rows) {
    let body = json!({
        "energy_mwh": cost.energy.0,
        "gross": money(cost.gross),
        "forecast": money(cost.forecast),
    });
    let links = Links {
        session: Some(&cost.session),
        ..Links::default()
    };
    add(at, "running_cost", &links, cost.at, &body, rows);
}

/// What a processor was asked.
pub fn payment_command(at: &Coordinates, command: &PaymentCommand, rows: &mut Rows) {
    let (word, amount): (&str, Option<Money>) = match &command.operation {
        Operation::Authorize { amount, .. } => ("authorize", Some(*amount)),
        Operation::Increment { total } => ("increment", Some(*total)),
        Operation::Capture { amount } => ("capture", Some(*amount)),
        Operation::Void => ("void", None),
        Operation::Refund { amount } => ("refund", Some(*amount)),
        Operation::Charge { amount, .. } => ("charge", Some(*amount)),
        Operation::Retrieve { .. } => ("retrieve", None),
    };
    let body = json!({
        "payment": command.payment.as_str(),
        "op": command.op,
        "attempt": command.attempt,
        "operation": word,
        "amount": amount.map(money),
        "processor": command.processor.as_str(),
    });
    let links = Links {
        session: command.session.as_ref(),
        account: Some(&command.account),
        payment: Some(&command.payment),
        ..Links::default()
    };
    add(at, "payment_command", &links, command.at, &body, rows);
}

/// What a processor answered.
pub fn payment_outcome(at: &Coordinates, outcome: &PaymentOutcome, rows: &mut Rows) {
    let via = match &outcome.via {
        OutcomeVia::Call => "call",
        OutcomeVia::Webhook(_) => "webhook",
    };
    let body = json!({
        "payment": outcome.payment.as_str(),
        "op": outcome.op,
        "attempt": outcome.attempt,
        "via": via,
        "reference": outcome.reference.as_deref(),
        "result": result(&outcome.result),
    });
    let links = Links {
        account: Some(&outcome.account),
        payment: Some(&outcome.payment),
        ..Links::default()
    };
    add(at, "payment_outcome", &links, outcome.at, &body, rows);
}

fn result(result: &OutcomeResult) -> Value {
    match result {
        OutcomeResult::Authorized {
            held,
            capture_before,
            increments,
        } => json!({
            "is": "authorized",
            "held": money(*held),
            "capture_before": capture_before.0,
            "can_grow": matches!(increments, IncrementSupport::Supported),
        }),
        OutcomeResult::Incremented { held } => json!({ "is": "incremented", "held": money(*held) }),
        OutcomeResult::Captured { captured, released } => json!({
            "is": "captured",
            "captured": money(*captured),
            "released": money(*released),
        }),
        OutcomeResult::Voided => json!({ "is": "voided" }),
        OutcomeResult::Refunded { refunded } => {
            json!({ "is": "refunded", "refunded": money(*refunded) })
        }
        OutcomeResult::Charged { charged } => {
            json!({ "is": "charged", "charged": money(*charged) })
        }
        OutcomeResult::Declined { code, retry } => json!({
            "is": "declined",
            "code": code,
            "worth_another_try": matches!(retry, Retry::Later),
        }),
        OutcomeResult::Pending => json!({ "is": "pending" }),
        OutcomeResult::Unknown { detail } => json!({ "is": "unknown", "detail": detail }),
        OutcomeResult::NotFound => json!({ "is": "not_found" }),
        OutcomeResult::CaptureFailedLate { code } => {
            json!({ "is": "capture_failed_late", "code": code })
        }
        OutcomeResult::Expired => json!({ "is": "expired" }),
        OutcomeResult::DisputeOpened { dispute, amount } => json!({
            "is": "dispute_opened", "dispute": dispute, "amount": money(*amount),
        }),
        OutcomeResult::DisputeWon { dispute } => json!({ "is": "dispute_won", "dispute": dispute }),
        OutcomeResult::DisputeLost { dispute, amount } => json!({
            "is": "dispute_lost", "dispute": dispute, "amount": money(*amount),
        }),
    }
}
