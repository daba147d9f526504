//! Charging periods of a record: volumes as stated, each until the next begins.
//!
//! Times are hours with few decimals: one that is stated within 0.18 s (half of the fourth decimal
//! of an hour) of its period's length is that length.

use super::value::At;
use super::{Fault, Warning};
use rust_decimal::Decimal;
use wattledger_domain::ids::TariffId;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::record::{Extent, RecordPeriod, ReservationEnd};
use wattledger_domain::time::Timestamp;

/// Half of 0.0001 h, in milliseconds.
const HALF_OF_LAST_PLACE: i64 = 180;

/// A record's periods, and what they say of a reservation's end.
pub struct Periods {
    pub periods: Vec<RecordPeriod>,
    /// Where each stands in the record.
    pub places: Vec<usize>,
    pub reservation: ReservationEnd,
}

/// Reads a record's periods, in order of time; the last ends with the record.
pub fn periods(
    at: &At<'_, '_>,
    (start, end): (Timestamp, Timestamp),
    warnings: &mut Vec<Warning>,
) -> Result<Periods, Fault> {
    let mut read = Vec::new();
    let mut reservation = ReservationEnd::Used;
    let field = at.required("charging_periods")?;
    for (place, period) in field.items()?.enumerate() {
        let (stated, end) = stated(&period, warnings)?;
        reservation = reservation.max(end);
        read.push((stated, period, place));
    }
    read.sort_by_key(|(period, _, _)| period.from);
    let mut warn = |at: &At<'_, '_>, message: &str| {
        warnings.push(Warning {
            path: at.path(),
            message: message.to_owned(),
        });
    };
    if let Some((first, at, _)) = read.first() {
        if first.from > start {
            warn(
                at,
                "starts after the session; the time before it is not billed",
            );
        } else if first.from < start {
            warn(at, "starts before the session");
        }
    }
    let starts: Vec<Timestamp> = read.iter().map(|(period, _, _)| period.from).collect();
    let places = read.iter().map(|(_, _, place)| *place).collect();
    let mut periods = Vec::with_capacity(read.len());
    for (index, (period, at, _)) in read.into_iter().enumerate() {
        let next = starts.get(index.saturating_add(1)).copied();
        if period.from > end {
            warn(&at, "starts after the session's end; it has no length");
        }
        let to = next.unwrap_or(end).max(period.from);
        let (period, odd) = fitted(RecordPeriod { to, ..period });
        if let Some(message) = odd {
            warn(&at, &message);
        }
        periods.push(period);
    }
    Ok(Periods {
        periods,
        places,
        reservation,
    })
}

/// Warns where the energy of the periods is not the record's, above all by a factor of 1,000.
pub fn check_energy(at: &At<'_, '_>, periods: &[RecordPeriod], warnings: &mut Vec<Warning>) {
    let Some(field) = at.either("total_energy", "kwh") else {
        return;
    };
    let Ok(total) = field.scaled(6) else { return };
    let sum: i64 = periods
        .iter()
        .filter_map(|period| period.energy)
        .fold(0, |sum, energy| sum.saturating_add(energy.0));
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
        path: field.path(),
        message,
    });
}

/// The dimensions of a period, added up where one is stated twice.
#[derive(Default)]
struct Dimensions {
    energy: Option<i64>,
    imported: Option<i64>,
    exported: Option<i64>,
    time: Option<i64>,
    parking: Option<i64>,
    reserved: Option<i64>,
    expired: Option<i64>,
    power: Flow,
    current: Flow,
}

/// Greatest, least and mean, as stated.
#[derive(Default)]
struct Flow {
    greatest: Option<i64>,
    least: Option<i64>,
    mean: Option<i64>,
}

impl Flow {
    /// One of greatest and least stands for both; the mean where neither is stated.
    fn extent<T: Copy>(&self, of: impl Fn(i64) -> T) -> Option<Extent<T>> {
        let known = self.greatest.or(self.least).or(self.mean)?;
        Some(Extent {
            least: of(self.least.unwrap_or(known)),
            greatest: of(self.greatest.unwrap_or(known)),
        })
    }
}

