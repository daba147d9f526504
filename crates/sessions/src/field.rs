//! An event from the field, as it changes the session that it is about.

use crate::attribution::{self, Traits};
use crate::authorization;
use crate::desk::Desk;
use crate::effect::Rejection;
use crate::ending;
use crate::entries::{self, Clock, Judged, meant};
use crate::lags::{Heard, Lags};
use crate::rating;
use crate::running;
use crate::session::Phase;
use crate::start;
use crate::station::EvseStatus;
use crate::work::Work;
use wattledger_domain::charging::{
    ConnectorStatus, ConnectorStatusChanged, FieldBody, FieldEvent, SessionUpdated,
};
use wattledger_domain::ids::{EvseId, StationId, TransactionId};
use wattledger_domain::outcome::Outcome;
use wattledger_domain::session::{EndEvidence, SessionFlag};
use wattledger_domain::time::Timestamp;

/// Folds an event from the field.
pub(crate) fn happened(desk: &mut Desk<'_, '_>, event: &FieldEvent) -> Result<(), Rejection> {
    if let Some(evse) = evse(&event.body)
        && evse.0 < 0
    {
        return Err(Rejection::NegativeEvse {
            station: event.station.clone(),
            evse,
        });
    }
    let judged = Judged::of(event, desk.now);
    match &event.body {
        FieldBody::SessionUpdated(updated) => update(desk, event, &judged, updated),
        FieldBody::SessionStarted(started) => {
            start::started(desk, event, &judged, started);
            for waiting in attribution::claim(desk, &event.station) {
                claimed(desk, &waiting);
            }
        }
        FieldBody::SessionEnded(ended) => ending::end(desk, event, &judged, ended),
        FieldBody::ConnectorStatusChanged(changed) => status(desk, event, &judged, changed),
        FieldBody::StationBooted(booted) => ending::booted(desk, event, &judged, booted),
        FieldBody::AuthorizationRequested(request) => {
            authorization::requested(desk, event, &judged, request);
        }
    }
    Ok(())
}

const fn evse(body: &FieldBody) -> Option<EvseId> {
    match body {
        FieldBody::SessionUpdated(updated) => updated.evse,
        FieldBody::SessionStarted(started) => Some(started.evse),
        FieldBody::SessionEnded(ended) => ended.evse,
        FieldBody::ConnectorStatusChanged(changed) => Some(changed.evse),
        FieldBody::AuthorizationRequested(request) => request.evse,
        FieldBody::StationBooted(_) => None,
    }
}

fn claimed(desk: &mut Desk<'_, '_>, event: &FieldEvent) {
    let judged = Judged::of(event, desk.now);
    let found = attribution::traits(&event.body, judged.at)
        .and_then(|about| attribution::find(desk, &event.station, &about));
    desk.became(
        event,
        Outcome::Claimed,
        found.as_ref(),
        "its session has begun",
    );
    match &event.body {
        FieldBody::SessionUpdated(updated) => update(desk, event, &judged, updated),
        FieldBody::SessionEnded(ended) => ending::end(desk, event, &judged, ended),
        // Only updates and ends wait.
        FieldBody::AuthorizationRequested(_)
        | FieldBody::SessionStarted(_)
        | FieldBody::ConnectorStatusChanged(_)
        | FieldBody::StationBooted(_) => {}
    }
}

fn update(desk: &mut Desk<'_, '_>, event: &FieldEvent, judged: &Judged, updated: &SessionUpdated) {
    let about = Traits {
        transaction: updated.transaction.as_ref(),
        evse: updated.evse,
        at: judged.at,
        token: None,
        register: None,
    };
    let found = attribution::find(desk, &event.station, &about);
    let Some(mut work) = found.and_then(|id| Work::take(desk, &event.station, id)) else {
        attribution::unresolved(desk, event, judged);
        return;
    };
    name(
        desk,
        &event.station,
        &mut work,
        updated.transaction.as_ref(),
    );
    work.session.sequence.came(updated.sequence);
    if work.is_full() {
        let detail = "it has as many readings as are kept: a person looks at it";
        desk.became(event, Outcome::Refused, Some(&work.id), detail);
        return work.put(desk);
    }
    let (mut usable, mut fresh) = (false, false);
    for entry in entries::of_samples(&updated.samples, *judged) {
        usable = true;
        fresh |= work.add(desk, entry);
    }
    if let Some(state) = updated.state {
        usable = true;
        fresh |= work.add(desk, entries::of_state(state, judged.at));
    }
    if fresh {
        Lags::note(&mut work.session.lags, event, judged);
        if updated.transaction.is_some() {
            reopen(desk, &event.station, &mut work, judged.at);
        }
        if changed(desk, event, &mut work, judged.at) == Changed::Something {
            note_clock(&mut work, judged);
        }
    } else if usable {
        desk.became(
            event,
            Outcome::Duplicate,
            Some(&work.id),
            "every reading was known",
        );
    } else if updated.sequence.is_none() {
        desk.became(
            event,
            Outcome::Ignored,
            Some(&work.id),
            "nothing that a price depends on",
        );
    }
    work.put(desk);
}

