//! What an outcome changes in a payment.
//!
//! Invariant: success outranks refusal, refusal outranks doubt, and each counts once per operation.

use super::ask::{Ask, CheckReason, Flight, check_at};
use super::{Hold, Move, Notice, Payment, Phase, Refunding, Turn, Wish};
use wattledger_domain::document::Movement;
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, OutcomeVia, PaymentOutcome, Retry,
};
use wattledger_domain::time::Timestamp;

impl Payment {
    /// Folds an outcome.
    pub(super) fn learn(
        &mut self,
        outcome: &PaymentOutcome,
        now: Timestamp,
    ) -> Result<Turn, MoneyError> {
        if self.heard_before(&outcome.via) {
            return Ok(Turn::default());
        }
        if self.reference.is_none() {
            self.reference.clone_from(&outcome.reference);
        }
        let mut turn = Turn::default();
        match &outcome.result {
            OutcomeResult::Authorized {
                held,
                capture_before,
                increments,
            } => {
                let hold = Hold {
                    held: *held,
                    capture_before: *capture_before,
                    growth: *increments,
                    increments: 0,
                };
                self.authorized(outcome.op, hold, &mut turn)?;
            }
            OutcomeResult::Incremented { held } => self.grown(outcome.op, *held, &mut turn)?,
            OutcomeResult::Captured { captured, .. }
            | OutcomeResult::Charged { charged: captured } => {
                self.taken(outcome.op, *captured, &mut turn)?;
            }
            OutcomeResult::Voided => {
                self.answered(outcome.op);
                self.released(outcome.op, &mut turn);
            }
            OutcomeResult::Refunded { refunded } => {
                self.given_back(outcome.op, *refunded, &mut turn)?;
            }
            OutcomeResult::Declined { retry, .. } => {
                if let Some(ask) = self.answering(outcome) {
                    self.declined(ask, *retry, now, &mut turn)?;
                }
            }
            OutcomeResult::Pending | OutcomeResult::Unknown { .. } => {
                self.doubt(outcome, now, &mut turn)?;
            }
            OutcomeResult::NotFound => self.not_found(outcome, &mut turn),
            OutcomeResult::CaptureFailedLate { .. } => self.failed_late(outcome.op, &mut turn),
            OutcomeResult::Expired => self.lapsed(outcome.op, &mut turn),
            OutcomeResult::DisputeOpened { dispute, amount } => {
                self.dispute_opened(dispute, *amount, &mut turn)?;
            }
            OutcomeResult::DisputeWon { dispute } => self.dispute_won(dispute, &mut turn),
            OutcomeResult::DisputeLost { dispute, amount } => {
                self.dispute_lost(dispute, *amount, &mut turn)?;
            }
        }
        Ok(turn)
    }

    fn heard_before(&mut self, via: &OutcomeVia) -> bool {
        match via {
            OutcomeVia::Call => false,
            OutcomeVia::Webhook(event) => !self.webhooks.insert(event.clone()),
        }
    }

    /// The operation that a refusal answers, if it is still open and this is not an old attempt.
    fn answering(&self, outcome: &PaymentOutcome) -> Option<Ask> {
        let open = match &self.flight {
            Flight::Asked(ask) | Flight::Doubtful { ask, .. } | Flight::Checking { ask, .. } => ask,
            Flight::Quiet | Flight::Resting { .. } => return None,
        };
        let current = match outcome.via {
            OutcomeVia::Call => outcome.attempt == open.attempt,
            OutcomeVia::Webhook(_) => true,
        };
        (open.op == outcome.op && current).then(|| open.clone())
    }

    /// Ends the operation in flight if it is this one.
    fn answered(&mut self, op: i32) {
        if self.flight.ask().is_some_and(|ask| ask.op == op) {
            self.flight = Flight::Quiet;
        }
    }

    fn authorized(&mut self, op: i32, hold: Hold, turn: &mut Turn) -> Result<(), MoneyError> {
        self.amount.minus(hold.held)?;
        self.answered(op);
        // A hold that was refused and exists after all is held like any other.
        let refused = self.phase == Phase::Refused && self.failed_late.is_empty();
        if refused || self.phase == Phase::Asked {
            self.phase = Phase::Held(hold);
            turn.moved(op, Movement::Held, hold.held);
        }
        Ok(())
    }

