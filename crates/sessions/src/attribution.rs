//! Which session an event is about: by the charger's transaction, else by EVSE and time.
//!
//! Invariant: a connector is never guessed (ev-domain §2, 3, 9). What names no session waits for a
//! late start to claim it.

use crate::desk::Desk;
use crate::devices;
use crate::entries::{Judged, meant};
use crate::key::{Entity, Key, TimerKind, Value};
use crate::ledger::Rules;
use crate::pinning;
use crate::session::Session;
use crate::station::{SessionAtHand, Unresolved};
use wattledger_domain::charging::{FieldBody, FieldEvent};
use wattledger_domain::ids::{EvseId, SessionId, StationId, TokenHash, TransactionId};
use wattledger_domain::outcome::Outcome;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::time::Timestamp;

/// Closing values may come this much after an end.
pub(crate) const CLOSING: Milliseconds = Milliseconds::minutes(5);
/// How many events wait at one station.
const WAITING: usize = 64;
/// How long they wait for their start.
const PATIENCE: Milliseconds = Milliseconds::minutes(24 * 60);

/// What an event says about where it belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits<'a> {
    pub(crate) transaction: Option<&'a TransactionId>,
    pub(crate) evse: Option<EvseId>,
    pub(crate) at: Timestamp,
    /// The token that ended it.
    pub(crate) token: Option<TokenHash>,
    /// The register at its end.
    pub(crate) register: Option<MilliwattHours>,
}

/// The session that an event is about.
pub(crate) fn find(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    about: &Traits<'_>,
) -> Option<SessionId> {
    let evse = about.evse.filter(|evse| evse.0 > 0);
    let Some(transaction) = meant(about.transaction) else {
        let Some(evse) = evse else {
            let unnamed = |known: &SessionAtHand| known.transaction.is_none();
            return by_traits(desk, station, about, unnamed, Proof::Either).or_else(|| {
                by_traits(
                    desk,
                    station,
                    about,
                    |known| known.to.is_none(),
                    Proof::Both,
                )
            });
        };
        return by_place(&desk.live(station)?.sessions, evse, about.at, |_| true);
    };
    if evse.is_none() && shared(desk, station, transaction, about.at) {
        let named = |known: &SessionAtHand| known.transaction.as_ref() == Some(transaction);
        return by_traits(desk, station, about, named, Proof::Either);
    }
    let at_hand = desk.live(station).and_then(|live| {
        let named = live.sessions.iter().filter(|known| {
            evse.is_none_or(|evse| evse == known.evse)
                && known.transaction.as_ref() == Some(transaction)
        });
        newest(named, about.at)
    });
    if at_hand.is_some() {
        return at_hand;
    }
    // A start without a transaction id is later known by the one that its readings name.
    let unnamed = evse.and_then(|evse| {
        let live = desk.live(station)?;
        by_place(&live.sessions, evse, about.at, |known| {
            known.transaction.is_none()
        })
    });
    if unnamed.is_some() {
        return unnamed;
    }
    match desk.get(&Key::Transaction(station.clone(), transaction.clone())) {
        Some(Value::Transaction(sessions)) => sessions.last().cloned(),
        Some(_) | None => None,
    }
}

/// Whether sessions on several EVSEs carry a transaction id at an instant (9).
fn shared(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    transaction: &TransactionId,
    at: Timestamp,
) -> bool {
    let Some(live) = desk.live(station) else {
        return false;
    };
    let named = live
        .sessions
        .iter()
        .filter(|known| known.transaction.as_ref() == Some(transaction) && known.is_at_hand(at));
    let mut evses = named.map(|known| known.evse);
    evses
        .next()
        .is_some_and(|first| evses.any(|other| other != first))
}

/// What proves that an end without a place is a session's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The token that ended it, else its register.
    Either,
    /// Both: its charger may know the session by another id (6).
    Both,
}

/// The one session that an end without a place can be about. None when several can be (6, 9).
fn by_traits(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    about: &Traits<'_>,
    may_be: impl Fn(&SessionAtHand) -> bool,
    proof: Proof,
) -> Option<SessionId> {
    let live = desk.live(station)?;
    let known = live.sessions.iter();
    let known = known.filter(|known| may_be(known) && known.is_at_hand(about.at));
    let known: Vec<SessionId> = known.map(|known| known.session.clone()).collect();
    let mut by_token = Vec::new();
    let mut by_register = Vec::new();
    for id in known {
        let key = Key::Session(station.clone(), id);
        if let Some(Value::Session(session)) = desk.get(&key) {
            let (same, fits) = (
                about.token.is_some() && session.token == about.token,
                fits(session, about),
            );
            let Key::Session(_, id) = key else { continue };
            if proof == Proof::Both && !(same && fits) {
                continue;
            }
            if same {
                by_token.push(id.clone());
            }
            if fits {
                by_register.push(id);
            }
        }
    }
    let alone = |found: Vec<SessionId>| <[SessionId; 1]>::try_from(found).ok();
    let [found] = alone(by_token).or_else(|| alone(by_register))?;
    Some(found)
}

