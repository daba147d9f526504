//! Everything that `control.events` carries, and the token directory it keeps.

use crate::charging::TokenRef;
use crate::ids::{SessionId, StationId, TokenHash};
use crate::reference::{ReferenceSubmitted, TokenEntry};
use crate::time::Timestamp;

/// A record of `control.events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlRecord {
    /// From `apply` or the API: a document.
    Submitted(Box<ReferenceSubmitted>),
    /// From sessions: a token that nobody claims was used.
    TokenUnknown(TokenUnknown),
    /// From the clock or the replay driver.
    Tick(ControlTick),
}

/// Logical time for control itself and, through it, for one stage or for all (design §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlTick {
    /// It is now this late.
    pub at: Timestamp,
    /// Whom control passes the tick on to.
    pub stages: TickedStages,
}

/// Whom a tick is for. Live ticks go to all; a replay ticks one stage after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TickedStages {
    /// Every stage.
    All,
    /// Control alone.
    Control,
    /// Sessions.
    Sessions,
    /// Accounts.
    Accounts,
    /// Invoices.
    Invoices,
}

/// A token that nobody claims was used to charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUnknown {
    /// Where.
    pub station: StationId,
    /// For which session.
    pub session: SessionId,
    /// Which token.
    pub token: TokenRef,
    /// The instant at which it was used: it is resolved as of then.
    pub used_at: Timestamp,
}

/// What a token resolves to, whole (directory.tokens, compacted by hash).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The token.
    pub token: TokenHash,
    /// In order of `from`.
    pub entries: Vec<TokenEntry>,
}
