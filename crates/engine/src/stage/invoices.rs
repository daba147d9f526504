//! The invoices stage: numbers, documents, the journal.

use super::{Stage, StateOf};
use crate::stored::Stored;
use crate::topics::{self, Topics};
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::document::InvoiceRecord;
use wattledger_domain::time::Timestamp;
use wattledger_invoices as invoices;
use wattledger_runtime::{Outgoing, Refusal};
use wattledger_wire::DecodeError;
use wattledger_wire::topics as wire;
use wattledger_wire::topics::AnalyticsRecord;

/// Drafts become numbered documents and balanced entries.
pub struct Invoices {
    /// Topic names.
    pub topics: Topics,
}

impl Stage for Invoices {
    const NAME: &'static str = "invoices";
    const VERSION: u32 = 1;
    type Record = InvoiceRecord;
    type Key = invoices::Key;
    type Value = invoices::Value;
    type Timer = invoices::Timer;
    type Effect = invoices::Effect;

    fn decode(bytes: &[u8]) -> Result<InvoiceRecord, DecodeError> {
        wire::invoice::decode(bytes)
    }

    fn tick(record: &InvoiceRecord) -> Option<Timestamp> {
        match record {
            InvoiceRecord::Tick(tick) => Some(tick.at),
            InvoiceRecord::Draft(_)
            | InvoiceRecord::PaymentFact(_)
            | InvoiceRecord::Reference(_) => None,
        }
    }

    fn unit(record: &InvoiceRecord, routing: &[u8]) -> Box<[u8]> {
        match record {
            InvoiceRecord::Draft(draft) => draft.draft.as_str().as_bytes().into(),
            InvoiceRecord::PaymentFact(fact) => fact.payment.as_str().as_bytes().into(),
            InvoiceRecord::Reference(_) | InvoiceRecord::Tick(_) => routing.into(),
        }
    }

    fn key<'k>(key: &'k invoices::Key, name: &mut Vec<u8>) -> &'k str {
        key.put(name);
        key.book().as_str()
    }

    fn timer(timer: &invoices::Timer, _: &mut Vec<u8>) -> (u8, Box<str>) {
        match *timer {}
    }

    fn timer_from(_: u8, _: &str, _: &[u8]) -> Option<invoices::Timer> {
        None
    }

    fn fold(
        state: &mut StateOf<'_, Self>,
        record: &InvoiceRecord,
        effects: &mut Vec<invoices::Effect>,
    ) -> Result<(), Refusal> {
        invoices::fold(state, record, effects).map_err(|error| Refusal {
            code: "INVOICES-001",
            message: error.to_string(),
        })
    }

    fn fire(
        _: &mut StateOf<'_, Self>,
        timer: &invoices::Timer,
        _: Timestamp,
        _: &mut Vec<invoices::Effect>,
    ) {
        match *timer {}
    }

    fn boxed(_: &invoices::Value) -> usize {
        0
    }

    fn emit(&self, effect: invoices::Effect, _: Timestamp, out: &mut Vec<Outgoing>) {
        let topics = &self.topics;
        match effect {
            invoices::Effect::Issued(document) => {
                let key = topics::key(document.draft.seller.book.as_str());
                let value = wire::issued::encode(&document);
                out.push(Outgoing::keyed(&topics.billing_invoices, key, value));
            }
            invoices::Effect::Entry(entry) => {
                let key = topics::key(entry.book.as_str());
                let value = wire::journal::encode(&entry);
                out.push(Outgoing::keyed(&topics.billing_journal, key, value));
            }
            invoices::Effect::ToAccount(notice) => {
                let (account, record) = match notice {
                    invoices::AccountNotice::Issued(notice) => {
                        (notice.account.clone(), AccountRecord::InvoiceIssued(notice))
                    }
                    invoices::AccountNotice::Rejected(rejected) => (
                        rejected.account.clone(),
                        AccountRecord::DraftRejected(rejected),
                    ),
                };
                let value = wire::account::encode(&record);
                out.push(Outgoing::keyed(
                    &topics.account_events,
                    topics::key(account.as_str()),
                    value,
                ));
            }
            invoices::Effect::LineFact(fact) => {
                let key = topics::key(fact.site.as_str());
                let value = wire::analytics::encode(&AnalyticsRecord::InvoiceLine(*fact));
                out.push(Outgoing::keyed(&topics.analytics_events, key, value));
            }
        }
    }
}