    fn grown(&mut self, op: i32, held: Money, turn: &mut Turn) -> Result<(), MoneyError> {
        self.answered(op);
        if let Phase::Held(hold) = &mut self.phase {
            let more = held.minus(hold.held)?;
            if more.is_positive() {
                hold.held = held;
                hold.increments = hold.increments.saturating_add(1);
                turn.moved(op, Movement::Held, more);
            }
        }
        Ok(())
    }

    fn taken(&mut self, op: i32, captured: Money, turn: &mut Turn) -> Result<(), MoneyError> {
        let more = captured.minus(self.captured)?;
        self.answered(op);
        let reversed = self.failed_late.contains(&op);
        if !more.is_positive() || (reversed && self.phase == Phase::Refused) {
            return Ok(());
        }
        self.released(op, turn);
        turn.moved(op, Movement::Captured, more);
        self.captured = captured;
        self.phase = Phase::Taken;
        if reversed {
            self.reverse(op, turn);
        }
        Ok(())
    }

    fn released(&mut self, op: i32, turn: &mut Turn) {
        match self.phase {
            Phase::Held(hold) => {
                turn.moved(op, Movement::Released, hold.held);
                self.phase = Phase::Released;
            }
            Phase::Asked => self.phase = Phase::Released,
            Phase::Taken | Phase::Released | Phase::Refused => {}
        }
    }

    fn given_back(&mut self, op: i32, refunded: Money, turn: &mut Turn) -> Result<(), MoneyError> {
        self.answered(op);
        let more = refunded.minus(self.refunded)?;
        if more.is_positive() {
            self.refunded = refunded;
            if self.refund_wanted.minor < refunded.minor {
                self.refund_wanted = refunded;
            }
            turn.moved(op, Movement::Refunded, more);
        }
        Ok(())
    }

    fn declined(
        &mut self,
        mut ask: Ask,
        retry: Retry,
        now: Timestamp,
        turn: &mut Turn,
    ) -> Result<(), MoneyError> {
        let old_key = matches!(
            self.flight,
            Flight::Checking {
                reason: CheckReason::OldKey,
                ..
            }
        );
        if old_key && retry == Retry::Later {
            self.again(ask, turn);
            return Ok(());
        }
        let due = match (retry, &ask.operation) {
            (Retry::Never, _)
            | (Retry::Later, Operation::Authorize { .. } | Operation::Increment { .. }) => None,
            (
                Retry::Later,
                Operation::Capture { .. }
                | Operation::Void
                | Operation::Refund { .. }
                | Operation::Charge { .. }
                | Operation::Retrieve { .. },
            ) => ask.retry_at(now, self.deadline(&ask.operation)),
        };
        match due {
            Some(due) => {
                ask.declines = ask.declines.saturating_add(1);
                self.flight = Flight::Resting { ask, due };
                Ok(())
            }
            None => self.failed(&ask, turn),
        }
    }

    /// Until when an operation makes sense: a capture until the hold lapses.
    fn deadline(&self, operation: &Operation) -> Option<Timestamp> {
        match (operation, self.phase) {
            (Operation::Capture { .. }, Phase::Held(hold)) => Some(hold.capture_before),
            (Operation::Capture { .. }, _) => Some(Timestamp(i64::MIN)),
            (
                Operation::Authorize { .. }
                | Operation::Increment { .. }
                | Operation::Void
                | Operation::Refund { .. }
                | Operation::Charge { .. }
                | Operation::Retrieve { .. },
                _,
            ) => None,
        }
    }

