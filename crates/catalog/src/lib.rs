//! The control fold: submitted documents become numbered versions in force, and are broadcast;
//! tokens become directory entries; ticks are passed on.
//!
//! Invariant: a document is broadcast only when everything it refers to has been, and no version
//! holds from an instant that a partition may have passed, unless back-dating is allowed.
//!
//! A version holds from its `valid_from` until its own `valid_to` or the `valid_from` of any later
//! version, whichever is first. Broadcasts carry the document's own `valid_to`: who receives them
//! applies the same rule.

mod check;
mod document;
mod state;
mod token;

pub use check::Refusal;
pub use document::LEAD;
pub use state::{
    AccountRecord, Key, Timer, TokenRecord, TokenSpan, TokenUse, Value, Version, Versions,
};

use wattledger_domain::charging::{ClockTick, PayerResolved};
use wattledger_domain::control::{ControlRecord, ControlTick, DirectoryEntry, TickedStages};
use wattledger_domain::ids::AccountId;
use wattledger_domain::outcome::EventOutcome;
use wattledger_domain::reference::{Kind, ReferenceRecorded};
use wattledger_domain::state::State;

/// What must happen because of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// To every partition of charging.events.
    BroadcastToSessions(Box<ReferenceRecorded>),
    /// To every partition of invoice.events.
    BroadcastToInvoices(Box<ReferenceRecorded>),
    /// To the account's own partition of account.events.
    ToAccount {
        /// Whose document it is.
        account: AccountId,
        /// The document.
        reference: Box<ReferenceRecorded>,
    },
    /// To directory.tokens.
    Directory(DirectoryEntry),
    /// To the station, on charging.events.
    PayerResolved(PayerResolved),
    /// To every partition of the stage's input.
    Tick {
        /// Whose input.
        stage: Stage,
        /// The tick.
        tick: ClockTick,
    },
    /// To event.outcomes: a document that was not recorded. Its source is [`OUTCOME_SOURCE`], its
    /// id `<Kind>/<id>@<hash>`.
    Outcome(Box<EventOutcome>),
}

/// The source of a document in event.outcomes.
pub const OUTCOME_SOURCE: &str = "control";

/// A stage that ticks are passed on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// charging.events.
    Sessions,
    /// account.events.
    Accounts,
    /// invoice.events.
    Invoices,
}

/// Why a record cannot be folded. Nothing has been changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// All version numbers of a document are taken.
    #[error("{kind:?} `{id}` has no version number left")]
    VersionsExhausted {
        /// Of which kind.
        kind: Kind,
        /// Which document.
        id: Box<str>,
    },
    /// All numbers of a token's uses are taken.
    #[error("no number is left for another use of a token")]
    UsesExhausted,
}

/// Folds one record of `control.events`.
///
/// # Errors
/// [`Rejection`]. A document that is refused is no rejection: it leaves as [`Effect::Outcome`].
pub fn fold(
    state: &mut dyn State<Key = Key, Value = Value, Timer = Timer>,
    event: &ControlRecord,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    match event {
        ControlRecord::Submitted(submitted) => document::fold(state, submitted, effects),
        ControlRecord::TokenUnknown(unknown) => token::used(state, unknown, effects),
        ControlRecord::Tick(tick) => {
            pass_on(*tick, effects);
            Ok(())
        }
    }
}

fn pass_on(ControlTick { at, stages }: ControlTick, effects: &mut Vec<Effect>) {
    let stages: &[Stage] = match stages {
        TickedStages::All => &[Stage::Sessions, Stage::Accounts, Stage::Invoices],
        TickedStages::Control => &[],
        TickedStages::Sessions => &[Stage::Sessions],
        TickedStages::Accounts => &[Stage::Accounts],
        TickedStages::Invoices => &[Stage::Invoices],
    };
    let tick = ClockTick { at };
    effects.extend(stages.iter().map(|&stage| Effect::Tick { stage, tick }));
}

type ControlState<'a> = dyn State<Key = Key, Value = Value, Timer = Timer> + 'a;

#[cfg(test)]
mod tests;
