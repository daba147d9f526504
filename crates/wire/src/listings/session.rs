//! Sessions as they were metered and rated.

use crate::avro::{Avro, DecodeError, Input, Names};
use crate::{record, symbols};
use serde_json::Value;
use wattledger_domain::session::{
    ChargingPeriod, ChargingState, Durations, EndEvidence, Evidence, HoldReason, Pin, Pins,
    SessionFlag, SessionRated,
};

symbols! { "wattledger.ChargingState", "What car and station do.", ChargingState {
    0 => Connected "CONNECTED", 1 => Charging "CHARGING",
    2 => SuspendedByVehicle "SUSPENDED_BY_VEHICLE",
    3 => SuspendedByStation "SUSPENDED_BY_STATION", 4 => Idle "IDLE",
} }
record! { "wattledger.ChargingPeriod",
    "A stretch in which only energy and time move.", ChargingPeriod {
    from: "First instant.",
    to: "First instant no longer in it.",
    energy: "Delivered in it, milliwatt hours.",
    state: "What car and station did.",
    power: "Mean power as metered, milliwatts.",
    current: "Mean current as metered over all phases, milliamperes.",
} }

/// A pin, whatever it pins.
impl<Id: Avro> Avro for Pin<Id> {
    fn schema(names: &mut Names) -> Value {
        const NAME: &str = "wattledger.Pin";
        if !names.first(NAME) {
            return NAME.into();
        }
        let id = crate::avro_field("id", "The document.", Id::schema(names));
        let version = crate::avro_field("version", "Its version, from 1.", i32::schema(names));
        let hash = <wattledger_domain::hash::Digest as Avro>::schema(names);
        let hash = crate::avro_field("hash", "SHA-256 of its canonical content.", hash);
        crate::avro_record(NAME, "A version of a document.", vec![id, version, hash])
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.id.write(out);
        self.version.write(out);
        self.hash.write(out);
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: Avro::read(input)?,
            version: Avro::read(input)?,
            hash: Avro::read(input)?,
        })
    }
}

record! { "wattledger.Pins", "Everything a bill depends on, fixed at the start.", Pins {
    station: "The station's document.",
    site: "The site's document.",
    time_zone: "IANA zone of the site.",
    legal_entity: "The seller's document.",
    policy: "The seller's policy.",
    tariff: "The tariff.",
} }
record! { "wattledger.Durations",
    "How long a session was in which state, milliseconds.", Durations {
    charging: "Energy flowing or asked for.",
    suspended_by_vehicle: "The car asked for none.",
    suspended_by_station: "The station gave none.",
    other: "Plugged in otherwise.",
} }
symbols! { "wattledger.EndEvidence", "Who says that a session ended.", EndEvidence {
    0 => Reported "REPORTED", 1 => Inferred "INFERRED", 2 => Open "OPEN",
} }
symbols! { "wattledger.SessionFlag", "What was odd about a session.", SessionFlag {
    0 => BaselineSuspect "BASELINE_SUSPECT", 1 => RegisterReset "REGISTER_RESET",
    2 => ReadingOutlier "READING_OUTLIER", 3 => PowerImplausible "POWER_IMPLAUSIBLE",
    4 => ClockSuspect "CLOCK_SUSPECT", 5 => EndInferred "END_INFERRED",
    6 => ConflictingEnd "CONFLICTING_END", 7 => LateEvents "LATE_EVENTS",
    8 => Interpolated "INTERPOLATED", 9 => OverranLimit "OVERRAN_LIMIT",
    10 => UnitSuspect "UNIT_SUSPECT", 11 => RegisterRelative "REGISTER_RELATIVE",
} }
symbols! { "wattledger.HoldReason", "Why a session waits for a person.", HoldReason {
    0 => NoPayer "NO_PAYER", 1 => NoTariff "NO_TARIFF", 2 => NoStation "NO_STATION",
    3 => EnergyImplausible "ENERGY_IMPLAUSIBLE", 4 => RegisterBackwards "REGISTER_BACKWARDS",
    5 => ConflictingEnd "CONFLICTING_END", 6 => TooLong "TOO_LONG", 7 => TooDear "TOO_DEAR",
    8 => AfterCorrectionWindow "AFTER_CORRECTION_WINDOW", 9 => TimesImplausible "TIMES_IMPLAUSIBLE",
} }
record! { "wattledger.Evidence", "What a session's energy and end rest on.", Evidence {
    register_start: "First register reading that counts, milliwatt hours.",
    register_end: "Last register reading that counts, milliwatt hours.",
    readings: "Register readings taken into account.",
    end: "Who says that it ended.",
    flags: "What was odd.",
} }
record! { "wattledger.sessions.SessionRated",
    "A session priced for the bill; a version above 1 corrects.", SessionRated {
    session: "Session id.",
    version: "From 1; each correction is one more.",
    account: "Who pays.",
    authorization: "What allowed it.",
    transaction: "The charger's own transaction id.",
    evse: "EVSE of the pinned station.",
    group: "Customer group that the tariff was chosen by.",
    started_at: "Plug-in or start.",
    ended_at: "First of end, unplugging, available.",
    energy: "Delivered and provable, milliwatt hours.",
    durations: "Time by state.",
    pins: "What the bill depends on.",
    periods: "From start to end, without gaps.",
    priced: "The exact price.",
    market_prices: "The market prices that it rests on; null where none was followed.",
    site_occupancy: "The published occupancy of the site that it rests on; null where the price does not look at it.",
    device_profile: "The device profile that its readings were read by; null where none is about its device.",
    evidence: "What the figures rest on.",
    rated_at: "Logical time of the rating.",
} }
