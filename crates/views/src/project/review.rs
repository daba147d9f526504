//! Sessions that wait for a person, and what people decided.

use super::numbered;
use crate::insert::{Rows, Table};
use crate::words;
use serde_json::{Value, json};
use wattledger_domain::accounts::SessionHeld;
use wattledger_domain::cost::LineKind;
use wattledger_domain::review::{
    CorrectedReading, DeviceSeen, ReadingKind, ReadingSeen, ReviewProposal, ReviewVerdict,
    SessionDecided,
};
use wattledger_domain::session::ChargingState;

static HELD: Table = Table {
    name: "held_sessions",
    columns: &[
        "session",
        "held_at",
        "round",
        "version",
        "account",
        "auth_id",
        "station",
        "started_at",
        "ended_at",
        "energy",
        "proposed_minor",
        "currency",
        "proposal",
    ],
};
static REASONS: Table = Table {
    name: "held_reasons",
    columns: &["session", "held_at", "round", "ordinal", "reason"],
};
static DECISIONS: Table = Table {
    name: "review_decisions",
    columns: &[
        "source",
        "id",
        "session",
        "station",
        "verdict",
        "payer",
        "meter_start",
        "meter_stop",
        "corrected_end",
        "reason",
        "decided_by",
        "decided_at",
        "carried_out_at",
        "account",
        "version",
        "waits",
        "gross_minor",
        "currency",
    ],
};

/// A session that waits for a person, with its reasons and what it would be billed as.
pub fn held(held: &SessionHeld, rows: &mut Rows) {
    let proposal = held.proposal.as_deref();
    let round = proposal.map_or(0, |proposal| proposal.round);
    let amount = held.proposed.as_ref();
    rows.add(
        &HELD,
        [
            held.session.as_str().into(),
            held.held_at.0.into(),
            round.into(),
            proposal.map(|proposal| proposal.version).into(),
            held.account.as_str().into(),
            held.authorization.as_ref().map(|id| id.as_str()).into(),
            held.station.as_str().into(),
            held.started_at.0.into(),
            held.ended_at.0.into(),
            held.energy.0.into(),
            amount.map(|amount| amount.minor).into(),
            amount.map(|amount| amount.currency.code()).into(),
            proposal.map(|proposal| shown(proposal).to_string()).into(),
        ],
    );
    for (ordinal, reason) in numbered(&held.reasons) {
        rows.add(
            &REASONS,
            [
                held.session.as_str().into(),
                held.held_at.0.into(),
                round.into(),
                ordinal.into(),
                words::hold_reason(*reason).into(),
            ],
        );
    }
}

/// A decision that was carried out.
pub fn decided(decided: &SessionDecided, rows: &mut Rows) {
    let decision = &decided.decision;
    let (verdict, payer, reading) = match &decision.verdict {
        ReviewVerdict::BillAsProposed => ("bill", None, None),
        ReviewVerdict::BillCorrected(reading) => ("correct", None, Some(*reading)),
        ReviewVerdict::SetPayer(account) => ("set_payer", Some(account.as_str()), None),
        ReviewVerdict::Waive => ("waive", None, None),
        ReviewVerdict::Reprice(_) => ("reprice", None, None),
    };
    let CorrectedReading {
        meter_start,
        meter_stop,
        ended_at,
    } = reading.unwrap_or(CorrectedReading {
        meter_start: None,
        meter_stop: None,
        ended_at: None,
    });
    rows.add(
        &DECISIONS,
        [
            decision.source.as_str().into(),
            decision.id.as_str().into(),
            decision.session.as_str().into(),
            decision.station.as_str().into(),
            verdict.into(),
            payer.into(),
            meter_start.map(|meter| meter.0).into(),
            meter_stop.map(|meter| meter.0).into(),
            ended_at.map(|ended_at| ended_at.0).into(),
            (&*decision.reason).into(),
            (&*decision.decided_by).into(),
            decision.decided_at.0.into(),
            decided.carried_out_at.0.into(),
            decided.account.as_str().into(),
            decided.version.into(),
            decided.waits.into(),
            decided.gross.map(|gross| gross.minor).into(),
            decided
                .gross
                .as_ref()
                .map(|gross| gross.currency.code())
                .into(),
        ],
    );
}

