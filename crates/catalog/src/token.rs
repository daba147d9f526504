//! Tokens: the directory, and uses of tokens that nobody claims yet.
//!
//! Invariant: a use waits until a document claims its token as of the instant of the use; then its
//! payer goes to its station once.

use crate::document::account_record;
use crate::state::{Key, TokenRecord, TokenSpan, TokenUse, Value, Versions};
use crate::{ControlState, Effect, Rejection};
use wattledger_domain::charging::{PayerResolved, TokenRef};
use wattledger_domain::control::{DirectoryEntry, TokenUnknown};
use wattledger_domain::ids::{CustomerGroup, TokenHash};
use wattledger_domain::reference::{Token, TokenEntry};
use wattledger_domain::time::Timestamp;

/// A token that nobody claimed was used: by now somebody may, else the use waits.
pub(crate) fn used(
    state: &mut ControlState<'_>,
    unknown: &TokenUnknown,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let token = unknown.token.hash;
    let token_use = TokenUse {
        station: unknown.station.clone(),
        session: unknown.session.clone(),
        used_at: unknown.used_at,
    };
    let mut record = record_of(state, token);
    if let Some(resolved) = resolve(state, token, &record, &token_use) {
        effects.push(Effect::PayerResolved(resolved));
        return Ok(());
    }
    let number = record.next_use;
    record.next_use = number.checked_add(1).ok_or(Rejection::UsesExhausted)?;
    state.put(Key::Use { token, number }, Value::Use(token_use));
    state.put(Key::Token(token), Value::Token(record));
    Ok(())
}

/// A version of a token's document: its span, the directory, and the uses that waited for it.
pub(crate) fn record(
    state: &mut ControlState<'_>,
    token: &Token,
    (from, to): (Timestamp, Option<Timestamp>),
    effects: &mut Vec<Effect>,
) {
    let mut account = account_record(state, &token.account);
    if account.tokens.insert(token.hash) {
        state.put(Key::Account(token.account.clone()), Value::Account(account));
    }
    let mut record = record_of(state, token.hash);
    record.spans.retain(|span| span.from < from);
    for span in &mut record.spans {
        span.to = Some(span.to.map_or(from, |to| to.min(from)));
    }
    record.spans.push(TokenSpan {
        account: token.account.clone(),
        group: token.group.clone(),
        from,
        to,
    });
    let surplus = record.spans.len().saturating_sub(Versions::KEPT_MAX);
    record.spans.drain(..surplus);
    state.put(Key::Token(token.hash), Value::Token(record));
    let entry = directory_entry(state, token.hash);
    effects.push(Effect::Directory(entry));
    resolve_waiting(state, token.hash, effects);
}

/// What the directory says of a token now.
pub(crate) fn directory_entry(state: &mut ControlState<'_>, token: TokenHash) -> DirectoryEntry {
    let mut entries = Vec::new();
    for span in record_of(state, token).spans {
        let group = group_of(state, &span);
        let tax = Some(account_record(state, &span.account).tax);
        entries.push(TokenEntry {
            account: span.account,
            group,
            tax,
            from: span.from,
            to: span.to,
        });
    }
    DirectoryEntry { token, entries }
}

fn resolve_waiting(state: &mut ControlState<'_>, token: TokenHash, effects: &mut Vec<Effect>) {
    let mut record = record_of(state, token);
    let mut first_waiting = record.next_use;
    for number in record.first_use..record.next_use {
        let key = Key::Use { token, number };
        let Some(Value::Use(token_use)) = state.take(&key) else {
            continue;
        };
        if let Some(resolved) = resolve(state, token, &record, &token_use) {
            effects.push(Effect::PayerResolved(resolved));
            state.remove(&key);
        } else {
            first_waiting = first_waiting.min(number);
            state.put(key, Value::Use(token_use));
        }
    }
    record.first_use = first_waiting;
    state.put(Key::Token(token), Value::Token(record));
}

fn resolve(
    state: &mut ControlState<'_>,
    token: TokenHash,
    record: &TokenRecord,
    token_use: &TokenUse,
) -> Option<PayerResolved> {
    let at = token_use.used_at;
    let span = record
        .spans
        .iter()
        .find(|span| span.from <= at && span.to.is_none_or(|to| at < to))?;
    Some(PayerResolved {
        station: token_use.station.clone(),
        session: token_use.session.clone(),
        token: TokenRef {
            hash: token,
            account: Some(span.account.clone()),
            group: group_of(state, span),
            tax: Some(account_record(state, &span.account).tax),
        },
    })
}

/// The token's own group, else its account's.
fn group_of(state: &mut ControlState<'_>, span: &TokenSpan) -> Option<CustomerGroup> {
    span.group
        .clone()
        .or_else(|| account_record(state, &span.account).group)
}

fn record_of(state: &mut ControlState<'_>, token: TokenHash) -> TokenRecord {
    match state.get(&Key::Token(token)) {
        Some(Value::Token(record)) => record.clone(),
        Some(Value::Versions(_) | Value::Use(_) | Value::Account(_) | Value::Owner(_)) | None => {
            TokenRecord::default()
        }
    }
}
