//! What is written is read back equal, and small.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

use super::{decode, encode};
use wattledger_domain::charging::HoldGrowth;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::device::Device;
use wattledger_domain::hash::{Digest, Fingerprint};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, EventId, EvseId, SessionId, SourceId, TariffId, TransactionId,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingState, EndEvidence, HoldReason};
use wattledger_domain::tariff::Dimension;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{FlatFee, Meter};
use wattledger_sessions::Value;
use wattledger_sessions::lags::Lags;
use wattledger_sessions::ledger::{Flags, Ledger, Partial, Reading, Seen};
use wattledger_sessions::samples::{Entry, Samples, What};
use wattledger_sessions::session::{
    Billed, End, Held, Origin, Phase, Pinned, Sequence, Session, Stop, Watch,
};
use wattledger_sessions::station::{Begun, DeviceSince, SessionAtHand, StationLive};

const START: Timestamp = Timestamp(1_772_434_800_000);

/// A session that has charged for some minutes, held for, with a dearer evening.
fn charging(minutes: i64) -> Session {
    let at = START.plus(Milliseconds(minutes * 60_000));
    let energy = MilliwattHours(minutes * 183_333);
    let mut recent = Samples::default();
    for minute in 0..=minutes {
        recent.add(Entry {
            at: START.plus(Milliseconds(minute * 60_000)),
            what: What::Total,
            value: 1_234_500_000 + minute * 183_333,
        });
    }
    let step = |dimension, element| PricedStep {
        dimension,
        element,
        quantity: energy.0,
        price: PriceE8(50_000_000),
        tax: Some(TaxRate(190_000)),
        step_size: 1,
        from: START,
        to: at,
    };
    let mut ledger = Ledger::start(START, ChargingState::Charging);
    ledger.energy = energy;
    ledger.first = Some(1_234_500_000);
    ledger.base = recent.last().map(|last| Reading {
        at: last.at,
        value: last.value,
    });
    ledger.closed_to = at;
    Session {
        evse: EvseId(1),
        transaction: Some(TransactionId::new("1000001")),
        authorization: Some(AuthorizationId::new("auth-000001")),
        account: Some(AccountId::new("driver-000001")),
        token: None,
        group: None,
        tax: wattledger_domain::tax::TaxLiability::Buyer,
        started_at: START,
        first_state: ChargingState::Charging,
        meter_start: Some(MilliwattHours(1_234_500_000)),
        carried: None,
        pinned: Some(Pinned {
            station: 1,
            site: 1,
            legal_entity: 1,
            policy: 1,
            tariff: Some((TariffId::new("tariff"), 1)),
            profile: None,
        }),
        also: vec![TransactionId::new("41")],
        lags: Some(Lags {
            least: Milliseconds(-3),
            most: Milliseconds(70_000),
            last: Timestamp(9),
        }),
        sequence: Sequence {
            next: Some(minutes + 1),
            ahead: Vec::new(),
        },
        seen: Seen::default(),
        recent,
        chunks: 0,
        older_to: None,
        ledger,
        meter: Some(Meter {
            started_at: START,
            now: at,
            energy,
            steps: vec![step(Dimension::Energy, 1)],
            flat: FlatFee::Due,
            idle_since: Some(at),
            stay: vec![(1, 60_000, at)],
            day: None,
            window: None,
        }),
        watch: Some(Watch {
            granted: Some(Money::new(5_000, Currency::EUR)),
            reserve: Some(Money::new(200, Currency::EUR)),
            growth: HoldGrowth::MayGrow,
            op: 1,
            driver: None,
            reported: 0,
            announced: 0,
            stop: Stop::NotOrdered,
            quiet_below: 1_234_567_890_123_456,
        }),
        free_at: None,
        end: None,
        phase: Phase::Open,
        billed: None,
        billed_to: None,
        rounds: 0,
        decided: None,
        flags: Flags::default(),
        unanswered: None,
        bound: None,
    }
}

