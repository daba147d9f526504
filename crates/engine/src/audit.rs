//! The audit: takes a cut and checks every promise on it, without the folds' own code.
//!
//! It reads the committed records of the topics and compares them with each other and with the
//! processor's ledger. Invariant: nothing here knows how a fold came to its result.

mod money;
mod processor;
mod reading;
mod series;

use crate::topics::Topics;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::document::{DocumentKind, IssuedDocument, JournalEntry, PaymentFact};
use wattledger_domain::ids::{DraftId, PaymentId, SessionId};
use wattledger_runtime::{Log, LogError};

/// What the processor says of a payment, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorLine {
    /// Captured or charged in all.
    pub captured: i64,
    /// Refunded in all.
    pub refunded: i64,
}

/// The processor's ledger, by payment.
pub type ProcessorLedger = BTreeMap<String, ProcessorLine>;

/// A check and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was promised.
    pub name: &'static str,
    /// How many things were looked at.
    pub checked: u64,
    /// The first that breaks the promise.
    pub offender: Option<String>,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// All checks.
    pub checks: Vec<Check>,
    /// What is not finished at the cut, with what it waits for.
    pub in_flight: Vec<String>,
}

impl Report {
    /// Whether every promise is kept.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.offender.is_none())
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| {
                json!({ "name": check.name, "checked": check.checked, "ok": check.offender.is_none(),
                        "detail": check.offender.clone().unwrap_or_default() })
            })
            .collect();
        let verdict = if self.is_clean() { "clean" } else { "broken" };
        json!({ "verdict": verdict, "checks": checks, "in_flight": self.in_flight })
    }
}

/// Collects a check's findings.
struct Finding {
    name: &'static str,
    checked: u64,
    offender: Option<String>,
}

impl Finding {
    const fn of(name: &'static str) -> Self {
        Self {
            name,
            checked: 0,
            offender: None,
        }
    }

    fn look(&mut self, holds: bool, offender: impl FnOnce() -> String) {
        self.checked = self.checked.saturating_add(1);
        if !holds && self.offender.is_none() {
            self.offender = Some(offender());
        }
    }

    fn done(self) -> Check {
        Check {
            name: self.name,
            checked: self.checked,
            offender: self.offender,
        }
    }
}

/// Everything that was published up to the cut.
struct Cut {
    /// Newest rated version per session.
    rated: BTreeMap<SessionId, i32>,
    documents: Vec<IssuedDocument>,
    entries: Vec<JournalEntry>,
    facts: Vec<PaymentFact>,
    /// Drafts that were rejected.
    rejected: BTreeMap<DraftId, SessionId>,
    /// Every draft that was emitted.
    drafts: BTreeMap<DraftId, SessionId>,
    moving: reading::Moving,
    inputs: reading::Inputs,
}

/// Audits a log, and the processor's ledger where there is one: asked for once our side is read.
///
/// # Errors
/// When the log or that ledger cannot be read.
pub fn audit<E: From<LogError>>(
    log: &Arc<dyn Log>,
    topics: &Topics,
    ledger: impl FnOnce() -> Result<Option<ProcessorLedger>, E>,
) -> Result<Report, E> {
    let concluded = processor::concluded(log, topics)?;
    let cut = reading::cut(log, topics)?;
    let mut report = Report::default();
    report.checks.extend(cut.inputs.checks());
    report.in_flight.extend(cut.inputs.in_flight());
    report
        .checks
        .push(one_invoice_per_session(&cut, &mut report.in_flight));
    report.checks.extend(series::checks(&cut.documents));
    report.checks.extend(money::checks(&cut));
    if let Some(ledger) = ledger()? {
        let under_way = processor::under_way(log, topics, &concluded)?;
        let in_flight = &mut report.in_flight;
        let check = processor::agrees(&cut.facts, &ledger, &under_way, in_flight);
        report.checks.push(check);
    }
    Ok(report)
}

/// Every rated session has exactly one invoice that stands, unless its draft is on the way or was
/// rejected.
fn one_invoice_per_session(cut: &Cut, in_flight: &mut Vec<String>) -> Check {
    let mut standing: BTreeMap<&SessionId, i64> = BTreeMap::new();
    for document in &cut.documents {
        let count = standing.entry(&document.draft.supply.session).or_insert(0);
        let step = match document.draft.kind {
            DocumentKind::Invoice => 1,
            DocumentKind::CreditNote { .. } => -1,
        };
        *count = count.saturating_add(step);
    }
    let issued: std::collections::BTreeSet<&DraftId> = cut
        .documents
        .iter()
        .map(|document| &document.draft.draft)
        .collect();
    let mut finding = Finding::of("one standing invoice per rated session");
    for session in cut.rated.keys() {
        let waiting = cut.drafts.iter().find(|(draft, of)| {
            *of == session && !issued.contains(draft) && !cut.rejected.contains_key(draft)
        });
        if let Some((draft, _)) = waiting {
            in_flight.push(format!(
                "session {session} waits for the number of draft {draft}"
            ));
            continue;
        }
        if cut.rejected.values().any(|of| of == session) {
            in_flight.push(format!("session {session} has a rejected draft"));
            continue;
        }
        // Drafts are kept for a month, documents for years: one that stands needs no draft.
        if !cut.drafts.values().any(|of| of == session) && !standing.contains_key(session) {
            in_flight.push(format!(
                "session {session} is rated and waits for its account"
            ));
            continue;
        }
        let count = standing.get(session).copied().unwrap_or(0);
        finding.look(count == 1, || {
            format!("session {session} has {count} standing invoices")
        });
    }
    for (session, count) in standing {
        finding.look(cut.rated.contains_key(session), || {
            format!("session {session} has {count} invoices and was never rated")
        });
    }
    finding.done()
}

/// Sums by payment: what the books say was taken and given back.
fn by_payment(facts: &[PaymentFact]) -> BTreeMap<&PaymentId, ProcessorLine> {
    use wattledger_domain::document::Movement;
    let mut sums: BTreeMap<&PaymentId, ProcessorLine> = BTreeMap::new();
    for fact in facts {
        let line = sums.entry(&fact.payment).or_default();
        match fact.movement {
            Movement::Captured => line.captured = line.captured.saturating_add(fact.amount.minor),
            Movement::CaptureReversed => {
                line.captured = line.captured.saturating_sub(fact.amount.minor)
            }
            Movement::Refunded => line.refunded = line.refunded.saturating_add(fact.amount.minor),
            Movement::Held
            | Movement::Released
            | Movement::DisputeOpened
            | Movement::DisputeWon
            | Movement::DisputeLost
            | Movement::WrittenOff => {}
        }
    }
    sums
}
