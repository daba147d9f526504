//! How much later than they happened events came: a charger that talks all along, always late by about
//! the same, has a clock that is behind (docs/field.md, row 10).
//!
//! Invariant: what is judged is a set of events, in whatever order they came.

use crate::entries::{Clock, Judged};
use wattledger_domain::charging::FieldEvent;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// A clock behind by less is late, as networks are; no zone is nearer to another.
const BEHIND: Milliseconds = Milliseconds::minutes(15);
/// What is flushed after an outage comes in a burst: its events differ in how late they come by as
/// much as they are apart. A charger that talks all along is late by the same, give or take this.
const PACE: Milliseconds = Milliseconds::minutes(2);
/// A clock that drifts is late by more and more: by no more than this share of the time.
const DRIFT: i64 = 4;
/// Events closer together than this tell no pace.
const SPAN: Milliseconds = Milliseconds::minutes(10);
/// So many events of a station are remembered beside its sessions.
const HEARD: usize = 8;
/// An event further from a session says nothing of its clock.
const NEAR: Milliseconds = Milliseconds::minutes(6 * 60);

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

/// An event of a station whose time was believed: a start, an end, a status, a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    /// When it was received.
    pub received_at: Timestamp,
    /// When it happened, by the charger.
    pub occurred_at: Timestamp,
}

impl Heard {
    fn lag(self) -> Milliseconds {
        self.received_at.since(self.occurred_at)
    }

    /// Notes an event: the last received stay, whatever came first.
    pub(crate) fn note(heard: &mut Vec<Self>, event: &FieldEvent, judged: &Judged) {
        let this = Self {
            received_at: event.received_at,
            occurred_at: event.occurred_at,
        };
        if judged.clock == Clock::Suspect {
            return;
        }
        if let Err(place) = heard.binary_search(&this) {
            heard.insert(place, this);
            let surplus = heard.len().saturating_sub(HEARD);
            heard.drain(..surplus);
        }
    }
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

    /// By how much the clock was behind all along; `None` where it was not, or nobody can tell. A
    /// session too short to tell is judged with what its station told around it.
    pub(crate) fn behind(self, started_at: Timestamp, heard: &[Heard]) -> Option<Milliseconds> {
        let (mut all, mut first) = (self, started_at);
        if self.is_brief(started_at) {
            let (from, to) = (started_at.minus(NEAR), self.last.plus(NEAR));
            for near in heard {
                let at = near.occurred_at;
                if (from..=to).contains(&at) {
                    first = first.min(at);
                    all = Self {
                        least: all.least.min(near.lag()),
                        most: all.most.max(near.lag()),
                        last: all.last.max(at),
                    };
                }
            }
        }
        let spread = all.most.0.saturating_sub(all.least.0);
        let span = all.last.since(first);
        let drifts = span.0.checked_div(DRIFT).unwrap_or(0);
        let steady = spread <= PACE.0.max(drifts);
        (all.least >= BEHIND && steady && span >= SPAN).then_some(self.least)
    }

    /// Whether its own events are too close together to tell, though they came late enough.
    pub(crate) fn is_brief(self, started_at: Timestamp) -> bool {
        self.least >= BEHIND && self.last.since(started_at) < SPAN
    }
}

/// By how much a clock is put right: to the quarter of an hour, as zones are apart.
pub(crate) fn put_right(behind: Milliseconds) -> Milliseconds {
    const QUARTER: i64 = 15 * 60_000;
    let halved = behind.0.saturating_add(QUARTER / 2);
    let quarters = halved.checked_div(QUARTER).unwrap_or(0);
    Milliseconds(quarters.saturating_mul(QUARTER))
}
