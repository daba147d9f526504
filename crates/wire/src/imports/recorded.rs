//! Sessions as files of finished ones know them: told as events, and what is odd about them.
//!
//! Invariant: what is odd is kept and named; where a file contradicts itself, both are told, and the
//! session waits for a person.

use super::{Imported, ImportedEvent};
use crate::times;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// Times are told to the minute: a length that differs by more is another one.
const LENGTH_TOLERANCE: i64 = 120_000;
/// No charger of cars gives more, in kW.
const POWER_MAX: i64 = 500;
/// Times are told to the second at best: a span counts this much longer.
const SECOND: i64 = 1_000;

const NO_END: &str = "tells no end: the next start at its station ends it, and it waits for a person but for a few Wh";
const NO_CHARGE_END: &str = "tells no end of charging: it counts as charging to the end";
const LATE_CHARGE_END: &str = "its charging ends after it was unplugged: cut there";
const NO_DRIVER: &str = "names no driver: whoever answers for the import pays";
const TOO_MUCH: &str =
    "more than 500 kW on average: it cannot be, and what cannot be proven is not billed by itself";
const TOO_LITTLE: &str = "less than 0.1 kWh";
const OTHER_LENGTH: &str = "tells another length, by more than 2 minutes: suspect, both ends are told and it waits for a person";
const CLOCKS_BACK: &str = "the clocks went back while it ran: longer than they show";
const CLOCKS_FORWARD: &str = "the clocks went forward while it ran: shorter than they show";
const SAME_MINUTE: &str = "begins and ends at the same time";
const SAME_START: &str = "same station, driver and start as another: both are kept";
const OVERLAP: &str = "overlaps another at its station: it counts at an EVSE of its own";
const DRIVER_BUSY: &str =
    "begins while its driver's session before goes on: two cars or chargers, both are kept";
const MIDNIGHT: &str = "crosses local midnight: one session, one bill";

/// One session as such files know it.
pub(super) struct Session {
    pub(super) name: String,
    pub(super) station: String,
    /// IANA zone of the station, where the file says so.
    pub(super) zone: Option<String>,
    pub(super) token: Option<String>,
    pub(super) started_at: Timestamp,
    pub(super) charged: Charged,
    pub(super) ended_at: Option<Timestamp>,
    /// How long it took, where the file says so beside its ends.
    pub(super) length: Option<Milliseconds>,
    /// Delivered, in Wh.
    pub(super) energy_wh: Decimal,
}

/// When energy stopped flowing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Charged {
    /// The file has no such figure.
    NotKnown,
    /// It has, but not for this session.
    NotTold,
    /// Then.
    At(Timestamp),
}

impl Session {
    /// Whether it can have happened.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.ended_at.is_some_and(|end| end < self.started_at) {
            return Err("it ends before it starts".to_owned());
        }
        if matches!(self.charged, Charged::At(at) if at < self.started_at) {
            return Err("its charging ends before it starts".to_owned());
        }
        if self.energy_wh.is_sign_negative() {
            return Err(format!("its energy is {} Wh, below zero", self.energy_wh));
        }
        Ok(())
    }

    /// The end by the length told, where it is another than the end told.
    fn other_end(&self) -> Option<Timestamp> {
        let end = self.ended_at?;
        let other = self.started_at.plus(self.length?);
        (end.since(other).0.abs() > LENGTH_TOLERANCE).then_some(other)
    }

    /// Whether its energy in the time that it charged is more than any charger gives.
    fn is_impossible(&self) -> bool {
        let to = match self.charged {
            Charged::At(at) => Some(self.ended_at.map_or(at, |end| at.min(end))),
            Charged::NotKnown | Charged::NotTold => self.ended_at,
        };
        let Some(to) = to else { return false };
        let span = i128::from(to.since(self.started_at).0.saturating_add(SECOND));
        // Wh × 3,600 s is Ws; kW × ms is Ws too.
        let energy = self.energy_wh.to_i128().unwrap_or(i128::MAX);
        energy.saturating_mul(3_600) > span.saturating_mul(i128::from(POWER_MAX))
    }

    /// The sentences that say what is odd about it alone.
    fn oddities(&self) -> Vec<&'static str> {
        let mut odd = Vec::new();
        let mut note = |is: bool, what| {
            if is {
                odd.push(what);
            }
        };
        note(self.ended_at.is_none(), NO_END);
        note(self.charged == Charged::NotTold, NO_CHARGE_END);
        let late = |at| self.ended_at.is_some_and(|end| at > end);
        note(
            matches!(self.charged, Charged::At(at) if late(at)),
            LATE_CHARGE_END,
        );
        note(self.token.is_none(), NO_DRIVER);
        note(self.is_impossible(), TOO_MUCH);
        note(self.energy_wh < Decimal::ONE_HUNDRED, TOO_LITTLE);
        note(self.ended_at == Some(self.started_at), SAME_MINUTE);
        note(self.other_end().is_some(), OTHER_LENGTH);
        if let (Some(zone), Some(end)) = (&self.zone, self.ended_at)
            && let Some((from, to)) = times::wall(self.started_at, zone).zip(times::wall(end, zone))
        {
            note(from.day != to.day, MIDNIGHT);
            note(to.offset < from.offset, CLOCKS_BACK);
            note(to.offset > from.offset, CLOCKS_FORWARD);
        }
        odd
    }

    /// Start, the end of charging where known, and the end, with a register that starts at zero.
    fn events(&self, source: &str, evse: u64) -> Vec<ImportedEvent> {
        let about = || json!({ "evse": evse, "transaction": self.name });
        let mut start = about();
        start["meterStart"] = "0".into();
        if let Some(token) = &self.token {
            start["token"] = token.as_str().into();
        }
        let mut events =
            vec![self.event(source, ("session_started", "start"), self.started_at, start)];
        let energy = self.energy_wh.normalize().to_string();
        let register = |at: Timestamp, context: &str| {
            json!([{ "time": at.to_string(), "value": energy, "unit": "Wh",
                     "measurand": "Energy.Active.Import.Register", "context": context }])
        };
        let charged = match self.charged {
            Charged::At(at) => Some(at.min(self.ended_at.unwrap_or(at))),
            Charged::NotKnown | Charged::NotTold => None,
        };
        if let Some(at) = charged {
            let mut data = about();
            data["state"] = "SuspendedEV".into();
            data["samples"] = register(at, "Sample.Periodic");
            events.push(self.event(source, ("session_updated", "charged"), at, data));
        }
        let end = || {
            let mut data = about();
            data["meterStop"] = energy.as_str().into();
            data["reason"] = "EVDisconnected".into();
            data
        };
        match (self.ended_at, self.other_end()) {
            (Some(at), None) => {
                events.push(self.event(source, ("session_ended", "end"), at, end()));
            }
            (Some(at), Some(other)) => {
                let received_at = at.max(other);
                for (part, at) in [("end", at), ("length", other)] {
                    let told = self.event(source, ("session_ended", part), at, end());
                    events.push(ImportedEvent {
                        received_at,
                        ..told
                    });
                }
            }
            (None, _) if charged.is_none() => {
                let mut data = about();
                data["samples"] = register(self.started_at, "Other");
                events.push(self.event(
                    source,
                    ("session_updated", "energy"),
                    self.started_at,
                    data,
                ));
            }
            (None, _) => {}
        }
        events
    }

    fn event(
        &self,
        source: &str,
        (kind, part): (&str, &str),
        at: Timestamp,
        data: Value,
    ) -> ImportedEvent {
        let event = json!({
            "specversion": "1.0",
            "type": format!("wattledger.charging.{kind}.v1"),
            "source": source,
            "id": format!("{}/{part}", self.name),
            "subject": self.station,
            "time": at.to_string(),
            "datacontenttype": "application/json",
            "data": data,
        });
        ImportedEvent {
            received_at: at,
            event,
        }
    }
}

