//! Everything that `charging.events` carries, and what goes back to chargers.
//!
//! Field events are shaped so that OCPP 1.6, 2.0.1 and 2.1 fit (ev-domain §1): what a protocol does
//! not say is `None`, never zero.

mod answers;

pub use answers::{
    AuthorizationRefused, ChargingAction, ChargingCommand, HoldGranted, HoldGrowth, PayerResolved,
    RefusalReason, StopReason,
};

use crate::ids::{
    AccountId, AuthorizationId, CustomerGroup, EventId, EvseId, SourceId, StationId, TokenHash,
    TransactionId,
};
use crate::money::Money;
use crate::payment::PaymentMethod;
use crate::quantity::MilliwattHours;
use crate::reference::ReferenceRecorded;
use crate::review::ReviewDecided;
use crate::session::ChargingState;
use crate::tax::TaxLiability;
use crate::time::Timestamp;

/// A record of `charging.events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargingRecord {
    /// From a gateway, HTTP or an import, through intake.
    Field(FieldEvent),
    /// From accounts: money is held, or credit is good.
    HoldGranted(HoldGranted),
    /// From accounts: no.
    AuthorizationRefused(AuthorizationRefused),
    /// From control: who a token belongs to.
    PayerResolved(PayerResolved),
    /// From the desk: a person decided about a session.
    ReviewDecided(Box<ReviewDecided>),
    /// From control: a version of a reference document.
    Reference(ReferenceRecorded),
    /// From control: logical time.
    Tick(ClockTick),
}

/// Logical time: the only thing that advances it (design §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTick {
    /// It is now this late.
    pub at: Timestamp,
}

/// An event from the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEvent {
    /// Who says it.
    pub source: SourceId,
    /// The source's id of it: (source, id) is the idempotency key.
    pub id: EventId,
    /// The station.
    pub station: StationId,
    /// The charger's time.
    pub occurred_at: Timestamp,
    /// Intake's time.
    pub received_at: Timestamp,
    /// What happened.
    pub body: FieldBody,
}

/// What happened in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldBody {
    /// A driver asks to charge.
    AuthorizationRequested(AuthorizationRequested),
    /// A transaction began (1.6 StartTransaction, 2.x TransactionEvent Started).
    SessionStarted(SessionStarted),
    /// Something changed or was measured (1.6 MeterValues, 2.x TransactionEvent Updated).
    SessionUpdated(SessionUpdated),
    /// A transaction ended (1.6 StopTransaction, 2.x TransactionEvent Ended).
    SessionEnded(SessionEnded),
    /// A connector's status (StatusNotification).
    ConnectorStatusChanged(ConnectorStatusChanged),
    /// The station booted (BootNotification).
    StationBooted(StationBooted),
}

/// A driver asks to charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequested {
    /// Chosen by the gateway; unique for the station.
    pub authorization: AuthorizationId,
    /// Where, if chosen already.
    pub evse: Option<EvseId>,
    /// Who would pay.
    pub payer: PayerRequest,
    /// The most that the driver wants to spend.
    pub limit: Option<Money>,
}

/// Who would pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayerRequest {
    /// Whoever the token belongs to.
    Token(TokenRef),
    /// An account, known to the app.
    Account(AccountId),
    /// A guest's card or wallet, as a processor's token.
    Method(PaymentMethod),
}

/// A token as intake resolved it at event time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRef {
    /// Keyed hash.
    pub hash: TokenHash,
    /// Whose it is; `None` when nobody's yet.
    pub account: Option<AccountId>,
    /// The customer group that goes with it.
    pub group: Option<CustomerGroup>,
    /// Who owes the tax on what it pays for; absent where nobody said: then the seller.
    pub tax: Option<TaxLiability>,
}

/// A transaction began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStarted {
    /// Where.
    pub evse: EvseId,
    /// The charger's id of it, when it has one it means.
    pub transaction: Option<TransactionId>,
    /// 2.x `seqNo`.
    pub sequence: Option<i64>,
    /// What allowed it.
    pub authorization: Option<AuthorizationId>,
    /// The token presented.
    pub token: Option<TokenRef>,
    /// The energy register at the start.
    pub meter_start: Option<MilliwattHours>,
    /// What car and station do.
    pub state: Option<ChargingState>,
    /// Whether the charger was offline then.
    pub connectivity: Connectivity,
    /// Other readings.
    pub samples: Vec<MeterSample>,
}

