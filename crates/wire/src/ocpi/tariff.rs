//! OCPI tariff objects.

use super::value::At;
use super::{Fault, Warning};
use serde_json::Value;
use wattledger_domain::ids::TariffId;
use wattledger_domain::money::Currency;
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalDate, LocalMinute, PriceLimit, Reservation, Restrictions,
    Tariff, TariffKind, TaxIncluded, Weekday,
};

/// Reads a tariff's JSON text.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn tariff(text: &str) -> Result<(Tariff, Vec<Warning>), Fault> {
    let value: Value = serde_json::from_str(text).map_err(|error| Fault {
        path: "$".to_owned(),
        reason: format!("not JSON: {error}"),
    })?;
    tariff_value(&value)
}

/// Reads a tariff object.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn tariff_value(value: &Value) -> Result<(Tariff, Vec<Warning>), Fault> {
    let at = At::root(value);
    let mut warnings = Vec::new();
    let currency = at.required("currency")?;
    let time = |name: &str| at.field(name).map(|field| field.time()).transpose();
    let tariff = Tariff {
        id: TariffId::new(at.required("id")?.text()?),
        currency: Currency::parse(currency.text()?)
            .map_err(|error| currency.fault(error.to_string()))?,
        kind: at.field("type").map(|field| kind(&field)).transpose()?,
        valid_from: time("start_date_time")?,
        valid_to: time("end_date_time")?,
        tax_included: at
            .field("tax_included")
            .map_or(Ok(TaxIncluded::No), |field| tax_included(&field))?,
        elements: at
            .required("elements")?
            .items()?
            .iter()
            .map(|element| read_element(element, &mut warnings))
            .collect::<Result<_, _>>()?,
        min_price: at
            .field("min_price")
            .map(|field| limit(&field))
            .transpose()?,
        max_price: at
            .field("max_price")
            .map(|field| limit(&field))
            .transpose()?,
    };
    if tariff.tax_included == TaxIncluded::NotApplicable
        && tariff
            .elements
            .iter()
            .flat_map(|element| &element.components)
            .any(|one| one.tax.is_some())
    {
        let message = "`vat` is given although no tax applies; it does not count".to_owned();
        warnings.push(Warning {
            path: format!("{}.tax_included", at.path),
            message,
        });
    }
    Ok((tariff, warnings))
}

fn kind(at: &At<'_>) -> Result<TariffKind, Fault> {
    match at.text()? {
        "AD_HOC_PAYMENT" => Ok(TariffKind::AdHocPayment),
        "PROFILE_CHEAP" => Ok(TariffKind::ProfileCheap),
        "PROFILE_FAST" => Ok(TariffKind::ProfileFast),
        "PROFILE_GREEN" => Ok(TariffKind::ProfileGreen),
        "REGULAR" => Ok(TariffKind::Regular),
        other => Err(at.fault(format!("`{other}` is not a tariff type"))),
    }
}

fn tax_included(at: &At<'_>) -> Result<TaxIncluded, Fault> {
    match at.text()? {
        "YES" => Ok(TaxIncluded::Yes),
        "NO" => Ok(TaxIncluded::No),
        "N/A" => Ok(TaxIncluded::NotApplicable),
        other => Err(at.fault(format!("`{other}` is not YES, NO or N/A"))),
    }
}

fn limit(at: &At<'_>) -> Result<PriceLimit, Fault> {
    let either = |one: &str, other: &str| at.field(one).or_else(|| at.field(other));
    let before = either("excl_vat", "before_taxes")
        .ok_or_else(|| at.fault("expected excl_vat or before_taxes"))?;
    let after = either("incl_vat", "after_taxes");
    Ok(PriceLimit {
        before_tax: PriceE8(before.scaled(8)?),
        after_tax: after
            .map(|after| after.scaled(8).map(PriceE8))
            .transpose()?,
    })
}

fn read_element(at: &At<'_>, warnings: &mut Vec<Warning>) -> Result<Element, Fault> {
    let components = at.required("price_components")?.items()?;
    let reservation = at
        .field("restrictions")
        .and_then(|field| field.field("reservation"));
    if reservation.is_some() {
        let message = "prices a reservation; it is left out of what charging costs".to_owned();
        warnings.push(Warning {
            path: at.path.clone(),
            message,
        });
    }
    Ok(Element {
        components: components
            .iter()
            .map(|component| read_component(component, warnings))
            .collect::<Result<_, _>>()?,
        restrictions: at
            .field("restrictions")
            .map_or(Ok(Restrictions::default()), |field| restrictions(&field))?,
    })
}

