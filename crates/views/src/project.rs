//! From a record to its rows.
//!
//! Invariant: a row is a function of its record alone; projecting a record twice gives equal rows
//! under equal keys.

mod documents;
mod field;
mod review;
mod sessions;
mod story;

use crate::error::ViewError;
use crate::insert::Rows;
use crate::record::{Recorded, ViewRecord};

/// Adds the rows of one record.
///
/// # Errors
/// [`ViewError::UnknownZone`] and [`ViewError::OutsideCalendar`].
pub fn project(recorded: &Recorded, rows: &mut Rows) -> Result<(), ViewError> {
    let at = &recorded.coordinates;
    match &recorded.record {
        ViewRecord::Rated(rated) => sessions::rated(rated, rows)?,
        ViewRecord::Held(held) => review::held(held, rows),
        ViewRecord::Decided(decided) => review::decided(decided, rows),
        ViewRecord::Issued(document) => documents::issued(document, rows)?,
        ViewRecord::Entry(entry) => documents::entry(entry, rows),
        ViewRecord::Payment(fact) => documents::payment(fact, rows),
        ViewRecord::Event(event) => field::event(at, event, rows),
        ViewRecord::Outcome(outcome) => field::outcome(at, outcome, rows),
        ViewRecord::DeadLetter(letter) => field::dead_letter(at, letter, rows),
        ViewRecord::Redriven(redriven) => field::redriven(at, redriven, rows),
        ViewRecord::Command(command) => field::command(at, command, rows),
        ViewRecord::Reference(reference) => field::reference(reference, rows),
        ViewRecord::Token(entry) => field::token(at, entry, rows),
        ViewRecord::AuthorizationPinned(pinned) => story::authorization(at, pinned, rows),
        ViewRecord::SessionOpened(opened) => story::opened(at, opened, rows),
        ViewRecord::RunningCost(cost) => story::running_cost(at, cost, rows),
        ViewRecord::PaymentCommand(command) => story::payment_command(at, command, rows),
        ViewRecord::PaymentOutcome(outcome) => story::payment_outcome(at, outcome, rows),
    }
    Ok(())
}

/// The items of a list with their numbers, from 1.
fn numbered<T>(items: &[T]) -> impl Iterator<Item = (i64, &T)> {
    (1_i64..).zip(items)
}
