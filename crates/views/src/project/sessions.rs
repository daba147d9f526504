//! Rated sessions.

use super::numbered;
use crate::error::ViewError;
use crate::insert::{Rows, Table};
use crate::local_time::local_time;
use crate::words;
use wattledger_domain::session::SessionRated;

static VERSIONS: Table = Table {
    name: "session_versions",
    columns: &[
        "session",
        "version",
        "account",
        "auth_id",
        "transaction_id",
        "station",
        "evse",
        "site",
        "legal_entity",
        "tariff",
        "tariff_version",
        "time_zone",
        "local_date",
        "local_hour",
        "utc_offset_minutes",
        "currency",
        "started_at",
        "ended_at",
        "energy",
        "charging_ms",
        "suspended_by_vehicle_ms",
        "suspended_by_station_ms",
        "other_ms",
        "end_evidence",
        "flags",
        "rated_at",
    ],
};
static STEPS: Table = Table {
    name: "priced_steps",
    columns: &[
        "session",
        "version",
        "ordinal",
        "dimension",
        "element",
        "quantity",
        "price_e8",
        "tax_rate",
        "step_size",
        "from_at",
        "to_at",
    ],
};
static PERIODS: Table = Table {
    name: "charging_periods",
    columns: &[
        "session",
        "version",
        "ordinal",
        "from_at",
        "to_at",
        "energy",
        "state",
        "power_mw",
        "current_ma",
        "local_date",
        "local_hour",
        "utc_offset_minutes",
    ],
};
/// A version of a rated session, dated on the site's wall clock at its start.
pub fn rated(rated: &SessionRated, rows: &mut Rows) -> Result<(), ViewError> {
    let local = local_time(rated.started_at, &rated.pins.time_zone)?;
    let flags: Vec<&str> = rated
        .evidence
        .flags
        .iter()
        .map(|flag| words::flag(*flag))
        .collect();
    rows.add(
        &VERSIONS,
        [
            rated.session.as_str().into(),
            rated.version.into(),
            rated.account.as_str().into(),
            rated.authorization.as_ref().map(|id| id.as_str()).into(),
            rated.transaction.as_ref().map(|id| id.as_str()).into(),
            rated.pins.station.id.as_str().into(),
            rated.evse.0.into(),
            rated.pins.site.id.as_str().into(),
            rated.pins.legal_entity.id.as_str().into(),
            rated.pins.tariff.id.as_str().into(),
            rated.pins.tariff.version.into(),
            (&*rated.pins.time_zone).into(),
            local.date.into(),
            local.hour.into(),
            local.utc_offset_minutes.into(),
            rated.priced.currency.code().into(),
            rated.started_at.0.into(),
            rated.ended_at.0.into(),
            rated.energy.0.into(),
            rated.durations.charging.0.into(),
            rated.durations.suspended_by_vehicle.0.into(),
            rated.durations.suspended_by_station.0.into(),
            rated.durations.other.0.into(),
            words::end_evidence(rated.evidence.end).into(),
            flags.join(" ").into(),
            rated.rated_at.0.into(),
        ],
    );
    steps(rated, rows);
    periods(rated, rows)
}

fn steps(rated: &SessionRated, rows: &mut Rows) {
    for (ordinal, step) in numbered(&rated.priced.steps) {
        rows.add(
            &STEPS,
            [
                rated.session.as_str().into(),
                rated.version.into(),
                ordinal.into(),
                words::dimension(step.dimension).into(),
                i64::from(step.element).into(),
                step.quantity.into(),
                step.price.0.into(),
                step.tax.map(|rate| rate.0).into(),
                step.step_size.into(),
                step.from.0.into(),
                step.to.0.into(),
            ],
        );
    }
}

fn periods(rated: &SessionRated, rows: &mut Rows) -> Result<(), ViewError> {
    for (ordinal, period) in numbered(&rated.periods) {
        let local = local_time(period.from, &rated.pins.time_zone)?;
        rows.add(
            &PERIODS,
            [
                rated.session.as_str().into(),
                rated.version.into(),
                ordinal.into(),
                period.from.0.into(),
                period.to.0.into(),
                period.energy.0.into(),
                words::charging_state(period.state).into(),
                period.power.map(|power| power.0).into(),
                period.current.map(|current| current.0).into(),
                local.date.into(),
                local.hour.into(),
                local.utc_offset_minutes.into(),
            ],
        );
    }
    Ok(())
}
