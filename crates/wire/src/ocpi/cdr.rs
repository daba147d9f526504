//! OCPI charge detail records, as the periods that a price is computed from.

use super::periods::{Periods, check_energy, periods};
use super::value::At;
use super::{Fault, Version, Warning, tariff};
use crate::json_tree::Json;
use rust_decimal::Decimal;
use wattledger_domain::money::Currency;
use wattledger_domain::record::{RecordPeriod, ReservationEnd};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;

/// A charge detail record.
#[derive(Clone, Debug, PartialEq)]
pub struct OcpiCdr {
    /// Its id.
    pub id: Option<String>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// Start of the session, or of its reservation.
    pub start: Timestamp,
    /// End of the session.
    pub end: Timestamp,
    /// IANA zone of the location, where a location object says so.
    pub time_zone: Option<String>,
    /// In order of time; each ends where the next begins, the last with the record.
    pub periods: Vec<RecordPeriod>,
    /// Where each period stands in the record's JSON.
    pub places: Vec<usize>,
    /// How its reservation ended, as far as its periods tell.
    pub reservation: ReservationEnd,
    /// Whether it takes back another.
    pub credit: bool,
    /// The tariffs inside it.
    pub tariffs: Vec<Tariff>,
    /// Its total before tax, as stated.
    pub total_before_tax: Option<Decimal>,
    /// Its total after tax, as stated.
    pub total_after_tax: Option<Decimal>,
    /// The taxes of its total, as stated (2.3.0), in their order.
    pub taxes: Vec<StatedTax>,
}

/// A tax of a record's total, as stated (OCPI 2.3.0 `TaxAmount`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedTax {
    /// Its name; empty where it has none, which OCPI does not allow.
    pub name: String,
    /// Under which number it is paid.
    pub account_number: Option<String>,
    /// Its rate.
    pub percentage: Option<Decimal>,
    /// What is due.
    pub amount: Decimal,
}

/// Reads a record's JSON text.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn cdr(text: &str) -> Result<(OcpiCdr, Vec<Warning>), Fault> {
    let tree = super::json(text)?;
    let value = tree.root();
    let mut warnings = Vec::new();
    let tariffs = value.get("tariffs").and_then(Json::items);
    let version = Version::guess(value, tariffs.into_iter().flatten());
    let cdr = cdr_under(value, "$", (version, OwnTariffs::Read), &mut warnings)?;
    Ok((cdr, warnings))
}

/// Whether the tariffs inside a record matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnTariffs {
    /// They price it.
    Read,
    /// Others do: they may be anything.
    Skip,
}

/// Reads a record object of a version; `path` is where it stands.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn cdr_under(
    value: Json<'_>,
    path: &str,
    (version, own): (Version, OwnTariffs),
    warnings: &mut Vec<Warning>,
) -> Result<OcpiCdr, Fault> {
    let at = At::under(value, path);
    let start = at.required("start_date_time")?.time()?;
    let end = at
        .either("end_date_time", "stop_date_time")
        .ok_or_else(|| at.fault("`end_date_time` is required"))?
        .time()?;
    if end < start {
        return Err(at.fault("ends before it starts"));
    }
    let tariffs = match own {
        OwnTariffs::Read => tariffs(&at, version, warnings)?,
        OwnTariffs::Skip => Vec::new(),
    };
    let Periods {
        periods,
        places,
        reservation,
    } = periods(&at, (start, end), warnings)?;
    check_energy(&at, &periods, warnings);
    let currency = at.field("currency").map(|field| {
        let text = field.text()?;
        Currency::parse(text).map_err(|error| field.fault(error.to_string()))
    });
    let Total {
        before_tax,
        after_tax,
        taxes,
    } = total(&at, warnings)?;
    let location = at.either("cdr_location", "location");
    let zone = location
        .as_ref()
        .and_then(|location| location.field("time_zone")?.text().ok());
    let first = periods.first().map_or(start, |first| first.from);
    let credit = at.field("credit").map(|credit| credit.flag()).transpose()?;
    Ok(OcpiCdr {
        id: at
            .field("id")
            .and_then(|id| id.text().ok().map(str::to_owned)),
        currency: currency.transpose()?,
        start: start.min(first),
        end,
        time_zone: zone.map(str::to_owned),
        periods,
        places,
        reservation,
        credit: credit.unwrap_or(false),
        tariffs,
        total_before_tax: before_tax,
        total_after_tax: after_tax,
        taxes,
    })
}

fn tariffs(
    at: &At<'_, '_>,
    version: Version,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Tariff>, Fault> {
    let Some(field) = at.field("tariffs") else {
        return Ok(Vec::new());
    };
    field
        .items()?
        .map(|tariff| tariff::read(&tariff, version, warnings))
        .collect()
}

/// `total_cost` as stated.
#[derive(Default)]
struct Total {
    before_tax: Option<Decimal>,
    after_tax: Option<Decimal>,
    taxes: Vec<StatedTax>,
}

/// `total_cost` before and after tax: a number (2.1.1), excl_vat and incl_vat (2.2.1), or
/// before_taxes with the amounts of `taxes` (2.3.0).
fn total(at: &At<'_, '_>, warnings: &mut Vec<Warning>) -> Result<Total, Fault> {
    let Some(total) = at.field("total_cost") else {
        return Ok(Total::default());
    };
    if !total.value.is_object() {
        let before_tax = Some(total.decimal()?);
        return Ok(Total {
            before_tax,
            ..Total::default()
        });
    }
    let decimal = |name: &str| total.field(name).map(|field| field.decimal()).transpose();
    let Some(before) = decimal("before_taxes")? else {
        return Ok(Total {
            before_tax: decimal("excl_vat")?,
            after_tax: decimal("incl_vat")?,
            taxes: Vec::new(),
        });
    };
    let before_tax = Some(before);
    let Some(stated) = total.field("taxes") else {
        return Ok(Total {
            before_tax,
            ..Total::default()
        });
    };
    let (mut after, mut taxes) = (before, Vec::new());
    for tax in stated.items()? {
        let amount = tax.required("amount")?;
        let text = |name: &str| {
            tax.field(name)
                .and_then(|field| field.text().ok().map(str::to_owned))
        };
        let percentage = tax.field("percentage").map(|field| {
            let read = field.decimal();
            read.inspect_err(|fault| {
                warnings.push(Warning {
                    path: fault.path.clone(),
                    message: format!("{}; its rate is not compared", fault.reason),
                });
            })
        });
        let stated = StatedTax {
            name: text("name").unwrap_or_default(),
            account_number: text("account_number"),
            percentage: percentage.and_then(Result::ok),
            amount: amount.decimal()?,
        };
        after = after
            .checked_add(stated.amount)
            .ok_or_else(|| amount.fault("is too large"))?;
        taxes.push(stated);
    }
    Ok(Total {
        before_tax,
        after_tax: Some(after),
        taxes,
    })
}
