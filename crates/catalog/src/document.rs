//! A submitted document: known already, refused, or recorded as a version and broadcast.

use crate::check::{self, Refusal};
use crate::state::{AccountRecord, Key, Value, Version, Versions};
use crate::{ControlState, Effect, OUTCOME_SOURCE, Rejection, token};
use wattledger_domain::ids::{AccountId, EventId, SourceId};
use wattledger_domain::outcome::{EventOutcome, Outcome};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{
    Account, BackDating, Content, Document, Kind, ReferenceRecorded, ReferenceSubmitted,
};
use wattledger_domain::time::Timestamp;

/// How far ahead of the last tick a document begins to hold at the earliest: 60 s and one live
/// tick of 5 s (design §1 rule 3).
pub const LEAD: Milliseconds = Milliseconds(65_000);

pub(crate) fn fold(
    state: &mut ControlState<'_>,
    submitted: &ReferenceSubmitted,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let document = &submitted.document;
    let mut versions = versions(state, document.content.kind(), &document.content.id());
    if is_known(&versions, submitted) {
        effects.push(outcome(state, document, Outcome::Duplicate, String::new()));
        return Ok(());
    }
    let validity = validity(state.now(), submitted)
        .and_then(|from| check::check(state, document).map(|()| from));
    let valid_from = match validity {
        Ok(valid_from) => valid_from,
        Err(refusal) => {
            let detail = refusal.to_string();
            effects.push(outcome(state, document, Outcome::Refused, detail));
            return Ok(());
        }
    };
    let recorded = ReferenceRecorded {
        document: document.clone(),
        version: next_version(&versions, document)?,
        valid_from,
        valid_to: submitted.valid_to,
        recorded_at: state.now(),
    };
    add(&mut versions, &recorded);
    let key = versions_key(document.content.kind(), &document.content.id());
    state.put(key, Value::Versions(versions));
    broadcast(state, recorded, effects);
    Ok(())
}

/// The versions of a document as they stand.
pub(crate) fn versions(state: &mut ControlState<'_>, kind: Kind, id: &str) -> Versions {
    match state.get(&versions_key(kind, id)) {
        Some(Value::Versions(versions)) => versions.clone(),
        Some(Value::Token(_) | Value::Use(_) | Value::Account(_) | Value::Owner(_)) | None => {
            Versions::default()
        }
    }
}

/// What is known of an account for its tokens.
pub(crate) fn account_record(state: &mut ControlState<'_>, id: &AccountId) -> AccountRecord {
    match state.get(&Key::Account(id.clone())) {
        Some(Value::Account(record)) => record.clone(),
        Some(Value::Versions(_) | Value::Token(_) | Value::Use(_) | Value::Owner(_)) | None => {
            AccountRecord::default()
        }
    }
}

fn versions_key(kind: Kind, id: &str) -> Key {
    Key::Versions {
        kind,
        id: id.into(),
    }
}

/// Whether a version that holds says the same for the same time. A document that names no
/// beginning is compared with the newest version alone.
fn is_known(versions: &Versions, submitted: &ReferenceSubmitted) -> bool {
    let same = |version: &Version| {
        version.hash == submitted.document.hash && version.valid_to == submitted.valid_to
    };
    match submitted.valid_from {
        None => versions.kept.last().is_some_and(same),
        Some(from) => versions
            .kept
            .iter()
            .any(|version| version.valid_from == from && same(version)),
    }
}

