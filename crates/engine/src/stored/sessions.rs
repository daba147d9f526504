//! The sessions stage's entities.

use super::{Stored, stored, stored_enum};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::hash::Fingerprint;
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_pricing::{FlatFee, Meter};
use wattledger_sessions::authorization::{Answer, Authorization};
use wattledger_sessions::ledger::{Flags, Ledger, Partial, Reading, Seen};
use wattledger_sessions::reference::{Assignments, Versions};
use wattledger_sessions::samples::{Entry, Samples, What};
use wattledger_sessions::session::{
    Billed, End, Held, Origin, Phase, Pinned, Sequence, Session, Stop, Watch,
};
use wattledger_sessions::station::{Begun, EvseStatus, SessionAtHand, StationLive, Unresolved};
use wattledger_sessions::{Entity, Key, Value};
use wattledger_wire::avro::{DecodeError, Input};

stored! {
    StationLive { statuses, sessions, boots }
    EvseStatus { evse, status, at }
    SessionAtHand { session, evse, transaction, from, to }
    Unresolved { events }
    Authorization { account, token, group, evse, limit, pinned, answer, session }
    Pinned { station, site, legal_entity, policy, tariff }
    Sequence { next, ahead }
    Watch { granted, reserve, growth, op, driver, reported, announced, stop, quiet_below }
    End { at, evidence, meter_stop, event }
    Held { reasons, result }
    Origin { source, id }
    Begun { session, event }
    Billed { version, result, forget_at }
    Samples { bytes, last, last_total }
    Entry { at, what, value }
    Ledger {
        energy, base, pending, first, readings, rises, interval, partial, flags, closed_to, state,
        changes, power, current, durations,
    }
    Reading { at, value }
    Partial { at, phases, sum }
    Seen { totals, phases, others }
}

stored_enum! {
    Answer { 0 => Awaited, 1 => Granted(granted), 2 => Refused(reason) }
    Stop { 0 => NotOrdered, 1 => Ordered(energy) }
    Phase { 0 => Open, 1 => Settling(due), 2 => Held(held), 3 => Rated }
    What {
        0 => State, 1 => StatusState, 2 => Power, 3 => Current, 4 => Interval, 5 => Net,
        6 => PhaseOne, 7 => PhaseTwo, 8 => PhaseThree, 9 => Total,
    }
    FlatFee { 0 => Due, 1 => Billed }
    Value {
        0 => Station(value), 1 => Authorization(value), 2 => Session(value), 3 => Samples(value),
        4 => Transaction(value), 5 => Unresolved(value), 6 => Begun(value), 7 => Reference(value),
        8 => Assignments(value),
    }
    Key {
        0 => Station(station), 1 => Authorization(station, authorization), 2 => Session(station, session),
        3 => Samples(station, session), 4 => Transaction(station, transaction), 5 => Unresolved(station),
        6 => Begun(station, period), 7 => Reference(kind, id), 8 => Assignments,
    }
    Entity { 0 => Authorization(authorization), 1 => Session(session), 2 => Begun(period), 3 => Unresolved }
}

/// What is bound to it is looked up again from its pins.
impl Stored for Session {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            evse,
            transaction,
            authorization,
            account,
            token,
            group,
            started_at,
            first_state,
            meter_start,
            pinned,
            sequence,
            seen,
            ledger,
            meter,
            watch,
            free_at,
            end,
            phase,
            billed,
            flags,
            unanswered,
            recent,
            older_to,
            bound: _,
        } = self;
        evse.put(out);
        transaction.put(out);
        authorization.put(out);
        account.put(out);
        token.put(out);
        group.put(out);
        started_at.put(out);
        first_state.put(out);
        meter_start.put(out);
        pinned.put(out);
        sequence.put(out);
        seen.put(out);
        ledger.put(out);
        meter.put(out);
        watch.put(out);
        free_at.put(out);
        end.put(out);
        phase.put(out);
        billed.put(out);
        flags.put(out);
        unanswered.put(out);
        recent.put(out);
        older_to.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            evse: Stored::take(input)?,
            transaction: Stored::take(input)?,
            authorization: Stored::take(input)?,
            account: Stored::take(input)?,
            token: Stored::take(input)?,
            group: Stored::take(input)?,
            started_at: Stored::take(input)?,
            first_state: Stored::take(input)?,
            meter_start: Stored::take(input)?,
            pinned: Stored::take(input)?,
            sequence: Stored::take(input)?,
            seen: Stored::take(input)?,
            ledger: Stored::take(input)?,
            meter: Stored::take(input)?,
            watch: Stored::take(input)?,
            free_at: Stored::take(input)?,
            end: Stored::take(input)?,
            phase: Stored::take(input)?,
            billed: Stored::take(input)?,
            flags: Stored::take(input)?,
            unanswered: Stored::take(input)?,
            recent: Stored::take(input)?,
            older_to: Stored::take(input)?,
            bound: None,
        })
    }
}

/// What is in force is looked up again at the next use.
impl Stored for Meter {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            started_at,
            now,
            energy,
            steps,
            flat,
            window: _,
        } = self;
        started_at.put(out);
        now.put(out);
        energy.put(out);
        steps.put(out);
        flat.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            started_at: Stored::take(input)?,
            now: Stored::take(input)?,
            energy: Stored::take(input)?,
            steps: Stored::take(input)?,
            flat: Stored::take(input)?,
            window: None,
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
