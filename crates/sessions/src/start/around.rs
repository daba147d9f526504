//! What a session that begins finds around it: others on its EVSE, and what was told before its start.

use crate::attribution::CLOSING;
use crate::desk::Desk;
use crate::devices;
use crate::ending;
use crate::entries;
use crate::key::{Key, Value};
use crate::session::Session;
use crate::work::Work;
use wattledger_domain::charging::ConnectorStatus;
use wattledger_domain::device::Scale;
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::time::Timestamp;

/// Ends what is open on the EVSE and began before (ev-domain §2, 16); returns the start of what
/// began later there, if anything did.
pub(super) fn make_room(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    session: &Session,
) -> Option<Timestamp> {
    let (evse, from) = (session.evse, session.started_at);
    let live = desk.live(station)?;
    let here = || live.sessions.iter().filter(|known| known.evse == evse);
    let successor = here()
        .find(|known| known.from > from)
        .map(|known| known.from);
    let open: Vec<SessionId> = here()
        .filter(|known| known.to.is_none() && known.from <= from)
        .map(|known| known.session.clone())
        .collect();
    for before in open {
        if let Some(mut work) = Work::take(desk, station, before) {
            ending::infer_end(desk, &mut work, from);
            work.put(desk);
        }
    }
    successor
}

/// Takes what was told before its start came, as if all came in order: the newest status of its EVSE,
/// and what ended it: the first boot after it, a free EVSE, or what began later there (ev-domain §2, 16).
pub(super) fn told_before(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    successor: Option<Timestamp>,
) {
    let (evse, from) = (work.session.evse, work.session.started_at);
    let Some(live) = desk.live(work.station) else {
        return;
    };
    let boot = live.boots.iter().copied().find(|boot| *boot > from);
    let told = live.statuses.iter();
    let told = told.copied().find(|known| {
        let in_time = known.at > from && successor.is_none_or(|next| known.at < next);
        known.evse == evse && in_time
    });
    let free = told.filter(|known| known.status == ConnectorStatus::Available);
    let free = free.map(|known| known.at);
    // After a boot, a status is its own session's no longer than closing values are.
    let free = free.filter(|free| boot.is_none_or(|boot| *free <= boot.plus(CLOSING)));
    if let Some(entry) = told.and_then(|known| entries::of_status(known.status, known.at)) {
        work.add(desk, entry);
        work.bring_up_to_date(desk);
    }
    if let Some(at) = boot.into_iter().chain(successor).chain(free).min() {
        work.session.free_at = free;
        ending::infer_end(desk, work, at);
    }
}

/// The register that the session before it on its EVSE ended with, unless it began with the same.
pub(super) fn carried(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    session: &Session,
) -> Option<MilliwattHours> {
    let (evse, from) = (session.evse, session.started_at);
    let live = desk.live(station)?;
    let mut before = live.sessions.iter().rev();
    let before = before.find(|known| known.evse == evse && known.from < from)?;
    let key = Key::Session(station.clone(), before.session.clone());
    let Some(Value::Session(before)) = desk.get(&key) else {
        return None;
    };
    let told = before.end.and_then(|end| end.meter_stop);
    // Kept as told, like all registers: what the ledger has is as it is meant.
    let as_labelled = devices::facts(before.bound.as_deref()).energy == Scale::AsLabelled;
    let base = before.ledger.base.filter(|_| as_labelled);
    let carried = told.or(base.map(|base| MilliwattHours(base.value)));
    carried.filter(|carried| session.meter_start != Some(*carried))
}
