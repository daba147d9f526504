//! Small records to lay out. Amounts are as a document would have them; nothing is priced here.

use crate::{Coordinates, NextOffset, Recorded, ViewRecord, Views};
use std::sync::Arc;
use tempfile::TempDir;
use wattledger_domain::charging::{FieldBody, FieldEvent, SessionEnded};
use wattledger_domain::cost::{LineKind, Priced, PricedStep, SettledLine, TaxGroup};
use wattledger_domain::document::{
    Credited, DocumentKind, EntryCause, InvoiceDraft, IssuedDocument, JournalEntry, Movement,
    PaymentFact, Posting, Side, Supply,
};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    AccountId, AuthorizationId, BookId, DraftId, EntryId, EventId, EvseId, InvoiceId,
    LegalEntityId, PaymentId, PolicyId, ProcessorId, SessionId, SiteId, SourceId, StationId,
    TariffId, TransactionId,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::outcome::{EventOutcome, Outcome};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::reference::LegalEntity;
use wattledger_domain::session::{
    ChargingPeriod, ChargingState, Durations, EndEvidence, Evidence, Pin, Pins, SessionRated,
};
use wattledger_domain::tariff::{Dimension, LocalDate, TaxIncluded};
use wattledger_domain::time::Timestamp;

pub const HOUR: i64 = 3_600_000;
pub const VAT_19: TaxRate = TaxRate(190_000);
pub const GUEST: &str = "guest:cp-1:auth-1";

/// Views in a fresh directory, which lives as long as the first of the two.
pub fn fresh() -> (TempDir, Views) {
    let directory = tempfile::tempdir().unwrap();
    let views = Views::open(&directory.path().join("views.sqlite")).unwrap();
    (directory, views)
}

pub fn reopen(directory: &TempDir) -> Views {
    Views::open(&directory.path().join("views.sqlite")).unwrap()
}

pub fn at(topic: &str, offset: i64) -> Coordinates {
    Coordinates {
        topic: topic.into(),
        partition: 0,
        offset,
    }
}

pub fn next(topic: &str, next: i64) -> NextOffset {
    NextOffset {
        topic: topic.into(),
        partition: 0,
        next,
    }
}

/// The records of a topic, from an offset on.
pub fn records(topic: &str, first: i64, values: Vec<ViewRecord>) -> Vec<Recorded> {
    let numbered = (first..).zip(values);
    numbered
        .map(|(offset, record)| Recorded {
            coordinates: at(topic, offset),
            record,
        })
        .collect()
}

pub fn apply(views: &Views, topic: &str, values: Vec<ViewRecord>) {
    views.apply(&records(topic, 0, values), &[]).unwrap();
}

fn pin<Id>(id: Id) -> Pin<Id> {
    Pin {
        id,
        version: 1,
        hash: Digest::ZERO,
    }
}

/// A session of an hour and 10 kWh, half an hour of it charging.
pub struct Session {
    pub name: &'static str,
    pub version: i32,
    pub station: &'static str,
    pub site: &'static str,
    pub zone: &'static str,
    pub start: i64,
}

impl Session {
    pub const fn new(name: &'static str, start: i64) -> Self {
        let (station, site, zone) = ("cp-1", "mitte", "Europe/Berlin");
        Self {
            name,
            version: 1,
            station,
            site,
            zone,
            start,
        }
    }

    fn end(&self) -> Timestamp {
        Timestamp(self.start).plus(Milliseconds(HOUR))
    }

