//! A charging session as it is kept while it runs and until its corrections end.

use crate::lags::Lags;
use crate::ledger::{Flags, Ledger, Seen};
use crate::pinning::Bound;
use crate::samples::Samples;
use std::sync::Arc;
use wattledger_domain::charging::HoldGrowth;
use wattledger_domain::hash::{Digest, Fingerprint};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, CustomerGroup, DeviceProfileId, EventId, EvseId, SourceId,
    TariffId, TokenHash, TransactionId,
};
use wattledger_domain::money::Money;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::review::CorrectedReading;
use wattledger_domain::session::{ChargingState, EndEvidence, HoldReason};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::Meter;

/// A session; its older readings are kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where.
    pub evse: EvseId,
    /// The charger's id of it.
    pub transaction: Option<TransactionId>,
    /// What allowed it.
    pub authorization: Option<AuthorizationId>,
    /// Who pays, where known.
    pub account: Option<AccountId>,
    /// The token that started it.
    pub token: Option<TokenHash>,
    /// The customer group that chose the tariff.
    pub group: Option<CustomerGroup>,
    /// Who owes the tax on its bill, as far as it is known here: what is shown and held against limits while it
    /// runs, and proposed to a person, is what will be billed.
    pub tax: TaxLiability,
    /// When it began.
    pub started_at: Timestamp,
    /// What car and station did at the start.
    pub first_state: ChargingState,
    /// The energy register at the start.
    pub meter_start: Option<MilliwattHours>,
    /// The register that the session before it on the EVSE ended with, where it is another.
    pub carried: Option<MilliwattHours>,
    /// What its bill depends on; `None` when the station is unknown.
    pub pinned: Option<Pinned>,
    /// Other ids that the charger gave it, oldest first: a start that is told again may bring one.
    pub also: Vec<TransactionId>,
    /// How late its events came; `None` before one with a believed time.
    pub lags: Option<Lags>,
    /// Events counted by the charger.
    pub sequence: Sequence,
    /// Which kinds of reading came.
    pub seen: Seen,
    /// The newest readings; the older ones are kept apart.
    pub recent: Samples,
    /// In how many chunks the older ones are.
    pub chunks: u16,
    /// The instant of the last of the older ones; `None` while there are none.
    pub older_to: Option<Timestamp>,
    /// The readings so far, accounted.
    pub ledger: Ledger,
    /// The price so far; `None` when nothing prices it.
    pub meter: Option<Meter>,
    /// What may be spent; `None` without an authorisation.
    pub watch: Option<Watch>,
    /// When its EVSE was first free again after the start.
    pub free_at: Option<Timestamp>,
    /// Who said that it ended, and how.
    pub end: Option<End>,
    /// How far it has come.
    pub phase: Phase,
    /// What was billed last.
    pub billed: Option<Billed>,
    /// Who was billed last; as long as nothing was billed, nobody.
    pub billed_to: Option<AccountId>,
    /// How often it was held for a person.
    pub rounds: i32,
    /// What a person decided last; `None` while nobody has.
    pub decided: Option<Box<Decided>>,
    /// What was odd beside its readings.
    pub flags: Flags,
    /// The start of a session that nobody answers for; `None` once somebody does.
    pub unanswered: Option<Box<Origin>>,
    /// What its pins refer to. Derived, not written down: `None` when read back.
    pub bound: Option<Arc<Bound>>,
}

impl Session {
    /// The instant of its last reading.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        let recent = self.recent.last().map(|entry| entry.at);
        recent.or(self.older_to)
    }
}

/// Versions of the documents that a bill depends on; the ids follow from the station's document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pinned {
    /// The station's.
    pub station: i32,
    /// The site's.
    pub site: i32,
    /// The seller's.
    pub legal_entity: i32,
    /// The policy's.
    pub policy: i32,
    /// The tariff and its version; `None` when none applies.
    pub tariff: Option<(TariffId, i32)>,
    /// The device profile and its version; `None` when none is about the station's device.
    pub profile: Option<Box<(DeviceProfileId, i32)>>,
}