/// A proposal, for people and programs.
fn shown(proposal: &ReviewProposal) -> Value {
    let evidence = &proposal.evidence;
    let flags: Vec<&str> = evidence
        .flags
        .iter()
        .map(|flag| words::flag(*flag))
        .collect();
    let durations = &proposal.durations;
    json!({
        "evse": proposal.evse.0,
        "transaction": proposal.transaction.as_ref().map(|id| id.as_str()),
        "register_start": evidence.register_start.map(|register| register.0),
        "register_end": evidence.register_end.map(|register| register.0),
        "readings_counted": evidence.readings,
        "end": words::end_evidence(evidence.end),
        "flags": flags,
        "charging_ms": durations.charging.0,
        "suspended_by_vehicle_ms": durations.suspended_by_vehicle.0,
        "suspended_by_station_ms": durations.suspended_by_station.0,
        "other_ms": durations.other.0,
        "tariff": proposal.tariff.as_ref().map(|pin| pin.id.as_str()),
        "tariff_version": proposal.tariff.as_ref().map(|pin| pin.version),
        "time_zone": proposal.time_zone.as_deref(),
        "device": proposal.device.as_ref().map(device),
        "periods": proposal.periods.iter().map(|period| json!({
            "from_at": period.from.0,
            "to_at": period.to.0,
            "energy": period.energy.0,
            "state": words::charging_state(period.state),
        })).collect::<Vec<Value>>(),
        "readings": proposal.readings.iter().map(reading).collect::<Vec<Value>>(),
        "readings_left_out": proposal.readings_left_out,
        "lines": proposal.lines.iter().map(|line| json!({
            "kind": match line.kind {
                LineKind::Usage(dimension) => words::dimension(dimension),
                LineKind::MinPrice => "min_price",
                LineKind::MaxPrice => "max_price",
            },
            "element": line.element,
            "quantity": line.quantity,
            "price_e8": line.price.0,
            "tax_rate": line.tax.map(|rate| rate.0),
            "net": line.net.minor,
            "from_at": line.from.0,
            "to_at": line.to.0,
        })).collect::<Vec<Value>>(),
        "groups": proposal.groups.iter().map(|group| json!({
            "tax_rate": group.rate.map(|rate| rate.0),
            "net": group.net.minor,
            "tax": group.tax.minor,
            "gross": group.gross.minor,
        })).collect::<Vec<Value>>(),
        "taxes": proposal.taxes.iter().flatten().map(|tax| json!({
            "group_rate": tax.group.0,
            "name": &*tax.name,
            "account_number": tax.account_number.as_deref(),
            "tax_rate": tax.rate.0,
            "base": tax.base.minor,
            "amount": tax.amount.minor,
        })).collect::<Vec<Value>>(),
        "rounding": proposal.rounding.map(|rounding| rounding.minor),
    })
}

fn device(seen: &DeviceSeen) -> Value {
    let device = &seen.device;
    json!({
        "vendor": device.vendor.as_deref(),
        "model": device.model.as_deref(),
        "firmware": device.firmware.as_deref(),
        "profile": seen.profile.as_ref().map(|pin| pin.id.as_str()),
        "profile_version": seen.profile.as_ref().map(|pin| pin.version),
        "suggestion": seen.suggestion.map(words::device_suggestion),
    })
}

fn reading(reading: &ReadingSeen) -> Value {
    let kind = match reading.kind {
        ReadingKind::State => "state",
        ReadingKind::StatusState => "status_state",
        ReadingKind::Power => "power",
        ReadingKind::Current => "current",
        ReadingKind::EnergyInterval => "energy_interval",
        ReadingKind::EnergyNet => "energy_net",
        ReadingKind::EnergyPhaseOne => "energy_phase_1",
        ReadingKind::EnergyPhaseTwo => "energy_phase_2",
        ReadingKind::EnergyPhaseThree => "energy_phase_3",
        ReadingKind::EnergyTotal => "energy_total",
    };
    let value = match (reading.kind, reading.value) {
        (ReadingKind::State | ReadingKind::StatusState, code) => {
            const STATES: [ChargingState; 5] = [
                ChargingState::Connected,
                ChargingState::Charging,
                ChargingState::SuspendedByVehicle,
                ChargingState::SuspendedByStation,
                ChargingState::Idle,
            ];
            let place = usize::try_from(code).unwrap_or(usize::MAX);
            let state = STATES.get(place).map(|state| words::charging_state(*state));
            json!(state)
        }
        (_, value) => json!(value),
    };
    json!({ "at": reading.at.0, "kind": kind, "value": value })
}
