//! Field events, what became of them, what chargers were told, and reference documents.

use super::numbered;
use crate::insert::{Cell, Rows, Table};
use crate::record::{Coordinates, DeadLetter, Redriven};
use crate::words;
use wattledger_domain::charging::{ChargingAction, ChargingCommand, FieldBody, FieldEvent};
use wattledger_domain::control::DirectoryEntry;
use wattledger_domain::ids::{AuthorizationId, EvseId, TransactionId};
use wattledger_domain::money::Money;
use wattledger_domain::outcome::EventOutcome;
use wattledger_domain::reference::ReferenceRecorded;

static EVENTS: Table = Table {
    name: "events",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "source",
        "id",
        "station",
        "evse",
        "kind",
        "auth_id",
        "transaction_id",
        "occurred_at",
        "received_at",
    ],
};
static OUTCOMES: Table = Table {
    name: "outcomes",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "source",
        "id",
        "station",
        "outcome",
        "session",
        "detail",
        "judged_at",
    ],
};
static DEAD_LETTERS: Table = Table {
    name: "dead_letters",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "reason",
        "message",
        "set_aside_at",
        "stage",
        "record_key",
        "bytes",
        "letter_partition",
        "letter_offset",
    ],
};
static REDRIVES: Table = Table {
    name: "redrives",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "redriven_at",
        "redriven_by",
        "reason",
    ],
};
static COMMANDS: Table = Table {
    name: "commands",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "station",
        "evse",
        "auth_id",
        "session",
        "action",
        "reason",
        "amount",
        "currency",
        "ordered_at",
    ],
};
static REFERENCES: Table = Table {
    name: "reference_versions",
    columns: &[
        "kind",
        "id",
        "version",
        "valid_from",
        "valid_to",
        "recorded_at",
        "hash",
        "document",
    ],
};

static TOKENS: Table = Table {
    name: "token_spans",
    columns: &[
        "topic",
        "partition_number",
        "record_offset",
        "ordinal",
        "token",
        "account",
        "customer_group",
        "valid_from",
        "valid_to",
    ],
};

/// Where a field event says that it belongs.
type Place<'e> = (
    Option<EvseId>,
    Option<&'e AuthorizationId>,
    Option<&'e TransactionId>,
);

fn place(body: &FieldBody) -> Place<'_> {
    match body {
        FieldBody::AuthorizationRequested(asked) => (asked.evse, Some(&asked.authorization), None),
        FieldBody::SessionStarted(started) => (
            Some(started.evse),
            started.authorization.as_ref(),
            started.transaction.as_ref(),
        ),
        FieldBody::SessionUpdated(updated) => (updated.evse, None, updated.transaction.as_ref()),
        FieldBody::SessionEnded(ended) => (ended.evse, None, ended.transaction.as_ref()),
        FieldBody::ConnectorStatusChanged(changed) => (Some(changed.evse), None, None),
        FieldBody::StationBooted(_) => (None, None, None),
    }
}

/// An event from the field.
pub fn event(at: &Coordinates, event: &FieldEvent, rows: &mut Rows) {
    let (evse, authorization, transaction) = place(&event.body);
    rows.add(
        &EVENTS,
        [
            (&*at.topic).into(),
            at.partition.into(),
            at.offset.into(),
            event.source.as_str().into(),
            event.id.as_str().into(),
            event.station.as_str().into(),
            evse.map(|evse| evse.0).into(),
            words::event_kind(&event.body).into(),
            authorization.map(AuthorizationId::as_str).into(),
            transaction.map(TransactionId::as_str).into(),
            event.occurred_at.0.into(),
            event.received_at.0.into(),
        ],
    );
}

/// What became of an event.
pub fn outcome(at: &Coordinates, outcome: &EventOutcome, rows: &mut Rows) {
    rows.add(
        &OUTCOMES,
        [
            (&*at.topic).into(),
            at.partition.into(),
            at.offset.into(),
            outcome.source.as_str().into(),
            outcome.id.as_str().into(),
            outcome.station.as_ref().map(|id| id.as_str()).into(),
            words::outcome(outcome.outcome).into(),
            outcome.session.as_ref().map(|id| id.as_str()).into(),
            (&*outcome.detail).into(),
            outcome.at.0.into(),
        ],
    );
}

/// A record that was set aside.
pub fn dead_letter(at: &Coordinates, letter: &DeadLetter, rows: &mut Rows) {
    rows.add(
        &DEAD_LETTERS,
        [
            (&*at.topic).into(),
            at.partition.into(),
            at.offset.into(),
            (&*letter.reason).into(),
            (&*letter.message).into(),
            letter.at.0.into(),
            (&*letter.stage).into(),
            (&*letter.key).into(),
            letter.bytes.into(),
            letter.lies_at.0.into(),
            letter.lies_at.1.into(),
        ],
    );
}

/// A record that was set aside was driven in again.
pub fn redriven(at: &Coordinates, redriven: &Redriven, rows: &mut Rows) {
    rows.add(
        &REDRIVES,
        [
            (&*at.topic).into(),
            at.partition.into(),
            at.offset.into(),
            redriven.at.0.into(),
            (&*redriven.by).into(),
            (&*redriven.reason).into(),
        ],
    );
}

/// What a charger was told.
pub fn command(at: &Coordinates, command: &ChargingCommand, rows: &mut Rows) {
    let (action, reason, amount): (&str, Option<&str>, Option<Money>) = match command.action {
        ChargingAction::Allow(limit) => ("allow", None, limit),
        ChargingAction::Refuse(reason) => ("refuse", Some(words::refusal(reason)), None),
        ChargingAction::Stop(reason) => ("stop", Some(words::stop(reason)), None),
        ChargingAction::ShowCost(cost) => ("show_cost", None, Some(cost)),
    };
    let currency = amount.map_or(Cell::Nothing, |amount| amount.currency.code().into());
    rows.add(
        &COMMANDS,
        [
            (&*at.topic).into(),
            at.partition.into(),
            at.offset.into(),
            command.station.as_str().into(),
            command.evse.map(|evse| evse.0).into(),
            command.authorization.as_ref().map(|id| id.as_str()).into(),
            command.session.as_ref().map(|id| id.as_str()).into(),
            action.into(),
            reason.into(),
            amount.map(|amount| amount.minor).into(),
            currency,
            command.at.0.into(),
        ],
    );
}

/// Whose a token is.
pub fn token(at: &Coordinates, entry: &DirectoryEntry, rows: &mut Rows) {
    for (ordinal, span) in numbered(&entry.entries) {
        rows.add(
            &TOKENS,
            [
                (&*at.topic).into(),
                at.partition.into(),
                at.offset.into(),
                ordinal.into(),
                entry.token.to_string().into(),
                span.account.as_str().into(),
                span.group.as_ref().map(|group| group.as_str()).into(),
                span.from.0.into(),
                span.to.map(|until| until.0).into(),
            ],
        );
    }
}

/// A version of a reference document.
pub fn reference(reference: &ReferenceRecorded, rows: &mut Rows) {
    let content = &reference.document.content;
    rows.add(
        &REFERENCES,
        [
            content.kind().word().into(),
            (&*content.id()).into(),
            reference.version.into(),
            reference.valid_from.0.into(),
            reference.valid_to.map(|until| until.0).into(),
            reference.recorded_at.0.into(),
            reference.document.hash.to_string().into(),
            (&*reference.document.text).into(),
        ],
    );
}
