//! Disputes: guarded by the processor's id, each won or lost once, whatever the order of the news.

use super::{Notice, Payment, Phase, Refunding, Turn};
use wattledger_domain::document::Movement;
use wattledger_domain::money::{Money, MoneyError};

/// A dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Its number in payment facts: -1 for the first that was heard of.
    pub op: i32,
    /// How it stands.
    pub standing: DisputeStanding,
}

/// How a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStanding {
    /// Undecided.
    Open(Money),
    /// Won before its opening was heard of: how much is not known yet.
    WonUnseen,
    /// Decided for us.
    Won(Money),
    /// Decided against us.
    Lost(Money),
}

impl Payment {
    /// Whether a dispute freezes refunds.
    pub(super) fn is_disputed(&self) -> bool {
        self.disputes
            .values()
            .any(|dispute| matches!(dispute.standing, DisputeStanding::Open(_)))
    }

    pub(super) fn dispute_opened(
        &mut self,
        id: &str,
        amount: Money,
        turn: &mut Turn,
    ) -> Result<(), MoneyError> {
        let op = self.dispute_op(id);
        let amount = self.disputable(amount)?;
        let standing = match self.disputes.get(id).map(|dispute| dispute.standing) {
            None => DisputeStanding::Open(amount),
            Some(DisputeStanding::WonUnseen) => DisputeStanding::Won(amount),
            Some(DisputeStanding::Open(_) | DisputeStanding::Won(_) | DisputeStanding::Lost(_)) => {
                return Ok(());
            }
        };
        turn.moved(op, Movement::DisputeOpened, amount);
        if standing == DisputeStanding::Won(amount) {
            turn.moved(op, Movement::DisputeWon, amount);
        }
        self.disputes.insert(id.into(), Dispute { op, standing });
        Ok(())
    }

    pub(super) fn dispute_won(&mut self, id: &str, turn: &mut Turn) {
        let op = self.dispute_op(id);
        let standing = match self.disputes.get(id).map(|dispute| dispute.standing) {
            None => DisputeStanding::WonUnseen,
            Some(DisputeStanding::Open(amount)) => {
                turn.moved(op, Movement::DisputeWon, amount);
                DisputeStanding::Won(amount)
            }
            Some(standing) => standing,
        };
        self.disputes.insert(id.into(), Dispute { op, standing });
    }

    /// What was lost cannot be given back too: a lost dispute clamps refunds (payments §9).
    pub(super) fn dispute_lost(
        &mut self,
        id: &str,
        amount: Money,
        turn: &mut Turn,
    ) -> Result<(), MoneyError> {
        let op = self.dispute_op(id);
        let amount = match self.disputes.get(id).map(|dispute| dispute.standing) {
            None => {
                let amount = self.disputable(amount)?;
                turn.moved(op, Movement::DisputeOpened, amount);
                amount
            }
            Some(DisputeStanding::Open(opened)) => amount.at_most(opened)?,
            Some(
                DisputeStanding::WonUnseen | DisputeStanding::Won(_) | DisputeStanding::Lost(_),
            ) => return Ok(()),
        };
        turn.moved(op, Movement::DisputeLost, amount);
        let standing = DisputeStanding::Lost(amount);
        self.disputes.insert(id.into(), Dispute { op, standing });
        let owed = self.refund_wanted.minus(self.refunded)?;
        let left = self.kept()?.minus(self.lost()?)?;
        if owed.is_positive() && owed.minor > left.minor && self.refunding == Refunding::Possible {
            self.refunding = Refunding::Stuck;
            turn.notices.push(Notice::RefundStuck(owed));
        }
        Ok(())
    }

    /// No more than what was taken and neither given back nor lost. News of a dispute that comes
    /// before the news of the capture is taken as it is.
    fn disputable(&self, amount: Money) -> Result<Money, MoneyError> {
        match self.phase {
            Phase::Taken => amount.at_most(self.kept()?.minus(self.lost()?)?),
            Phase::Asked | Phase::Held(_) | Phase::Released | Phase::Refused => Ok(amount),
        }
    }

    /// What was lost in disputes.
    pub(crate) fn lost(&self) -> Result<Money, MoneyError> {
        let nothing = Money::zero(self.amount.currency);
        self.disputes
            .values()
            .try_fold(nothing, |sum, dispute| match dispute.standing {
                DisputeStanding::Lost(amount) => sum.plus(amount),
                DisputeStanding::Open(_) | DisputeStanding::WonUnseen | DisputeStanding::Won(_) => {
                    Ok(sum)
                }
            })
    }

    fn dispute_op(&self, id: &str) -> i32 {
        let next = i32::try_from(self.disputes.len())
            .unwrap_or(i32::MAX)
            .saturating_add(1)
            .saturating_neg();
        self.disputes.get(id).map_or(next, |dispute| dispute.op)
    }
}
