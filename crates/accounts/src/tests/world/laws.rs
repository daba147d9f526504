//! The laws of money that hold after every step.

use super::World;
use crate::Effect;
use crate::bill::{Paper, Stage, Verdict};
use crate::key::Value;
use crate::payment::Phase;
use std::collections::BTreeMap;
use wattledger_domain::document::Movement;
use wattledger_domain::ids::PaymentId;
use wattledger_domain::payment::{Operation, PaymentCommand};

impl World {
    /// The laws of money that hold after every step.
    pub(super) fn check_laws(&self) {
        let mut sums: BTreeMap<(PaymentId, Movement), i64> = BTreeMap::new();
        let mut facts: BTreeMap<(PaymentId, i32, Movement), ()> = BTreeMap::new();
        for effect in &self.effects {
            if let Effect::Fact(fact) = effect {
                assert!(fact.amount.is_positive(), "{fact:?}");
                let key = (fact.payment.clone(), fact.op, fact.movement);
                assert_eq!(facts.insert(key, ()), None, "told twice: {fact:?}");
                *sums
                    .entry((fact.payment.clone(), fact.movement))
                    .or_default() += fact.amount.minor;
            }
        }
        let sum = |payment: &PaymentId, movement| {
            sums.get(&(payment.clone(), movement)).copied().unwrap_or(0)
        };
        let kept = |id: &PaymentId| {
            sum(id, Movement::Captured)
                - sum(id, Movement::CaptureReversed)
                - sum(id, Movement::Refunded)
        };
        for value in self.state.entities.values() {
            match value {
                Value::Payment(payment) => {
                    assert_eq!(payment.kept().unwrap().minor, kept(&payment.id));
                    let held = match payment.phase {
                        Phase::Held(hold) => hold.held.minor,
                        Phase::Asked | Phase::Taken | Phase::Released | Phase::Refused => 0,
                    };
                    let memo =
                        sum(&payment.id, Movement::Held) - sum(&payment.id, Movement::Released);
                    assert_eq!(memo, held, "memo of {payment:?}");
                }
                Value::Session(bill) => {
                    if let Stage::Billed(billed) = &bill.stage {
                        let balance = billed.balance;
                        let parts = balance.captured.minor
                            + balance.receivable.minor
                            + balance.written_off.minor;
                        assert_eq!(parts, balance.due.minor, "{balance:?}");
                        let withdrawn = match &billed.paper {
                            Paper::Withdrawn(_) => true,
                            Paper::InFlight { verdict, .. } => *verdict == Verdict::Withdrawn,
                            Paper::Issued | Paper::Rejected => false,
                        };
                        let due = if withdrawn {
                            0
                        } else {
                            billed.invoice.gross.minor
                        };
                        assert_eq!(balance.due.minor, due);
                        let taken: i64 = billed.claims.keys().map(kept).sum();
                        assert_eq!(balance.captured.minor, taken);
                        let since = (billed.since > 1).then(|| format!("since {}", billed.since));
                        let session = bill.session.as_str();
                        let causes = [Some(session), Some("write-off"), since.as_deref()];
                        let causes: Vec<&str> = causes.into_iter().flatten().collect();
                        let write_off = PaymentId::of(&causes);
                        let written_off = sum(&write_off, Movement::WrittenOff);
                        assert_eq!(balance.written_off.minor, written_off);
                    }
                }
                Value::Account(_) | Value::Authorization(_) => {}
            }
        }
        self.check_commands();
    }

    /// One key for one operation, forever; captures within what was held.
    fn check_commands(&self) {
        let mut asked: BTreeMap<(PaymentId, i32), PaymentCommand> = BTreeMap::new();
        for command in self.commands() {
            if let Operation::Retrieve { op } = command.operation {
                assert_eq!(op, command.op);
                continue;
            }
            let key = (command.payment.clone(), command.op);
            if let Some(first) = asked.insert(key, command.clone()) {
                assert_eq!(first.command, command.command);
                assert_eq!(first.operation, command.operation);
                assert!(command.attempt > first.attempt, "{command:?}");
            }
        }
    }
}
