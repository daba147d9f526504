//! Reference documents, the directory, ticks, outcomes and facts.

use super::{KWH, LEAST, MOST, NOON, SCRIPTS, Sample, euro, sample, symbols};
use crate::documents::{canonical_json, content, submission};
use crate::topics::{
    AnalyticsRecord, account, analytics, charging, control, directory, invoice, outcome,
};
use serde_json::json;
use std::sync::Arc;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::{ChargingRecord, TokenRef};
use wattledger_domain::control::{
    ControlRecord, ControlTick, DirectoryEntry, TickedStages, TokenUnknown,
};
use wattledger_domain::document::InvoiceRecord;
use wattledger_domain::ids::{
    AccountId, CustomerGroup, EventId, EvseId, InvoiceId, SessionId, SiteId, SourceId, StationId,
    TokenHash,
};
use wattledger_domain::outcome::{EventOutcome, InvoiceLineFact, Outcome, SessionFact};
use wattledger_domain::price::TaxRate;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{
    BackDating, Content, Document, Kind, LegalEntity, Policy, ReferenceRecorded,
    ReferenceSubmitted, TokenEntry,
};
use wattledger_domain::session::{Durations, EndEvidence};
use wattledger_domain::tax::TaxLiability;

pub fn all() -> Vec<Sample> {
    let mut all = documents();
    let stages = symbols::<TickedStages>();
    all.extend(stages.into_iter().map(|stages| {
        let tick = ControlRecord::Tick(ControlTick { at: NOON, stages });
        sample(tick, control::encode, control::decode)
    }));
    let token = TokenRef {
        hash: TokenHash([7; 16]),
        account: None,
        group: None,
        tax: None,
    };
    let (station, session) = (StationId::new("S1"), SessionId::of(&["one"]));
    let unknown = TokenUnknown {
        station,
        session,
        token,
        used_at: NOON,
    };
    all.push(sample(
        ControlRecord::TokenUnknown(unknown),
        control::encode,
        control::decode,
    ));
    all.extend(
        [entries(2), entries(0)].map(|entry| sample(entry, directory::encode, directory::decode)),
    );
    all.extend(
        symbols::<Outcome>()
            .into_iter()
            .map(|what| sample(became(what), outcome::encode, outcome::decode)),
    );
    let facts = [
        session_fact(true),
        session_fact(false),
        line_fact(true),
        line_fact(false),
    ];
    all.extend(facts.map(|fact| sample(fact, analytics::encode, analytics::decode)));
    all
}

/// A document of every kind, as it is submitted.
pub fn every_document() -> Vec<Document> {
    let submitted = super::super::documents::every_kind()
        .into_iter()
        .map(|value| {
            submission(&value, &|_| TokenHash([9; 16]))
                .unwrap()
                .document
        });
    submitted.collect()
}

pub fn policy() -> Arc<Policy> {
    let text = canonical_json(&json!({ "id": "default", "spec": { "settlingGraceSeconds": 7 } }));
    match content(Kind::Policy, &text) {
        Ok(Content::Policy(policy)) => policy,
        other => panic!("{other:?}"),
    }
}

pub fn seller(vat_id: Option<&str>) -> Arc<LegalEntity> {
    let mut value = json!({ "id": "demo", "spec": {
        "name": SCRIPTS, "address": ["1 \"Street\"", ""], "country": "DE", "currency": "EUR",
        "timeZone": "Europe/Berlin", "policy": "default" } });
    if let Some(vat_id) = vat_id {
        value["spec"]["vatId"] = vat_id.into();
    }
    match content(Kind::LegalEntity, &canonical_json(&value)) {
        Ok(Content::LegalEntity(entity)) => entity,
        other => panic!("{other:?}"),
    }
}

fn documents() -> Vec<Sample> {
    let mut all = Vec::new();
    for document in every_document() {
        let recorded = ReferenceRecorded {
            document: document.clone(),
            version: 3,
            valid_from: LEAST,
            valid_to: Some(MOST),
            recorded_at: NOON,
        };
        let submitted = ReferenceSubmitted {
            document,
            valid_from: Some(NOON),
            valid_to: None,
            back_dating: BackDating::Allowed,
            submitted_at: NOON,
            submitted_by: SCRIPTS.into(),
        };
        let boxed = Box::new(recorded.clone());
        all.push(sample(
            ControlRecord::Submitted(Box::new(submitted)),
            control::encode,
            control::decode,
        ));
        all.push(sample(
            AccountRecord::Reference(boxed.clone()),
            account::encode,
            account::decode,
        ));
        all.push(sample(
            InvoiceRecord::Reference(boxed),
            invoice::encode,
            invoice::decode,
        ));
        all.push(sample(
            ChargingRecord::Reference(recorded),
            charging::encode,
            charging::decode,
        ));
    }
    all
}

fn entries(count: usize) -> DirectoryEntry {
    let entry = |index: usize| TokenEntry {
        account: AccountId::new(format!("acc-{index}")),
        group: (index == 0).then(|| CustomerGroup::new("fleet")),
        tax: (index == 0).then_some(TaxLiability::Buyer),
        from: LEAST,
        to: (index == 0).then_some(MOST),
    };
    DirectoryEntry {
        token: TokenHash([0xff; 16]),
        entries: (0..count).map(entry).collect(),
    }
}

fn became(outcome: Outcome) -> EventOutcome {
    let full = outcome == Outcome::Duplicate;
    EventOutcome {
        source: SourceId::new("gateway:north"),
        id: EventId::new("8f2c-0001"),
        station: full.then(|| StationId::new("S1")),
        outcome,
        session: full.then(|| SessionId::of(&["one"])),
        detail: if full { SCRIPTS.into() } else { "".into() },
        at: NOON,
    }
}

fn session_fact(full: bool) -> AnalyticsRecord {
    AnalyticsRecord::Session(SessionFact {
        session: SessionId::of(&["one"]),
        version: i32::from(full),
        station: StationId::new("S1"),
        site: full.then(|| SiteId::new("site")),
        evse: EvseId(1),
        account: full.then(|| AccountId::new("acc-1")),
        started_at: NOON,
        ended_at: MOST,
        energy: KWH,
        durations: Durations {
            other: Milliseconds(i64::MIN),
            ..Durations::default()
        },
        flags: if full { symbols() } else { Vec::new() },
        held: if full { symbols() } else { Vec::new() },
        end: EndEvidence::Inferred,
    })
}

fn line_fact(full: bool) -> AnalyticsRecord {
    AnalyticsRecord::InvoiceLine(InvoiceLineFact {
        invoice: InvoiceId::of(&["one"]),
        session: SessionId::of(&["one"]),
        station: StationId::new("S1"),
        site: SiteId::new("site"),
        tax_point: NOON,
        rate: full.then_some(TaxRate(190_000)),
        net: euro(-1_234),
        tax: euro(i64::MIN),
    })
}
