//! From where to where a session is accounted: by its end, a free EVSE, or a person.

use super::conclusion::Corrected;
use crate::attribution::CLOSING;
use crate::samples::Entry;
use crate::session::{End, Session};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::EndEvidence;
use wattledger_domain::time::Timestamp;

/// From where to where a session is accounted.
pub(super) struct Span {
    pub(super) ended_at: Timestamp,
    pub(super) end: EndEvidence,
    /// Readings after this are not the session's.
    pub(super) cutoff: Timestamp,
    pub(super) backwards: Backwards,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Backwards {
    No,
    Yes,
}

impl Span {
    /// As a person corrected it: its end where they say, and nothing after it.
    pub(super) fn corrected(
        self,
        session: &Session,
        corrected: &Corrected,
        later: Milliseconds,
    ) -> Self {
        let told = corrected.ended_at.map(|at| at.minus(later));
        let told = told.unwrap_or(self.ended_at);
        let ended_at = told.max(session.started_at);
        Self {
            ended_at,
            end: self.end,
            cutoff: match corrected.registers {
                Some(_) => ended_at,
                None => self.cutoff.min(ended_at),
            },
            backwards: Backwards::No,
        }
    }

    /// The first of end, free EVSE; an inferred end without a free EVSE is at the last reading.
    pub(super) fn of(session: &Session, entries: impl Iterator<Item = Entry>) -> Self {
        let started_at = session.started_at;
        let Some(End {
            at,
            evidence,
            meter_stop,
            event: _,
        }) = session.end
        else {
            let ended_at = session.ledger.closed_to;
            let end = EndEvidence::Open;
            return Self {
                ended_at,
                end,
                cutoff: ended_at,
                backwards: Backwards::No,
            };
        };
        let told = match (evidence, session.free_at) {
            (EndEvidence::Inferred, None) => entries
                .map(|entry| entry.at)
                .filter(|last| *last <= at)
                .last()
                .unwrap_or(started_at),
            (EndEvidence::Inferred, Some(free_at)) => free_at,
            (EndEvidence::Reported | EndEvidence::Open, free_at) => {
                free_at.map_or(at, |free_at| free_at.min(at))
            }
        };
        let cutoff = match (evidence, meter_stop) {
            (EndEvidence::Reported, None) => at.plus(CLOSING),
            (EndEvidence::Reported | EndEvidence::Inferred | EndEvidence::Open, _) => at,
        };
        let backwards = if at < started_at {
            Backwards::Yes
        } else {
            Backwards::No
        };
        let ended_at = told.max(started_at);
        Self {
            ended_at,
            end: evidence,
            cutoff: cutoff.max(ended_at),
            backwards,
        }
    }
}
