//! Rated and held sessions, and what else sessions and processors tell accounts.

use super::control::{policy, seller};
use super::{KWH, LEAST, MOST, NOON, Sample, digest, euro, sample, symbols, yen};
use crate::topics::{account, rated};
use wattledger_domain::accounts::{
    AccountRecord, AuthorizationPinned, RunningCost, SessionBill, SessionHeld, SessionOpened, Terms,
};
use wattledger_domain::charging::ClockTick;
use wattledger_domain::cost::{Priced, PricedStep};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, CustomerGroup, DeviceProfileId, EvseId, LegalEntityId, PolicyId,
    ProcessorId, SessionId, SiteId, StationId, TariffId, TransactionId,
};
use wattledger_domain::money::Currency;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{
    ChargingPeriod, ChargingState, Durations, EndEvidence, Evidence, Pin, Pins, SessionRated,
};
use wattledger_domain::tariff::{Dimension, PriceLimit, TaxIncluded};

pub fn all() -> Vec<Sample> {
    let mut all = vec![
        sample(rated_session(true), rated::encode, rated::decode),
        sample(rated_session(false), rated::encode, rated::decode),
    ];
    let records = [
        AccountRecord::SessionRated(Box::new(SessionBill {
            rated: rated_session(true),
            terms: terms(true),
        })),
        AccountRecord::SessionRated(Box::new(SessionBill {
            rated: rated_session(false),
            terms: terms(false),
        })),
        pinned(true),
        pinned(false),
        opened(true),
        opened(false),
        held(true),
        held(false),
        AccountRecord::RunningCost(Box::new(RunningCost {
            session: SessionId::of(&["one"]),
            account: AccountId::new("acc-1"),
            authorization: AuthorizationId::new("auth-1"),
            at: NOON,
            energy: MilliwattHours(i64::MIN),
            gross: euro(1_234),
            forecast: yen(i64::MAX),
        })),
        AccountRecord::Tick(ClockTick { at: NOON }),
    ];
    all.extend(records.map(|record| sample(record, account::encode, account::decode)));
    all
}

pub fn pins() -> Pins {
    Pins {
        station: Pin {
            id: StationId::new("S1"),
            version: 1,
            hash: digest("station"),
        },
        site: Pin {
            id: SiteId::new("site"),
            version: i32::MAX,
            hash: digest("site"),
        },
        time_zone: "Europe/Berlin".into(),
        legal_entity: Pin {
            id: LegalEntityId::new("demo"),
            version: 1,
            hash: digest("seller"),
        },
        policy: Pin {
            id: PolicyId::new("default"),
            version: 1,
            hash: digest("policy"),
        },
        tariff: Pin {
            id: TariffId::new("day"),
            version: 2,
            hash: digest("tariff"),
        },
    }
}

fn terms(full: bool) -> Terms {
    let vat_id = full.then_some("DE123456789");
    Terms {
        pins: pins(),
        legal_entity: seller(vat_id),
        policy: policy(),
    }
}

pub fn periods() -> Vec<ChargingPeriod> {
    let period = |state: ChargingState| ChargingPeriod {
        from: NOON,
        to: MOST,
        energy: KWH,
        state,
        power: (state == ChargingState::Charging).then_some(Milliwatts(i64::MAX)),
        current: (state == ChargingState::Charging).then_some(Milliamperes(-1)),
    };
    symbols().into_iter().map(period).collect()
}

fn priced(full: bool) -> Priced {
    let step = |dimension: Dimension| PricedStep {
        dimension,
        element: u16::MAX,
        quantity: i64::MAX,
        price: PriceE8(-52_000_000),
        tax: (dimension == Dimension::Energy).then_some(TaxRate(190_000)),
        step_size: 300,
        from: LEAST,
        to: NOON,
    };
    let limit = |after: i64| PriceLimit {
        before_tax: PriceE8(8_000_000_000),
        after_tax: (after > 0).then_some(PriceE8(after)),
    };
    Priced {
        currency: Currency::EUR,
        tax_included: if full {
            TaxIncluded::NotApplicable
        } else {
            TaxIncluded::No
        },
        steps: if full {
            symbols().into_iter().map(step).collect()
        } else {
            Vec::new()
        },
        min_price: full.then(|| limit(0)),
        max_price: full.then(|| limit(1)),
        taxes: full.then(|| {
            vec![
                super::billing::named_tax(true),
                super::billing::named_tax(false),
            ]
        }),
    }
}

pub fn rated_session(full: bool) -> SessionRated {
    SessionRated {
        session: SessionId::of(&["one"]),
        version: 2,
        account: AccountId::new("unknown:00ff"),
        authorization: full.then(|| AuthorizationId::new("auth-1")),
        transaction: full.then(|| TransactionId::new("7")),
        evse: EvseId(1),
        group: full.then(|| CustomerGroup::new("fleet")),
        started_at: NOON,
        ended_at: MOST,
        energy: KWH,
        durations: Durations {
            charging: Milliseconds(i64::MAX),
            ..Durations::default()
        },
        pins: pins(),
        periods: if full { periods() } else { Vec::new() },
        priced: priced(full),
        market_prices: None,
        site_occupancy: None,
        device_profile: full.then(|| Pin {
            id: DeviceProfileId::new("acme-wall-2"),
            version: 1,
            hash: digest("profile"),
        }),
        evidence: Evidence {
            register_start: full.then_some(KWH),
            register_end: full.then_some(MilliwattHours(i64::MAX)),
            readings: 4,
            end: if full {
                EndEvidence::Open
            } else {
                EndEvidence::Reported
            },
            flags: if full { symbols() } else { Vec::new() },
        },
        rated_at: NOON,
    }
}

fn pinned(full: bool) -> AccountRecord {
    let method = PaymentMethod {
        processor: ProcessorId::new("simulated"),
        token: "tok_visa_ok".into(),
        label: Some("visa 4242".into()),
    };
    AccountRecord::AuthorizationPinned(Box::new(AuthorizationPinned {
        authorization: AuthorizationId::new("auth-1"),
        account: AccountId::new("acc-1"),
        station: StationId::new("S1"),
        evse: full.then_some(EvseId(1)),
        method: full.then_some(method),
        currency: Currency::EUR,
        limit: full.then(|| euro(2_000)),
        terms: terms(full),
        requested_at: NOON,
    }))
}

fn opened(full: bool) -> AccountRecord {
    AccountRecord::SessionOpened(Box::new(SessionOpened {
        session: SessionId::of(&["one"]),
        account: AccountId::new("acc-1"),
        authorization: full.then(|| AuthorizationId::new("auth-1")),
        station: StationId::new("S1"),
        started_at: NOON,
    }))
}

fn held(full: bool) -> AccountRecord {
    AccountRecord::SessionHeld(Box::new(SessionHeld {
        session: SessionId::of(&["one"]),
        account: AccountId::new("acc-1"),
        authorization: full.then(|| AuthorizationId::new("auth-1")),
        station: StationId::new("S1"),
        reasons: if full { symbols() } else { Vec::new() },
        started_at: NOON,
        ended_at: LEAST,
        energy: MilliwattHours(-1),
        proposed: full.then(|| euro(70_000_000)),
        held_at: NOON,
        proposal: full.then(|| Box::new(super::review::proposal(true))),
    }))
}