/// Tells the sessions of a file. Such files name no EVSE: sessions of a station that overlap stand at
/// EVSEs of their own, the first that is free. One without an end where nobody starts any more is over
/// when its station is next seen to begin another: its EVSE is told to be free then.
pub(super) fn tell(source: &str, mut sessions: Vec<Session>, imported: &mut Imported) {
    sessions.sort_by_key(|session| session.started_at);
    let mut evses: BTreeMap<String, Vec<Busy>> = BTreeMap::new();
    let mut starts = BTreeSet::new();
    let mut drivers: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    let mut begun: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    let mut open: BTreeMap<(String, u64), Session> = BTreeMap::new();
    for session in sessions {
        for what in session.oddities() {
            imported.odd(what, &session.name);
        }
        let start = (
            session.station.clone(),
            session.token.clone(),
            session.started_at,
        );
        if !starts.insert(start) {
            imported.odd(SAME_START, &session.name);
        }
        if let Some(driver) = &session.token {
            let before = drivers.insert(driver.clone(), session.ended_at).flatten();
            if before.is_some_and(|before| session.started_at < before) {
                imported.odd(DRIVER_BUSY, &session.name);
            }
        }
        let busy = evses.entry(session.station.clone()).or_default();
        let evse = place(busy, &session);
        if evse > 1 {
            imported.odd(OVERLAP, &session.name);
        }
        let named = imported
            .stations
            .entry(session.station.clone())
            .or_default();
        named.zone = named.zone.take().or_else(|| session.zone.clone());
        named.evses = named.evses.max(evse);
        imported.events.extend(session.events(source, evse));
        let station = session.station.clone();
        let at = session.started_at;
        begun.entry(station.clone()).or_default().push(at);
        if session.ended_at.is_none() {
            open.insert((station, evse), session);
        } else {
            open.remove(&(station, evse));
        }
    }
    for ((station, evse), session) in open {
        let starts = begun.get(&station).into_iter().flatten();
        let mut later = starts.filter(|at| **at > session.started_at);
        if let Some(next) = later.next() {
            let data = json!({ "evse": evse, "status": "Available" });
            let kind = ("connector_status_changed", "free");
            imported
                .events
                .push(session.event(source, kind, *next, data));
        }
    }
}

/// Until when an EVSE is in use.
struct Busy {
    from: Timestamp,
    to: Timestamp,
}

/// The number of the first EVSE that is free for a session. One without an end keeps it until the
/// next start.
fn place(evses: &mut Vec<Busy>, session: &Session) -> u64 {
    let from = session.started_at;
    let busy = Busy {
        from,
        to: session.ended_at.unwrap_or(from),
    };
    let free = evses
        .iter()
        .position(|busy| busy.from < from && busy.to <= from);
    let place = match free {
        Some(place) => place,
        None => evses.len(),
    };
    match evses.get_mut(place) {
        Some(known) => *known = busy,
        None => evses.push(busy),
    }
    u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1)
}
