//! Field events, holds and what chargers are told.

use crate::{record, symbols, union};
use wattledger_domain::charging::{
    AuthorizationRefused, AuthorizationRequested, ChargingAction, ChargingCommand, ClockTick,
    Connectivity, ConnectorStatus, ConnectorStatusChanged, HoldGranted, HoldGrowth, Measurand,
    MeterSample, PayerRequest, PayerResolved, Phase, ReadingContext, RefusalReason, SessionEnded,
    SessionStarted, SessionUpdated, StationBooted, StopReason, TokenRef,
};
use wattledger_domain::tax::TaxLiability;

record! { "wattledger.charging.ClockTick",
    "Logical time: the only thing that advances it.", ClockTick {
    at: "It is now this late.",
} }
symbols! { "wattledger.TaxLiability", "Who owes the tax on a supply.", TaxLiability {
    0 => Seller "SELLER", 1 => Buyer "BUYER",
} }
record! { "wattledger.TokenRef", "A token as intake resolved it at event time.", TokenRef {
    hash: "Keyed hash of the token.",
    account: "Whose it is; null when nobody's yet.",
    group: "Customer group that goes with it.",
    tax: "Who owes the tax on what it pays for; null where nobody said: then the seller.",
} }
union! { PayerRequest {
    0 => Token "wattledger.charging.PayerToken" (token: "Whoever the token belongs to."),
    1 => Account "wattledger.charging.PayerAccount" (account: "An account known to the app."),
    2 => Method "wattledger.charging.PayerMethod" (
        method: "A guest's card or wallet, as a processor's token."),
} }
record! { "wattledger.charging.AuthorizationRequestedBody",
    "A driver asks to charge.", AuthorizationRequested {
    authorization: "Chosen by the gateway; unique for the station.",
    evse: "Where, if chosen already.",
    payer: "Who would pay.",
    limit: "The most that the driver wants to spend.",
} }
symbols! { "wattledger.charging.Connectivity",
    "Whether a charger could talk when it happened.", Connectivity {
    0 => Online "ONLINE", 1 => Offline "OFFLINE",
} }
symbols! { "wattledger.charging.Measurand", "What was measured.", Measurand {
    0 => EnergyImportRegister "ENERGY_IMPORT_REGISTER",
    1 => EnergyImportInterval "ENERGY_IMPORT_INTERVAL",
    2 => EnergyExportRegister "ENERGY_EXPORT_REGISTER", 3 => EnergyNet "ENERGY_NET",
    4 => PowerImport "POWER_IMPORT", 5 => PowerOffered "POWER_OFFERED",
    6 => CurrentImport "CURRENT_IMPORT", 7 => Voltage "VOLTAGE",
    8 => StateOfCharge "STATE_OF_CHARGE",
} }
symbols! { "wattledger.charging.Phase", "Which phase a reading is of.", Phase {
    0 => Total "TOTAL", 1 => L1 "L1", 2 => L2 "L2", 3 => L3 "L3", 4 => Other "OTHER",
} }
symbols! { "wattledger.charging.ReadingContext", "Why a reading was taken.", ReadingContext {
    0 => Begin "BEGIN", 1 => End "END", 2 => Periodic "PERIODIC", 3 => Clock "CLOCK",
    4 => Other "OTHER",
} }
record! { "wattledger.charging.MeterSample", "One reading.", MeterSample {
    at: "The charger's time of the reading.",
    measurand: "What was measured.",
    phase: "On which phase.",
    context: "Why it was read.",
    value: "Thousandths of the unit: mWh, mW, mA, mV, thousandths of a percent.",
} }
record! { "wattledger.charging.SessionStartedBody", "A transaction began.", SessionStarted {
    evse: "Where.",
    transaction: "The charger's id of it.",
    sequence: "OCPP 2.x seqNo.",
    authorization: "What allowed it.",
    token: "The token presented.",
    meter_start: "Energy register at the start, milliwatt hours.",
    state: "What car and station do.",
    connectivity: "Whether the charger was offline then.",
    samples: "Other readings.",
} }
record! { "wattledger.charging.SessionUpdatedBody",
    "Something changed or was measured.", SessionUpdated {
    evse: "Where, if said.",
    transaction: "The charger's transaction, if said.",
    sequence: "OCPP 2.x seqNo.",
    state: "What car and station do now, if it changed.",
    samples: "Readings.",
} }
record! { "wattledger.charging.SessionEndedBody", "A transaction ended.", SessionEnded {
    evse: "Where, if said.",
    transaction: "The charger's transaction.",
    sequence: "OCPP 2.x seqNo.",
    meter_stop: "Energy register at the end, milliwatt hours.",
    reason: "Why, in the protocol's word.",
    token: "The token that stopped it.",
    samples: "Other readings.",
} }
symbols! { "wattledger.charging.ConnectorStatus", "A connector's status.", ConnectorStatus {
    0 => Available "AVAILABLE", 1 => Preparing "PREPARING", 2 => Charging "CHARGING",
    3 => SuspendedByStation "SUSPENDED_BY_STATION", 4 => SuspendedByVehicle "SUSPENDED_BY_VEHICLE",
    5 => Finishing "FINISHING", 6 => Reserved "RESERVED", 7 => Unavailable "UNAVAILABLE",
    8 => Faulted "FAULTED", 9 => Occupied "OCCUPIED",
} }
record! { "wattledger.charging.ConnectorStatusChangedBody",
    "A connector's status.", ConnectorStatusChanged {
    evse: "Which; 0 is the whole station.",
    status: "The status.",
    error_code: "The protocol's error code, unless it is NoError.",
    vendor_error: "The maker's own code.",
} }
record! { "wattledger.charging.StationBootedBody", "The station booted.", StationBooted {
    reason: "Why, in the protocol's word.",
    vendor: "Maker.",
    model: "Model.",
    firmware: "Firmware version.",
} }
symbols! { "wattledger.charging.HoldGrowth", "Whether a hold can grow.", HoldGrowth {
    0 => MayGrow "MAY_GROW", 1 => Final "FINAL",
} }
record! { "wattledger.charging.HoldGranted", "Money is held, or credit is good.", HoldGranted {
    authorization: "For what.",
    station: "At which station.",
    account: "By whom.",
    limit: "Held in all; null for an account billed afterwards.",
    reserve: "Kept free for what is used before a stop takes effect.",
    growth: "Whether more can be had.",
    op: "Rises with each grant; an older one is dropped.",
    tax: "Who owes the tax on what is billed; null where nobody said: then the seller.",
} }
symbols! { "wattledger.charging.RefusalReason", "Why an authorisation is refused.", RefusalReason {
    0 => UnknownStation "UNKNOWN_STATION", 1 => NoTariff "NO_TARIFF",
    2 => UnknownToken "UNKNOWN_TOKEN",
    3 => UnknownAccount "UNKNOWN_ACCOUNT", 4 => AccountBlocked "ACCOUNT_BLOCKED",
    5 => Declined "DECLINED",
    6 => HoldTooSmall "HOLD_TOO_SMALL", 7 => PlugInTimeout "PLUG_IN_TIMEOUT",
    8 => NoAnswer "NO_ANSWER",
    9 => Occupied "OCCUPIED",
} }
record! { "wattledger.charging.AuthorizationRefused", "No.", AuthorizationRefused {
    authorization: "For what.",
    station: "At which station.",
    account: "By whom.",
    reason: "Why.",
} }
record! { "wattledger.charging.PayerResolved",
    "Who a token belongs to, once somebody said so.", PayerResolved {
    station: "At which station it was used.",
    session: "For which session.",
    token: "The token.",
} }
symbols! { "wattledger.charging.StopReason", "Why a charger is told to stop.", StopReason {
    0 => HoldExhausted "HOLD_EXHAUSTED", 1 => DriverLimit "DRIVER_LIMIT",
    2 => NotAuthorized "NOT_AUTHORIZED",
} }
union! { ChargingAction {
    0 => Allow "wattledger.charging.Allow" (
        limit: "Give power, up to this cost; null means unbounded."),
    1 => Refuse "wattledger.charging.Refuse" (reason: "Give none, because."),
    2 => Stop "wattledger.charging.Stop" (reason: "End the transaction, because."),
    3 => ShowCost "wattledger.charging.ShowCost" (total: "Show the running total."),
} }
record! { "wattledger.charging.ChargingCommand", "What a charger is told.", ChargingCommand {
    station: "Which station.",
    evse: "Which EVSE, if known.",
    authorization: "For which authorisation.",
    session: "For which session.",
    transaction: "The charger's own id of it.",
    action: "What to do.",
    at: "Logical time of the order.",
} }
