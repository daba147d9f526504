//! The scene: stations with two EVSEs, a session live on each, a hold granted, a reading a minute.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "small fixed numbers; a scene that cannot be built is a mistake here"
)]

use serde_json::{Value, json};
use wattledger_domain::charging::{
    AuthorizationRequested, ChargingRecord, ClockTick, Connectivity, FieldBody, FieldEvent,
    HoldGranted, HoldGrowth, Measurand, MeterSample, PayerRequest, Phase, ReadingContext,
    SessionEnded, SessionStarted, SessionUpdated,
};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, EventId, EvseId, SourceId, StationId, TokenHash, TransactionId,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::{Content, ReferenceRecorded};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_wire::documents;

/// When the sessions begin: 2026-03-02T07:00:00Z, eight o'clock in Berlin.
pub const START: Timestamp = Timestamp(1_772_434_800_000);

const MINUTE: i64 = 60_000;
/// Energy of a minute at 11 kW, mWh.
const RISE: i64 = 183_333;
/// Coprime to the number of sessions: steps through all of them in a scattered order.
const STRIDE: usize = 61_803;

/// As many live sessions as it says.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Sessions; two share a station.
    pub sessions: usize,
}

impl Scene {
    /// The documents: seller, site, tariff and every station.
    pub fn documents(self) -> impl Iterator<Item = ChargingRecord> {
        let stations = (0..self.sessions.div_ceil(2)).map(|number| station(number * 2));
        let all = shared().into_iter().chain(stations.map(|id| {
            json!({ "kind": "Station", "id": id.as_str(), "spec": { "site": "site",
                "evses": [{ "id": 1, "maxPowerW": 22000 }, { "id": 2, "maxPowerW": 22000 }] } })
        }));
        all.map(|document| ChargingRecord::Reference(recorded(&document)))
    }

    /// What makes the sessions live: authorised, held for, begun.
    pub fn openings(self) -> impl Iterator<Item = ChargingRecord> {
        (0..self.sessions).flat_map(|session| [asked(session), granted(session), started(session)])
    }

    /// The readings of a minute (from 1), one of each session, in a scattered order.
    pub fn readings(self, minute: usize) -> impl Iterator<Item = ChargingRecord> {
        (0..self.sessions).map(move |place| reading(self.scattered(place, minute), minute))
    }

    /// The session that is read at a place of a minute's order.
    #[must_use]
    pub const fn scattered(self, place: usize, minute: usize) -> usize {
        (place * STRIDE + minute) % self.sessions
    }
}

/// The station of a session.
#[must_use]
pub fn station(session: usize) -> StationId {
    StationId::new(format!("DE*ABC*{:06}", session / 2))
}

/// The station a record is about, for routing; `None` for reference data and ticks.
#[must_use]
pub const fn station_of(record: &ChargingRecord) -> Option<&StationId> {
    match record {
        ChargingRecord::Field(event) => Some(&event.station),
        ChargingRecord::HoldGranted(granted) => Some(&granted.station),
        ChargingRecord::AuthorizationRefused(refused) => Some(&refused.station),
        ChargingRecord::PayerResolved(resolved) => Some(&resolved.station),
        ChargingRecord::ReviewDecided(decided) => Some(&decided.station),
        ChargingRecord::Reference(_) | ChargingRecord::Tick(_) => None,
    }
}

/// A tick at the beginning of a minute.
#[must_use]
pub const fn tick(minute: usize) -> ChargingRecord {
    ChargingRecord::Tick(ClockTick { at: at(minute) })
}

/// The beginning of a minute of the scene.
#[must_use]
pub const fn at(minute: usize) -> Timestamp {
    Timestamp(START.0 + minute as i64 * MINUTE)
}

/// One reading of a session.
#[must_use]
pub fn reading(session: usize, minute: usize) -> ChargingRecord {
    let body = SessionUpdated {
        evse: Some(evse(session)),
        transaction: Some(transaction(session)),
        sequence: Some(minute as i64),
        state: None,
        samples: vec![sample(session, minute)],
    };
    field(session, minute, FieldBody::SessionUpdated(body))
}

/// The end of a session in place of its reading.
#[must_use]
pub fn ended(session: usize, minute: usize) -> ChargingRecord {
    let body = SessionEnded {
        evse: Some(evse(session)),
        transaction: Some(transaction(session)),
        sequence: Some(minute as i64),
        meter_stop: Some(MilliwattHours(sample(session, minute).value)),
        reason: None,
        token: None,
        samples: Vec::new(),
    };
    field(session, minute, FieldBody::SessionEnded(body))
}

