//! Builders and the checks that every test shares; the rules are in the files below.

mod documents;
mod references;
mod tokens;

use crate::{Effect, Key, Timer, Value, fold};
use std::sync::Arc;
use wattledger_domain::control::{ControlRecord, ControlTick, TickedStages};
use wattledger_domain::cost::Rounding;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    AccountId, BookId, CustomerGroup, EvseId, LegalEntityId, PolicyId, ProcessorId, SiteId,
    StationId, TariffId, TokenHash,
};
use wattledger_domain::money::Currency;
use wattledger_domain::outcome::Outcome;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::reference::{
    Account, BackDating, CollectionPolicy, Content, Document, Evse, HoldPolicy, LegalEntity,
    Plausibility, Policy, ReferenceSubmitted, Site, Standing, Station, TariffAssignment, Token,
};
use wattledger_domain::state::InMemory;
use wattledger_domain::tariff::{Component, Dimension, Element, Restrictions, Tariff, TaxIncluded};
use wattledger_domain::time::Timestamp;

/// 2025-06-01T00:00:00Z.
const NOW: Timestamp = Timestamp(1_748_736_000_000);
const HASH: TokenHash = TokenHash([7; 16]);

struct Bench {
    state: InMemory<Key, Value, Timer>,
    effects: Vec<Effect>,
}

impl Bench {
    fn new() -> Self {
        Self {
            state: InMemory::new(NOW),
            effects: Vec::new(),
        }
    }

    /// Policy, seller, site, station, tariff, account.
    fn set_up() -> Self {
        let mut bench = Self::new();
        for content in [
            policy(),
            entity(),
            site(),
            station(),
            tariff(),
            account(None),
        ] {
            bench.submit(submitted(content));
        }
        assert_eq!(bench.outcomes(), []);
        bench.effects.clear();
        bench
    }

    fn fold(&mut self, record: ControlRecord) {
        fold(&mut self.state, &record, &mut self.effects).unwrap();
    }

    fn submit(&mut self, submitted: ReferenceSubmitted) {
        self.fold(ControlRecord::Submitted(Box::new(submitted)));
    }

    /// What was not recorded, and why.
    fn outcomes<'a>(&'a self) -> Vec<(Outcome, &'a str)> {
        let outcome = |effect: &'a Effect| match effect {
            Effect::Outcome(outcome) => Some((outcome.outcome, &*outcome.detail)),
            Effect::BroadcastToSessions(_)
            | Effect::BroadcastToInvoices(_)
            | Effect::ToAccount { .. }
            | Effect::Directory(_)
            | Effect::PayerResolved(_)
            | Effect::Tick { .. } => None,
        };
        self.effects.iter().filter_map(outcome).collect()
    }

    /// Version and beginning of what went to sessions.
    fn broadcast(&self) -> Vec<(i32, Timestamp)> {
        let recorded = |effect: &Effect| match effect {
            Effect::BroadcastToSessions(recorded) => Some((recorded.version, recorded.valid_from)),
            Effect::BroadcastToInvoices(_)
            | Effect::ToAccount { .. }
            | Effect::Directory(_)
            | Effect::PayerResolved(_)
            | Effect::Tick { .. }
            | Effect::Outcome(_) => None,
        };
        self.effects.iter().filter_map(recorded).collect()
    }
}

/// Back-dated to the beginning of time.
fn submitted(content: Content) -> ReferenceSubmitted {
    let text = format!("{content:?}");
    ReferenceSubmitted {
        document: Document {
            hash: Digest::of(text.as_bytes()),
            text: text.into(),
            content,
        },
        valid_from: None,
        valid_to: None,
        back_dating: BackDating::Allowed,
        submitted_at: NOW,
        submitted_by: "test".into(),
    }
}

