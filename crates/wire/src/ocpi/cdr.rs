//! OCPI charge detail records, as the periods that a price is computed from.

use super::periods::{check_energy, periods};
use super::tariff::tariff_value;
use super::value::At;
use super::{Fault, Warning};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;
use wattledger_domain::money::Currency;
use wattledger_domain::session::ChargingPeriod;
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
    /// From start to end, without gaps. What is neither TIME nor PARKING_TIME is as if the station
    /// had given no power: not billed.
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
    if end < start {
        return Err(at.fault("ends before it starts"));
    }
    let tariffs = tariffs(&at, &mut warnings)?;
    let periods = periods(&at, start, end, &mut warnings)?;
    check_energy(&at, &periods, &mut warnings);
    check_tariff_ids(&at, &mut warnings)?;
    let currency = at.field("currency").map(|field| {
        let text = field.text()?;
        Currency::parse(text).map_err(|error| field.fault(error.to_string()))
    });
    let (total_before_tax, total_after_tax) = total(&at)?;
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
        total_before_tax,
        total_after_tax,
    };
    Ok((cdr, warnings))
}

fn tariffs(at: &At<'_>, warnings: &mut Vec<Warning>) -> Result<Vec<Tariff>, Fault> {
    let mut tariffs = Vec::new();
    let fields = at
        .field("tariffs")
        .map_or(Ok(Vec::new()), |field| field.items())?;
    for field in fields {
        let inside = |path: String| path.replacen('$', &field.path, 1);
        let (tariff, more) = tariff_value(field.value).map_err(|fault| Fault {
            path: inside(fault.path),
            reason: fault.reason,
        })?;
        warnings.extend(more.into_iter().map(|one| Warning {
            path: inside(one.path),
            message: one.message,
        }));
        tariffs.push(tariff);
    }
    Ok(tariffs)
}

/// One tariff prices a record here: warns where its periods name several.
fn check_tariff_ids(at: &At<'_>, warnings: &mut Vec<Warning>) -> Result<(), Fault> {
    let mut named = BTreeSet::new();
    let field = at.required("charging_periods")?;
    for period in field.items()? {
        if let Some(id) = period.field("tariff_id") {
            named.insert(id.text()?);
        }
    }
    if named.len() > 1 {
        let message = format!("periods name several tariffs ({named:?}); one prices them all");
        warnings.push(Warning {
            path: field.path,
            message,
        });
    }
    Ok(())
}

/// `total_cost` before and after tax: a number (2.1.1), excl_vat and incl_vat (2.2.1), or
/// before_taxes with the amounts of `taxes` (2.3.0).
fn total(at: &At<'_>) -> Result<(Option<Decimal>, Option<Decimal>), Fault> {
    let Some(total) = at.field("total_cost") else {
        return Ok((None, None));
    };
    if !total.value.is_object() {
        return Ok((Some(total.decimal()?), None));
    }
    let decimal = |name: &str| total.field(name).map(|field| field.decimal()).transpose();
    let Some(before) = decimal("before_taxes")? else {
        return Ok((decimal("excl_vat")?, decimal("incl_vat")?));
    };
    let Some(taxes) = total.field("taxes") else {
        return Ok((Some(before), None));
    };
    let mut after = before;
    for tax in taxes.items()? {
        let amount = tax.required("amount")?;
        after = after
            .checked_add(amount.decimal()?)
            .ok_or_else(|| amount.fault("is too large"))?;
    }
    Ok((Some(before), Some(after)))
}
