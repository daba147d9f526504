//! Ends of sessions: told, told again, inferred from a boot, a free EVSE or the next start.

use crate::attribution::{self, Traits};
use crate::desk::Desk;
use crate::devices;
use crate::entries::{self, Clock, Judged};
use crate::field::{name, note_clock};
use crate::lags::{Heard, Lags};
use crate::rating;
use crate::session::{End, Phase};
use crate::start;
use crate::work::Work;
use wattledger_domain::charging::{FieldEvent, SessionEnded, StationBooted};
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::outcome::Outcome;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::session::{EndEvidence, SessionFlag};
use wattledger_domain::time::Timestamp;

/// Folds an end.
pub(crate) fn end(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    ended: &SessionEnded,
) {
    let about = Traits {
        transaction: ended.transaction.as_ref(),
        evse: ended.evse,
        at: judged.at,
        token: ended.token.as_ref().map(|token| token.hash),
        register: ended.meter_stop,
    };
    let found = attribution::find(desk, &event.station, &about);
    let Some(mut work) = found.and_then(|id| Work::take(desk, &event.station, id)) else {
        attribution::unresolved(desk, event, judged);
        return;
    };
    name(desk, &event.station, &mut work, ended.transaction.as_ref());
    let said = End {
        at: judged.at,
        evidence: EndEvidence::Reported,
        meter_stop: ended.meter_stop.filter(|meter| meter.0 >= 0),
        event: Some(start::fingerprint(event)),
    };
    match work.session.end {
        Some(known) if known.evidence == EndEvidence::Reported => {
            again(desk, event, judged, &mut work, said);
        }
        Some(_) | None => {
            work.session.sequence.came(ended.sequence);
            Lags::note(&mut work.session.lags, event, judged);
            for entry in entries::of_samples(&ended.samples, *judged) {
                work.add(desk, entry);
            }
            work.end(desk, said);
            at_hand_until(desk, &event.station, &work.id, judged.at);
            let mut live = desk.take_live(&event.station);
            Heard::note(&mut live.heard, event, judged);
            desk.put_live(&event.station, live);
            let was_rated = matches!(work.session.phase, Phase::Rated | Phase::Held(_));
            if was_rated && !rating::differs(desk, &mut work) {
                work.put(desk);
                return;
            }
            note_clock(&mut work, judged);
            if was_rated {
                desk.became(
                    event,
                    Outcome::Late,
                    Some(&work.id),
                    "the end had been inferred",
                );
            }
            if work.session.sequence.is_whole(ended.sequence) {
                rating::unsettle(desk, &work);
                rating::rate(desk, &mut work);
            } else {
                let wait = work.waits().settling;
                rating::settle_at(desk, &mut work, desk.now.plus(wait));
            }
        }
    }
    work.put(desk);
}

/// A second end: the same is a duplicate, another is for review (ev-domain §2, 4, 5).
fn again(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    work: &mut Work<'_>,
    said: End,
) {
    let same = work.session.end.is_some_and(|known| {
        // Without a clock, the time of receipt says nothing: the register does.
        let at_once = known.at == said.at || judged.clock == Clock::Suspect;
        known.event == said.event || at_once && known.meter_stop == said.meter_stop
    });
    if same {
        desk.became(
            event,
            Outcome::Duplicate,
            Some(&work.id),
            "the same end was told before",
        );
        return;
    }
    work.session.flags.raise(SessionFlag::ConflictingEnd);
    let detail = match work.session.end {
        Some(known) => format!(
            "another end was told before: {}; this one: {}",
            told(&known),
            told(&said)
        ),
        None => "another end was told before".to_owned(),
    };
    desk.became(event, Outcome::Conflicting, Some(&work.id), &detail);
}

/// An end, for the person who decides which one is true.
fn told(end: &End) -> String {
    let Some(MilliwattHours(register)) = end.meter_stop else {
        return format!("{} without a register", end.at);
    };
    // In Wh, as a correction states it.
    let (whole, part) = (register.div_euclid(1_000), register.rem_euclid(1_000));
    match part {
        0 => format!("{} at {whole} Wh", end.at),
        _ => format!("{} at {whole}.{part:03} Wh", end.at),
    }
}

pub(crate) fn at_hand_until(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    session: &SessionId,
    to: Timestamp,
) {
    let mut live = desk.take_live(station);
    if let Some(known) = live.at_hand(session) {
        known.to = Some(to);
    }
    desk.put_live(station, live);
}

/// Ends a session that nobody ended; it waits for the real end.
pub(crate) fn infer_end(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, at: Timestamp) {
    work.end(
        desk,
        End {
            at,
            evidence: EndEvidence::Inferred,
            meter_stop: None,
            event: None,
        },
    );
    at_hand_until(desk, work.station, &work.id, at);
    let wait = work.waits().inferred;
    rating::settle_at(desk, work, desk.now.plus(wait));
}

/// What the station had open is over at its last reading, or will be resumed.
pub(crate) fn booted(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    booted: &StationBooted,
) {
    let station = &event.station;
    let mut live = desk.take_live(station);
    let fresh = live.booted(judged.at);
    let device = live.is_device(judged.at, booted);
    Heard::note(&mut live.heard, event, judged);
    let open: Vec<SessionId> = live
        .sessions
        .iter()
        .filter(|known| known.to.is_none() && known.from < judged.at)
        .map(|known| known.session.clone())
        .collect();
    desk.put_live(station, live);
    if !fresh {
        desk.became(
            event,
            Outcome::Duplicate,
            None,
            "the same boot was told before",
        );
        return;
    }
    if device {
        devices::told(desk, station);
    }
    for session in open {
        let Some(mut work) = Work::take(desk, station, session) else {
            continue;
        };
        let goes_on = work.session.newest().is_some_and(|last| last > judged.at);
        if !goes_on {
            infer_end(desk, &mut work, judged.at);
        }
        work.put(desk);
    }
}