/// Whether a charger could talk when it happened (2.x `offline`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Connectivity {
    /// Connected, or it does not say.
    Online,
    /// It happened offline and was sent later.
    Offline,
}

/// Something changed or was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUpdated {
    /// Where, if said.
    pub evse: Option<EvseId>,
    /// The charger's transaction, if said.
    pub transaction: Option<TransactionId>,
    /// 2.x `seqNo`.
    pub sequence: Option<i64>,
    /// What car and station do now, if it changed.
    pub state: Option<ChargingState>,
    /// Readings.
    pub samples: Vec<MeterSample>,
}

/// One reading. Values are whole thousandths of the unit: mWh, mW, mA, thousandths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterSample {
    /// The charger's time of the reading.
    pub at: Timestamp,
    /// What was measured.
    pub measurand: Measurand,
    /// On which phase.
    pub phase: Phase,
    /// Why it was read.
    pub context: ReadingContext,
    /// Thousandths of Wh, W, A, V or percent.
    pub value: i64,
}

/// What was measured (the OCPP measurands that billing can use).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measurand {
    /// `Energy.Active.Import.Register`, mWh.
    EnergyImportRegister,
    /// `Energy.Active.Import.Interval`, mWh.
    EnergyImportInterval,
    /// `Energy.Active.Export.Register`, mWh.
    EnergyExportRegister,
    /// `Energy.Active.Net`, mWh.
    EnergyNet,
    /// `Power.Active.Import`, mW.
    PowerImport,
    /// `Power.Offered`, mW.
    PowerOffered,
    /// `Current.Import`, mA.
    CurrentImport,
    /// `Voltage`, mV.
    Voltage,
    /// `SoC`, thousandths of a percent.
    StateOfCharge,
}

/// Which phase a reading is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// All together, or not said.
    Total,
    /// Phase 1.
    L1,
    /// Phase 2.
    L2,
    /// Phase 3.
    L3,
    /// Neutral, or between phases: kept, not used.
    Other,
}

/// Why a reading was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadingContext {
    /// `Transaction.Begin`.
    Begin,
    /// `Transaction.End`.
    End,
    /// `Sample.Periodic`, or not said.
    Periodic,
    /// `Sample.Clock`.
    Clock,
    /// `Interruption.*`, `Trigger`, `Other`.
    Other,
}

/// A transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnded {
    /// Where, if said (1.6 does not).
    pub evse: Option<EvseId>,
    /// The charger's transaction.
    pub transaction: Option<TransactionId>,
    /// 2.x `seqNo`.
    pub sequence: Option<i64>,
    /// The energy register at the end.
    pub meter_stop: Option<MilliwattHours>,
    /// Why, in the protocol's word.
    pub reason: Option<Box<str>>,
    /// The token that stopped it.
    pub token: Option<TokenRef>,
    /// Other readings.
    pub samples: Vec<MeterSample>,
}

/// A connector's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorStatusChanged {
    /// Which; 0 is the whole station.
    pub evse: EvseId,
    /// The status.
    pub status: ConnectorStatus,
    /// The protocol's error code, unless it is `NoError`.
    pub error_code: Option<Box<str>>,
    /// The maker's own code.
    pub vendor_error: Option<Box<str>>,
}

/// OCPP 1.6 connector status (2.x maps into it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorStatus {
    /// Free: nothing is plugged in.
    Available,
    /// Plugged in or presented, not charging yet.
    Preparing,
    /// Charging.
    Charging,
    /// The station gives no power.
    SuspendedByStation,
    /// The car takes no power.
    SuspendedByVehicle,
    /// Stopped, still plugged in.
    Finishing,
    /// Kept for somebody.
    Reserved,
    /// Out of service.
    Unavailable,
    /// Broken.
    Faulted,
    /// Plugged in (2.x `Occupied`, which says no more).
    Occupied,
}

/// The station booted: what it had open is over or will be resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationBooted {
    /// Why, in the protocol's word.
    pub reason: Option<Box<str>>,
    /// Maker.
    pub vendor: Option<Box<str>>,
    /// Model.
    pub model: Option<Box<str>>,
    /// Firmware version.
    pub firmware: Option<Box<str>>,
}