/// Everything that can be there is.
fn full(at: Timestamp, value: i64) -> Session {
    let mut session = charging(3);
    let reading = Reading { at, value };
    session.carried = Some(MilliwattHours(value));
    session.chunks = u16::MAX;
    session.older_to = Some(at);
    session.ledger.base = Some(reading);
    session.ledger.pending = Some(reading);
    session.ledger.first = Some(value);
    session.ledger.partial = Some(Partial {
        at,
        phases: 3,
        sum: value,
    });
    session.ledger.closed_to = at;
    session.ledger.changes = vec![(at, ChargingState::Idle)];
    session.ledger.power = Some(Milliwatts(value));
    session.ledger.current = Some(Milliamperes(value));
    session.ledger.by_power = value;
    session.sequence.ahead = vec![7, 9];
    if let Some(meter) = &mut session.meter {
        meter.now = at;
        meter.energy = MilliwattHours(value);
        meter.started_at = at;
    }
    if let Some(watch) = &mut session.watch {
        watch.stop = Stop::Ordered(MilliwattHours(value));
        watch.quiet_below = i128::from(value) << 60;
    }
    session.free_at = Some(at);
    session.end = Some(End {
        at,
        evidence: EndEvidence::Reported,
        meter_stop: Some(MilliwattHours(value)),
        event: Some(Fingerprint(u64::MAX)),
    });
    session.phase = Phase::Held(Held {
        reasons: vec![HoldReason::NoPayer],
        result: Digest([7; 32]),
    });
    session.billed = Some(Billed {
        version: 2,
        result: Digest([9; 32]),
        forget_at: at,
    });
    session.unanswered = Some(Box::new(Origin {
        source: SourceId::new("gateway"),
        id: EventId::new("1"),
    }));
    session
}

#[track_caller]
fn check(value: &Value) -> usize {
    let mut bytes = Vec::new();
    encode(value, &mut bytes);
    assert_eq!(decode::<Value>(&bytes).as_ref(), Ok(value));
    for cut in 0..bytes.len() {
        let cut = bytes.get(..cut).unwrap_or_default();
        assert!(decode::<Value>(cut).is_err(), "cut at {}", cut.len());
    }
    bytes.len()
}

#[test]
fn a_session_of_any_times_and_registers_reads_back() {
    for minutes in [0, 1, 5, 9] {
        check(&Value::Session(Box::new(charging(minutes))));
    }
    for at in [START.0, 0, -1, i64::MIN, i64::MAX] {
        for value in [0, 1, -1, i64::MIN, i64::MAX] {
            check(&Value::Session(Box::new(full(Timestamp(at), value))));
        }
    }
}

#[test]
fn an_open_session_with_a_handful_of_readings_takes_at_most_256_bytes() {
    let bytes = check(&Value::Session(Box::new(charging(5))));
    assert!(bytes <= 256, "{bytes}");
}

#[test]
fn a_station_and_its_starts_read_back() {
    let known = |number: i64| SessionAtHand {
        session: SessionId::of(&[&number.to_string()]),
        evse: EvseId(1),
        transaction: Some(TransactionId::new(number.to_string())),
        from: START,
        to: Some(START),
    };
    check(&Value::Station(Box::new(StationLive {
        statuses: Vec::new(),
        sessions: (0..5).map(known).collect(),
        boots: vec![START],
        heard: vec![wattledger_sessions::lags::Heard {
            received_at: START,
            occurred_at: Timestamp(-1),
        }],
        devices: vec![DeviceSince {
            since: START,
            device: Device {
                vendor: Some("Acme".into()),
                model: None,
                firmware: Some("1.2".into()),
            },
        }],
    })));
    let begun = |number| Begun {
        session: Fingerprint(number),
        event: Fingerprint(!number),
    };
    check(&Value::Begun((0..9).map(begun).collect()));
    check(&Value::Samples(Box::new(charging(9).recent)));
}
