//! OCPI tariff objects.

use super::value::At;
use super::{Fault, Version, Warning, market};
use crate::json_tree::{Json, JsonTree};
use serde_json::Value;
use wattledger_domain::ids::TariffId;
use wattledger_domain::market::MarketFormula;
use wattledger_domain::money::Currency;
use wattledger_domain::occupancy::BusyShare;
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::tariff::{
    Component, Dimension, Element, IdleFees, LocalDate, LocalMinute, PriceLimit, Reservation,
    Restrictions, Tariff, TariffKind, TaxIncluded, Weekday,
};

/// Reads a tariff's JSON text.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn tariff(text: &str) -> Result<(Tariff, Vec<Warning>), Fault> {
    tariff_of(super::json(text)?.root())
}

/// Reads a tariff object of any version.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn tariff_value(value: &Value) -> Result<(Tariff, Vec<Warning>), Fault> {
    tariff_of(JsonTree::of(value).root())
}

fn tariff_of(value: Json<'_>) -> Result<(Tariff, Vec<Warning>), Fault> {
    let mut warnings = Vec::new();
    let tariff = read(&At::root(value), Version::V2_3_0, &mut warnings)?;
    Ok((tariff, warnings))
}

/// Reads a tariff object of a version; `path` is where it stands.
///
/// # Errors
/// A [`Fault`] with the JSON path.
pub fn tariff_under(
    value: Json<'_>,
    path: &str,
    version: Version,
    warnings: &mut Vec<Warning>,
) -> Result<Tariff, Fault> {
    read(&At::under(value, path), version, warnings)
}

pub fn read(
    at: &At<'_, '_>,
    version: Version,
    warnings: &mut Vec<Warning>,
) -> Result<Tariff, Fault> {
    let currency = at.required("currency")?;
    let time = |name: &str| at.field(name).map(|field| field.time()).transpose();
    let (mut elements, mut markets) = (Vec::new(), Vec::new());
    for element in at.required("elements")?.items()? {
        let place = u16::try_from(elements.len()).unwrap_or(u16::MAX);
        markets.extend(follows(&element, place, warnings)?);
        elements.push(read_element(&element, version, warnings)?);
    }
    let mut limit_of = |name: &str| {
        let field = at.field(name);
        field.map(|field| limit(&field, warnings)).transpose()
    };
    let (min_price, max_price) = (limit_of("min_price")?, limit_of("max_price")?);
    let tariff = Tariff {
        id: TariffId::new(at.required("id")?.text()?),
        currency: Currency::parse(currency.text()?)
            .map_err(|error| currency.fault(error.to_string()))?,
        kind: kind(at, warnings)?,
        valid_from: time("start_date_time")?,
        valid_to: time("end_date_time")?,
        tax_included: at
            .field("tax_included")
            .map_or(Ok(TaxIncluded::No), |field| tax_included(&field))?,
        elements,
        markets,
        idle_fees: at
            .field("idle_fees")
            .map_or(Ok(IdleFees::default()), |at| idle_fees(&at))?,
        min_price,
        max_price,
    };
    let components = || {
        tariff
            .elements
            .iter()
            .flat_map(|element| &element.components)
    };
    if tariff.tax_included == TaxIncluded::NotApplicable
        && components().any(|one| one.tax.is_some())
    {
        warnings.push(Warning {
            path: format!("{}.tax_included", at.path()),
            message: "`vat` is given although no tax applies; it does not count".to_owned(),
        });
    }
    Ok(tariff)
}

