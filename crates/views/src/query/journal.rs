//! The double-entry journal for a bookkeeper: entries by date with what each is about.

use super::story::PostingRow;
use super::{PAGE_ROWS_MAX, row, rows};
use crate::error::ViewError;
use crate::local_time::local_time;
use crate::query::report::Period;
use crate::store::Views;
use serde::Serialize;
use std::collections::BTreeMap;
use wattledger_domain::time::Timestamp;

row! {
    /// An entry as it stands.
    HeadRow {
        /// Its id.
        entry: String,
        /// The seller.
        legal_entity: String,
        /// The seller's book.
        book: String,
        /// Its place in the book, from 1.
        sequence: i64,
        /// `document`, or the movement of money.
        cause: String,
        /// The number of the invoice or credit note that it is about, once there is one.
        document: Option<String>,
        /// The kind of that document.
        document_kind: Option<String>,
        /// The date on that document, where the document is the cause.
        issue_date: Option<String>,
        /// The payment that caused it.
        payment: Option<String>,
        /// The session behind it.
        session: Option<String>,
        /// Logical time, ms since 1970.
        entered_at: i64,
    }
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JournalRow {
    /// The day it counts to: the date on the document that caused it, else the day in the seller's
    /// zone on which money moved.
    pub date: String,
    /// The entry.
    #[serde(flatten)]
    pub head: HeadRow,
    /// Debits and credits, which balance.
    pub postings: Vec<PostingRow>,
}

/// A page of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JournalPage {
    /// Its entries, in order of time.
    pub entries: Vec<JournalRow>,
    /// Where the next page begins: time and id of the last entry looked at; absent at the end.
    pub next: Option<(i64, String)>,
}

/// Which entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalFilter<'a> {
    /// On which days.
    pub period: Period,
    /// Of which seller; `None` for all.
    pub legal_entity: Option<&'a str>,
}

impl Views {
    /// Entries of the journal in order of time: the page after `after`.
    ///
    /// # Errors
    /// [`ViewError::Database`], [`ViewError::UnknownZone`].
    pub fn journal(
        &self,
        filter: JournalFilter<'_>,
        after: Option<(i64, &str)>,
    ) -> Result<JournalPage, ViewError> {
        // An entry of a payment is about the document whose draft the payment pays.
        const HEADS: &str = "SELECT e.entry, e.legal_entity, e.book, e.sequence, e.cause, \
             COALESCE(i.number, d.number) AS document, COALESCE(i.kind, d.kind) AS document_kind, \
             i.issue_date, e.payment, e.session, e.entered_at \
             FROM journal_entries e LEFT JOIN invoices i ON i.invoice = e.invoice \
             LEFT JOIN payments p ON p.payment = e.payment AND p.op = e.op \
             AND p.movement = e.cause LEFT JOIN invoices d ON d.draft = p.draft \
             WHERE (e.entered_at > $1 OR (e.entered_at = $1 AND e.entry > $2)) \
             AND ($3 IS NULL OR e.legal_entity = $3) ORDER BY e.entered_at, e.entry LIMIT $4";
        const POSTINGS: &str = "SELECT * FROM postings WHERE entry = $1 ORDER BY ordinal";
        let (from, to) = filter.period.bounds();
        let (at, entry) = after.unwrap_or((i64::MIN, ""));
        let legal_entity = filter.legal_entity;
        let zones = self.zones_of_sellers()?;
        self.read(async |connection| {
            let heads = rows!(
                HeadRow,
                connection,
                HEADS,
                at,
                entry,
                legal_entity,
                PAGE_ROWS_MAX
            )?;
            let is_full = i64::try_from(heads.len()).unwrap_or(i64::MAX) >= PAGE_ROWS_MAX;
            let last = heads
                .last()
                .map(|head| (head.entered_at, head.entry.clone()));
            let mut entries = Vec::new();
            for head in heads {
                let date = date(&head, &zones)?;
                if from <= date && date < to {
                    let postings = rows!(PostingRow, connection, POSTINGS, &*head.entry)?;
                    entries.push(JournalRow {
                        date,
                        head,
                        postings,
                    });
                }
            }
            Ok(JournalPage {
                entries,
                next: last.filter(|_| is_full),
            })
        })
    }

    /// The zone in which each seller keeps its calendar.
    fn zones_of_sellers(&self) -> Result<BTreeMap<String, String>, ViewError> {
        let mut zones = BTreeMap::new();
        for seller in self.references("LegalEntity", None)? {
            let document: serde_json::Value = serde_json::from_str(&seller.document)?;
            if let Some(zone) = document["spec"]["timeZone"].as_str() {
                zones.insert(seller.id, zone.to_owned());
            }
        }
        Ok(zones)
    }
}

fn date(head: &HeadRow, zones: &BTreeMap<String, String>) -> Result<String, ViewError> {
    if let Some(date) = &head.issue_date {
        return Ok(date.clone());
    }
    let zone = zones.get(&head.legal_entity).map_or("UTC", String::as_str);
    Ok(local_time(Timestamp(head.entered_at), zone)?.date)
}