/// Whether a session can have come to a register by then.
fn fits(session: &Session, about: &Traits<'_>) -> bool {
    let (Some(start), Some(register)) = (session.meter_start, about.register) else {
        return false;
    };
    let (max_power, percent) = pinning::power_bound(session.bound.as_deref(), session.evse);
    let rules = Rules {
        max_power,
        percent,
        seen: session.seen,
        facts: devices::facts(session.bound.as_deref()),
    };
    let rise = register.0.saturating_sub(start.0);
    let rise = rules.facts.energy.read(rise);
    rise >= 0 && rules.allow(rise, about.at.since(session.started_at))
}

/// The last to have begun by then; one that began a little later when none had.
fn newest<'a>(
    known: impl Iterator<Item = &'a SessionAtHand> + Clone,
    at: Timestamp,
) -> Option<SessionId> {
    let begun = known.clone().filter(|known| known.from <= at).last();
    begun
        .or_else(|| known.last())
        .map(|known| known.session.clone())
}

fn by_place(
    sessions: &[SessionAtHand],
    evse: EvseId,
    at: Timestamp,
    fits: impl Fn(&SessionAtHand) -> bool,
) -> Option<SessionId> {
    let last = sessions
        .iter()
        .rev()
        .find(|known| known.evse == evse && known.from <= at)?;
    let within = last.to.is_none_or(|to| at <= to.plus(CLOSING));
    (within && fits(last)).then(|| last.session.clone())
}

/// Keeps an event until a start claims it, unless it is too old or too much waits.
pub(crate) fn unresolved(desk: &mut Desk<'_, '_>, event: &FieldEvent, judged: &Judged) {
    let window = pinning::waits(None).correction;
    if judged.at < desk.now.minus(window) {
        desk.became(
            event,
            Outcome::TooLate,
            None,
            "older than any session that can still be corrected: review",
        );
        return;
    }
    let key = Key::Unresolved(event.station.clone());
    let mut waiting = match desk.take(&key) {
        Some(Value::Unresolved(waiting)) => waiting,
        Some(_) | None => Box::default(),
    };
    let repeated = waiting.events.iter().any(|known| known.body == event.body);
    let full = waiting.events.len() >= WAITING;
    if repeated {
        desk.became(
            event,
            Outcome::Duplicate,
            None,
            "the same already waits for its session",
        );
    } else if full {
        desk.became(
            event,
            Outcome::Refused,
            None,
            "too many events wait for their session",
        );
    } else {
        desk.became(
            event,
            Outcome::Unresolved,
            None,
            "no session is known for it",
        );
        waiting.events.push(event.clone());
        let since = desk.now.max(event.received_at);
        let (at, station) = (since.plus(PATIENCE), event.station.clone());
        desk.wake(at, TimerKind::Forget, &station, Entity::Unresolved);
    }
    desk.put(key, Value::Unresolved(waiting));
}

/// Takes out the waiting events that now have a session, in order of the charger's time.
pub(crate) fn claim(desk: &mut Desk<'_, '_>, station: &StationId) -> Vec<FieldEvent> {
    let key = Key::Unresolved(station.clone());
    let Some(Value::Unresolved(waiting)) = desk.take(&key) else {
        return Vec::new();
    };
    let (mut claimed, mut rest) = (Vec::new(), Vec::new());
    for event in waiting.events {
        let judged = Judged::of(&event, desk.now);
        let found = traits(&event.body, judged.at).and_then(|about| find(desk, station, &about));
        match found {
            Some(_) => claimed.push(event),
            None => rest.push(event),
        }
    }
    claimed.sort_by_key(|event| event.occurred_at);
    if !rest.is_empty() {
        desk.put(
            key,
            Value::Unresolved(Box::new(Unresolved { events: rest })),
        );
    }
    claimed
}

/// What an event about an existing session says of where it belongs.
pub(crate) fn traits(body: &FieldBody, at: Timestamp) -> Option<Traits<'_>> {
    match body {
        FieldBody::SessionUpdated(updated) => Some(Traits {
            transaction: updated.transaction.as_ref(),
            evse: updated.evse,
            at,
            token: None,
            register: None,
        }),
        FieldBody::SessionEnded(ended) => Some(Traits {
            transaction: ended.transaction.as_ref(),
            evse: ended.evse,
            at,
            token: ended.token.as_ref().map(|token| token.hash),
            register: ended.meter_stop,
        }),
        FieldBody::AuthorizationRequested(_)
        | FieldBody::SessionStarted(_)
        | FieldBody::ConnectorStatusChanged(_)
        | FieldBody::StationBooted(_) => None,
    }
}

/// Nobody claimed them: event.outcomes says that it stays so.
pub(crate) fn forget(desk: &mut Desk<'_, '_>, station: &StationId) {
    let key = Key::Unresolved(station.clone());
    let Some(Value::Unresolved(mut waiting)) = desk.take(&key) else {
        return;
    };
    let before = desk.now.minus(PATIENCE);
    let (expired, waits): (Vec<FieldEvent>, Vec<FieldEvent>) = std::mem::take(&mut waiting.events)
        .into_iter()
        .partition(|event| event.received_at <= before);
    for event in &expired {
        desk.became(
            event,
            Outcome::Unresolved,
            None,
            "no session claimed it within 24 hours: review",
        );
    }
    waiting.events = waits;
    if !waiting.events.is_empty() {
        desk.put(key, Value::Unresolved(waiting));
    }
}
