//! The review desk: what a person is shown of a session that waits, and what they decide.

use crate::cost::{SettledLine, TaxGroup};
use crate::device::{Device, DeviceSuggestion};
use crate::ids::{
    AccountId, DeviceProfileId, EventId, EvseId, SessionId, SourceId, StationId, TariffId,
    TransactionId,
};
use crate::money::Money;
use crate::quantity::MilliwattHours;
use crate::session::{ChargingPeriod, Durations, Evidence, Pin};
use crate::tax::TaxLine;
use crate::time::Timestamp;

/// What a session would be billed as, and what that rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewProposal {
    /// How often the session has been held, from 1: a decision names what was looked at.
    pub round: i32,
    /// The version billed so far; 0 when none is.
    pub version: i32,
    /// Where exactly.
    pub evse: EvseId,
    /// The charger's transaction.
    pub transaction: Option<TransactionId>,
    /// Registers, who says that it ended, and what was odd.
    pub evidence: Evidence,
    /// Time by state.
    pub durations: Durations,
    /// From start to end, in order, without gaps; the first and last where there are many.
    pub periods: Vec<ChargingPeriod>,
    /// What the charger said, in order; the first and last where there is much.
    pub readings: Vec<ReadingSeen>,
    /// How many readings are not among them.
    pub readings_left_out: i32,
    /// What it would be billed by; `None` when nothing prices it.
    pub tariff: Option<Pin<TariffId>>,
    /// The site's IANA zone; `None` when the station is unknown.
    pub time_zone: Option<Box<str>>,
    /// The lines of the invoice as it would be; empty when nothing prices it.
    pub lines: Vec<SettledLine>,
    /// Its tax groups.
    pub groups: Vec<TaxGroup>,
    /// Its charger; `None` where nobody has said what it is and nothing speaks against its readings.
    pub device: Option<DeviceSeen>,
    /// What named taxes would come to; `None` where taxes have no names.
    pub taxes: Option<Vec<TaxLine>>,
    /// What cash rounding would add, or take off; `None` without cash rounding.
    pub rounding: Option<Money>,
}

/// A session's charger, and whether its data fit what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSeen {
    /// What it says it is.
    pub device: Device,
    /// How its readings were read; `None` where no profile is about it.
    pub profile: Option<Pin<DeviceProfileId>>,
    /// What a profile should say, by the data; `None` where nothing contradicts.
    pub suggestion: Option<DeviceSuggestion>,
}

/// One thing that a charger said of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingSeen {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: ReadingKind,
    /// mWh, mW or mA; a state as its place in [`crate::session::ChargingState`].
    pub value: i64,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadingKind {
    /// The transaction's charging state.
    State,
    /// The charging state that a connector's status implies.
    StatusState,
    /// Power, mW.
    Power,
    /// Current, mA.
    Current,
    /// Energy since the interval before, mWh.
    EnergyInterval,
    /// Net energy register, mWh.
    EnergyNet,
    /// Energy register of phase 1, mWh.
    EnergyPhaseOne,
    /// Energy register of phase 2, mWh.
    EnergyPhaseTwo,
    /// Energy register of phase 3, mWh.
    EnergyPhaseThree,
    /// Energy register over all phases, mWh.
    EnergyTotal,
}

/// A person decided about a session (charging.events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDecided {
    /// Who says it: the desk. (source, id) is the idempotency key.
    pub source: SourceId,
    /// The desk's id of it.
    pub id: EventId,
    /// Where the session was.
    pub station: StationId,
    /// About which session.
    pub session: SessionId,
    /// What was looked at; `None` for whatever it is now.
    pub seen: Option<Seen>,
    /// What is decided.
    pub verdict: ReviewVerdict,
    /// Why, in the person's words.
    pub reason: Box<str>,
    /// Who decided.
    pub decided_by: Box<str>,
    /// The desk's time.
    pub decided_at: Timestamp,
}

/// What a person had before them. A decision about something else than there is now is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How often it had been held; 0 when never.
    pub round: i32,
    /// The version that was billed; 0 when none.
    pub version: i32,
}

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewVerdict {
    /// Bill what is proposed, doubts or not.
    BillAsProposed,
    /// Bill by what the person read or was told.
    BillCorrected(CorrectedReading),
    /// Somebody else pays.
    SetPayer(AccountId),
    /// Bill nothing; what was billed is credited.
    Waive,
    /// Price it again: by this version of a tariff, all else as it was pinned; `None`: by station,
    /// seller, policy and tariff as they were in force at the start, looked up again.
    Reprice(Option<Pin<TariffId>>),
}

/// What a person knows better than the charger. At least one is there; what is not stays as metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectedReading {
    /// The energy register at the start.
    pub meter_start: Option<MilliwattHours>,
    /// The energy register at the end.
    pub meter_stop: Option<MilliwattHours>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A decision that was carried out (account.events): on record, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDecided {
    /// The decision.
    pub decision: ReviewDecided,
    /// Who pays now, or where the session is kept while nobody does.
    pub account: AccountId,
    /// The version that is billed now; 0 when none is.
    pub version: i32,
    /// The round of the hold it waits in now; 0 when it does not wait.
    pub waits: i32,
    /// What it comes to now, gross; `None` when nothing prices it.
    pub gross: Option<Money>,
    /// Logical time.
    pub carried_out_at: Timestamp,
}

/// A session is another account's, or nobody's, to pay (account.events): what was billed is credited,
/// what is held is released, what was taken is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionWithdrawn {
    /// The session.
    pub session: SessionId,
    /// Who no longer pays.
    pub account: AccountId,
    /// Above every version that the account has been sent; 0 when it was sent none.
    pub version: i32,
    /// Logical time.
    pub at: Timestamp,
}