fn read_component(at: &At<'_>, warnings: &mut Vec<Warning>) -> Result<Component, Fault> {
    let word = at.required("type")?;
    let dimension = match word.text()? {
        "ENERGY" => Dimension::Energy,
        "TIME" => Dimension::Time,
        "PARKING_TIME" => Dimension::ParkingTime,
        "FLAT" => Dimension::Flat,
        other => return Err(word.fault(format!("`{other}` is not a price dimension"))),
    };
    let step = match at.field("step_size") {
        Some(field) => field.scaled(0)?,
        None => {
            let message = "is required by OCPI; read as 0, no blocks".to_owned();
            warnings.push(Warning {
                path: format!("{}.step_size", at.path),
                message,
            });
            0
        }
    };
    let tax = at.optional_scaled("vat", 4)?.map(TaxRate);
    Ok(Component {
        dimension,
        price: PriceE8(at.required("price")?.scaled(8)?),
        tax,
        step_size: i32::try_from(step).map_err(|_| at.fault("step_size is too large"))?,
    })
}

fn restrictions(at: &At<'_>) -> Result<Restrictions, Fault> {
    let minute = |name: &str| at.field(name).map(|field| local_minute(&field)).transpose();
    let date = |name: &str| at.field(name).map(|field| local_date(&field)).transpose();
    let days = match at.field("day_of_week") {
        None => Vec::new(),
        Some(field) => field
            .items()?
            .iter()
            .map(weekday)
            .collect::<Result<_, _>>()?,
    };
    Ok(Restrictions {
        start_time: minute("start_time")?,
        end_time: minute("end_time")?,
        start_date: date("start_date")?,
        end_date: date("end_date")?,
        min_energy: at.optional_scaled("min_kwh", 6)?.map(MilliwattHours),
        max_energy: at.optional_scaled("max_kwh", 6)?.map(MilliwattHours),
        min_current: at.optional_scaled("min_current", 3)?.map(Milliamperes),
        max_current: at.optional_scaled("max_current", 3)?.map(Milliamperes),
        min_power: at.optional_scaled("min_power", 6)?.map(Milliwatts),
        max_power: at.optional_scaled("max_power", 6)?.map(Milliwatts),
        min_duration: at.optional_scaled("min_duration", 3)?.map(Milliseconds),
        max_duration: at.optional_scaled("max_duration", 3)?.map(Milliseconds),
        days,
        reservation: at
            .field("reservation")
            .map(|field| reservation(&field))
            .transpose()?,
    })
}

fn local_minute(at: &At<'_>) -> Result<LocalMinute, Fault> {
    let text = at.text()?;
    let parts = text.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
        (hour < 24 && minute < 60).then(|| hour.saturating_mul(60).saturating_add(minute))
    });
    parts
        .map(LocalMinute)
        .ok_or_else(|| at.fault(format!("`{text}` is not HH:MM")))
}

fn local_date(at: &At<'_>) -> Result<LocalDate, Fault> {
    let text = at.text()?;
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let read = date.and_then(|date| {
        use chrono::Datelike as _;
        let (month, day) = (
            u8::try_from(date.month()).ok()?,
            u8::try_from(date.day()).ok()?,
        );
        Some(LocalDate {
            year: date.year(),
            month,
            day,
        })
    });
    read.ok_or_else(|| at.fault(format!("`{text}` is not YYYY-MM-DD")))
}

fn weekday(at: &At<'_>) -> Result<Weekday, Fault> {
    match at.text()? {
        "MONDAY" => Ok(Weekday::Monday),
        "TUESDAY" => Ok(Weekday::Tuesday),
        "WEDNESDAY" => Ok(Weekday::Wednesday),
        "THURSDAY" => Ok(Weekday::Thursday),
        "FRIDAY" => Ok(Weekday::Friday),
        "SATURDAY" => Ok(Weekday::Saturday),
        "SUNDAY" => Ok(Weekday::Sunday),
        other => Err(at.fault(format!("`{other}` is not a day of the week"))),
    }
}

fn reservation(at: &At<'_>) -> Result<Reservation, Fault> {
    match at.text()? {
        "RESERVATION" => Ok(Reservation::Reservation),
        "RESERVATION_EXPIRES" => Ok(Reservation::Expires),
        other => Err(at.fault(format!("`{other}` is not a reservation restriction"))),
    }
}
