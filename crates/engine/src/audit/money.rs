//! The promises about money: the journal, what is owed, the processor.

use super::{Check, Cut, Finding, by_payment};
use std::collections::BTreeMap;
use wattledger_domain::document::{DocumentKind, EntryCause, Movement, Side};
use wattledger_domain::ids::{BookId, InvoiceId, SessionId};
use wattledger_domain::money::Currency;

/// Entries balance and are numbered; every document and every fact is posted once; what sessions owe
/// is what their receivable says.
pub fn checks(cut: &Cut) -> Vec<Check> {
    vec![
        balanced(cut),
        numbered(cut),
        posted(cut),
        owed(cut),
        captured_once(cut),
    ]
}

fn signed(side: Side, minor: i64) -> i64 {
    match side {
        Side::Debit => minor,
        Side::Credit => minor.saturating_neg(),
    }
}

fn balanced(cut: &Cut) -> Check {
    let mut finding = Finding::of("each journal entry balances");
    for entry in &cut.entries {
        let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
        for posting in &entry.postings {
            let sum = sums.entry(posting.amount.currency).or_insert(0);
            *sum = sum.saturating_add(signed(posting.side, posting.amount.minor));
        }
        finding.look(sums.values().all(|sum| *sum == 0), || {
            format!("{} does not balance", entry.entry)
        });
    }
    finding.done()
}

fn numbered(cut: &Cut) -> Check {
    let mut finding = Finding::of("journal entries of a book run 1..n without gap or repeat");
    let mut last: BTreeMap<&BookId, i64> = BTreeMap::new();
    for entry in &cut.entries {
        let before = last.insert(&entry.book, entry.sequence).unwrap_or(0);
        finding.look(entry.sequence == before.saturating_add(1), || {
            format!(
                "{} is entry {} of {} after {before}",
                entry.entry, entry.sequence, entry.book
            )
        });
    }
    finding.done()
}

fn posted(cut: &Cut) -> Check {
    let mut finding = Finding::of("each document and payment fact is posted");
    let mut documents: BTreeMap<&InvoiceId, u64> = BTreeMap::new();
    let mut facts: BTreeMap<(&str, i32, Movement), u64> = BTreeMap::new();
    for entry in &cut.entries {
        match &entry.cause {
            EntryCause::Document(invoice) => {
                let count = documents.entry(invoice).or_insert(0);
                *count = count.saturating_add(1);
            }
            EntryCause::Payment {
                payment,
                op,
                movement,
            } => {
                let count = facts.entry((payment.as_str(), *op, *movement)).or_insert(0);
                *count = count.saturating_add(1);
            }
        }
    }
    for document in cut
        .documents
        .iter()
        .filter(|document| !document.draft.gross.is_zero())
    {
        let count = documents.get(&document.invoice).copied().unwrap_or(0);
        finding.look(count >= 1, || {
            format!("{} is not in the journal", document.number)
        });
    }
    for fact in &cut.facts {
        let key = (fact.payment.as_str(), fact.op, fact.movement);
        let count = facts.get(&key).copied().unwrap_or(0);
        let moving = (fact.payment.as_str().into(), fact.op, fact.movement);
        if count == 0 && cut.moving.facts.contains(&moving) {
            continue;
        }
        finding.look(count == 1, || {
            format!(
                "{:?} {} of {} is posted {count} times",
                fact.movement, fact.amount, fact.payment
            )
        });
    }
    finding.done()
}

/// Due − captured + refunded − written off is what the journal calls receivable, per session.
fn owed(cut: &Cut) -> Check {
    let mut finding = Finding::of("captured + receivable + written off = due, per session");
    let mut due: BTreeMap<&SessionId, i64> = BTreeMap::new();
    for document in &cut.documents {
        let gross = document.draft.gross.minor;
        let sum = due.entry(&document.draft.supply.session).or_insert(0);
        *sum = match document.draft.kind {
            DocumentKind::Invoice => sum.saturating_add(gross),
            DocumentKind::CreditNote { .. } => sum.saturating_sub(gross),
        };
    }
    for fact in &cut.facts {
        let (Some(session), true) = (&fact.session, fact.draft.is_some()) else {
            continue;
        };
        let sum = due.entry(session).or_insert(0);
        *sum = match fact.movement {
            Movement::Captured | Movement::WrittenOff => sum.saturating_sub(fact.amount.minor),
            Movement::CaptureReversed | Movement::Refunded => sum.saturating_add(fact.amount.minor),
            Movement::Held
            | Movement::Released
            | Movement::DisputeOpened
            | Movement::DisputeWon
            | Movement::DisputeLost => *sum,
        };
    }
    let mut receivable: BTreeMap<&SessionId, i64> = BTreeMap::new();
    for entry in &cut.entries {
        let Some(session) = &entry.session else {
            continue;
        };
        for posting in entry
            .postings
            .iter()
            .filter(|posting| &*posting.ledger == "ar:driver")
        {
            let sum = receivable.entry(session).or_insert(0);
            *sum = sum.saturating_add(signed(posting.side, posting.amount.minor));
        }
    }
    let settled = due
        .into_iter()
        .filter(|(session, _)| !cut.moving.sessions.contains(*session));
    for (session, due) in settled {
        let open = receivable.get(session).copied().unwrap_or(0);
        finding.look(open == due, || {
            format!("session {session} owes {due} minor units, the journal says {open}")
        });
    }
    finding.done()
}

/// No payment takes more than once for one operation, and gives back no more than it took.
fn captured_once(cut: &Cut) -> Check {
    let mut finding = Finding::of("no capture is doubled, no refund exceeds its capture");
    let mut seen = std::collections::BTreeSet::new();
    for fact in &cut.facts {
        let first = seen.insert((&fact.payment, fact.op, fact.movement));
        finding.look(first, || {
            format!(
                "{:?} of {} op {} twice",
                fact.movement, fact.payment, fact.op
            )
        });
    }
    for (payment, line) in by_payment(&cut.facts) {
        finding.look(line.refunded <= line.captured, || {
            format!("{payment} gave back {} of {}", line.refunded, line.captured)
        });
    }
    finding.done()
}
