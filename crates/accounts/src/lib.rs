//! The fold of one account: what is owed for its sessions and how it is collected.
//!
//! Authorisations become holds, running cost raises them, a rated session becomes an invoice draft
//! and a capture in one turn, later ratings become credit notes, refunds or charges. Outcomes of
//! payment processors come back as events.
//!
//! Invariant: for every billed session captured + receivable + written off = due, after each event.
//! Invariant: one operation per payment is in flight, under a key made of (payment, operation).

pub mod account;
pub mod authorization;
pub mod bill;
mod desk;
pub mod effect;
pub mod key;
pub mod payment;

#[cfg(test)]
mod tests;

pub use effect::{Alert, Effect, Rejection};
pub use key::{Entity, Key, Timer, TimerKind, Value};

use desk::Desk;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::state::State;
use wattledger_domain::time::Timestamp;

/// The entities and timers of one partition of `account.events`.
pub type Accounts<'a> = dyn State<Key = Key, Value = Value, Timer = Timer> + 'a;

/// Folds one record. On an error nothing has changed and no effect was added.
///
/// # Errors
/// [`Rejection`] when the record contradicts what is known or its amounts cannot be computed.
pub fn fold(
    state: &mut Accounts<'_>,
    event: &AccountRecord,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let mut desk = Desk::new(state);
    match event {
        AccountRecord::AuthorizationPinned(pinned) => authorization::pinned(&mut desk, pinned)?,
        AccountRecord::SessionOpened(opened) => authorization::opened(&mut desk, opened),
        AccountRecord::RunningCost(cost) => authorization::running(&mut desk, cost)?,
        AccountRecord::SessionRated(rated) => bill::rated(&mut desk, rated)?,
        AccountRecord::SessionHeld(held) => bill::held(&mut desk, held),
        AccountRecord::SessionWithdrawn(withdrawn) => bill::withdrawn(&mut desk, withdrawn)?,
        // On record; what follows from it comes as a rating or a withdrawal.
        AccountRecord::SessionDecided(_) => {}
        AccountRecord::PaymentOutcome(outcome) => payment::outcome(&mut desk, outcome)?,
        AccountRecord::InvoiceIssued(notice) => bill::issued(&mut desk, notice)?,
        AccountRecord::DraftRejected(rejected) => bill::rejected(&mut desk, rejected)?,
        AccountRecord::Reference(recorded) => account::recorded(&mut desk, recorded),
        AccountRecord::Tick(_) => {}
    }
    desk.commit(effects);
    Ok(())
}

/// Fires one timer that is due. On an error nothing has changed and no effect was added.
///
/// # Errors
/// [`Rejection`] when an amount cannot be computed.
pub fn fire(
    state: &mut Accounts<'_>,
    timer: &Timer,
    due: Timestamp,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let mut desk = Desk::new(state);
    match (&timer.kind, &timer.entity) {
        (TimerKind::Retry, Entity::Payment(payment)) => {
            payment::retry_due(&mut desk, &timer.account, payment, due)?;
        }
        (TimerKind::PlugIn, Entity::Authorization { .. }) => {
            authorization::plug_in_due(&mut desk, timer, due)?;
        }
        (TimerKind::Rotate, Entity::Authorization { .. }) => {
            authorization::rotation_due(&mut desk, timer, due)?;
        }
        (TimerKind::Forget, _) => desk.forget(timer),
        // No other pair is ever set.
        (TimerKind::Retry | TimerKind::PlugIn | TimerKind::Rotate, _) => {}
    }
    desk.commit(effects);
    Ok(())
}
