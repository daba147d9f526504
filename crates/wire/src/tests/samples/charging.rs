//! Field events, holds, commands to chargers, ticks.

use super::{KWH, LEAST, MOST, NOON, SCRIPTS, Sample, euro, long_text, sample, symbols, yen};
use crate::topics::{charging, charging_command};
use wattledger_domain::charging::{
    AuthorizationRefused, AuthorizationRequested, ChargingAction, ChargingCommand, ChargingRecord,
    ClockTick, Connectivity, ConnectorStatus, ConnectorStatusChanged, FieldBody, FieldEvent,
    HoldGranted, HoldGrowth, Measurand, MeterSample, PayerRequest, PayerResolved, Phase,
    ReadingContext, RefusalReason, SessionEnded, SessionStarted, SessionUpdated, StationBooted,
    StopReason, TokenRef,
};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, CustomerGroup, EventId, EvseId, ProcessorId, SessionId, SourceId,
    StationId, TokenHash, TransactionId,
};
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

pub fn all() -> Vec<Sample> {
    let mut bodies = vec![
        FieldBody::SessionStarted(started()),
        FieldBody::SessionUpdated(updated()),
        FieldBody::SessionEnded(ended()),
        FieldBody::StationBooted(booted(Some(SCRIPTS))),
        FieldBody::StationBooted(booted(None)),
        FieldBody::SessionStarted(bare_start()),
        FieldBody::SessionUpdated(bare_update()),
        FieldBody::SessionEnded(bare_end()),
    ];
    bodies.extend(payers().into_iter().map(|payer| {
        let limit = matches!(payer, PayerRequest::Token(_)).then(|| yen(i64::MAX));
        let authorization = AuthorizationId::new("auth-1");
        let request = AuthorizationRequested {
            authorization,
            evse: Some(EvseId(1)),
            payer,
            limit,
        };
        FieldBody::AuthorizationRequested(request)
    }));
    bodies.extend(symbols::<ConnectorStatus>().into_iter().map(status));
    let mut records: Vec<ChargingRecord> = bodies
        .into_iter()
        .map(|body| ChargingRecord::Field(event(body)))
        .collect();
    records.extend(others());
    let mut all: Vec<Sample> = records
        .into_iter()
        .map(|record| sample(record, charging::encode, charging::decode))
        .collect();
    all.extend(actions().into_iter().map(|action| {
        sample(
            command(action),
            charging_command::encode,
            charging_command::decode,
        )
    }));
    all
}

/// The event that comes most: one register reading.
pub fn typical_update() -> ChargingRecord {
    ChargingRecord::Field(event(FieldBody::SessionUpdated(SessionUpdated {
        evse: Some(EvseId(1)),
        transaction: Some(TransactionId::new("1843772")),
        sequence: Some(17),
        state: None,
        samples: vec![MeterSample {
            at: NOON,
            measurand: Measurand::EnergyImportRegister,
            phase: Phase::Total,
            context: ReadingContext::Periodic,
            value: 1_234_567_000,
        }],
    })))
}

fn event(body: FieldBody) -> FieldEvent {
    FieldEvent {
        source: SourceId::new("gateway:north"),
        id: EventId::new("8f2c-0001"),
        station: StationId::new("DE*ABC*E0001"),
        occurred_at: NOON,
        received_at: Timestamp(NOON.0 + 731),
        body,
    }
}

fn token() -> TokenRef {
    let group = Some(CustomerGroup::new("fleet"));
    TokenRef {
        hash: TokenHash([0xfe; 16]),
        account: Some(AccountId::new("acc-1")),
        group,
        tax: Some(TaxLiability::Buyer),
    }
}

fn stranger() -> TokenRef {
    TokenRef {
        hash: TokenHash([0; 16]),
        account: None,
        group: None,
        tax: None,
    }
}

fn payers() -> Vec<PayerRequest> {
    let method = |label: Option<&str>| PaymentMethod {
        processor: ProcessorId::new("simulated"),
        token: "tok_visa_ok".into(),
        label: label.map(Into::into),
    };
    vec![
        PayerRequest::Token(token()),
        PayerRequest::Token(stranger()),
        PayerRequest::Account(AccountId::new(SCRIPTS)),
        PayerRequest::Method(method(Some("visa 4242"))),
        PayerRequest::Method(method(None)),
    ]
}

/// Every measurand, phase and context, with values at the ends of the range.
fn readings() -> Vec<MeterSample> {
    let values = [0, 1, -1, i64::MAX, i64::MIN];
    let mut around = symbols::<Phase>()
        .into_iter()
        .zip(symbols::<ReadingContext>())
        .zip(values)
        .cycle();
    let reading = |measurand| {
        let ((phase, context), value) = around.next().unwrap();
        MeterSample {
            at: NOON,
            measurand,
            phase,
            context,
            value,
        }
    };
    symbols::<Measurand>().into_iter().map(reading).collect()
}

