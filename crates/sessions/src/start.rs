//! A transaction begins: it becomes a session of ours, bound to what its bill depends on.

mod around;

use self::around::{carried, make_room, told_before};
use crate::authorization::{self, Authorization};
use crate::desk::Desk;
use crate::devices;
use crate::effect::Effect;
use crate::entries::{self, Clock, Judged, meant};
use crate::key::{Entity, Key, TimerKind, Value};
use crate::lags::{Heard, Lags};
use crate::ledger::{Flags, Ledger, Seen};
use crate::pinning::{self, Customer};
use crate::rating;
use crate::running;
use crate::samples::{Entry, Samples, What};
use crate::session::{Origin, Phase, Sequence, Session};
use crate::station::{Begun, SessionAtHand};
use crate::work::Work;
use wattledger_domain::accounts::{AccountRecord, SessionOpened};
use wattledger_domain::charging::{FieldEvent, SessionStarted};
use wattledger_domain::control::TokenUnknown;
use wattledger_domain::hash::Fingerprint;
use wattledger_domain::ids::{AuthorizationId, SessionId, StationId, TransactionId};
use wattledger_domain::outcome::Outcome;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::{ChargingState, SessionFlag};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

/// Length of a period of starts: 10 days. One that begins 20 sessions a day fills 3 KiB.
const PERIOD: Milliseconds = Milliseconds::minutes(10 * 24 * 60);

/// How many sessions of one transaction id can be found by it: the last ones.
const SHARING: usize = 8;

/// So many other ids of its transaction a session remembers.
const ALSO: usize = 4;

/// Our id of a session: what a charger repeats when it tells a start again (ev-domain §2, 8).
fn id_of(event: &FieldEvent, started: &SessionStarted) -> SessionId {
    let who = match (&started.authorization, &started.token) {
        (Some(authorization), _) => authorization.as_str().to_owned(),
        (None, Some(token)) => token.hash.to_string(),
        (None, None) => String::new(),
    };
    SessionId::of(&[
        event.station.as_str(),
        &started.evse.0.to_string(),
        &who,
        &event.occurred_at.0.to_string(),
        &started
            .meter_start
            .map_or_else(String::new, |meter| meter.0.to_string()),
    ])
}

/// The 10-day period of a start.
const fn period(at: Timestamp) -> i64 {
    at.0.div_euclid(PERIOD.0)
}

/// Source and id of an event, small.
pub(crate) fn fingerprint(event: &FieldEvent) -> Fingerprint {
    Fingerprint::of_parts(&[
        event.source.as_str().as_bytes(),
        event.id.as_str().as_bytes(),
    ])
}

/// Begins a session, unless it has begun.
pub(crate) fn started(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    started: &SessionStarted,
) {
    let station = &event.station;
    let id = id_of(event, started);
    if let Some(mut work) = Work::take(desk, station, id.clone()) {
        if let Some(transaction) = meant(started.transaction.as_ref()) {
            renamed(desk, station, &mut work, transaction);
        }
        desk.became(
            event,
            Outcome::Duplicate,
            Some(&id),
            "the session had begun",
        );
        work.put(desk);
        return;
    }
    if let Some(known) = remember(desk, event, &id, period(judged.at)) {
        desk.became(event, Outcome::Duplicate, Some(&id), known);
        return;
    }
    begin(desk, event, judged, started, id);
}

/// Notes a start; says why when it is known already.
fn remember(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    id: &SessionId,
    period: i64,
) -> Option<&'static str> {
    let station = &event.station;
    let start = Begun {
        session: Fingerprint::of_parts(&[id.as_str().as_bytes()]),
        event: fingerprint(event),
    };
    let key = Key::Begun(station.clone(), period);
    let mut begun = match desk.take(&key) {
        Some(Value::Begun(begun)) => begun,
        Some(_) | None => {
            let at = desk.now.plus(rating::MEMORY).plus(PERIOD);
            desk.wake(at, TimerKind::Forget, station, Entity::Begun(period));
            Vec::new()
        }
    };
    let place = begun.partition_point(|known| *known < start);
    let known = if begun.iter().any(|known| known.session == start.session) {
        Some("the session was billed long ago")
    } else if begun.iter().any(|known| known.event == start.event) {
        Some("the same source and id began a session before")
    } else {
        begun.insert(place, start);
        None
    };
    desk.put(key, Value::Begun(begun));
    known
}

fn begin(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    started: &SessionStarted,
    id: SessionId,
) {
    let station = &event.station;
    let mut session = session(desk, event, judged, started, &id);
    let successor = make_room(desk, station, &session);
    session.carried = carried(desk, station, &session);
    Lags::note(&mut session.lags, event, judged);
    let mut work = Work::begin(desk, station, id.clone(), session);
    if let Some(meter) = started.meter_start.filter(|meter| meter.0 >= 0) {
        work.add(
            desk,
            Entry {
                at: judged.at,
                what: What::Total,
                value: meter.0,
            },
        );
    }
    for entry in entries::of_samples(&started.samples, *judged) {
        work.add(desk, entry);
    }
    work.bring_up_to_date(desk);
    let transaction = meant(started.transaction.as_ref()).cloned();
    let mut live = desk.take_live(station);
    live.add(SessionAtHand {
        session: id.clone(),
        evse: started.evse,
        transaction: None,
        from: judged.at,
        to: None,
    });
    Heard::note(&mut live.heard, event, judged);
    desk.put_live(station, live);
    if let Some(transaction) = &transaction {
        name(desk, station, &mut work, transaction);
    }
    announce(desk, event, &work, started);
    told_before(desk, &mut work, successor);
    running::check(desk, &mut work, judged.at);
    work.put(desk);
}

