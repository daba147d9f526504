//! The reference data of the tests: one seller, one site, one station with two EVSEs of 11 kW.

use std::sync::Arc;
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    BookId, CustomerGroup, EvseId, LegalEntityId, PolicyId, ProcessorId, SiteId, StationId,
    TariffId,
};
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::reference::{
    CollectionPolicy, Content, Document, Evse, HoldPolicy, LegalEntity, Plausibility, Policy,
    ReferenceRecorded, Site, Station, TariffAssignment,
};
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalMinute, Restrictions, Tariff, TaxIncluded,
};
use wattledger_domain::time::Timestamp;

pub fn policy() -> Policy {
    Policy {
        id: PolicyId::new("standard"),
        rounding: Rounding::DEFAULT,
        usage: UsageRules::default(),
        hold: HoldPolicy {
            initial_minor: 5_000,
            floor_minor: 1_000,
            increment_minor: 1_000,
            increments_max: 10,
            reserve_minor: 200,
            plug_in_timeout: Milliseconds::minutes(5),
            rotation_margin: Milliseconds::minutes(360),
        },
        collection: CollectionPolicy {
            charge_minimum_minor: 50,
            correction_minimum_minor: 100,
        },
        plausibility: Plausibility {
            power_percent: 110,
            duration_max: Milliseconds::minutes(48 * 60),
            gross_max_minor: 30_000,
            waiver_energy: MilliwattHours(50_000),
            waiver_duration: Milliseconds::minutes(2),
            untrusted_clock: wattledger_domain::reference::UntrustedClock::Hold,
        },
        settling_grace: Milliseconds::minutes(1),
        inferred_end_hold: Milliseconds::minutes(24 * 60),
        correction_window: Milliseconds::minutes(35 * 24 * 60),
    }
}

fn entity() -> LegalEntity {
    LegalEntity {
        id: LegalEntityId::new("seller"),
        name: "Seller".into(),
        address: Vec::new(),
        country: "DE".into(),
        vat_id: None,
        time_zone: "Europe/Berlin".into(),
        currency: Currency::EUR,
        book: BookId::new("main"),
        invoice_number: "R-{year}-{number}".into(),
        credit_note_number: "G-{year}-{number}".into(),
        policy: PolicyId::new("standard"),
        processor: ProcessorId::new("simulated"),
    }
}

pub fn site() -> Site {
    Site {
        id: SiteId::new("yard"),
        name: "Yard".into(),
        time_zone: "Europe/Berlin".into(),
        legal_entity: LegalEntityId::new("seller"),
        taxes: Vec::new(),
    }
}

fn station() -> Station {
    let evse = |id| Evse {
        id: EvseId(id),
        max_power: Milliwatts(11_000_000),
    };
    Station {
        id: StationId::new("S1"),
        site: SiteId::new("yard"),
        vendor: None,
        model: None,
        evses: vec![evse(1), evse(2)],
    }
}

/// A price per kWh in cents, and 6.00 EUR per hour of parking.
pub fn tariff(id: &str, cents: i64) -> Tariff {
    let component = |dimension, cents: i64| Component {
        dimension,
        price: PriceE8(cents * 1_000_000),
        tax: None,
        step_size: 0,
    };
    Tariff {
        id: TariffId::new(id),
        currency: Currency::EUR,
        kind: None,
        valid_from: None,
        valid_to: None,
        tax_included: TaxIncluded::No,
        elements: vec![Element {
            components: vec![
                component(Dimension::Energy, cents),
                component(Dimension::ParkingTime, 600),
            ],
            restrictions: Restrictions::default(),
        }],
        markets: Vec::new(),
        idle_fees: wattledger_domain::tariff::IdleFees::default(),
        min_price: None,
        max_price: None,
    }
}

/// The same at 50 cents, 80 from 13:00 to 15:00.
pub fn by_time(id: &str) -> Tariff {
    let mut tariff = tariff(id, 50);
    let mut dearer = tariff.elements.clone();
    for element in &mut dearer {
        element.restrictions.start_time = Some(LocalMinute(13 * 60));
        element.restrictions.end_time = Some(LocalMinute(15 * 60));
        element
            .components
            .retain(|component| component.dimension == Dimension::Energy);
        element
            .components
            .iter_mut()
            .for_each(|component| component.price.0 = 80_000_000);
    }
    tariff.elements.splice(0..0, dearer);
    tariff
}

pub fn assignment(id: &str, tariff: &str, priority: i32) -> TariffAssignment {
    TariffAssignment {
        id: id.into(),
        tariff: TariffId::new(tariff),
        legal_entity: None,
        site: None,
        station: None,
        evse: None,
        group: None,
        account: None,
        priority,
    }
}

pub fn for_group(mut assignment: TariffAssignment, group: &str) -> TariffAssignment {
    assignment.group = Some(CustomerGroup::new(group));
    assignment
}

pub fn recorded(content: Content, version: i32, valid_from: Timestamp) -> ReferenceRecorded {
    let text: Box<str> = format!("{}/{}/{version}", content.kind().word(), content.id()).into();
    let hash = Digest::of(text.as_bytes());
    ReferenceRecorded {
        document: Document {
            text,
            hash,
            content,
        },
        version,
        valid_from,
        valid_to: None,
        recorded_at: valid_from,
    }
}

pub fn all() -> Vec<ReferenceRecorded> {
    [
        Content::Policy(Arc::new(policy())),
        Content::LegalEntity(Arc::new(entity())),
        Content::Site(Arc::new(site())),
        Content::Station(Arc::new(station())),
        Content::Tariff(Box::new(tariff("plain", 50))),
        Content::TariffAssignment(Box::new(assignment("everywhere", "plain", 0))),
    ]
    .into_iter()
    .map(|content| recorded(content, 1, Timestamp(0)))
    .collect()
}
