//! How busy sites are, as a partition knows it: what counts of all that was published, by site and day.
//!
//! Invariant: what a session is billed by depends on what was published and on the session's own
//! instants, never on when a publication reached this partition.

use crate::desk::Desk;
use crate::key::{Key, Value};
use crate::series::{DAYS_MAX, SeriesKnown};
use std::sync::Arc;
use wattledger_domain::ids::SiteId;
use wattledger_domain::occupancy::SiteOccupancy;
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{Occupancy, OccupancyDay, OccupancyPublication, Published};

/// Takes a published occupancy; what is known already, or came too late to count, changes nothing.
pub(crate) fn recorded(
    desk: &mut Desk<'_, '_>,
    recorded: &ReferenceRecorded,
    occupancy: &SiteOccupancy,
) {
    let publication = OccupancyPublication {
        occupancy,
        version: recorded.version,
        hash: recorded.document.hash,
        known_from: recorded.valid_from,
        known_to: recorded.valid_to,
        recorded_at: recorded.recorded_at,
    };
    let site = &occupancy.site;
    let mut last_day = None;
    for day in publication.days() {
        let mut known = day_of(desk, site, day).unwrap_or_default();
        if Arc::make_mut(&mut known).publish(day, &publication) == Published::Counts {
            let key = Key::OccupancyDay(site.clone(), day);
            desk.put(key, Value::OccupancyDay(known));
            last_day = Some(day);
        }
    }
    if let Some(last_day) = last_day {
        let known = SeriesKnown::after(known(desk, site), last_day);
        desk.put(Key::Occupancy(site.clone()), Value::Occupancy(known));
    }
}

fn day_of(desk: &mut Desk<'_, '_>, site: &SiteId, day: i64) -> Option<Arc<OccupancyDay>> {
    match desk.get(&Key::OccupancyDay(site.clone(), day)) {
        Some(Value::OccupancyDay(known)) => Some(known.clone()),
        Some(_) | None => None,
    }
}

/// What is known of a site.
pub(crate) fn known(desk: &mut Desk<'_, '_>, site: &SiteId) -> Option<SeriesKnown> {
    match desk.get(&Key::Occupancy(site.clone())) {
        Some(Value::Occupancy(known)) => Some(*known),
        Some(_) | None => None,
    }
}

/// What a session that began then may be billed by.
pub(crate) fn series(
    desk: &mut Desk<'_, '_>,
    site: &SiteId,
    known: Option<SeriesKnown>,
    started_at: Timestamp,
) -> Occupancy {
    let days = SeriesKnown::days(known, started_at);
    Occupancy::of(days.filter_map(|day| Some((day, day_of(desk, site, day)?))))
}

/// The same of all that was ever published of a site, in any order.
#[must_use]
pub fn series_of<'a>(
    published: impl IntoIterator<Item = OccupancyPublication<'a>>,
    started_at: Timestamp,
) -> Occupancy {
    let first = started_at.utc_day();
    let last = first.saturating_add(DAYS_MAX);
    Occupancy::of_publications(published, first..=last)
}
