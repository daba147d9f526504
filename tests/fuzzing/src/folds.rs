//! Streams of events into the session fold, streams of usage into the meter.

use crate::bytes::Bytes;
use serde_json::json;
use std::sync::OnceLock;
use wattledger_domain::charging::{
    ChargingRecord, Connectivity, ConnectorStatus, ConnectorStatusChanged, FieldBody, FieldEvent,
    Measurand, MeterSample, Phase, ReadingContext, SessionEnded, SessionStarted, SessionUpdated,
    StationBooted, TokenRef,
};
use wattledger_domain::ids::{
    AccountId, EventId, EvseId, SourceId, StationId, TokenHash, TransactionId,
};
use wattledger_domain::quantity::{Milliamperes, MilliwattHours, Milliwatts};
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::state::InMemory;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Meter, Usage, rate};
use wattledger_sessions::{Effect, fire, fold};
use wattledger_wire::{documents, ocpi};

/// 2026-03-29T00:00:00Z: clocks go forward an hour later.
const NIGHT: i64 = 1_774_742_400_000;
const STATES: [ChargingState; 5] = [
    ChargingState::Connected,
    ChargingState::Charging,
    ChargingState::SuspendedByVehicle,
    ChargingState::SuspendedByStation,
    ChargingState::Idle,
];

/// A tariff of everything: by time of day, energy, power, duration; idle time.
fn tariff() -> serde_json::Value {
    json!({ "id": "tariff", "currency": "EUR", "elements": [
        { "price_components": [{ "type": "ENERGY", "price": 0.79, "vat": 19.0, "step_size": 1 }],
          "restrictions": { "start_time": "22:00", "end_time": "03:30" } },
        { "price_components": [{ "type": "TIME", "price": 3.0, "vat": 19.0, "step_size": 60 }],
          "restrictions": { "min_power": 11.0, "max_kwh": 40 } },
        { "price_components": [{ "type": "PARKING_TIME", "price": 6.0, "step_size": 300 }],
          "restrictions": { "min_duration": 3600 } },
        { "price_components": [{ "type": "FLAT", "price": 0.5, "step_size": 1 },
                               { "type": "ENERGY", "price": 0.49, "vat": 19.0, "step_size": 1 }] }] })
}

fn reference() -> &'static [ReferenceRecorded] {
    static REFERENCE: OnceLock<Vec<ReferenceRecorded>> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let all = [
            json!({ "kind": "Policy", "id": "default", "spec": {} }),
            json!({ "kind": "LegalEntity", "id": "seller", "spec": { "name": "Seller",
                "country": "DE", "timeZone": "Europe/Berlin", "currency": "EUR", "policy": "default" } }),
            json!({ "kind": "Site", "id": "site",
                "spec": { "timeZone": "Europe/Berlin", "legalEntity": "seller" } }),
            json!({ "kind": "Station", "id": "station", "spec": { "site": "site",
                "evses": [{ "id": 1, "maxPowerW": 22000 }, { "id": 2, "maxPowerW": 150000 }] } }),
            json!({ "kind": "Tariff", "id": "tariff", "spec": tariff() }),
            json!({ "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "tariff" } }),
        ];
        let recorded = all.iter().map(|value| ReferenceRecorded {
            document: documents::submission(value, &|_| TokenHash([0; 16])).unwrap().document,
            version: 1,
            valid_from: Timestamp(0),
            valid_to: None,
            recorded_at: Timestamp(0),
        });
        recorded.collect()
    })
}

/// Events of one station in any order, with any numbers; ticks between them.
pub fn event_stream(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let mut state = InMemory::new(Timestamp(NIGHT));
    let mut effects = Vec::new();
    for recorded in reference() {
        let record = ChargingRecord::Reference(recorded.clone());
        fold(&mut state, &record, &mut effects).unwrap();
    }
    let mut number = 0;
    while !bytes.is_empty() {
        number += 1;
        if bytes.byte() % 6 == 5 {
            let span = bytes.below(40 * 86_400_000);
            state.now = Timestamp(state.now.0 + span);
            while let Some((due, timer)) = state.next_due() {
                fire(&mut state, &timer, due, &mut effects);
            }
            continue;
        }
        let event = event(&mut bytes, number, state.now);
        drop(fold(
            &mut state,
            &ChargingRecord::Field(event),
            &mut effects,
        ));
    }
    for effect in &effects {
        if let Effect::Rated(rated) = effect {
            assert!(rated.periods.len() <= 4_000);
            check(
                &rated.periods,
                rated.energy,
                (rated.started_at, rated.ended_at),
            );
        }
    }
}

/// Periods leave no gap and lose no energy.
fn check(periods: &[ChargingPeriod], energy: MilliwattHours, (from, to): (Timestamp, Timestamp)) {
    let sum: i128 = periods
        .iter()
        .map(|period| i128::from(period.energy.0))
        .sum();
    assert_eq!(sum, i128::from(energy.0));
    let mut at = from;
    for period in periods {
        assert_eq!(period.from, at);
        assert!(period.energy.0 >= 0 && period.to >= period.from);
        at = period.to;
    }
    assert!(periods.is_empty() || at == to, "{at} is not {to}");
}

fn event(bytes: &mut Bytes<'_>, number: i64, now: Timestamp) -> FieldEvent {
    let kind = bytes.byte();
    let occurred_at = time(bytes, now);
    FieldEvent {
        source: SourceId::new("fuzz"),
        id: EventId::new(number.to_string()),
        station: StationId::new("station"),
        occurred_at,
        received_at: now,
        body: body(bytes, kind, occurred_at),
    }
}