    pub fn rated(&self) -> ViewRecord {
        let (from, to) = (Timestamp(self.start), self.end());
        ViewRecord::Rated(Box::new(SessionRated {
            session: SessionId::new(self.name),
            version: self.version,
            account: AccountId::new(GUEST),
            authorization: Some(AuthorizationId::new("auth-1")),
            transaction: Some(TransactionId::new("tx-1")),
            evse: EvseId(1),
            group: None,
            started_at: from,
            ended_at: to,
            energy: MilliwattHours(10_000_000),
            durations: Durations {
                charging: Milliseconds(1_800_000),
                suspended_by_vehicle: Milliseconds(1_200_000),
                suspended_by_station: Milliseconds(0),
                other: Milliseconds(600_000),
            },
            pins: self.pins(),
            periods: vec![ChargingPeriod {
                from,
                to,
                energy: MilliwattHours(10_000_000),
                state: ChargingState::Charging,
                power: None,
                current: None,
            }],
            priced: Priced {
                currency: Currency::EUR,
                tax_included: TaxIncluded::No,
                steps: vec![PricedStep {
                    dimension: Dimension::Energy,
                    element: 0,
                    quantity: 10_000_000,
                    price: PriceE8(45_000_000),
                    tax: Some(VAT_19),
                    step_size: 1,
                    from,
                    to,
                }],
                min_price: None,
                max_price: None,
                taxes: None,
            },
            market_prices: None,
            site_occupancy: None,
            device_profile: None,
            evidence: Evidence {
                register_start: Some(MilliwattHours(0)),
                register_end: Some(MilliwattHours(10_000_000)),
                readings: 2,
                end: EndEvidence::Reported,
                flags: Vec::new(),
            },
            rated_at: to,
        }))
    }

    fn pins(&self) -> Pins {
        Pins {
            station: pin(StationId::new(self.station)),
            site: pin(SiteId::new(self.site)),
            time_zone: self.zone.into(),
            legal_entity: pin(LegalEntityId::new("seller")),
            policy: pin(PolicyId::new("policy")),
            tariff: pin(TariffId::new("tariff")),
        }
    }

    /// An invoice of `net` and `tax`; number `n` of its series.
    pub fn invoice(&self, n: i64, net: i64, tax: i64) -> ViewRecord {
        self.document(DocumentKind::Invoice, n, net, tax, None)
    }

    /// A credit note over the invoice with number `credited`.
    pub fn credit(&self, n: i64, net: i64, tax: i64, credited: i64) -> ViewRecord {
        let kind = DocumentKind::CreditNote {
            credits: DraftId::new(format!("drf-RE-{credited}")),
        };
        let credits = Credited {
            invoice: InvoiceId::new(format!("inv-RE-{credited}")),
            number: format!("RE-{credited}").into(),
            issue_date: LocalDate {
                year: 2026,
                month: 1,
                day: 1,
            },
        };
        self.document(kind, n, net, tax, Some(credits))
    }

    fn document(
        &self,
        kind: DocumentKind,
        n: i64,
        net: i64,
        tax: i64,
        credits: Option<Credited>,
    ) -> ViewRecord {
        let prefix = if credits.is_some() { "GU" } else { "RE" };
        let number = format!("{prefix}-{n}");
        let draft = self.draft(kind, &number, euros(net), euros(tax));
        ViewRecord::Issued(Box::new(IssuedDocument {
            invoice: InvoiceId::new(format!("inv-{number}")),
            number: number.into(),
            series: format!("book/{prefix}/2026").into(),
            sequence: n,
            issued_at: self.end().plus(Milliseconds(n)),
            credits,
            draft,
            previous_hash: Digest::ZERO,
            hash: Digest::ZERO,
        }))
    }

