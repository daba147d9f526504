//! What is owed for a session and what came of it.
//!
//! Invariant: captured + receivable + written off = due.

use wattledger_domain::money::{Money, MoneyError};

/// What is owed and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The newest invoice's total.
    pub due: Money,
    /// Taken and not given back.
    pub captured: Money,
    /// Open; below zero when more was taken than is due.
    pub receivable: Money,
    /// Given up.
    pub written_off: Money,
}

impl Balance {
    /// All of a new amount is open.
    #[must_use]
    pub const fn open(due: Money) -> Self {
        let nothing = Money::zero(due.currency);
        Self {
            due,
            captured: nothing,
            receivable: due,
            written_off: nothing,
        }
    }

    /// Another amount is due.
    pub(super) fn due(&mut self, due: Money) -> Result<(), MoneyError> {
        self.receivable = self.receivable.plus(due.minus(self.due)?)?;
        self.due = due;
        Ok(())
    }

    /// So much is captured in all.
    pub(super) fn captured(&mut self, captured: Money) -> Result<(), MoneyError> {
        self.receivable = self.receivable.minus(captured.minus(self.captured)?)?;
        self.captured = captured;
        Ok(())
    }

    /// Gives up an open amount.
    pub(super) fn write_off(&mut self, amount: Money) -> Result<(), MoneyError> {
        self.receivable = self.receivable.minus(amount)?;
        self.written_off = self.written_off.plus(amount)?;
        Ok(())
    }
}