/// A type that no version knows is left out: then the tariff is for all sessions.
fn kind(at: &At<'_, '_>, warnings: &mut Vec<Warning>) -> Result<Option<TariffKind>, Fault> {
    let Some(field) = at.field("type") else {
        return Ok(None);
    };
    Ok(Some(match field.text()? {
        "AD_HOC_PAYMENT" => TariffKind::AdHocPayment,
        "PROFILE_CHEAP" => TariffKind::ProfileCheap,
        "PROFILE_FAST" => TariffKind::ProfileFast,
        "PROFILE_GREEN" => TariffKind::ProfileGreen,
        "REGULAR" => TariffKind::Regular,
        other => {
            let message = format!("`{other}` is not a tariff type; read as for all sessions");
            let path = field.path();
            warnings.push(Warning { path, message });
            return Ok(None);
        }
    }))
}

/// What bounds idle fees: ours, no version of OCPI has it.
fn idle_fees(at: &At<'_, '_>) -> Result<IdleFees, Fault> {
    let known = [
        "withdrawn_within",
        "max_per_session",
        "max_per_day",
        "only_when_busy",
    ];
    market::known_fields(at, &known)?;
    let price = |name: &str| Ok(at.optional_scaled(name, 8)?.map(PriceE8));
    let only_when_busy = at.field("only_when_busy").map(|field| {
        // Billionths of a percent: a limit that is finer than a tenth is not what would be billed.
        let (share, finer) = divided(field.scaled(9)?);
        let share = BusyShare::of_per_mille(share).filter(|_| finer == 0);
        share.ok_or_else(|| field.fault("expected 0 to 100 percent, to a tenth"))
    });
    Ok(IdleFees {
        withdrawn_within: at.optional_scaled("withdrawn_within", 3)?.map(Milliseconds),
        max_per_session: price("max_per_session")?,
        max_per_day: price("max_per_day")?,
        only_when_busy: only_when_busy.transpose()?,
    })
}

/// Whole tenths of a number in 10⁻⁹, and what is left.
const fn divided(scaled: i64) -> (i64, i64) {
    const TENTH: i64 = 100_000_000;
    (scaled.div_euclid(TENTH), scaled.rem_euclid(TENTH))
}

fn tax_included(at: &At<'_, '_>) -> Result<TaxIncluded, Fault> {
    match at.text()? {
        "YES" => Ok(TaxIncluded::Yes),
        "NO" => Ok(TaxIncluded::No),
        "N/A" => Ok(TaxIncluded::NotApplicable),
        other => Err(at.fault(format!("`{other}` is not YES, NO or N/A"))),
    }
}

fn limit(at: &At<'_, '_>, warnings: &mut Vec<Warning>) -> Result<PriceLimit, Fault> {
    if !at.value.is_object() {
        let before_tax = PriceE8(at.scaled(8)?);
        warnings.push(Warning {
            path: at.path(),
            message: "is a bare number; read as before tax".to_owned(),
        });
        return Ok(PriceLimit {
            before_tax,
            after_tax: None,
        });
    }
    let before = at
        .either("excl_vat", "before_taxes")
        .ok_or_else(|| at.fault("expected excl_vat or before_taxes"))?;
    let after = at.either("incl_vat", "after_taxes");
    Ok(PriceLimit {
        before_tax: PriceE8(before.scaled(8)?),
        after_tax: after
            .map(|after| after.scaled(8).map(PriceE8))
            .transpose()?,
    })
}

fn read_element(
    at: &At<'_, '_>,
    version: Version,
    warnings: &mut Vec<Warning>,
) -> Result<Element, Fault> {
    let mut components = Vec::new();
    for component in at.required("price_components")?.items()? {
        components.push(read_component(&component, version, warnings)?);
    }
    let restrictions = at.field("restrictions");
    let restrictions = restrictions.map(|field| restrictions_of(&field, warnings));
    Ok(Element {
        components,
        restrictions: restrictions.transpose()?.unwrap_or_default(),
    })
}

