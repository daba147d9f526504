//! A processor that keeps its own ledger and whose faults are drawn from a list.

use super::world::*;
use std::collections::BTreeMap;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::ids::PaymentId;
use wattledger_domain::money::Money;
use wattledger_domain::payment::*;
use wattledger_domain::time::Timestamp;

/// What the processor knows of one payment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Books {
    pub held: i64,
    pub captured: i64,
    pub refunded: i64,
    pub captures: i32,
    until: Timestamp,
}

impl Books {
    /// Takes from the hold, once; what is left of it is released.
    fn capture(&mut self, amount: i64) -> i64 {
        assert!(amount <= self.held, "{amount} of {self:?}");
        assert_eq!(self.captures, 0, "{amount} again of {self:?}");
        self.captures += 1;
        self.captured = amount;
        std::mem::take(&mut self.held) - amount
    }
}

/// A processor and what it has still to say.
#[derive(Default)]
pub struct Processor {
    pub books: BTreeMap<PaymentId, Books>,
    done: BTreeMap<(PaymentId, i32), OutcomeResult>,
    inbox: Vec<AccountRecord>,
    heard: usize,
    webhooks: i32,
}

impl Processor {
    /// Takes the commands that it has not seen; each draws its fate.
    pub fn work(&mut self, world: &World, fate: &mut impl FnMut() -> u8) {
        self.lapse(world);
        let commands: Vec<PaymentCommand> = world.commands().skip(self.heard).cloned().collect();
        self.heard += commands.len();
        for command in commands {
            self.take(world, &command, fate());
        }
    }

    /// Hands over one of its messages, if there is any.
    pub fn say(&mut self, world: &mut World, pick: u8) -> bool {
        if self.inbox.is_empty() {
            return false;
        }
        let index = usize::from(pick) % self.inbox.len();
        let message = self.inbox.remove(index);
        world.fold(message);
        true
    }

    /// Holds that were neither captured nor voided in time lapse, and it says so.
    fn lapse(&mut self, world: &World) {
        let lapsed: Vec<PaymentId> = self
            .books
            .iter()
            .filter(|(_, books)| books.held > 0 && books.until <= world.state.now)
            .map(|(id, _)| id.clone())
            .collect();
        for id in lapsed {
            self.books.entry(id.clone()).or_default().held = 0;
            self.webhooks += 1;
            let via = OutcomeVia::Webhook(format!("e{}", self.webhooks).into());
            let expired = OutcomeResult::Expired;
            self.inbox
                .push(outcome(&world.account, (&id, 1, 0), via, expired));
        }
    }

    fn take(&mut self, world: &World, command: &PaymentCommand, fate: u8) {
        let key = (command.payment.clone(), command.op);
        if let Operation::Retrieve { .. } = command.operation {
            let truth = self
                .done
                .get(&key)
                .cloned()
                .unwrap_or(OutcomeResult::NotFound);
            self.reply(world, command, truth);
            return;
        }
        let unknown = || OutcomeResult::Unknown {
            detail: "lost".into(),
        };
        let declined = |retry| OutcomeResult::Declined {
            code: "no".into(),
            retry,
        };
        let result = match (self.done.get(&key).cloned(), fate % 8) {
            (Some(truth), _) => truth,
            (None, 0) => {
                let never = declined(Retry::Never);
                self.done.insert(key, never.clone());
                never
            }
            (None, 1) => declined(Retry::Later),
            (None, 2) => unknown(),
            (None, 3..) => {
                let truth = self.act(world, command, fate);
                self.done.insert(key, truth.clone());
                let captured = matches!(truth, OutcomeResult::Captured { .. });
                if captured && (200..255).contains(&fate) {
                    self.fail_late(world, command);
                }
                for _ in 0..(fate / 8 % 3) {
                    self.webhook(world, command, truth.clone());
                }
                if fate % 8 == 3 { unknown() } else { truth }
            }
        };
        self.reply(world, command, result);
    }

    fn act(&mut self, world: &World, command: &PaymentCommand, fate: u8) -> OutcomeResult {
        let books = self.books.entry(command.payment.clone()).or_default();
        let money = |minor| Money::new(minor, eur(0).currency);
        let needs_hold = matches!(
            command.operation,
            Operation::Increment { .. } | Operation::Capture { .. } | Operation::Void
        );
        let needs_money = matches!(command.operation, Operation::Refund { .. });
        if needs_hold && books.held == 0 || needs_money && books.captured == 0 {
            return OutcomeResult::Declined {
                code: "no_hold".into(),
                retry: Retry::Never,
            };
        }
        match &command.operation {
            Operation::Authorize { amount, .. } => {
                books.held = if fate < 64 {
                    amount.minor / 2
                } else {
                    amount.minor
                };
                books.until = Timestamp(world.state.now.0 + 48 * HOUR);
                OutcomeResult::Authorized {
                    held: money(books.held),
                    capture_before: books.until,
                    increments: IncrementSupport::Supported,
                }
            }
            Operation::Increment { total } => {
                books.held = total.minor;
                OutcomeResult::Incremented { held: *total }
            }
            Operation::Capture { amount } => {
                let released = money(books.capture(amount.minor));
                OutcomeResult::Captured {
                    captured: *amount,
                    released,
                }
            }
            Operation::Void => {
                books.held = 0;
                OutcomeResult::Voided
            }
            Operation::Refund { amount } => {
                books.refunded += amount.minor;
                assert!(books.refunded <= books.captured, "{command:?} of {books:?}");
                OutcomeResult::Refunded {
                    refunded: money(books.refunded),
                }
            }
            Operation::Charge { amount, .. } => {
                assert_eq!(books.captures, 0, "{command:?} again");
                books.captures += 1;
                books.captured = amount.minor;
                OutcomeResult::Charged { charged: *amount }
            }
            Operation::Retrieve { .. } => OutcomeResult::NotFound,
        }
    }

    /// A capture that succeeded fails after all.
    fn fail_late(&mut self, world: &World, command: &PaymentCommand) {
        self.books
            .entry(command.payment.clone())
            .or_default()
            .captured = 0;
        let code = "bank".into();
        self.webhook(world, command, OutcomeResult::CaptureFailedLate { code });
    }

    fn reply(&mut self, world: &World, command: &PaymentCommand, result: OutcomeResult) {
        let about = (&command.payment, command.op, command.attempt);
        let message = outcome(&world.account, about, OutcomeVia::Call, result);
        self.inbox.push(message);
    }

    fn webhook(&mut self, world: &World, command: &PaymentCommand, result: OutcomeResult) {
        self.webhooks += 1;
        let via = OutcomeVia::Webhook(format!("e{}", self.webhooks).into());
        let message = outcome(
            &world.account,
            (&command.payment, command.op, 0),
            via,
            result,
        );
        self.inbox.push(message.clone());
        self.inbox.push(message);
    }
}