/// What a session's meter says at a minute.
#[must_use]
pub const fn sample(session: usize, minute: usize) -> MeterSample {
    MeterSample {
        at: at(minute),
        measurand: Measurand::EnergyImportRegister,
        phase: Phase::Total,
        context: ReadingContext::Periodic,
        value: register(session) + minute as i64 * RISE,
    }
}

/// The scene's tariff: 0.50 EUR per kWh, 0.65 from 17:00 to 20:00, and 6 EUR per parked hour.
#[must_use]
pub fn tariff() -> Tariff {
    let contents = shared()
        .into_iter()
        .map(|document| recorded(&document).document.content);
    let mut tariffs = contents.filter_map(|content| {
        if let Content::Tariff(tariff) = content {
            Some(*tariff)
        } else {
            None
        }
    });
    tariffs.next().unwrap()
}

fn shared() -> Vec<Value> {
    let energy =
        |price: f64| json!({ "type": "ENERGY", "price": price, "vat": 19.0, "step_size": 1 });
    let parking = json!({ "type": "PARKING_TIME", "price": 6.0, "vat": 19.0, "step_size": 60 });
    vec![
        json!({ "kind": "Policy", "id": "default", "spec": {} }),
        json!({ "kind": "LegalEntity", "id": "seller", "spec": { "name": "Seller", "country": "DE",
            "timeZone": "Europe/Berlin", "currency": "EUR", "policy": "default" } }),
        json!({ "kind": "Site", "id": "site",
            "spec": { "timeZone": "Europe/Berlin", "legalEntity": "seller" } }),
        json!({ "kind": "Tariff", "id": "tariff", "spec": { "id": "tariff", "currency": "EUR",
            "elements": [
                { "price_components": [energy(0.65)],
                  "restrictions": { "start_time": "17:00", "end_time": "20:00" } },
                { "price_components": [energy(0.50), parking] }] } }),
        json!({ "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "tariff" } }),
    ]
}

fn recorded(document: &Value) -> ReferenceRecorded {
    let submission = documents::submission(document, &|_: &str| TokenHash([0; 16])).unwrap();
    ReferenceRecorded {
        document: submission.document,
        version: 1,
        valid_from: Timestamp(0),
        valid_to: None,
        recorded_at: Timestamp(0),
    }
}

fn field(session: usize, minute: usize, body: FieldBody) -> ChargingRecord {
    let at = at(minute);
    ChargingRecord::Field(FieldEvent {
        source: SourceId::new("ocpp-gateway"),
        id: EventId::new(format!("{session:08x}-0000-4000-8000-{minute:012x}")),
        station: station(session),
        occurred_at: at,
        received_at: Timestamp(at.0 + 500),
        body,
    })
}

fn asked(session: usize) -> ChargingRecord {
    let body = AuthorizationRequested {
        authorization: authorization(session),
        evse: Some(evse(session)),
        payer: PayerRequest::Account(account(session)),
        limit: None,
    };
    field(session, 0, FieldBody::AuthorizationRequested(body))
}

fn granted(session: usize) -> ChargingRecord {
    ChargingRecord::HoldGranted(HoldGranted {
        authorization: authorization(session),
        station: station(session),
        account: account(session),
        limit: Some(Money::new(5_000, Currency::EUR)),
        reserve: Some(Money::new(200, Currency::EUR)),
        growth: HoldGrowth::MayGrow,
        op: 1,
        tax: None,
    })
}

fn started(session: usize) -> ChargingRecord {
    let body = SessionStarted {
        evse: evse(session),
        transaction: Some(transaction(session)),
        sequence: Some(0),
        authorization: Some(authorization(session)),
        token: None,
        meter_start: Some(MilliwattHours(register(session))),
        state: None,
        connectivity: Connectivity::Online,
        samples: Vec::new(),
    };
    field(session, 0, FieldBody::SessionStarted(body))
}

/// The EVSE of a session.
#[must_use]
pub const fn evse(session: usize) -> EvseId {
    EvseId(if session.is_multiple_of(2) { 1 } else { 2 })
}

fn transaction(session: usize) -> TransactionId {
    TransactionId::new(format!("{}", 1_000_000 + session))
}

fn authorization(session: usize) -> AuthorizationId {
    AuthorizationId::new(format!("auth-{session:06}"))
}

fn account(session: usize) -> AccountId {
    AccountId::new(format!("driver-{session:06}"))
}

const fn register(session: usize) -> i64 {
    1_000_000 + session as i64 * 12_345
}
