//! What this stage keeps, and under which names.

use crate::authorization::Authorization;
use crate::reference::{Assignments, Versions};
use crate::samples::Samples;
use crate::series::SeriesKnown;
use crate::session::Session;
use crate::station::{Begun, StationLive, Unresolved};
use std::sync::Arc;
use wattledger_domain::ids::{
    AuthorizationId, MarketId, SessionId, SiteId, StationId, TransactionId,
};
use wattledger_domain::market::Publication;
use wattledger_domain::reference::Kind;
use wattledger_pricing::OccupancyDay;

/// Names an entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// What is going on at a station.
    Station(StationId),
    /// An authorisation; gateways number them per station.
    Authorization(StationId, AuthorizationId),
    /// A session.
    Session(StationId, SessionId),
    /// Its older readings, in chunks from 0 that follow each other.
    Samples(StationId, SessionId, u16),
    /// The sessions that carry a charger's transaction id.
    Transaction(StationId, TransactionId),
    /// Events that name no session that is known yet.
    Unresolved(StationId),
    /// The starts that were folded, by 10-day period of their time since 1970.
    Begun(StationId, i64),
    /// Which prices of a market are known.
    Market(MarketId),
    /// What was published for a day of a market, in days since 1970 in UTC.
    MarketDay(MarketId, i64),
    /// Which days of a site's occupancy are known.
    Occupancy(SiteId),
    /// How busy a site is on a day, in days since 1970 in UTC.
    OccupancyDay(SiteId, i64),
    /// The versions of a reference document.
    Reference(Kind, Box<str>),
    /// All tariff assignments.
    Assignments,
    /// All device profiles.
    DeviceProfiles,
}

impl Key {
    /// The routing key of reference data, which no station has.
    pub const REFERENCE: &'static str = "~reference";

    /// Whose it is: the station, or [`Key::REFERENCE`].
    #[must_use]
    pub fn routing(&self) -> &str {
        match self {
            Self::Station(station)
            | Self::Authorization(station, _)
            | Self::Session(station, _)
            | Self::Samples(station, _, _)
            | Self::Transaction(station, _)
            | Self::Unresolved(station)
            | Self::Begun(station, _) => station.as_str(),
            Self::Reference(..)
            | Self::Assignments
            | Self::DeviceProfiles
            | Self::Market(_)
            | Self::MarketDay(..)
            | Self::Occupancy(_)
            | Self::OccupancyDay(..) => Self::REFERENCE,
        }
    }
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What is going on at a station.
    Station(Box<StationLive>),
    /// An authorisation.
    Authorization(Box<Authorization>),
    /// A session.
    Session(Box<Session>),
    /// A chunk of its older readings.
    Samples(Box<Samples>),
    /// Sessions of one transaction id, in order of start.
    Transaction(Vec<SessionId>),
    /// Events that wait for their session, in order of arrival.
    Unresolved(Box<Unresolved>),
    /// Starts that were folded, to know them again.
    Begun(Vec<Begun>),
    /// Which market prices are known.
    Market(SeriesKnown),
    /// What was published for a day of a market, in order of arrival.
    MarketDay(Vec<Arc<Publication>>),
    /// Which days of a site's occupancy are known.
    Occupancy(SeriesKnown),
    /// What counts of all that was published of a site for a day.
    OccupancyDay(Arc<OccupancyDay>),
    /// The versions of a reference document.
    Reference(Versions),
    /// All tariff assignments.
    Assignments(Assignments),
    /// All device profiles.
    DeviceProfiles(Assignments),
}

/// Names a timer; `station` is the routing key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// Why it was set.
    pub kind: TimerKind,
    /// Whose.
    pub station: StationId,
    /// For which entity.
    pub entity: Entity,
}

/// Why a timer was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerKind {
    /// An ended session is to be rated.
    Settle,
    /// Nothing more is expected.
    Forget,
}

/// What a timer is for, within a station.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// An authorisation.
    Authorization(AuthorizationId),
    /// A session.
    Session(SessionId),
    /// The starts of a 10-day period.
    Begun(i64),
    /// Events that name no known session.
    Unresolved,
}
