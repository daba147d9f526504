//! Builders and the checks that every test shares; the rules are in the files below.

mod documents;
mod laws;
mod payments;

use crate::{AccountNotice, Effect, Key, OpenItem, Rejection, Timer, Value, fold};
use std::sync::Arc;
use wattledger_domain::cost::{LineKind, SettledLine, TaxGroup};
use wattledger_domain::document::{
    DocumentKind, DraftFault, InvoiceDraft, InvoiceRecord, IssuedDocument, JournalEntry, Movement,
    PaymentFact, Side, Supply,
};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    AccountId, BookId, DraftId, EvseId, LegalEntityId, PaymentId, PolicyId, ProcessorId, SessionId,
    SiteId, StationId, TariffId,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::LegalEntity;
use wattledger_domain::session::Pin;
use wattledger_domain::state::InMemory;
use wattledger_domain::tariff::{Dimension, LocalDate};
use wattledger_domain::tax::TaxLine;
use wattledger_domain::time::Timestamp;

/// 2025-06-01T00:00:00Z.
const NOW: Timestamp = Timestamp(1_748_736_000_000);
const VAT: Option<TaxRate> = Some(TaxRate(190_000));
const ENERGY: LineKind = LineKind::Usage(Dimension::Energy);

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

    fn fold(&mut self, record: InvoiceRecord) -> Result<(), Rejection> {
        fold(&mut self.state, &record, &mut self.effects)
    }

    fn draft(&mut self, draft: InvoiceDraft) {
        self.fold(InvoiceRecord::Draft(Box::new(draft))).unwrap();
    }

    fn fact(&mut self, fact: PaymentFact) {
        self.fold(InvoiceRecord::PaymentFact(Box::new(fact)))
            .unwrap();
    }

    fn documents(&self) -> Vec<&IssuedDocument> {
        let effects = self.effects.iter();
        effects
            .filter_map(|effect| match effect {
                Effect::Issued(document) => Some(&**document),
                Effect::Entry(_) | Effect::ToAccount(_) | Effect::LineFact(_) => None,
            })
            .collect()
    }

    fn entries(&self) -> Vec<&JournalEntry> {
        let effects = self.effects.iter();
        effects
            .filter_map(|effect| match effect {
                Effect::Entry(entry) => Some(&**entry),
                Effect::Issued(_) | Effect::ToAccount(_) | Effect::LineFact(_) => None,
            })
            .collect()
    }

    fn faults(&self) -> Vec<DraftFault> {
        let fault = |effect: &Effect| match effect {
            Effect::ToAccount(AccountNotice::Rejected(rejected)) => Some(rejected.reason),
            Effect::ToAccount(AccountNotice::Issued(_))
            | Effect::Issued(_)
            | Effect::Entry(_)
            | Effect::LineFact(_) => None,
        };
        self.effects.iter().filter_map(fault).collect()
    }

    fn numbers(&self) -> Vec<&str> {
        self.documents().iter().map(|one| &*one.number).collect()
    }

    fn item(&self, draft: &str) -> Option<&OpenItem> {
        let key = Key::OpenItem {
            book: BookId::new("main"),
            draft: DraftId::new(draft),
        };
        match self.state.entities.get(&key) {
            Some(Value::OpenItem(item)) => Some(item),
            other => {
                assert_eq!(other, None);
                None
            }
        }
    }

    /// The postings of the last entry, as people write them: `D ar:driver 11.90 EUR`.
    fn last_entry(&self) -> Vec<String> {
        let entries = self.entries();
        let entry = entries.last().unwrap();
        let posting = |side, ledger, amount| match side {
            Side::Debit => format!("D {ledger} {amount}"),
            Side::Credit => format!("C {ledger} {amount}"),
        };
        let postings = entry.postings.iter();
        postings
            .map(|one| posting(one.side, &one.ledger, one.amount))
            .collect()
    }
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn seller() -> LegalEntity {
    LegalEntity {
        id: LegalEntityId::new("seller"),
        name: "Seller".into(),
        address: vec!["Street 1".into()],
        country: "DE".into(),
        vat_id: Some("DE123".into()),
        time_zone: "Europe/Berlin".into(),
        currency: Currency::EUR,
        book: BookId::new("main"),
        invoice_number: "RE-{year}-{number:4}".into(),
        credit_note_number: "GS-{year}-{number:4}".into(),
        policy: PolicyId::new("policy"),
        processor: ProcessorId::new("psp"),
    }
}

fn line(kind: LineKind, tax: Option<TaxRate>, net: i64) -> SettledLine {
    SettledLine {
        kind,
        element: 0,
        quantity: 1,
        price: PriceE8(0),
        tax,
        exact_net: ExactCost(0),
        net: euro(net),
        from: NOW,
        to: NOW,
    }
}

fn group(rate: Option<TaxRate>, net: i64, tax: i64) -> TaxGroup {
    TaxGroup {
        rate,
        net: euro(net),
        tax: euro(tax),
        gross: euro(net.checked_add(tax).unwrap()),
    }
}

/// An invoice over 10.00 net, 1.90 tax.
/// A tax by name in the group of [`VAT`].
fn tax(name: &str, amount: i64) -> TaxLine {
    TaxLine {
        group: VAT.unwrap(),
        name: name.into(),
        account_number: None,
        rate: TaxRate(10_000),
        base: euro(1_000),
        amount: euro(amount),
    }
}

fn invoice(id: &str) -> InvoiceDraft {
    let hash = Digest::ZERO;
    InvoiceDraft {
        draft: DraftId::new(id),
        kind: DocumentKind::Invoice,
        seller: Arc::new(seller()),
        seller_pin: Pin {
            id: LegalEntityId::new("seller"),
            version: 1,
            hash,
        },
        account: AccountId::new("account"),
        buyer_name: None,
        supply: Supply {
            session: SessionId::new("session"),
            version: 1,
            station: StationId::new("station"),
            evse: EvseId(1),
            site: SiteId::new("site"),
            time_zone: "Europe/Berlin".into(),
            started_at: NOW,
            ended_at: NOW,
            energy: MilliwattHours(20_000_000),
            tariff: Pin {
                id: TariffId::new("tariff"),
                version: 1,
                hash,
            },
        },
        issue_date: date(2025),
        tax_point: NOW,
        currency: Currency::EUR,
        lines: vec![line(ENERGY, VAT, 1_000)],
        groups: vec![group(VAT, 1_000, 190)],
        net: euro(1_000),
        tax: euro(190),
        gross: euro(1_190),
        taxes: None,
        rounding: None,
        reverse_charge: None,
    }
}

fn credit_note(id: &str, credits: &str) -> InvoiceDraft {
    InvoiceDraft {
        kind: DocumentKind::CreditNote {
            credits: DraftId::new(credits),
        },
        ..invoice(id)
    }
}

fn date(year: i32) -> LocalDate {
    LocalDate {
        year,
        month: 6,
        day: 1,
    }
}

fn fact(movement: Movement, op: i32, draft: Option<&str>, minor: i64) -> PaymentFact {
    PaymentFact {
        payment: PaymentId::new("payment"),
        op,
        account: AccountId::new("account"),
        session: None,
        draft: draft.map(DraftId::new),
        legal_entity: LegalEntityId::new("seller"),
        book: BookId::new("main"),
        processor: ProcessorId::new("psp"),
        movement,
        amount: euro(minor),
        at: NOW,
    }
}