/// From when the document holds.
fn validity(now: Timestamp, submitted: &ReferenceSubmitted) -> Result<Timestamp, Refusal> {
    let earliest = match submitted.back_dating {
        BackDating::Refused => now.plus(LEAD),
        BackDating::Allowed => Timestamp(0),
    };
    // What moves the price of a session under way is not known before it is said, unless it says so itself.
    let unsaid = match submitted.document.content.kind() {
        Kind::MarketPrices | Kind::SiteOccupancy => now.plus(LEAD),
        Kind::Policy
        | Kind::LegalEntity
        | Kind::Site
        | Kind::Station
        | Kind::Tariff
        | Kind::TariffAssignment
        | Kind::Account
        | Kind::Token
        | Kind::DeviceProfile => earliest,
    };
    let from = submitted.valid_from.unwrap_or(unsaid);
    if from < earliest {
        return Err(Refusal::TooSoon { from, earliest });
    }
    let to = submitted.valid_to.unwrap_or(Timestamp::LATEST);
    if to <= from || Timestamp::LATEST < to {
        return Err(Refusal::NeverValid { from, to });
    }
    Ok(from)
}

fn next_version(versions: &Versions, document: &Document) -> Result<i32, Rejection> {
    versions
        .last
        .checked_add(1)
        .ok_or_else(|| Rejection::VersionsExhausted {
            kind: document.content.kind(),
            id: document.content.id(),
        })
}

/// Adds a version; earlier ones end where it begins, and those left without a time are dropped.
fn add(versions: &mut Versions, recorded: &ReferenceRecorded) {
    let from = recorded.valid_from;
    versions.kept.retain(|version| version.valid_from < from);
    for version in &mut versions.kept {
        let end = version.superseded_from.map_or(from, |end| end.min(from));
        version.superseded_from = Some(end);
    }
    versions.kept.push(Version {
        version: recorded.version,
        hash: recorded.document.hash,
        valid_from: from,
        valid_to: recorded.valid_to,
        superseded_from: None,
    });
    let surplus = versions.kept.len().saturating_sub(Versions::KEPT_MAX);
    versions.kept.drain(..surplus);
    versions.last = recorded.version;
}

fn broadcast(state: &mut ControlState<'_>, recorded: ReferenceRecorded, effects: &mut Vec<Effect>) {
    let recorded = Box::new(recorded);
    match &recorded.document.content {
        Content::LegalEntity(entity) => {
            let owner = Value::Owner(entity.id.clone());
            state.put(Key::Book(entity.book.clone()), owner);
            effects.push(Effect::BroadcastToSessions(recorded.clone()));
            effects.push(Effect::BroadcastToInvoices(recorded));
        }
        Content::Policy(_)
        | Content::Site(_)
        | Content::Station(_)
        | Content::Tariff(_)
        | Content::TariffAssignment(_)
        | Content::MarketPrices(_)
        | Content::DeviceProfile(_)
        | Content::SiteOccupancy(_) => effects.push(Effect::BroadcastToSessions(recorded)),
        Content::Account(account) => {
            let (account, reference) = ((**account).clone(), recorded);
            effects.push(Effect::ToAccount {
                account: account.id.clone(),
                reference,
            });
            regroup(state, account, effects);
        }
        Content::Token(token) => {
            token::record(
                state,
                token,
                (recorded.valid_from, recorded.valid_to),
                effects,
            );
        }
    }
}

/// An account's group counts for its tokens that name none, and who owes the tax for all of them: their
/// entries are written anew.
fn regroup(state: &mut ControlState<'_>, account: Account, effects: &mut Vec<Effect>) {
    let mut record = account_record(state, &account.id);
    let tax = account.liability();
    let changed = record.group != account.group || record.tax != tax;
    (record.group, record.tax) = (account.group, tax);
    let tokens = record.tokens.clone();
    state.put(Key::Account(account.id), Value::Account(record));
    if changed {
        for token in tokens {
            let entry = token::directory_entry(state, token);
            effects.push(Effect::Directory(entry));
        }
    }
}

fn outcome(
    state: &ControlState<'_>,
    document: &Document,
    outcome: Outcome,
    detail: String,
) -> Effect {
    let kind = document.content.kind().word();
    let id = format!("{kind}/{}@{}", document.content.id(), document.hash);
    Effect::Outcome(Box::new(EventOutcome {
        source: SourceId::new(OUTCOME_SOURCE),
        id: EventId::new(id),
        station: None,
        outcome,
        session: None,
        detail: detail.into(),
        at: state.now(),
    }))
}
