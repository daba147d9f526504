//! What is going on at one station: its EVSEs, its sessions, its boots.

use crate::attribution::CLOSING;
use crate::lags::Heard;
use smallvec::SmallVec;
use wattledger_domain::charging::{ConnectorStatus, FieldEvent, StationBooted};
use wattledger_domain::device::Device;
use wattledger_domain::hash::Fingerprint;
use wattledger_domain::ids::{EvseId, SessionId, TransactionId};
use wattledger_domain::time::Timestamp;

/// How many ended sessions a station keeps at hand to attribute readings by time.
const ENDED_AT_HAND: usize = 12;
/// How many EVSEs a station remembers the status of.
const STATUSES: usize = 64;
/// How many boots a station remembers.
const BOOTS: usize = 8;
/// How many devices a station remembers to have been: it gets other firmware now and then.
const DEVICES: usize = 4;

/// What is going on at a station.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StationLive {
    /// The newest status of each EVSE that told one.
    pub statuses: Vec<EvseStatus>,
    /// Sessions that are open, and some that ended last, in order of start.
    pub sessions: SmallVec<[SessionAtHand; 2]>,
    /// When it booted, the last few, in order.
    pub boots: Vec<Timestamp>,
    /// What it said that it is, the last few that differ, in order.
    pub devices: Vec<DeviceSince>,
    /// What its clock is judged by beside a session's own events, in order of receipt.
    pub heard: Vec<Heard>,
}

/// What a station is since when, by its boots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSince {
    /// The first boot that said so.
    pub since: Timestamp,
    /// What it is.
    pub device: Device,
}

/// The newest status of an EVSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvseStatus {
    /// Which.
    pub evse: EvseId,
    /// The status.
    pub status: ConnectorStatus,
    /// Since when, by the charger.
    pub at: Timestamp,
}

/// A session as a station's index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAtHand {
    /// Which.
    pub session: SessionId,
    /// Where.
    pub evse: EvseId,
    /// The charger's id of it.
    pub transaction: Option<TransactionId>,
    /// From.
    pub from: Timestamp,
    /// To; `None` while it is open.
    pub to: Option<Timestamp>,
}

/// A start that was folded, small: it is known again for 400 days (design §1, rule 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Begun {
    /// Our id of the session: the natural key of its start.
    pub session: Fingerprint,
    /// Source and id of the event.
    pub event: Fingerprint,
}

/// Events that name no known session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unresolved {
    /// In order of arrival.
    pub events: Vec<FieldEvent>,
}

impl SessionAtHand {
    /// Whether it is open at an instant, or ended so little before that closing values may come.
    pub(crate) fn is_at_hand(&self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at <= to.plus(CLOSING))
    }
}

impl StationLive {
    /// Adds a session, in order of start, and lets the oldest ended ones go.
    pub(crate) fn add(&mut self, session: SessionAtHand) {
        let place = self
            .sessions
            .partition_point(|known| known.from <= session.from);
        self.sessions.insert(place, session);
        while self
            .sessions
            .iter()
            .filter(|known| known.to.is_some())
            .count()
            > ENDED_AT_HAND
        {
            let oldest = self.sessions.iter().position(|known| known.to.is_some());
            let Some(oldest) = oldest else { return };
            self.sessions.remove(oldest);
        }
    }

    pub(crate) fn at_hand(&mut self, session: &SessionId) -> Option<&mut SessionAtHand> {
        self.sessions
            .iter_mut()
            .find(|known| known.session == *session)
    }

    /// Notes a boot; `false` when it is known.
    pub(crate) fn booted(&mut self, at: Timestamp) -> bool {
        if self.boots.contains(&at) {
            return false;
        }
        let place = self.boots.partition_point(|known| *known < at);
        self.boots.insert(place, at);
        if self.boots.len() > BOOTS {
            self.boots.remove(0);
        }
        true
    }

    /// Notes what a station said that it is; `false` when that changes nothing.
    pub(crate) fn is_device(&mut self, since: Timestamp, booted: &StationBooted) -> bool {
        if booted.vendor.is_none() && booted.model.is_none() && booted.firmware.is_none() {
            return false;
        }
        let device = Device {
            vendor: booted.vendor.clone(),
            model: booted.model.clone(),
            firmware: booted.firmware.clone(),
        };
        let place = self.devices.partition_point(|known| known.since <= since);
        let before = place
            .checked_sub(1)
            .and_then(|place| self.devices.get(place));
        if before.is_some_and(|before| before.device == device) {
            return false;
        }
        match self.devices.get_mut(place) {
            Some(after) if after.device == device => after.since = since,
            Some(_) | None => self.devices.insert(place, DeviceSince { since, device }),
        }
        let surplus = self.devices.len().saturating_sub(DEVICES);
        self.devices.drain(..surplus);
        true
    }

    /// What the station was at an instant: by the boot before, else by the first that told.
    pub(crate) fn device_at(&self, at: Timestamp) -> Option<&Device> {
        let before = self.devices.iter().rev().find(|known| known.since <= at);
        before
            .or_else(|| self.devices.first())
            .map(|known| &known.device)
    }

    /// Notes a status; an older one than the known changes nothing, and the same again keeps its beginning.
    pub(crate) fn told(&mut self, told: EvseStatus) {
        let full = self.statuses.len() >= STATUSES;
        match self
            .statuses
            .iter_mut()
            .find(|known| known.evse == told.evse)
        {
            Some(known) if known.at <= told.at && known.status != told.status => *known = told,
            Some(_) => {}
            None if full => {}
            None => self.statuses.push(told),
        }
    }
}