/// The market that an element's ENERGY price follows, if it does.
fn follows(
    at: &At<'_, '_>,
    element: u16,
    warnings: &mut Vec<Warning>,
) -> Result<Option<MarketFormula>, Fault> {
    let (mut found, mut priced) = (None, false);
    for component in at.required("price_components")?.items()? {
        let is_energy = component.required("type")?.text()? == "ENERGY";
        if let Some(field) = component.field("market") {
            if !is_energy || priced {
                return Err(
                    field.fault("only the first ENERGY price of an element follows a market")
                );
            }
            found = Some(market::formula(&field, element, warnings)?);
        }
        priced |= is_energy;
    }
    Ok(found)
}

fn read_component(
    at: &At<'_, '_>,
    version: Version,
    warnings: &mut Vec<Warning>,
) -> Result<Component, Fault> {
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
                path: format!("{}.step_size", at.path()),
                message,
            });
            0
        }
    };
    let mut tax = at.optional_scaled("vat", 4)?.map(TaxRate);
    if version == Version::V2_1_1 && tax.take().is_some() {
        warnings.push(Warning {
            path: format!("{}.vat", at.path()),
            message: "OCPI 2.1.1 knows no tax; it does not count".to_owned(),
        });
    }
    Ok(Component {
        dimension,
        price: PriceE8(at.required("price")?.scaled(8)?),
        tax,
        step_size: i32::try_from(step).map_err(|_| at.fault("step_size is too large"))?,
    })
}

pub fn restrictions_of(
    at: &At<'_, '_>,
    warnings: &mut Vec<Warning>,
) -> Result<Restrictions, Fault> {
    let minute = |name: &str| at.field(name).map(|field| local_minute(&field)).transpose();
    let date = |name: &str| at.field(name).map(|field| local_date(&field)).transpose();
    let mut days = Vec::new();
    if let Some(field) = at.field("day_of_week") {
        for day in field.items()? {
            days.push(weekday(&day)?);
        }
    }
    let reservation = match (at.field("reservation"), at.field("booking")) {
        (Some(field), _) => Some(reservation(&field)?),
        (None, Some(field)) => {
            let read = booking(&field)?;
            warnings.push(Warning {
                path: field.path(),
                message: "prices a booking, which is read but not priced".to_owned(),
            });
            Some(read)
        }
        (None, None) => None,
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
        min_idle: at.optional_scaled("min_idle_time", 3)?.map(Milliseconds),
        max_idle: at.optional_scaled("max_idle_time", 3)?.map(Milliseconds),
        days,
        reservation,
    })
}

fn local_minute(at: &At<'_, '_>) -> Result<LocalMinute, Fault> {
    let text = at.text()?;
    let parts = text.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
        // 24:00 is not OCPI's word for the end of a day, but its meaning is plain.
        let hour = if (hour, minute) == (24, 0) { 0 } else { hour };
        (hour < 24 && minute < 60).then(|| hour.saturating_mul(60).saturating_add(minute))
    });
    parts
        .map(LocalMinute)
        .ok_or_else(|| at.fault(format!("`{text}` is not HH:MM")))
}

fn local_date(at: &At<'_, '_>) -> Result<LocalDate, Fault> {
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

fn weekday(at: &At<'_, '_>) -> Result<Weekday, Fault> {
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

fn reservation(at: &At<'_, '_>) -> Result<Reservation, Fault> {
    match at.text()? {
        "RESERVATION" => Ok(Reservation::Reservation),
        "RESERVATION_EXPIRES" => Ok(Reservation::Expires),
        other => Err(at.fault(format!("`{other}` is not a reservation restriction"))),
    }
}

/// What the bookings branch of OCPI 2.3.0 adds.
fn booking(at: &At<'_, '_>) -> Result<Reservation, Fault> {
    match at.text()? {
        "BOOKING" => Ok(Reservation::Booking),
        "BOOKING_EXPIRES" => Ok(Reservation::BookingExpires),
        "BOOKING_CANCELLATION_FEES" => Ok(Reservation::BookingCancellationFees),
        "BOOKING_OVERTIME" => Ok(Reservation::BookingOvertime),
        other => Err(at.fault(format!("`{other}` is not a booking restriction"))),
    }
}