    fn draft(&self, kind: DocumentKind, number: &str, net: Money, tax: Money) -> InvoiceDraft {
        let gross = net.plus(tax).unwrap();
        InvoiceDraft {
            draft: DraftId::new(format!("drf-{number}")),
            kind,
            seller: Arc::new(seller()),
            seller_pin: pin(LegalEntityId::new("seller")),
            account: AccountId::new(GUEST),
            buyer_name: None,
            supply: Supply {
                session: SessionId::new(self.name),
                version: self.version,
                station: StationId::new(self.station),
                evse: EvseId(1),
                site: SiteId::new(self.site),
                time_zone: self.zone.into(),
                started_at: Timestamp(self.start),
                ended_at: self.end(),
                energy: MilliwattHours(10_000_000),
                tariff: pin(TariffId::new("tariff")),
            },
            issue_date: LocalDate {
                year: 2026,
                month: 1,
                day: 2,
            },
            tax_point: self.end(),
            currency: Currency::EUR,
            lines: vec![SettledLine {
                kind: LineKind::Usage(Dimension::Energy),
                element: 0,
                quantity: 10_000_000,
                price: PriceE8(45_000_000),
                tax: Some(VAT_19),
                exact_net: ExactCost::ZERO,
                net,
                from: Timestamp(self.start),
                to: self.end(),
            }],
            groups: vec![TaxGroup {
                rate: Some(VAT_19),
                net,
                tax,
                gross,
            }],
            net,
            tax,
            gross,
            taxes: None,
            rounding: None,
            reverse_charge: None,
        }
    }

    /// A movement of the guest's payment, for the invoice with this number.
    pub fn paid(&self, op: i32, movement: Movement, cents: i64, invoice: i64) -> ViewRecord {
        ViewRecord::Payment(Box::new(PaymentFact {
            payment: PaymentId::new("pay-1"),
            op,
            account: AccountId::new(GUEST),
            session: Some(SessionId::new(self.name)),
            draft: Some(DraftId::new(format!("drf-RE-{invoice}"))),
            legal_entity: LegalEntityId::new("seller"),
            book: BookId::new("book"),
            processor: ProcessorId::new("simulated"),
            movement,
            amount: euros(cents),
            at: self.end().plus(Milliseconds(i64::from(op))),
        }))
    }

    /// The entry of the payment's capture.
    pub fn booked(&self, op: i32, cents: i64) -> ViewRecord {
        let side = |ledger: &str, side| Posting {
            ledger: ledger.into(),
            side,
            amount: euros(cents),
        };
        ViewRecord::Entry(Box::new(JournalEntry {
            entry: EntryId::new(format!("ent-{op}")),
            legal_entity: LegalEntityId::new("seller"),
            book: BookId::new("book"),
            sequence: i64::from(op),
            cause: EntryCause::Payment {
                payment: PaymentId::new("pay-1"),
                op,
                movement: Movement::Captured,
            },
            session: Some(SessionId::new(self.name)),
            postings: vec![
                side("psp:clearing", Side::Debit),
                side("ar:driver", Side::Credit),
            ],
            at: self.end().plus(Milliseconds(i64::from(op))),
        }))
    }
}

pub fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

fn seller() -> LegalEntity {
    LegalEntity {
        id: LegalEntityId::new("seller"),
        name: "Strom GmbH".into(),
        address: Vec::new(),
        country: "DE".into(),
        vat_id: None,
        time_zone: "Europe/Berlin".into(),
        currency: Currency::EUR,
        book: BookId::new("book"),
        invoice_number: "RE-{number}".into(),
        credit_note_number: "GU-{number}".into(),
        policy: PolicyId::new("policy"),
        processor: ProcessorId::new("simulated"),
    }
}

/// The end of transaction `tx-1` at station `cp-1`.
pub fn ended(id: &str, occurred_at: i64) -> ViewRecord {
    ViewRecord::Event(Box::new(FieldEvent {
        source: SourceId::new("gateway"),
        id: EventId::new(id),
        station: StationId::new("cp-1"),
        occurred_at: Timestamp(occurred_at),
        received_at: Timestamp(occurred_at),
        body: FieldBody::SessionEnded(SessionEnded {
            evse: None,
            transaction: Some(TransactionId::new("tx-1")),
            sequence: None,
            meter_stop: None,
            reason: None,
            token: None,
            samples: Vec::new(),
        }),
    }))
}

pub fn judged(id: &str, outcome: Outcome, at: i64) -> ViewRecord {
    ViewRecord::Outcome(Box::new(EventOutcome {
        source: SourceId::new("gateway"),
        id: EventId::new(id),
        station: None,
        outcome,
        session: None,
        detail: "as the test says".into(),
        at: Timestamp(at),
    }))
}
