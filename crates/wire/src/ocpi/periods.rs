//! Charging periods of a record, as stretches of charging, of parking, and of neither.
//!
//! Volumes are hours with few decimals: a length that is stated within 0.18 s (half of the fourth
//! decimal of an hour) of the period's own is the period's own. A stated power or current stands
//! for the whole period; of two bounds the maximum.

use super::value::At;
use super::{Fault, Warning};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::time::Timestamp;

/// Half of 0.0001 h, in milliseconds.
const HALF_OF_LAST_PLACE: i64 = 180;

/// What a period states.
struct Stated {
    from: Timestamp,
    energy: i64,
    charging: Option<i64>,
    parking: Option<i64>,
    power: Option<i64>,
    current: Option<i64>,
}

/// Reads a record's periods, in order and without gaps.
pub fn periods(
    at: &At<'_>,
    start: Timestamp,
    end: Timestamp,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<ChargingPeriod>, Fault> {
    let mut stated = Vec::new();
    for period in at.required("charging_periods")?.items()? {
        stated.push((read(&period)?, period.path.clone()));
    }
    stated.sort_by_key(|(period, _)| period.from);
    let mut pieces = Pieces {
        now: start,
        periods: Vec::new(),
    };
    if let Some((first, path)) = stated.first()
        && first.from > start
    {
        let message = "starts after the session; the time before it is not billed";
        warnings.push(Warning {
            path: path.clone(),
            message: message.to_owned(),
        });
        pieces.push(first, first.from, 0, ChargingState::SuspendedByStation);
    }
    for (index, (period, path)) in stated.iter().enumerate() {
        let next = stated
            .get(index.saturating_add(1))
            .map_or(end, |(next, _)| next.from.min(end));
        if period.from > end || next < pieces.now {
            let message = "lies outside the session; left out".to_owned();
            warnings.push(Warning {
                path: path.clone(),
                message,
            });
            continue;
        }
        if let Some(message) = pieces.split(period, next) {
            warnings.push(Warning {
                path: path.clone(),
                message,
            });
        }
    }
    Ok(pieces.periods)
}

/// Warns where the energy of the periods is not the record's, above all by a factor of 1,000.
pub fn check_energy(at: &At<'_>, periods: &[ChargingPeriod], warnings: &mut Vec<Warning>) {
    let Some(field) = at.field("total_energy").or_else(|| at.field("kwh")) else {
        return;
    };
    let Ok(total) = field.scaled(6) else { return };
    let sum: i64 = periods
        .iter()
        .fold(0, |sum, period| sum.saturating_add(period.energy.0));
    let tolerance = total
        .saturating_abs()
        .checked_div(100)
        .unwrap_or(0)
        .saturating_add(1_000);
    let near = |value: i64| value.saturating_sub(total).saturating_abs() <= tolerance;
    if sum == 0 || near(sum) {
        return;
    }
    let kwh = |energy: i64| Decimal::new(energy, 6).normalize();
    let why = if near(sum.checked_div(1_000).unwrap_or(0)) {
        "volumes seem to be Wh where OCPI wants kWh"
    } else {
        "the periods do not add up to it"
    };
    let message = format!(
        "says {} kWh, its periods {} kWh: {why}",
        kwh(total),
        kwh(sum)
    );
    warnings.push(Warning {
        path: field.path.clone(),
        message,
    });
}

fn read(at: &At<'_>) -> Result<Stated, Fault> {
    let from = at.required("start_date_time")?.time()?;
    let (mut energy, mut charging, mut parking) = (0, None, None);
    // Maximum, minimum, mean.
    let (mut power, mut current) = ([None; 3], [None; 3]);
    for dimension in at.required("dimensions")?.items()? {
        let volume = dimension.required("volume")?;
        match dimension.required("type")?.text()? {
            "ENERGY" => energy = volume.scaled(6)?,
            "TIME" => charging = Some(hours(&volume)?),
            "PARKING_TIME" => parking = Some(hours(&volume)?),
            "MAX_POWER" => power[0] = Some(volume.scaled(6)?),
            "MIN_POWER" => power[1] = Some(volume.scaled(6)?),
            "POWER" => power[2] = Some(volume.scaled(6)?),
            "MAX_CURRENT" => current[0] = Some(volume.scaled(3)?),
            "MIN_CURRENT" => current[1] = Some(volume.scaled(3)?),
            "CURRENT" => current[2] = Some(volume.scaled(3)?),
            _ => {}
        }
    }
    let (power, current) = (
        power.into_iter().flatten().next(),
        current.into_iter().flatten().next(),
    );
    Ok(Stated {
        from,
        energy,
        charging,
        parking,
        power,
        current,
    })
}

/// Hours as milliseconds.
fn hours(at: &At<'_>) -> Result<i64, Fault> {
    let ms = at
        .decimal()?
        .checked_mul(Decimal::from(3_600_000))
        .map(|ms| ms.round());
    let ms = ms
        .and_then(|ms| ms.to_i64())
        .ok_or_else(|| at.fault("is too large"))?;
    if ms < 0 {
        Err(at.fault("is below zero"))
    } else {
        Ok(ms)
    }
}

/// Periods so far, one after the other.
struct Pieces {
    now: Timestamp,
    periods: Vec<ChargingPeriod>,
}

impl Pieces {
    fn push(&mut self, stated: &Stated, to: Timestamp, energy: i64, state: ChargingState) {
        if to <= self.now && energy == 0 {
            return;
        }
        self.periods.push(ChargingPeriod {
            from: self.now,
            to,
            energy: MilliwattHours(energy),
            state,
            power: stated.power.map(Milliwatts),
            current: stated.current.map(Milliamperes),
        });
        self.now = to;
    }

    /// Charging first, then parking, then what is neither; a sentence where the times do not fit.
    fn split(&mut self, stated: &Stated, to: Timestamp) -> Option<String> {
        let length = to.since(self.now).0;
        let (charging, parking) = match (stated.charging, stated.parking) {
            (None, None) => (length, 0),
            (charging, parking) => (charging.unwrap_or(0), parking.unwrap_or(0)),
        };
        let places = i64::from(charging > 0).saturating_add(i64::from(parking > 0));
        let tolerance = HALF_OF_LAST_PLACE.saturating_mul(places);
        let sum = charging.saturating_add(parking);
        let fits = sum.saturating_sub(length).saturating_abs() <= tolerance;
        // The last of the two takes up what rounding has lost or added.
        let (charging, parking) = match (fits, parking > 0) {
            (true, false) => (length, 0),
            (true, true) => (
                charging.min(length),
                length.saturating_sub(charging.min(length)),
            ),
            (false, _) => (charging.min(length), parking),
        };
        let charged = self.now.plus(Milliseconds(charging));
        let parked = charged.plus(Milliseconds(parking)).min(to);
        let (first, second) = if charging > 0 || parking == 0 {
            (stated.energy, 0)
        } else {
            (0, stated.energy)
        };
        self.push(stated, charged, first, ChargingState::Charging);
        self.push(stated, parked, second, ChargingState::SuspendedByVehicle);
        self.push(stated, to, 0, ChargingState::SuspendedByStation);
        let seconds = |ms: i64| Decimal::new(ms, 3).normalize();
        (!fits).then(|| {
            let (sum, length) = (seconds(sum), seconds(length));
            if sum < length {
                format!("states {sum} s of {length} s; the rest, at its end, is not billed")
            } else {
                format!("states {sum} s but is {length} s long; what is past its end is left out")
            }
        })
    }
}