fn stated(
    at: &At<'_, '_>,
    warnings: &mut Vec<Warning>,
) -> Result<(RecordPeriod, ReservationEnd), Fault> {
    let from = at.required("start_date_time")?.time()?;
    let mut read = Dimensions::default();
    for dimension in at.required("dimensions")?.items()? {
        read_dimension(&dimension, &mut read, warnings)?;
    }
    let energy = read.energy.or_else(|| {
        let imported = read.imported?;
        Some(imported.saturating_sub(read.exported.unwrap_or(0)))
    });
    let reserved = match (read.reserved, read.expired) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    };
    let tariff = at
        .field("tariff_id")
        .map(|id| id.text().map(TariffId::new))
        .transpose()?;
    let period = RecordPeriod {
        from,
        to: from,
        energy: energy.map(MilliwattHours),
        time: read.time.map(Milliseconds),
        parking_time: read.parking.map(Milliseconds),
        reservation_time: reserved.map(Milliseconds),
        power: read.power.extent(Milliwatts),
        current: read.current.extent(Milliamperes),
        tariff,
    };
    let end = if read.expired.is_some() {
        ReservationEnd::Expired
    } else {
        ReservationEnd::Used
    };
    Ok((period, end))
}

fn read_dimension(
    at: &At<'_, '_>,
    read: &mut Dimensions,
    warnings: &mut Vec<Warning>,
) -> Result<(), Fault> {
    let word = at.required("type")?;
    let volume = at.required("volume")?;
    let (place, value) = match word.text()? {
        "ENERGY" => (&mut read.energy, volume.scaled(6)?),
        "ENERGY_IMPORT" => (&mut read.imported, volume.scaled(6)?),
        "ENERGY_EXPORT" => (&mut read.exported, volume.scaled(6)?),
        "TIME" => (&mut read.time, volume.hours()?),
        "PARKING_TIME" => (&mut read.parking, volume.hours()?),
        "RESERVATION_TIME" => (&mut read.reserved, volume.hours()?),
        "RESERVATION_EXPIRES" => (&mut read.expired, volume.hours()?),
        "MAX_POWER" => (&mut read.power.greatest, volume.scaled(6)?),
        "MIN_POWER" => (&mut read.power.least, volume.scaled(6)?),
        "POWER" => (&mut read.power.mean, volume.scaled(6)?),
        "MAX_CURRENT" => (&mut read.current.greatest, volume.scaled(3)?),
        "MIN_CURRENT" => (&mut read.current.least, volume.scaled(3)?),
        "CURRENT" => (&mut read.current.mean, volume.scaled(3)?),
        "STATE_OF_CHARGE" | "FLAT" => return Ok(()),
        other => {
            warnings.push(Warning {
                path: word.path(),
                message: format!("`{other}` is not priced"),
            });
            return Ok(());
        }
    };
    if place.is_some() {
        warnings.push(Warning {
            path: at.path(),
            message: "states a dimension again; the two were added".to_owned(),
        });
    }
    let sum = place.unwrap_or(0).checked_add(value);
    *place = Some(sum.ok_or_else(|| volume.fault("is too large"))?);
    Ok(())
}

/// Times that are the period's length but for their last decimal become it; a sentence where they do
/// not fit it.
fn fitted(period: RecordPeriod) -> (RecordPeriod, Option<String>) {
    let length = period.to.since(period.from).0;
    let near = |time: i64| time.saturating_sub(length).saturating_abs() <= HALF_OF_LAST_PLACE;
    let fit = |time: Option<Milliseconds>| {
        time.map(|time| {
            if length > 0 && near(time.0) {
                Milliseconds(length)
            } else {
                time
            }
        })
    };
    let period = RecordPeriod {
        time: fit(period.time),
        parking_time: fit(period.parking_time),
        reservation_time: fit(period.reservation_time),
        ..period
    };
    let times = [period.time, period.parking_time, period.reservation_time];
    let stated = times.into_iter().flatten();
    let sum = stated.fold(0_i64, |sum, time| sum.saturating_add(time.0));
    // Each of up to three may be off by half of its last decimal.
    let tolerance = HALF_OF_LAST_PLACE.saturating_mul(3);
    if sum == 0 || sum.saturating_sub(length).saturating_abs() <= tolerance {
        return (period, None);
    }
    let seconds = |ms: i64| Decimal::new(ms, 3).normalize();
    let message = format!(
        "states {} s and is {} s long; what is stated is billed, evenly over its length",
        seconds(sum),
        seconds(length)
    );
    (period, Some(message))
}