    /// An operation failed for good.
    fn failed(&mut self, ask: &Ask, turn: &mut Turn) -> Result<(), MoneyError> {
        self.flight = Flight::Quiet;
        match ask.operation {
            Operation::Authorize { .. } | Operation::Charge { .. } => {
                if self.phase == Phase::Asked {
                    self.phase = Phase::Refused;
                }
                // Should a hold turn up all the same, nobody counts on it any more.
                self.wish = Wish::Release;
            }
            Operation::Increment { .. } => {
                if let Phase::Held(hold) = &mut self.phase {
                    hold.growth = IncrementSupport::Unsupported;
                }
                if matches!(self.wish, Wish::Total(_)) {
                    self.wish = Wish::Keep;
                }
            }
            // What is still held is let go; the bill finds another way.
            Operation::Capture { .. } => self.wish = Wish::Release,
            // The hold lapses by itself.
            Operation::Void => self.wish = Wish::Keep,
            Operation::Refund { .. } => {
                self.refunding = Refunding::Stuck;
                let owed = self.refund_wanted.minus(self.refunded)?;
                // After a capture that failed there is nothing to give back.
                if self.phase == Phase::Taken {
                    turn.notices.push(Notice::RefundStuck(owed));
                }
            }
            Operation::Retrieve { .. } => {}
        }
        Ok(())
    }

    fn doubt(
        &mut self,
        outcome: &PaymentOutcome,
        now: Timestamp,
        turn: &mut Turn,
    ) -> Result<(), MoneyError> {
        let checks = match &self.flight {
            Flight::Asked(_) => 0,
            Flight::Checking { checks, .. } => *checks,
            Flight::Quiet | Flight::Doubtful { .. } | Flight::Resting { .. } => return Ok(()),
        };
        let Some(ask) = self.answering(outcome) else {
            return Ok(());
        };
        // A webhook that says nothing leaves the call's own answer to come.
        if outcome.via != OutcomeVia::Call {
            return Ok(());
        }
        match check_at(checks, now) {
            Some(due) => self.flight = Flight::Doubtful { ask, checks, due },
            None => {
                turn.notices.push(Notice::OutcomeLost(ask.op));
                self.failed(&ask, turn)?;
            }
        }
        Ok(())
    }

    /// The processor never saw it: it is sent again unless nobody wants it any more.
    fn not_found(&mut self, outcome: &PaymentOutcome, turn: &mut Turn) {
        let Flight::Checking { ask, .. } = self.flight.clone() else {
            return;
        };
        if self.answering(outcome).is_none() {
            return;
        }
        let pointless = match ask.operation {
            Operation::Authorize { .. } => self.wish == Wish::Release,
            Operation::Increment { .. } => !matches!(self.wish, Wish::Total(_)),
            Operation::Capture { .. } => !matches!(self.phase, Phase::Held(_)),
            Operation::Void
            | Operation::Refund { .. }
            | Operation::Charge { .. }
            | Operation::Retrieve { .. } => false,
        };
        if pointless {
            self.flight = Flight::Quiet;
            if self.phase == Phase::Asked {
                self.phase = Phase::Refused;
            }
        } else {
            self.again(ask, turn);
        }
    }

    fn again(&mut self, mut ask: Ask, turn: &mut Turn) {
        ask.attempt = ask.attempt.saturating_add(1);
        self.flight = Flight::Asked(ask.clone());
        turn.again = Some(ask);
    }

    fn failed_late(&mut self, op: i32, turn: &mut Turn) {
        if self.failed_late.insert(op) && self.phase == Phase::Taken {
            self.reverse(op, turn);
        }
    }

    fn reverse(&mut self, op: i32, turn: &mut Turn) {
        turn.moved(op, Movement::CaptureReversed, self.captured);
        self.captured = Money::zero(self.amount.currency);
        self.phase = Phase::Refused;
    }

    fn lapsed(&mut self, op: i32, turn: &mut Turn) {
        self.released(op, turn);
        // A capture that was sent may have won the race: its own answer says so.
        let undecided =
            self.capturing().is_some() && !matches!(self.flight, Flight::Resting { .. });
        if !undecided && self.phase == Phase::Released {
            self.flight = Flight::Quiet;
        }
    }
}

impl Turn {
    pub(super) fn moved(&mut self, op: i32, movement: Movement, amount: Money) {
        if amount.is_positive() {
            self.moves.push(Move {
                op,
                movement,
                amount,
            });
        }
    }
}