/// What the charger counts (2.x `seqNo`), to know whether all has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// All below have come; `None` when the charger does not count.
    pub next: Option<i64>,
    /// Some that came early, in order, none next.
    pub ahead: Vec<i64>,
}

impl Sequence {
    /// How many that came early are remembered.
    const AHEAD: usize = 32;

    pub(crate) fn starting(first: Option<i64>) -> Self {
        Self {
            next: first.map(|first| first.saturating_add(1)),
            ahead: Vec::new(),
        }
    }

    pub(crate) fn came(&mut self, number: Option<i64>) {
        let (Some(next), Some(number)) = (&mut self.next, number) else {
            return;
        };
        if number > *next {
            if let Err(place) = self.ahead.binary_search(&number)
                && self.ahead.len() < Self::AHEAD
            {
                self.ahead.insert(place, number);
            }
        } else if number == *next {
            *next = next.saturating_add(1);
            while self.ahead.first() == Some(next) {
                self.ahead.remove(0);
                *next = next.saturating_add(1);
            }
        }
    }

    /// Whether everything up to the last event has come.
    pub(crate) fn is_whole(&self, last: Option<i64>) -> bool {
        self.next.zip(last).is_some_and(|(next, last)| last < next)
    }
}

/// What may be spent, and what has been reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// What is held; `None` for an account that is billed afterwards.
    pub granted: Option<Money>,
    /// Kept free below it.
    pub reserve: Option<Money>,
    /// Whether more can be had.
    pub growth: HoldGrowth,
    /// The newest grant; 0 before the first.
    pub op: i32,
    /// The driver's own limit.
    pub driver: Option<Money>,
    /// The highest share of `granted` that was reported, percent.
    pub reported: i64,
    /// The highest share of `granted` whose coming was reported, percent.
    pub announced: i64,
    /// Whether the charger was told to stop.
    pub stop: Stop,
    /// Nothing to look at below this exact cost.
    pub quiet_below: i128,
}

/// Whether the charger was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Not yet.
    NotOrdered,
    /// At this energy.
    Ordered(MilliwattHours),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When, by the charger or by inference.
    pub at: Timestamp,
    /// Who says so.
    pub evidence: EndEvidence,
    /// The energy register at the end.
    pub meter_stop: Option<MilliwattHours>,
    /// The event that said so; `None` when it was inferred.
    pub event: Option<Fingerprint>,
}

/// How far a session has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It runs.
    Open,
    /// It ended, or changed afterwards, and is rated at this logical time.
    Settling(Timestamp),
    /// It waits for a person or a payer.
    Held(Held),
    /// It was rated.
    Rated,
}

/// Why a session waits, and what would be billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Why, in order of the enum.
    pub reasons: Vec<HoldReason>,
    /// What was proposed, hashed.
    pub result: Digest,
}

/// What a person decided, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Who said it.
    pub source: SourceId,
    /// The source's id of it.
    pub id: EventId,
    /// What stands since.
    pub standing: Standing,
}

/// What stands since a person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Billed in spite of doubts, as long as it comes to this, hashed.
    Accepted(Digest),
    /// Billed by what a person knows better, as long as the data are these.
    Corrected {
        /// What that is.
        reading: CorrectedReading,
        /// End and energy as metered, hashed.
        data: Digest,
    },
    /// Nothing is billed.
    Waived,
}

/// An event as its source names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who said it.
    pub source: SourceId,
    /// The source's id of it.
    pub id: EventId,
}

/// What was billed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Which rating.
    pub version: i32,
    /// What the bill shows, hashed.
    pub result: Digest,
    /// When it is forgotten.
    pub forget_at: Timestamp,
}

impl Billed {
    /// No bill hashes to it: what was billed no longer stands, whatever comes next.
    pub(crate) const OUTDATED: Digest = Digest::ZERO;
}