fn time(bytes: &mut Bytes<'_>, now: Timestamp) -> Timestamp {
    match bytes.byte() % 8 {
        0 => Timestamp(bytes.number()),
        _ => Timestamp(now.0 + bytes.below(7_200_000) - 3_600_000),
    }
}

fn body(bytes: &mut Bytes<'_>, kind: u8, at: Timestamp) -> FieldBody {
    let evse = EvseId(i32::from(bytes.byte() % 4));
    let transaction = match bytes.byte() % 6 {
        0 => None,
        1 => Some(TransactionId::new("-1")),
        other => Some(TransactionId::new(other.to_string())),
    };
    let sequence = bytes
        .byte()
        .is_multiple_of(2)
        .then(|| i64::from(bytes.byte() % 16));
    let register = bytes
        .byte()
        .is_multiple_of(2)
        .then(|| MilliwattHours(bytes.below(1_000_000_000_001)));
    let state = STATES.get(usize::from(bytes.byte() % 8)).copied();
    match kind % 5 {
        0 => FieldBody::SessionStarted(SessionStarted {
            evse,
            transaction,
            sequence,
            authorization: None,
            token: Some(TokenRef {
                hash: TokenHash([bytes.byte() % 4; 16]),
                account: (!bytes.byte().is_multiple_of(4)).then(|| AccountId::new("driver")),
                group: None,
                tax: None,
            }),
            meter_start: register,
            state,
            connectivity: Connectivity::Online,
            samples: samples(bytes, at),
        }),
        1 => FieldBody::SessionEnded(SessionEnded {
            evse: Some(evse),
            transaction,
            sequence,
            meter_stop: register,
            reason: None,
            token: None,
            samples: samples(bytes, at),
        }),
        2 => FieldBody::ConnectorStatusChanged(ConnectorStatusChanged {
            evse,
            status: match bytes.byte() % 4 {
                0 => ConnectorStatus::Available,
                1 => ConnectorStatus::Charging,
                2 => ConnectorStatus::Faulted,
                _ => ConnectorStatus::SuspendedByVehicle,
            },
            error_code: None,
            vendor_error: None,
        }),
        3 if bytes.byte().is_multiple_of(8) => FieldBody::StationBooted(StationBooted {
            reason: None,
            vendor: None,
            model: None,
            firmware: None,
        }),
        _ => FieldBody::SessionUpdated(SessionUpdated {
            evse: Some(evse),
            transaction,
            sequence,
            state,
            samples: samples(bytes, at),
        }),
    }
}

fn samples(bytes: &mut Bytes<'_>, at: Timestamp) -> Vec<MeterSample> {
    const MEASURANDS: [Measurand; 5] = [
        Measurand::EnergyImportRegister,
        Measurand::EnergyImportInterval,
        Measurand::EnergyNet,
        Measurand::PowerImport,
        Measurand::CurrentImport,
    ];
    let count = bytes.byte() % 5;
    let sample = |_| {
        let measurand = MEASURANDS[usize::from(bytes.byte() % 5)];
        let register = matches!(
            measurand,
            Measurand::EnergyImportRegister | Measurand::EnergyImportInterval
        );
        MeterSample {
            at: time(bytes, at),
            measurand,
            phase: match bytes.byte() % 8 {
                0 => Phase::L1,
                1 => Phase::L2,
                2 => Phase::L3,
                _ => Phase::Total,
            },
            context: ReadingContext::Periodic,
            // What the door lets in.
            value: if register {
                bytes.below(1_000_000_000_001)
            } else {
                bytes.number()
            },
        }
    };
    (0..count).map(sample).collect()
}

/// Usage with any numbers: the meter counts all of it, and a finished session prices the same.
pub fn usage_stream(bytes: &[u8]) {
    static TARIFF: OnceLock<CompiledTariff> = OnceLock::new();
    let tariff = TARIFF.get_or_init(|| {
        let (tariff, _) = ocpi::tariff(&tariff().to_string()).unwrap();
        CompiledTariff::compile(&tariff, "Europe/Berlin").unwrap()
    });
    let mut bytes = Bytes(bytes);
    let begin = Timestamp(NIGHT + bytes.below(90_000_000));
    let mut meter = Meter::start(begin);
    let (mut energy, mut periods) = (0_i128, Vec::new());
    while !bytes.is_empty() {
        let usage = Usage {
            to: Timestamp(
                meter
                    .now
                    .0
                    .saturating_add(bytes.number().saturating_abs() >> 24),
            ),
            energy: MilliwattHours(bytes.number().saturating_abs() >> 20),
            state: STATES[usize::from(bytes.byte() % 5)],
            power: bytes
                .byte()
                .is_multiple_of(2)
                .then(|| Milliwatts(bytes.number())),
            current: bytes
                .byte()
                .is_multiple_of(4)
                .then(|| Milliamperes(bytes.number())),
        };
        let from = meter.now;
        if meter.advance(tariff, &usage).is_err() {
            return;
        }
        energy += i128::from(usage.energy.0);
        periods.push(ChargingPeriod {
            from,
            to: usage.to,
            energy: usage.energy,
            state: usage.state,
            power: usage.power,
            current: usage.current,
        });
    }
    assert_eq!(i128::from(meter.energy.0), energy);
    assert_eq!(rate(tariff, begin, &periods).unwrap(), meter.priced(tariff));
}
