//! The station, the seller, the card and the session of the tests.

use super::START;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::cost::{Priced, PricedStep, Rounding, UsageRules};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::*;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::*;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::reference::*;
use wattledger_domain::session::*;
use wattledger_domain::tariff::{Dimension, TaxIncluded};
use wattledger_domain::time::Timestamp;

use super::{DAY, HOUR, MINUTE};

pub fn outcome(
    account: &AccountId,
    (payment, op, attempt): (&PaymentId, i32, i32),
    via: OutcomeVia,
    result: OutcomeResult,
) -> AccountRecord {
    AccountRecord::PaymentOutcome(Box::new(PaymentOutcome {
        payment: payment.clone(),
        account: account.clone(),
        op,
        attempt,
        via,
        reference: Some("psp-1".into()),
        result,
        at: Timestamp(START),
    }))
}

pub fn station() -> StationId {
    StationId::new("S1")
}
pub fn authorization() -> AuthorizationId {
    AuthorizationId::new("A1")
}
pub fn session() -> SessionId {
    SessionId::of(&["S1", "1"])
}

pub fn card() -> PaymentMethod {
    PaymentMethod {
        processor: ProcessorId::new("sim"),
        token: "tok_1".into(),
        label: Some("visa 4242".into()),
    }
}

pub fn seller() -> LegalEntity {
    LegalEntity {
        id: LegalEntityId::new("acme-de"),
        name: "Acme".into(),
        address: vec!["Berlin".into()],
        country: "DE".into(),
        vat_id: None,
        time_zone: "Europe/Berlin".into(),
        currency: Currency::EUR,
        book: BookId::new("main"),
        invoice_number: "R-{number}".into(),
        credit_note_number: "C-{number}".into(),
        policy: PolicyId::new("default"),
        processor: ProcessorId::new("sim"),
    }
}

pub(super) fn policy() -> Policy {
    Policy {
        id: PolicyId::new("default"),
        rounding: Rounding::DEFAULT,
        usage: UsageRules::default(),
        hold: HoldPolicy {
            initial_minor: 5_000,
            floor_minor: 1_000,
            increment_minor: 2_000,
            increments_max: 3,
            reserve_minor: 200,
            plug_in_timeout: Milliseconds(5 * MINUTE),
            rotation_margin: Milliseconds(6 * HOUR),
        },
        collection: CollectionPolicy {
            charge_minimum_minor: 50,
            correction_minimum_minor: 100,
        },
        plausibility: Plausibility {
            power_percent: 110,
            duration_max: Milliseconds(7 * DAY),
            gross_max_minor: 50_000,
            waiver_energy: MilliwattHours(0),
            waiver_duration: Milliseconds(0),
            untrusted_clock: wattledger_domain::reference::UntrustedClock::Hold,
        },
        settling_grace: Milliseconds(MINUTE),
        inferred_end_hold: Milliseconds(DAY),
        correction_window: Milliseconds(35 * DAY),
    }
}

fn pin<Id>(id: Id) -> Pin<Id> {
    Pin {
        id,
        version: 1,
        hash: Digest::ZERO,
    }
}

pub(super) fn pins() -> Pins {
    Pins {
        station: pin(station()),
        site: pin(SiteId::new("site")),
        time_zone: "Europe/Berlin".into(),
        legal_entity: pin(LegalEntityId::new("acme-de")),
        policy: pin(PolicyId::new("default")),
        tariff: pin(TariffId::new("T1")),
    }
}

/// A session that costs so much: one flat price without tax.
pub(super) fn rated(
    account: &AccountId,
    version: i32,
    gross: Money,
    authorization: Option<AuthorizationId>,
    at: Timestamp,
) -> SessionRated {
    let started_at = Timestamp(START);
    let step = PricedStep {
        dimension: Dimension::Flat,
        element: 0,
        quantity: 1,
        price: PriceE8(gross.minor * (100_000_000 / gross.currency.minor_per_unit())),
        tax: None,
        step_size: 1,
        from: started_at,
        to: started_at,
    };
    SessionRated {
        session: session(),
        version,
        account: account.clone(),
        authorization,
        transaction: None,
        evse: EvseId(1),
        group: None,
        started_at,
        ended_at: at,
        energy: MilliwattHours(1_000_000),
        durations: Durations::default(),
        pins: pins(),
        periods: Vec::new(),
        priced: Priced {
            currency: gross.currency,
            tax_included: TaxIncluded::No,
            steps: if gross.is_zero() {
                Vec::new()
            } else {
                vec![step]
            },
            min_price: None,
            max_price: None,
            taxes: None,
        },
        market_prices: None,
        site_occupancy: None,
        device_profile: None,
        evidence: Evidence {
            register_start: None,
            register_end: None,
            readings: 2,
            end: EndEvidence::Reported,
            flags: Vec::new(),
        },
        rated_at: at,
    }
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}
