//! The processor's ledger against our facts, while payments may be under way.
//!
//! A processor moves money before its answer is in our log. So the order of reading decides: which
//! operations are concluded and folded, then the facts, then the processor's ledger, then the
//! commands. Invariant: only a payment all of whose operations were concluded first can disagree; of
//! another it is told that it is under way.

use super::{Check, Finding, ProcessorLedger, ProcessorLine, by_payment};
use crate::topics::Topics;
use std::collections::BTreeSet;
use std::sync::Arc;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::document::PaymentFact;
use wattledger_domain::ids::PaymentId;
use wattledger_domain::payment::{OutcomeResult, PaymentOutcome};
use wattledger_runtime::log::read;
use wattledger_runtime::{Log, LogError, Visibility};
use wattledger_wire::topics as wire;

/// Operations whose outcome was final and folded.
pub type Concluded = BTreeSet<(PaymentId, i32)>;

/// The operations that are concluded by now; the facts that they led to are there.
///
/// # Errors
/// When the log cannot be read.
pub fn concluded(log: &Arc<dyn Log>, topics: &Topics) -> Result<Concluded, LogError> {
    let topic = &topics.account_events;
    let mut consumer = log.consumer(topic, Visibility::Process)?;
    let folded = log.committed("wattledger.accounts", topic)?;
    let mut concluded = Concluded::new();
    for (partition, next) in (0_u32..).zip(folded) {
        let part = (consumer.start(partition)?, next.unwrap_or(0));
        read(consumer.as_mut(), partition, part, &mut |record| {
            let value = record.value.as_deref().map(wire::account::decode);
            if let Some(Ok(AccountRecord::PaymentOutcome(outcome))) = value
                && is_final(&outcome)
            {
                concluded.insert((outcome.payment, outcome.op));
            }
        })?;
    }
    Ok(concluded)
}

const fn is_final(outcome: &PaymentOutcome) -> bool {
    !matches!(
        outcome.result,
        OutcomeResult::Pending | OutcomeResult::Unknown { .. }
    )
}

/// Payments with an operation that was asked for and not concluded.
///
/// # Errors
/// When the log cannot be read.
pub fn under_way(
    log: &Arc<dyn Log>,
    topics: &Topics,
    concluded: &Concluded,
) -> Result<BTreeSet<PaymentId>, LogError> {
    let topic = &topics.payment_commands;
    let mut consumer = log.consumer(topic, Visibility::Process)?;
    let mut under_way = BTreeSet::new();
    for partition in 0..log.partitions(topic)? {
        let part = (consumer.start(partition)?, consumer.end(partition)?);
        read(consumer.as_mut(), partition, part, &mut |record| {
            let value = record.value.as_deref().map(wire::payment_command::decode);
            if let Some(Ok(command)) = value {
                let operation = (command.payment, command.op);
                if !concluded.contains(&operation) {
                    under_way.insert(operation.0);
                }
            }
        })?;
    }
    Ok(under_way)
}

/// The processor's ledger says the same of every payment as our facts, but for those under way.
pub fn agrees(
    facts: &[PaymentFact],
    ledger: &ProcessorLedger,
    under_way: &BTreeSet<PaymentId>,
    in_flight: &mut Vec<String>,
) -> Check {
    let mut finding = Finding::of("the processor's ledger equals ours");
    let ours = by_payment(facts);
    let mut look = |payment: &PaymentId, holds: bool, words: String| {
        if holds || !under_way.contains(payment) {
            finding.look(holds, || words);
        } else {
            in_flight.push(format!("{words}: under way"));
        }
    };
    for (payment, theirs) in ledger {
        let id = PaymentId::new(payment.as_str());
        let line = ours.get(&id).copied().unwrap_or_default();
        let words = format!("{payment}: processor has {theirs:?}, we have {line:?}");
        look(&id, line == *theirs, words);
    }
    for (payment, line) in &ours {
        let known = ledger.contains_key(payment.as_str()) || *line == ProcessorLine::default();
        let words = format!("{payment}: we have {line:?}, the processor knows nothing");
        look(payment, known, words);
    }
    finding.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(captured: i64) -> ProcessorLedger {
        let line = ProcessorLine {
            captured,
            refunded: 0,
        };
        ProcessorLedger::from([("pay_1".to_owned(), line)])
    }

    #[track_caller]
    fn check(captured: i64, under_way: &[&str], expect: (bool, usize)) {
        let under_way = under_way.iter().map(|id| PaymentId::new(*id)).collect();
        let mut in_flight = Vec::new();
        let check = agrees(&[], &ledger(captured), &under_way, &mut in_flight);
        assert_eq!((check.offender.is_none(), in_flight.len()), expect);
    }

    #[test]
    fn only_a_payment_that_is_concluded_can_disagree() {
        check(0, &[], (true, 0));
        check(605, &[], (false, 0));
        check(605, &["pay_1"], (true, 1));
        check(605, &["pay_2"], (false, 0));
    }
}
