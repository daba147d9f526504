//! How much later than they happened a session's events came: a charger that talks all along, always
//! late by the same, has a clock that is behind (docs/field.md, row 10).

use crate::entries::{Clock, Judged};
use wattledger_domain::charging::FieldEvent;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// A clock behind by less is late, as networks are; no zone is nearer to another.
const BEHIND: Milliseconds = Milliseconds::minutes(15);
/// What is flushed after an outage comes in a burst: its events differ in how late they come by as
/// much as they are apart. A charger that talks all along is late by the same, give or take this.
const PACE: Milliseconds = Milliseconds::minutes(2);
/// Events closer together than this tell no pace.
const SPAN: Milliseconds = Milliseconds::minutes(10);

/// How late the events of a session came: the least and the most, in whatever order they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lags {
    /// The least time from an event to its receipt; negative where the clock is ahead.
    pub least: Milliseconds,
    /// The most.
    pub most: Milliseconds,
    /// The latest event, by the charger.
    pub last: Timestamp,
}

impl Lags {
    /// Notes an event whose time was believed; others are judged by themselves.
    pub(crate) fn note(known: &mut Option<Self>, event: &FieldEvent, judged: &Judged) {
        if judged.clock == Clock::Suspect {
            return;
        }
        let lag = event.received_at.since(event.occurred_at);
        let last = event.occurred_at;
        *known = Some(known.map_or(
            Self {
                least: lag,
                most: lag,
                last,
            },
            |known| Self {
                least: known.least.min(lag),
                most: known.most.max(lag),
                last: known.last.max(last),
            },
        ));
    }

    /// Whether the clock was behind all along.
    pub(crate) fn is_behind(self, started_at: Timestamp) -> bool {
        let spread = self.most.0.saturating_sub(self.least.0);
        self.least >= BEHIND && spread <= PACE.0 && self.last.since(started_at) >= SPAN
    }
}
