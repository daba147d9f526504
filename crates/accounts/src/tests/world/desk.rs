//! What people and processors do after a bill.

use super::World;
use super::scene::session;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::payment::{Operation, OutcomeResult, PaymentCommand};
use wattledger_domain::review::SessionWithdrawn;

impl World {
    /// The session is another's from this version on.
    pub fn withdraw(&mut self, version: i32) -> &mut Self {
        let record = SessionWithdrawn {
            session: session(),
            account: self.account.clone(),
            version,
            at: self.state.now,
        };
        self.fold(AccountRecord::SessionWithdrawn(Box::new(record)));
        self
    }

    /// The processor does all that it was asked last.
    pub fn serve(&mut self) -> &mut Self {
        let asked: Vec<PaymentCommand> = self.commands().cloned().collect();
        for (n, id) in (1..).zip(self.payments()) {
            let Some(last) = asked.iter().rev().find(|command| command.payment == id) else {
                continue;
            };
            let result = match last.operation {
                Operation::Refund { .. } => OutcomeResult::Refunded {
                    refunded: self.payment(n).refund_wanted,
                },
                Operation::Charge { amount, .. } => OutcomeResult::Charged { charged: amount },
                Operation::Authorize { .. }
                | Operation::Increment { .. }
                | Operation::Capture { .. }
                | Operation::Void
                | Operation::Retrieve { .. } => continue,
            };
            if !self.payment(n).flight.is_quiet() {
                self.answer(n, last.op, result);
            }
        }
        self
    }
}
