//! A charging session as it was metered: states, charging periods, what a rated session says.

use crate::cost::Priced;
use crate::hash::Digest;
use crate::ids::{
    AccountId, AuthorizationId, CustomerGroup, DeviceProfileId, EvseId, LegalEntityId,
    MarketPricesId, PolicyId, SessionId, SiteId, SiteOccupancyId, StationId, TariffId,
    TransactionId,
};
use crate::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use crate::time::Timestamp;

/// What the car and the station do (OCPP 2.x `chargingState`, OCPP 1.6 connector status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargingState {
    /// Plugged in, nothing agreed yet.
    Connected,
    /// Energy flows, or the car asks for it.
    Charging,
    /// The car asks for no power: parking time.
    SuspendedByVehicle,
    /// The station gives no power: neither time nor parking time unless the policy says so.
    SuspendedByStation,
    /// The transaction goes on with no car.
    Idle,
}

/// A stretch of a session in which nothing that a price can depend on changed, save energy and
/// time (OCPI `ChargingPeriod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargingPeriod {
    /// First instant.
    pub from: Timestamp,
    /// First instant that is no longer in it.
    pub to: Timestamp,
    /// Energy delivered in it.
    pub energy: MilliwattHours,
    /// What car and station did.
    pub state: ChargingState,
    /// Mean power as metered, if the charger said so.
    pub power: Option<Milliwatts>,
    /// Mean current as metered, if the charger said so.
    pub current: Option<Milliamperes>,
}

/// A version of a reference document that a session is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin<Id> {
    /// The document.
    pub id: Id,
    /// Its version, from 1.
    pub version: i32,
    /// The hash of its canonical content.
    pub hash: Digest,
}

/// Everything that a session's bill depends on, fixed at the authorisation or else at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins {
    /// The station.
    pub station: Pin<StationId>,
    /// The site.
    pub site: Pin<SiteId>,
    /// The site's IANA time zone.
    pub time_zone: Box<str>,
    /// The seller.
    pub legal_entity: Pin<LegalEntityId>,
    /// The seller's policy.
    pub policy: Pin<PolicyId>,
    /// The tariff.
    pub tariff: Pin<TariffId>,
}

/// A session that has been priced for the bill, or priced again (`version` above 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRated {
    /// The session.
    pub session: SessionId,
    /// 1 for the first rating; each correction is one more.
    pub version: i32,
    /// Who pays.
    pub account: AccountId,
    /// What allowed it.
    pub authorization: Option<AuthorizationId>,
    /// The charger's transaction.
    pub transaction: Option<TransactionId>,
    /// Which EVSE of the pinned station.
    pub evse: EvseId,
    /// The customer group that the tariff was chosen by.
    pub group: Option<CustomerGroup>,
    /// Plug-in or start.
    pub started_at: Timestamp,
    /// First of end, unplugging, available.
    pub ended_at: Timestamp,
    /// What was delivered and can be proven.
    pub energy: MilliwattHours,
    /// Time by state.
    pub durations: Durations,
    /// What the bill depends on.
    pub pins: Pins,
    /// From start to end, in order, without gaps.
    pub periods: Vec<ChargingPeriod>,
    /// The exact price.
    pub priced: Priced,
    /// The market prices that it rests on, in order of first use; `None` where none was followed.
    pub market_prices: Option<Vec<Pin<MarketPricesId>>>,
    /// The published occupancy of the site that it rests on, in order of first use; `None` where its price
    /// does not look at it.
    pub site_occupancy: Option<Vec<Pin<SiteOccupancyId>>>,
    /// The device profile that its readings were read by; `None` where none is about its device.
    pub device_profile: Option<Pin<DeviceProfileId>>,
    /// What the figures rest on.
    pub evidence: Evidence,
    /// The logical time of the rating.
    pub rated_at: Timestamp,
}

/// How long a session was in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// Energy flowing or asked for.
    pub charging: Milliseconds,
    /// The car asked for none.
    pub suspended_by_vehicle: Milliseconds,
    /// The station gave none.
    pub suspended_by_station: Milliseconds,
    /// Plugged in otherwise.
    pub other: Milliseconds,
}

/// What a session's energy and end rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// First register reading that counts.
    pub register_start: Option<MilliwattHours>,
    /// Last register reading that counts.
    pub register_end: Option<MilliwattHours>,
    /// Register readings taken into account.
    pub readings: i32,
    /// Who says that it ended.
    pub end: EndEvidence,
    /// What was odd, in order of the enum.
    pub flags: Vec<SessionFlag>,
}

/// Who says that a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndEvidence {
    /// The charger said so.
    Reported,
    /// Inferred from a boot, a free connector or the next start (ev-domain.md §2, 16).
    Inferred,
    /// Not ended yet.
    Open,
}

/// What was odd about a session and could be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionFlag {
    /// The first register was implausible; the next plausible one is the base.
    BaselineSuspect,
    /// The register went backwards and a new segment began.
    RegisterReset,
    /// A reading was left out as an outlier.
    ReadingOutlier,
    /// A reading implied more power than the EVSE has.
    PowerImplausible,
    /// The charger's clock was wrong; received time was used.
    ClockSuspect,
    /// Ended by inference.
    EndInferred,
    /// Two different ends were reported; the first counts.
    ConflictingEnd,
    /// Events came after the session was rated.
    LateEvents,
    /// Energy was interpolated at a price boundary.
    Interpolated,
    /// Charging went on after the stop was ordered.
    OverranLimit,
    /// Registers and metered power differ by a factor of about 1,000: one of the units is wrong.
    UnitSuspect,
    /// Readings count from the session's start, its start and end from the meter's installation.
    RegisterRelative,
}

/// Why a session waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldReason {
    /// Nobody answers for it.
    NoPayer,
    /// No tariff applies.
    NoTariff,
    /// Station, site or seller unknown.
    NoStation,
    /// The energy cannot be justified.
    EnergyImplausible,
    /// The register went backwards overall.
    RegisterBackwards,
    /// Two ends that differ.
    ConflictingEnd,
    /// Longer than the policy allows without a look.
    TooLong,
    /// Dearer than the policy allows without a look.
    TooDear,
    /// Events came after the correction window.
    AfterCorrectionWindow,
    /// Times cannot be ordered (end before start, untrusted clock with a time-of-use price).
    TimesImplausible,
}