/// A session as its start tells it.
fn session(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    started: &SessionStarted,
    id: &SessionId,
) -> Session {
    let (station, token) = (&event.station, started.token.as_ref());
    let known = started
        .authorization
        .as_ref()
        .and_then(|authorization| authorization::used(desk, station, authorization, id));
    let (account, group, tax) = match (&known, token) {
        (Some(known), _) => {
            let tax = authorization::liability(known);
            (Some(known.account.clone()), known.group.clone(), tax)
        }
        (None, Some(token)) => {
            let tax = token.tax.unwrap_or_default();
            (token.account.clone(), token.group.clone(), tax)
        }
        (None, None) => (None, None, TaxLiability::Seller),
    };
    if let Some(known) = &known {
        authorization::enforce(desk, station, started, known);
    }
    let customer = Customer::known(account.as_ref(), group.as_ref(), started.evse);
    let pinned = match &known {
        Some(known) => Some(devices::pinned_at(desk, station, &known.pinned, judged.at)),
        None => pinning::pin(desk, station, judged.at, customer),
    };
    let mut flags = Flags::default();
    if judged.clock == Clock::Suspect {
        flags.raise(SessionFlag::ClockSuspect);
    }
    let first_state = started.state.unwrap_or(ChargingState::Charging);
    let origin = || {
        Box::new(Origin {
            source: event.source.clone(),
            id: event.id.clone(),
        })
    };
    let unanswered = account.is_none().then(origin);
    Session {
        evse: started.evse,
        transaction: None,
        authorization: started.authorization.clone(),
        account,
        token: token
            .map(|token| token.hash)
            .or(known.as_ref().and_then(|known| known.token)),
        group,
        tax,
        started_at: judged.at,
        first_state,
        meter_start: started.meter_start,
        carried: None,
        pinned,
        also: Vec::new(),
        lags: None,
        sequence: Sequence::starting(started.sequence),
        seen: Seen::default(),
        recent: Samples::default(),
        chunks: 0,
        older_to: None,
        ledger: Ledger::start(judged.at, first_state),
        meter: None,
        watch: known.as_ref().map(authorization::watch),
        free_at: None,
        end: None,
        phase: Phase::Open,
        billed: None,
        billed_to: None,
        rounds: 0,
        decided: None,
        flags,
        unanswered,
        bound: None,
    }
}

/// A start that is told again names its transaction, perhaps by another id than before: whoever
/// answered it may have given another. It is known by both from then on.
fn renamed(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    work: &mut Work<'_>,
    transaction: &TransactionId,
) {
    let session = &mut work.session;
    let full = session.also.len() >= ALSO;
    match session.transaction.take() {
        Some(known) if known == *transaction || full => session.transaction = Some(known),
        Some(known) => {
            session.also.retain(|other| other != transaction);
            session.also.push(known);
            name(desk, station, work, transaction);
        }
        None => name(desk, station, work, transaction),
    }
}

/// Notes the charger's transaction id of a session.
pub(crate) fn name(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    work: &mut Work<'_>,
    transaction: &TransactionId,
) {
    work.session.transaction = Some(transaction.clone());
    let mut live = desk.take_live(station);
    if let Some(known) = live.at_hand(&work.id) {
        known.transaction = Some(transaction.clone());
    }
    desk.put_live(station, live);
    let key = Key::Transaction(station.clone(), transaction.clone());
    let mut sessions = match desk.take(&key) {
        Some(Value::Transaction(sessions)) => sessions,
        Some(_) | None => Vec::new(),
    };
    if !sessions.contains(&work.id) {
        sessions.push(work.id.clone());
    }
    if sessions.len() > SHARING {
        sessions.remove(0);
    }
    desk.put(key, Value::Transaction(sessions));
}

/// Tells the account, or control when the token is nobody's.
fn announce(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    work: &Work<'_>,
    started: &SessionStarted,
) {
    if let Some(opened) = opened(work) {
        desk.emit(Effect::ToAccount(AccountRecord::SessionOpened(Box::new(
            opened,
        ))));
    } else if let Some(token) = &started.token {
        desk.emit(Effect::TokenUnknown(TokenUnknown {
            station: event.station.clone(),
            session: work.id.clone(),
            token: token.clone(),
            used_at: work.session.started_at,
        }));
    }
}

/// Finds the open session that began before its authorisation was asked for; gives it its payer.
pub(crate) fn authorized_late(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    authorization: &AuthorizationId,
    known: &Authorization,
) -> Option<SessionId> {
    let live = desk.live(station)?;
    let open = live.sessions.iter().filter(|known| known.to.is_none());
    let open: Vec<SessionId> = open.map(|known| known.session.clone()).collect();
    let session = open.into_iter().find(|session| {
        let key = Key::Session(station.clone(), session.clone());
        matches!(desk.get(&key), Some(Value::Session(session))
            if session.account.is_none() && session.authorization.as_ref() == Some(authorization))
    })?;
    let mut work = Work::take(desk, station, session.clone())?;
    work.session.account = Some(known.account.clone());
    work.session.unanswered = None;
    work.session.watch = Some(authorization::watch(known));
    work.session.tax = authorization::liability(known);
    if let Some(opened) = opened(&work) {
        let opened = AccountRecord::SessionOpened(Box::new(opened));
        desk.emit(Effect::ToAccount(opened));
    }
    work.put(desk);
    Some(session)
}

/// What the account is told when charging begins; `None` while nobody answers for it.
pub(crate) fn opened(work: &Work<'_>) -> Option<SessionOpened> {
    Some(SessionOpened {
        session: work.id.clone(),
        account: work.session.account.clone()?,
        authorization: work.session.authorization.clone(),
        station: work.station.clone(),
        started_at: work.session.started_at,
    })
}