/// Whether an event changed what is or will be billed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Nothing,
    Something,
}

/// What every change of a session entails: cost while it runs, a new rating once it was rated and
/// comes to something else. Most of what follows a rating (a status, a closing value) does not.
fn changed(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    work: &mut Work<'_>,
    at: Timestamp,
) -> Changed {
    match work.session.phase {
        Phase::Open => {
            work.bring_up_to_date(desk);
            running::check(desk, work, at);
        }
        Phase::Settling(_) => {}
        Phase::Held(_) | Phase::Rated => {
            if !rating::differs(desk, work) {
                return Changed::Nothing;
            }
            if work.session.billed.is_some() {
                work.session.flags.raise(SessionFlag::LateEvents);
            }
            desk.became(
                event,
                Outcome::Late,
                Some(&work.id),
                "the session was rated or held",
            );
            let wait = work.waits().settling;
            rating::settle_at(desk, work, desk.now.plus(wait));
        }
    }
    Changed::Something
}

pub(crate) fn note_clock(work: &mut Work<'_>, judged: &Judged) {
    if judged.clock == Clock::Suspect {
        work.session.flags.raise(SessionFlag::ClockSuspect);
    }
}

/// A session that began without a transaction id takes the first that its events name.
pub(crate) fn name(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    work: &mut Work<'_>,
    transaction: Option<&TransactionId>,
) {
    if work.session.transaction.is_none()
        && let Some(transaction) = meant(transaction)
    {
        start::name(desk, station, work, transaction);
    }
}

/// A transaction that goes on after a boot was not over.
fn reopen(desk: &mut Desk<'_, '_>, station: &StationId, work: &mut Work<'_>, at: Timestamp) {
    let Some(end) = work.session.end else { return };
    let after = end.evidence == EndEvidence::Inferred && at > end.at;
    if !after || work.session.free_at.is_some() || work.session.billed.is_some() {
        return;
    }
    let mut live = desk.take_live(station);
    let evse = work.session.evse;
    let followed = live
        .sessions
        .iter()
        .any(|known| known.evse == evse && known.from > work.session.started_at);
    if !followed {
        if let Some(known) = live.at_hand(&work.id) {
            known.to = None;
        }
        rating::unsettle(desk, work);
        work.session.end = None;
        work.session.phase = Phase::Open;
        work.recompute(desk);
    }
    desk.put_live(station, live);
}

fn status(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    changed_to: &ConnectorStatusChanged,
) {
    let (station, evse, at) = (&event.station, changed_to.evse, judged.at);
    let mut live = desk.take_live(station);
    live.told(EvseStatus {
        evse,
        status: changed_to.status,
        at,
    });
    Heard::note(&mut live.heard, event, judged);
    desk.put_live(station, live);
    let about = Traits {
        transaction: None,
        evse: Some(evse),
        at,
        token: None,
        register: None,
    };
    let Some(found) = attribution::find(desk, station, &about) else {
        return;
    };
    let Some(mut work) = Work::take(desk, station, found) else {
        return;
    };
    if changed_to.status == ConnectorStatus::Available {
        freed(desk, event, &mut work, at);
    } else if let Some(entry) = entries::of_status(changed_to.status, at)
        && work.add(desk, entry)
    {
        changed(desk, event, &mut work, at);
    }
    work.put(desk);
}

/// The EVSE is free: the session is over at the latest now (ev-domain §2, 16, 19).
fn freed(desk: &mut Desk<'_, '_>, event: &FieldEvent, work: &mut Work<'_>, at: Timestamp) {
    let earlier = work.session.free_at.is_none_or(|known| at < known);
    if at <= work.session.started_at || !earlier {
        return;
    }
    work.session.free_at = Some(at);
    if work.session.end.is_none() {
        ending::infer_end(desk, work, at);
    } else {
        changed(desk, event, work, at);
    }
}