fn policy() -> Content {
    let span = Milliseconds(60_000);
    Content::Policy(Arc::new(Policy {
        id: PolicyId::new("policy"),
        rounding: Rounding::DEFAULT,
        usage: wattledger_domain::cost::UsageRules::default(),
        hold: HoldPolicy {
            initial_minor: 5_000,
            floor_minor: 500,
            increment_minor: 1_000,
            increments_max: 10,
            reserve_minor: 100,
            plug_in_timeout: span,
            rotation_margin: span,
        },
        collection: CollectionPolicy {
            charge_minimum_minor: 50,
            correction_minimum_minor: 50,
        },
        plausibility: Plausibility {
            power_percent: 110,
            duration_max: span,
            gross_max_minor: 50_000,
            waiver_energy: MilliwattHours(100),
            waiver_duration: span,
            untrusted_clock: wattledger_domain::reference::UntrustedClock::Hold,
        },
        settling_grace: span,
        inferred_end_hold: span,
        correction_window: span,
    }))
}

fn legal_entity(id: &str, book: &str) -> LegalEntity {
    LegalEntity {
        id: LegalEntityId::new(id),
        name: "Seller".into(),
        address: vec![],
        country: "DE".into(),
        vat_id: None,
        time_zone: "Europe/Berlin".into(),
        currency: Currency::EUR,
        book: BookId::new(book),
        invoice_number: "RE-{year}-{number:6}".into(),
        credit_note_number: "GS-{year}-{number}".into(),
        policy: PolicyId::new("policy"),
        processor: ProcessorId::new("psp"),
    }
}

fn entity() -> Content {
    Content::LegalEntity(Arc::new(legal_entity("seller", "main")))
}

fn site() -> Content {
    named_site("Site")
}

fn named_site(name: &str) -> Content {
    Content::Site(Arc::new(Site {
        id: SiteId::new("site"),
        name: name.into(),
        time_zone: "Europe/Berlin".into(),
        legal_entity: LegalEntityId::new("seller"),
        taxes: Vec::new(),
    }))
}

fn station() -> Content {
    station_with(&[(1, 11_000_000), (2, 22_000_000)])
}

fn station_with(evses: &[(i32, i64)]) -> Content {
    let evse = |&(id, power): &(i32, i64)| Evse {
        id: EvseId(id),
        max_power: Milliwatts(power),
    };
    Content::Station(Arc::new(Station {
        id: StationId::new("station"),
        site: SiteId::new("site"),
        vendor: None,
        model: None,
        evses: evses.iter().map(evse).collect(),
    }))
}

fn tariff() -> Content {
    tariff_with(vec![Element {
        components: vec![Component {
            dimension: Dimension::Energy,
            price: PriceE8(40_000_000),
            tax: None,
            step_size: 1,
        }],
        restrictions: Restrictions::default(),
    }])
}

fn tariff_with(elements: Vec<Element>) -> Content {
    Content::Tariff(Box::new(Tariff {
        id: TariffId::new("tariff"),
        currency: Currency::EUR,
        kind: None,
        valid_from: None,
        valid_to: None,
        tax_included: TaxIncluded::No,
        elements,
        markets: Vec::new(),
        idle_fees: wattledger_domain::tariff::IdleFees::default(),
        min_price: None,
        max_price: None,
    }))
}

fn assignment() -> TariffAssignment {
    TariffAssignment {
        id: "assignment".into(),
        tariff: TariffId::new("tariff"),
        legal_entity: Some(LegalEntityId::new("seller")),
        site: Some(SiteId::new("site")),
        station: Some(StationId::new("station")),
        evse: None,
        group: None,
        account: None,
        priority: 0,
    }
}

fn account(group: Option<&str>) -> Content {
    Content::Account(Box::new(Account {
        id: AccountId::new("account"),
        name: "Driver".into(),
        group: group.map(CustomerGroup::new),
        standing: Standing::Active,
        method: None,
        vat_id: None,
        tax: wattledger_domain::tax::TaxLiability::Seller,
    }))
}

fn token(group: Option<&str>) -> Content {
    Content::Token(Box::new(Token {
        hash: HASH,
        account: AccountId::new("account"),
        group: group.map(CustomerGroup::new),
    }))
}
