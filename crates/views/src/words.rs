//! The words under which the domain's closed sets stand in tables and answers.

use wattledger_domain::charging::{FieldBody, RefusalReason, StopReason};
use wattledger_domain::cost::LineKind;
use wattledger_domain::device::DeviceSuggestion;
use wattledger_domain::document::{Movement, Side};
use wattledger_domain::outcome::Outcome;
use wattledger_domain::session::{ChargingState, EndEvidence, HoldReason, SessionFlag};
use wattledger_domain::tariff::Dimension;

/// A kind of field event.
pub const fn event_kind(body: &FieldBody) -> &'static str {
    match body {
        FieldBody::AuthorizationRequested(_) => "authorization_requested",
        FieldBody::SessionStarted(_) => "session_started",
        FieldBody::SessionUpdated(_) => "session_updated",
        FieldBody::SessionEnded(_) => "session_ended",
        FieldBody::ConnectorStatusChanged(_) => "connector_status_changed",
        FieldBody::StationBooted(_) => "station_booted",
    }
}

/// What became of an event.
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Duplicate => "duplicate",
        Outcome::Late => "late",
        Outcome::TooLate => "too_late",
        Outcome::Unresolved => "unresolved",
        Outcome::Claimed => "claimed",
        Outcome::Ignored => "ignored",
        Outcome::Conflicting => "conflicting",
        Outcome::Refused => "refused",
    }
}

/// What a device profile should say, as its field and word.
pub const fn device_suggestion(suggestion: DeviceSuggestion) -> &'static str {
    match suggestion {
        DeviceSuggestion::EnergyAsLabelled => "energyUnit: as_labelled",
        DeviceSuggestion::EnergyThousandfold => "energyUnit: kWh_as_Wh",
        DeviceSuggestion::EnergyThousandth => "energyUnit: Wh_as_kWh",
        DeviceSuggestion::PowerAsLabelled => "powerUnit: as_labelled",
        DeviceSuggestion::PowerThousandfold => "powerUnit: kW_as_W",
        DeviceSuggestion::PowerThousandth => "powerUnit: W_as_kW",
        DeviceSuggestion::RegisterLifetime => "register: lifetime",
        DeviceSuggestion::RegisterPerSession => "register: per_session",
    }
}

/// Why a session waits.
pub const fn hold_reason(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::NoPayer => "no_payer",
        HoldReason::NoTariff => "no_tariff",
        HoldReason::NoStation => "no_station",
        HoldReason::EnergyImplausible => "energy_implausible",
        HoldReason::RegisterBackwards => "register_backwards",
        HoldReason::ConflictingEnd => "conflicting_end",
        HoldReason::TooLong => "too_long",
        HoldReason::TooDear => "too_dear",
        HoldReason::AfterCorrectionWindow => "after_correction_window",
        HoldReason::TimesImplausible => "times_implausible",
    }
}

/// What was odd.
pub const fn flag(flag: SessionFlag) -> &'static str {
    match flag {
        SessionFlag::BaselineSuspect => "baseline_suspect",
        SessionFlag::RegisterReset => "register_reset",
        SessionFlag::ReadingOutlier => "reading_outlier",
        SessionFlag::PowerImplausible => "power_implausible",
        SessionFlag::ClockSuspect => "clock_suspect",
        SessionFlag::EndInferred => "end_inferred",
        SessionFlag::ConflictingEnd => "conflicting_end",
        SessionFlag::LateEvents => "late_events",
        SessionFlag::Interpolated => "interpolated",
        SessionFlag::OverranLimit => "overran_limit",
        SessionFlag::UnitSuspect => "unit_suspect",
        SessionFlag::RegisterRelative => "register_relative",
    }
}

/// Who says that a session ended.
pub const fn end_evidence(end: EndEvidence) -> &'static str {
    match end {
        EndEvidence::Reported => "reported",
        EndEvidence::Inferred => "inferred",
        EndEvidence::Open => "open",
    }
}

/// What car and station did.
pub const fn charging_state(state: ChargingState) -> &'static str {
    match state {
        ChargingState::Connected => "connected",
        ChargingState::Charging => "charging",
        ChargingState::SuspendedByVehicle => "suspended_by_vehicle",
        ChargingState::SuspendedByStation => "suspended_by_station",
        ChargingState::Idle => "idle",
    }
}

/// What a price counts.
pub const fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Energy => "energy",
        Dimension::Time => "time",
        Dimension::ParkingTime => "parking_time",
        Dimension::Flat => "flat",
    }
}

/// What a line bills.
pub const fn line_kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Usage(counted) => dimension(counted),
        LineKind::MinPrice => "min_price",
        LineKind::MaxPrice => "max_price",
    }
}

/// What happened to money.
pub const fn movement(movement: Movement) -> &'static str {
    match movement {
        Movement::Held => "held",
        Movement::Released => "released",
        Movement::Captured => "captured",
        Movement::CaptureReversed => "capture_reversed",
        Movement::Refunded => "refunded",
        Movement::DisputeOpened => "dispute_opened",
        Movement::DisputeWon => "dispute_won",
        Movement::DisputeLost => "dispute_lost",
        Movement::WrittenOff => "written_off",
    }
}

/// One side of an entry.
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Debit => "debit",
        Side::Credit => "credit",
    }
}

/// Why an authorisation was refused.
pub const fn refusal(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::UnknownStation => "unknown_station",
        RefusalReason::NoTariff => "no_tariff",
        RefusalReason::UnknownToken => "unknown_token",
        RefusalReason::UnknownAccount => "unknown_account",
        RefusalReason::AccountBlocked => "account_blocked",
        RefusalReason::Declined => "declined",
        RefusalReason::HoldTooSmall => "hold_too_small",
        RefusalReason::PlugInTimeout => "plug_in_timeout",
        RefusalReason::NoAnswer => "no_answer",
        RefusalReason::Occupied => "occupied",
    }
}

/// Why a charger was told to stop.
pub const fn stop(reason: StopReason) -> &'static str {
    match reason {
        StopReason::HoldExhausted => "hold_exhausted",
        StopReason::DriverLimit => "driver_limit",
        StopReason::NotAuthorized => "not_authorized",
    }
}
