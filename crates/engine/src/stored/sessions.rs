//! The sessions stage's entities.

use super::{Stored, stored, stored_enum};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::hash::Fingerprint;
use wattledger_domain::occupancy::BusyShare;
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_pricing::{FlatFee, OccupancyDay, OccupancyDocument};
use wattledger_sessions::authorization::{Answer, Authorization};
use wattledger_sessions::lags::Heard;
use wattledger_sessions::ledger::{Flags, Partial, Seen};
use wattledger_sessions::reference::{Assignments, Versions};
use wattledger_sessions::series::SeriesKnown;
use wattledger_sessions::session::{
    Billed, Decided, End, Held, Origin, Phase, Pinned, Sequence, Standing, Stop,
};
use wattledger_sessions::station::{
    Begun, DeviceSince, EvseStatus, SessionAtHand, StationLive, Unresolved,
};
use wattledger_sessions::{Entity, Key, Value};
use wattledger_wire::avro::{DecodeError, Input, put_long};

stored! {
    EvseStatus { evse, status, at }
    SessionAtHand { session, evse, transaction, from, to }
    Unresolved { events }
    Authorization { account, token, group, tax, evse, limit, pinned, answer, session }
    Pinned { station, site, legal_entity, policy, tariff, profile }
    DeviceSince { since, device }
    Heard { received_at, occurred_at }
    Sequence { next, ahead }
    End { at, evidence, meter_stop, event }
    Held { reasons, result }
    Origin { source, id }
    Decided { source, id, standing }
    Begun { session, event }
    Billed { version, result, forget_at }
    SeriesKnown { changes, last_day }
    OccupancyDay { cells, documents }
    OccupancyDocument { pin, recorded_at }
    Partial { at, phases, sum }
    Seen { totals, phases, others }
}

stored_enum! {
    Answer { 0 => Awaited, 1 => Granted(granted), 2 => Refused(reason) }
    Stop { 0 => NotOrdered, 1 => Ordered(energy) }
    Phase { 0 => Open, 1 => Settling(due), 2 => Held(held), 3 => Rated }
    Standing { 0 => Accepted(result), 1 => Corrected { reading, data }, 2 => Waived }
    FlatFee { 0 => Due, 1 => Billed }
    Value {
        0 => Station(value), 1 => Authorization(value), 2 => Session(value), 3 => Samples(value),
        4 => Transaction(value), 5 => Unresolved(value), 6 => Begun(value), 7 => Reference(value),
        8 => Assignments(value), 9 => Market(value), 10 => MarketDay(value),
        11 => DeviceProfiles(value), 12 => Occupancy(value), 13 => OccupancyDay(value),
    }
    Entity { 0 => Authorization(authorization), 1 => Session(session), 2 => Begun(period), 3 => Unresolved }
}

impl Stored for StationLive {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            statuses,
            sessions,
            boots,
            devices,
            heard,
        } = self;
        statuses.put(out);
        super::put_length(out, sessions.len());
        sessions.iter().for_each(|session| session.put(out));
        boots.put(out);
        devices.put(out);
        heard.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let statuses = Stored::take(input)?;
        let sessions = (0..super::length(input)?).map(|_| Stored::take(input));
        Ok(Self {
            statuses,
            sessions: sessions.collect::<Result<_, DecodeError>>()?,
            boots: Stored::take(input)?,
            devices: Stored::take(input)?,
            heard: Stored::take(input)?,
        })
    }
}

impl Stored for BusyShare {
    fn put(&self, out: &mut Vec<u8>) {
        self.per_mille().put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let share: u16 = Stored::take(input)?;
        Self::of_per_mille(i64::from(share)).ok_or(DecodeError::Variant {
            name: "per mille",
            index: i64::from(share),
        })
    }
}

impl Stored for Fingerprint {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Stored::take(input).map(Self)
    }
}

impl Stored for Flags {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Stored::take(input).map(Self)
    }
}

/// What an entity is called within its station, which the key names already.
pub(crate) fn put_name(key: &Key, out: &mut Vec<u8>) {
    match key {
        Key::Station(_) => put_long(out, 0),
        Key::Authorization(_, authorization) => {
            put_long(out, 1);
            authorization.put(out);
        }
        Key::Session(_, session) => {
            put_long(out, 2);
            session.put(out);
        }
        Key::Samples(_, session, chunk) => {
            put_long(out, 3);
            session.put(out);
            chunk.put(out);
        }
        Key::Transaction(_, transaction) => {
            put_long(out, 4);
            transaction.put(out);
        }
        Key::Unresolved(_) => put_long(out, 5),
        Key::Begun(_, period) => {
            put_long(out, 6);
            period.put(out);
        }
        Key::Reference(kind, id) => {
            put_long(out, 7);
            kind.put(out);
            id.put(out);
        }
        Key::Assignments => put_long(out, 8),
        Key::DeviceProfiles => put_long(out, 11),
        Key::Market(market) => {
            put_long(out, 9);
            market.put(out);
        }
        Key::MarketDay(market, day) => {
            put_long(out, 10);
            market.put(out);
            day.put(out);
        }
        Key::Occupancy(site) => {
            put_long(out, 12);
            site.put(out);
        }
        Key::OccupancyDay(site, day) => {
            put_long(out, 13);
            site.put(out);
            day.put(out);
        }
    }
}

/// Documents as they were recorded; what was compiled from them is compiled again.
impl Stored for Versions {
    fn put(&self, out: &mut Vec<u8>) {
        let recorded: Vec<ReferenceRecorded> = self
            .0
            .iter()
            .map(|version| version.recorded.clone())
            .collect();
        recorded.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let recorded: Vec<ReferenceRecorded> = Stored::take(input)?;
        let versions = recorded
            .into_iter()
            .map(wattledger_sessions::reference::Version::new);
        Ok(Self(versions.map(Arc::new).collect()))
    }
}

impl Stored for Assignments {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let assignments: BTreeMap<Box<str>, Versions> = Stored::take(input)?;
        Ok(Self(assignments))
    }
}