fn started() -> SessionStarted {
    SessionStarted {
        evse: EvseId(2),
        transaction: Some(TransactionId::new(long_text())),
        sequence: Some(0),
        authorization: Some(AuthorizationId::new("auth-1")),
        token: Some(token()),
        meter_start: Some(KWH),
        state: symbols().pop(),
        connectivity: Connectivity::Offline,
        samples: readings(),
    }
}

fn bare_start() -> SessionStarted {
    SessionStarted {
        evse: EvseId(0),
        transaction: None,
        sequence: None,
        authorization: None,
        token: None,
        meter_start: None,
        state: None,
        connectivity: Connectivity::Online,
        samples: Vec::new(),
    }
}

fn updated() -> SessionUpdated {
    SessionUpdated {
        evse: Some(EvseId(i32::MAX)),
        transaction: Some(TransactionId::new("")),
        sequence: Some(i64::MAX),
        state: symbols().pop(),
        samples: readings(),
    }
}

fn bare_update() -> SessionUpdated {
    SessionUpdated {
        evse: None,
        transaction: None,
        sequence: None,
        state: None,
        samples: vec![],
    }
}

fn ended() -> SessionEnded {
    SessionEnded {
        evse: Some(EvseId(1)),
        transaction: Some(TransactionId::new("7")),
        sequence: Some(i64::MIN),
        meter_stop: Some(MilliwattHours(i64::MAX)),
        reason: Some("EVDisconnected".into()),
        token: Some(stranger()),
        samples: readings(),
    }
}

fn bare_end() -> SessionEnded {
    SessionEnded {
        evse: None,
        transaction: None,
        sequence: None,
        meter_stop: None,
        reason: None,
        token: None,
        samples: vec![],
    }
}

fn booted(text: Option<&str>) -> StationBooted {
    let text = || text.map(Into::into);
    StationBooted {
        reason: text(),
        vendor: text(),
        model: text(),
        firmware: text(),
    }
}

fn status(status: ConnectorStatus) -> FieldBody {
    let vendor_error = matches!(status, ConnectorStatus::Faulted).then(|| "E 17".into());
    let error_code = vendor_error.clone();
    FieldBody::ConnectorStatusChanged(ConnectorStatusChanged {
        evse: EvseId(1),
        status,
        error_code,
        vendor_error,
    })
}

fn others() -> Vec<ChargingRecord> {
    let authorization = || AuthorizationId::new("auth-1");
    let station = || StationId::new("DE*ABC*E0001");
    let account = || AccountId::new("guest:DE*ABC*E0001:auth-1");
    let grant = |limit, reserve, growth| {
        let (authorization, station, account) = (authorization(), station(), account());
        ChargingRecord::HoldGranted(HoldGranted {
            authorization,
            station,
            account,
            limit,
            reserve,
            growth,
            op: i32::MAX,
            tax: limit.map(|_| TaxLiability::Buyer),
        })
    };
    let mut records = vec![
        grant(Some(euro(5_000)), Some(euro(100)), HoldGrowth::MayGrow),
        grant(None, None, HoldGrowth::Final),
        ChargingRecord::PayerResolved(PayerResolved {
            station: station(),
            session: SessionId::of(&["one"]),
            token: token(),
        }),
        ChargingRecord::Tick(ClockTick { at: NOON }),
        ChargingRecord::Tick(ClockTick { at: MOST }),
        ChargingRecord::Tick(ClockTick { at: LEAST }),
    ];
    records.extend(symbols::<RefusalReason>().into_iter().map(|reason| {
        let (authorization, station, account) = (authorization(), station(), account());
        ChargingRecord::AuthorizationRefused(AuthorizationRefused {
            authorization,
            station,
            account,
            reason,
        })
    }));
    records
}

fn actions() -> Vec<ChargingAction> {
    let mut actions = vec![
        ChargingAction::Allow(Some(yen(3_000))),
        ChargingAction::Allow(None),
        ChargingAction::ShowCost(euro(i64::MIN)),
    ];
    actions.extend(
        symbols::<RefusalReason>()
            .into_iter()
            .map(ChargingAction::Refuse),
    );
    actions.extend(
        symbols::<StopReason>()
            .into_iter()
            .map(ChargingAction::Stop),
    );
    actions
}

fn command(action: ChargingAction) -> ChargingCommand {
    let full = matches!(action, ChargingAction::Allow(Some(_)));
    ChargingCommand {
        station: StationId::new("DE*ABC*E0001"),
        evse: full.then_some(EvseId(1)),
        authorization: full.then(|| AuthorizationId::new("auth-1")),
        session: full.then(|| SessionId::of(&["one"])),
        transaction: full.then(|| TransactionId::new("7")),
        action,
        at: NOON,
    }
}
