//! Which device a station is, and which profile its readings are read by.
//!
//! Invariant: a session is read by the profile that held at its start, whatever came first.

use crate::desk::Desk;
use crate::key::{Key, Value};
use crate::pinning::Bound;
use crate::reference;
use crate::session::{Phase, Pinned};
use crate::work::Work;
use wattledger_domain::device::{Device, DeviceFacts};
use wattledger_domain::ids::{DeviceProfileId, SessionId, StationId};
use wattledger_domain::reference::{Content, Kind, Station};
use wattledger_domain::time::Timestamp;

/// How a session's readings are read.
pub(crate) fn facts(bound: Option<&Bound>) -> DeviceFacts {
    let profile = bound.and_then(|bound| bound.profile.as_ref());
    profile.map_or(DeviceFacts::ASSUMED, |(_, facts)| *facts)
}

/// What a station was at an instant: what its boot said, else what its document says.
pub(crate) fn device(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    document: Option<&Station>,
    at: Timestamp,
) -> Device {
    let live = desk.live(station);
    let told = live.and_then(|live| live.device_at(at));
    let mut device = told.cloned().unwrap_or_default();
    if let Some(document) = document {
        let Station { vendor, model, .. } = document;
        device.vendor = device.vendor.or_else(|| vendor.clone());
        device.model = device.model.or_else(|| model.clone());
    }
    device
}

/// The narrowest profile about a station's device at an instant, the smallest id of several.
pub(crate) fn profile(
    desk: &mut Desk<'_, '_>,
    document: &Station,
    at: Timestamp,
) -> Option<Box<(DeviceProfileId, i32)>> {
    reference::device_profiles(desk)?;
    let device = device(desk, &document.id, Some(document), at);
    let profiles = reference::device_profiles(desk)?;
    let mut best: Option<(u8, Box<(DeviceProfileId, i32)>)> = None;
    for versions in profiles.0.values() {
        if let Some(version) = versions.at(at)
            && let Content::DeviceProfile(profile) = &version.recorded.document.content
            && profile.is_about(&device)
            && best
                .as_ref()
                .is_none_or(|(narrowness, _)| *narrowness < profile.narrowness())
        {
            let pinned = (profile.id.clone(), version.recorded.version);
            best = Some((profile.narrowness(), Box::new(pinned)));
        }
    }
    best.map(|(_, profile)| profile)
}

/// The same pins, by the profile that holds at an instant.
pub(crate) fn pinned_at(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    pinned: &Pinned,
    at: Timestamp,
) -> Pinned {
    let versions = reference::versions(desk, Kind::Station, station.as_str());
    let document = versions.numbered(pinned.station);
    let profile = match document.map(|version| &version.recorded.document.content) {
        Some(Content::Station(document)) => profile(desk, document, at),
        Some(_) | None => None,
    };
    Pinned {
        profile,
        ..pinned.clone()
    }
}

/// A boot told what the station is: sessions that are not billed yet are read by it.
pub(crate) fn told(desk: &mut Desk<'_, '_>, station: &StationId) {
    if reference::device_profiles(desk).is_none() {
        return;
    }
    let Some(live) = desk.live(station) else {
        return;
    };
    let known = live.sessions.iter();
    let known: Vec<SessionId> = known.map(|known| known.session.clone()).collect();
    for id in known {
        let key = Key::Session(station.clone(), id);
        let Some(Value::Session(session)) = desk.get(&key) else {
            continue;
        };
        let waits = matches!(session.phase, Phase::Open | Phase::Settling(_));
        let (at, pinned) = (session.started_at, session.pinned.clone());
        let (Some(before), true, Key::Session(_, id)) = (pinned, waits, key) else {
            continue;
        };
        let now = pinned_at(desk, station, &before, at);
        if now != before
            && let Some(mut work) = Work::take(desk, station, id)
        {
            work.pin_again(desk, Some(now));
            work.put(desk);
        }
    }
}
