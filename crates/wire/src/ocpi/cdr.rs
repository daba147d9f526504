//! OCPI charge detail records, as the periods that a price is computed from.

use super::value::At;
use super::{Fault, Warning};
use crate::ocpi::tariff_value;
use rust_decimal::Decimal;
use serde_json::Value;
use wattledger_domain::money::Currency;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;

/// A charge detail record.
#[derive(Clone, Debug, PartialEq)]
pub struct OcpiCdr {
    /// Its id.
    pub id: Option<String>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// Start of the session.
    pub start: Timestamp,
    /// End of the session.
    pub end: Timestamp,
    /// IANA zone of the location, where a location object says so.
    pub time_zone: Option<String>,
    /// From start to end; a period without power is parking.
    pub periods: Vec<ChargingPeriod>,
    /// The tariffs inside it.
    pub tariffs: Vec<Tariff>,
    /// Its total before tax, as stated.
    pub total_before_tax: Option<Decimal>,
    /// Its total after tax, as stated.
    pub total_after_tax: Option<Decimal>,
}

/// Reads a record's JSON text.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn cdr(text: &str) -> Result<(OcpiCdr, Vec<Warning>), Fault> {
    let value: Value = serde_json::from_str(text).map_err(|error| Fault {
        path: "$".to_owned(),
        reason: format!("not JSON: {error}"),
    })?;
    let at = At::root(&value);
    let mut warnings = Vec::new();
    let start = at.required("start_date_time")?.time()?;
    let stop = at
        .field("end_date_time")
        .or_else(|| at.field("stop_date_time"));
    let end = stop
        .ok_or_else(|| at.fault("`end_date_time` is required"))?
        .time()?;
    let mut tariffs = Vec::new();
    for field in at
        .field("tariffs")
        .map_or(Ok(Vec::new()), |field| field.items())?
    {
        let (tariff, more) = tariff_value(field.value).map_err(|fault| Fault {
            path: fault.path.replacen('$', &field.path, 1),
            ..fault
        })?;
        warnings.extend(more);
        tariffs.push(tariff);
    }
    let periods = periods(&at, start, end, &mut warnings)?;
    let currency = at.field("currency").map(|field| {
        let text = field.text()?;
        Currency::parse(text).map_err(|error| field.fault(error.to_string()))
    });
    let total = |names: [&str; 2]| {
        let total = at.field("total_cost")?;
        names
            .iter()
            .find_map(|name| total.field(name))
            .and_then(|field| field.decimal().ok())
    };
    let location = at.field("cdr_location").or_else(|| at.field("location"));
    let zone = location.and_then(|location| location.field("time_zone"));
    let cdr = OcpiCdr {
        id: at
            .field("id")
            .and_then(|id| id.text().ok().map(str::to_owned)),
        currency: currency.transpose()?,
        start,
        end,
        time_zone: zone.and_then(|zone| zone.text().ok().map(str::to_owned)),
        periods,
        tariffs,
        total_before_tax: total(["excl_vat", "before_taxes"]),
        total_after_tax: total(["incl_vat", "after_taxes"]),
    };
    Ok((cdr, warnings))
}

struct Raw {
    from: Timestamp,
    energy: i64,
    charging: i64,
    parking: i64,
    power: Option<i64>,
    current: Option<i64>,
}

fn periods(
    at: &At<'_>,
    start: Timestamp,
    end: Timestamp,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<ChargingPeriod>, Fault> {
    let mut raw = Vec::new();
    for period in at.required("charging_periods")?.items()? {
        raw.push((read(&period)?, period.path.clone()));
    }
    raw.sort_by_key(|(period, _)| period.from);
    let mut periods = Vec::new();
    for (index, (period, path)) in raw.iter().enumerate() {
        let next = raw
            .get(index.saturating_add(1))
            .map_or(end, |(next, _)| next.from);
        let from = period.from.max(start);
        if next < from {
            warnings.push(Warning {
                path: path.clone(),
                message: "lies outside the session; left out".into(),
            });
            continue;
        }
        split(period, from, next, &mut periods);
    }
    Ok(periods)
}

fn read(at: &At<'_>) -> Result<Raw, Fault> {
    let from = at.required("start_date_time")?.time()?;
    let mut raw = Raw {
        from,
        energy: 0,
        charging: 0,
        parking: 0,
        power: None,
        current: None,
    };
    for dimension in at.required("dimensions")?.items()? {
        let volume = dimension.required("volume")?;
        match dimension.required("type")?.text()? {
            "ENERGY" => raw.energy = volume.scaled(6)?,
            "TIME" => raw.charging = hours(&volume)?,
            "PARKING_TIME" => raw.parking = hours(&volume)?,
            "MAX_POWER" => raw.power = Some(volume.scaled(6)?),
            "MIN_POWER" => raw.power = raw.power.or(Some(volume.scaled(6)?)),
            "MAX_CURRENT" => raw.current = Some(volume.scaled(3)?),
            "MIN_CURRENT" => raw.current = raw.current.or(Some(volume.scaled(3)?)),
            _ => {}
        }
    }
    Ok(raw)
}

/// Hours as milliseconds.
fn hours(at: &At<'_>) -> Result<i64, Fault> {
    let ms = at.decimal()?.checked_mul(Decimal::from(3_600_000));
    let ms = ms.map(|ms| ms.round());
    use rust_decimal::prelude::ToPrimitive as _;
    ms.and_then(|ms| ms.to_i64())
        .ok_or_else(|| at.fault("is too large"))
}

/// A period as one of charging or parking; where both are stated and fill it, as the two in turn.
fn split(raw: &Raw, from: Timestamp, to: Timestamp, periods: &mut Vec<ChargingPeriod>) {
    let piece = |from, to, energy, state| ChargingPeriod {
        from,
        to,
        energy: MilliwattHours(energy),
        state,
        power: raw.power.map(Milliwatts),
        current: raw.current.map(Milliamperes),
    };
    if raw.parking > 0 && raw.charging > 0 {
        let middle = from.plus(Milliseconds(raw.charging)).min(to);
        periods.push(piece(from, middle, raw.energy, ChargingState::Charging));
        periods.push(piece(middle, to, 0, ChargingState::SuspendedByVehicle));
    } else if raw.parking > 0 {
        periods.push(piece(
            from,
            to,
            raw.energy,
            ChargingState::SuspendedByVehicle,
        ));
    } else {
        periods.push(piece(from, to, raw.energy, ChargingState::Charging));
    }
}
