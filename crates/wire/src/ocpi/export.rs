//! Tariffs and records to OCPI JSON of a version: what is written reads back equal.
//!
//! Invariant: nothing that changes a price is left out; what a version cannot say is refused.

mod record;

use super::{Fault, Version};
use serde_json::{Map, Number, Value, json};
use wattledger_domain::price::PriceE8;
use wattledger_domain::tariff::{
    Component, Dimension, Element, IdleFees, LocalDate, LocalMinute, PriceLimit, Reservation,
    Restrictions, Tariff, TariffKind, TaxIncluded, Weekday,
};
use wattledger_domain::time::Timestamp;

pub use record::{RecordExport, RecordTotals, TaxAmount, record_json};

/// Whose object it is and when it last changed: what OCPI wants around every tariff and record.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// ISO 3166-1 alpha-2.
    pub country_code: &'a str,
    /// Three characters.
    pub party_id: &'a str,
    /// When it last changed.
    pub last_updated: Timestamp,
}

/// A tariff as JSON of a version.
///
/// # Errors
/// A [`Fault`] with the path of what the version cannot say and a price depends on.
pub fn tariff_json(tariff: &Tariff, version: Version, owner: &Owner<'_>) -> Result<Value, Fault> {
    let mut fields = Map::new();
    if version > Version::V2_1_1 {
        fields.insert("country_code".to_owned(), owner.country_code.into());
        fields.insert("party_id".to_owned(), owner.party_id.into());
    }
    fields.insert("id".to_owned(), tariff.id.as_str().into());
    fields.insert("currency".to_owned(), tariff.currency.code().into());
    can_say(tariff, version)?;
    if let Some(kind) = tariff.kind {
        fields.insert("type".to_owned(), kind_word(kind).into());
    }
    for (name, limit) in [
        ("min_price", tariff.min_price),
        ("max_price", tariff.max_price),
    ] {
        if let Some(limit) = limit {
            fields.insert(name.to_owned(), limit_json(limit, version));
        }
    }
    for (name, at) in [
        ("start_date_time", tariff.valid_from),
        ("end_date_time", tariff.valid_to),
    ] {
        if let Some(at) = at {
            fields.insert(name.to_owned(), at.to_string().into());
        }
    }
    let mut elements = Vec::with_capacity(tariff.elements.len());
    for (index, element) in tariff.elements.iter().enumerate() {
        elements.push(element_json(
            element,
            (index, version),
            tariff.tax_included,
        )?);
    }
    fields.insert("elements".to_owned(), elements.into());
    if version == Version::V2_3_0 {
        let word = match tariff.tax_included {
            TaxIncluded::Yes => "YES",
            TaxIncluded::No => "NO",
            TaxIncluded::NotApplicable => "N/A",
        };
        fields.insert("tax_included".to_owned(), word.into());
    }
    fields.insert(
        "last_updated".to_owned(),
        owner.last_updated.to_string().into(),
    );
    Ok(fields.into())
}

/// Refuses what a version has no field for and a price depends on.
fn can_say(tariff: &Tariff, version: Version) -> Result<(), Fault> {
    let refuse = |path: &str, reason: &str| {
        Err(Fault {
            path: format!("$.{path}"),
            reason: reason.to_owned(),
        })
    };
    if let Some(formula) = tariff.markets.first() {
        let path = format!("elements[{}].price_components", formula.element);
        return refuse(
            &path,
            "no version of OCPI knows a price that follows a market",
        );
    }
    if tariff.idle_fees.only_when_busy.is_some() {
        return refuse(
            "idle_fees.only_when_busy",
            "no version of OCPI knows fees that are due only while a site is busy",
        );
    }
    if tariff.idle_fees != IdleFees::default() {
        return refuse(
            "idle_fees",
            "no version of OCPI knows what bounds idle fees",
        );
    }
    let included = tariff.tax_included;
    if version < Version::V2_3_0 && included == TaxIncluded::Yes {
        return refuse("tax_included", "prices that contain tax need OCPI 2.3.0");
    }
    if version == Version::V2_1_1 {
        let rates = || {
            tariff
                .elements
                .iter()
                .flat_map(|element| &element.components)
        };
        if included != TaxIncluded::NotApplicable && rates().any(|one| one.tax.is_some()) {
            return refuse("elements", "OCPI 2.1.1 knows no tax rates");
        }
        if tariff.min_price.is_some() || tariff.max_price.is_some() {
            return refuse("min_price", "OCPI 2.1.1 knows no lowest and highest price");
        }
        if tariff.kind.is_some() || tariff.valid_from.is_some() || tariff.valid_to.is_some() {
            return refuse("type", "OCPI 2.1.1 knows neither types nor validity");
        }
    }
    Ok(())
}

fn element_json(
    element: &Element,
    (index, version): (usize, Version),
    included: TaxIncluded,
) -> Result<Value, Fault> {
    let components = element.components.iter();
    let components: Vec<Value> = components
        .map(|component| component_json(component, version, included))
        .collect();
    let mut fields = Map::new();
    fields.insert("price_components".to_owned(), components.into());
    let restrictions = restrictions_json(&element.restrictions);
    let newer = ["min_current", "max_current", "reservation", "booking"];
    if version == Version::V2_1_1
        && let Some(name) = newer
            .into_iter()
            .find(|name| restrictions.contains_key(*name))
    {
        return Err(Fault {
            path: format!("$.elements[{index}].restrictions.{name}"),
            reason: "OCPI 2.1.1 does not know it".to_owned(),
        });
    }
    if element.restrictions.min_idle.is_some() || element.restrictions.max_idle.is_some() {
        return Err(Fault {
            path: format!("$.elements[{index}].restrictions.min_idle_time"),
            reason: "no version of OCPI knows the time since charging ended".to_owned(),
        });
    }
    if !restrictions.is_empty() {
        fields.insert("restrictions".to_owned(), restrictions.into());
    }
    Ok(fields.into())
}

fn component_json(component: &Component, version: Version, included: TaxIncluded) -> Value {
    let word = match component.dimension {
        Dimension::Energy => "ENERGY",
        Dimension::Time => "TIME",
        Dimension::ParkingTime => "PARKING_TIME",
        Dimension::Flat => "FLAT",
    };
    let mut fields = Map::new();
    fields.insert("type".to_owned(), word.into());
    fields.insert("price".to_owned(), number(component.price.0, 8));
    // Before 2.3.0 that no tax applies is said by giving no rate.
    let counts = version == Version::V2_3_0 || included != TaxIncluded::NotApplicable;
    if let Some(rate) = component
        .tax
        .filter(|_| counts && version > Version::V2_1_1)
    {
        fields.insert("vat".to_owned(), number(rate.0, 4));
    }
    fields.insert("step_size".to_owned(), component.step_size.into());
    fields.into()
}

fn limit_json(limit: PriceLimit, version: Version) -> Value {
    let (before, after) = match version {
        Version::V2_1_1 | Version::V2_2_1 => ("excl_vat", "incl_vat"),
        Version::V2_3_0 => ("before_taxes", "after_taxes"),
    };
    let mut fields = Map::new();
    let price = |PriceE8(price)| number(price, 8);
    fields.insert(before.to_owned(), price(limit.before_tax));
    if let Some(amount) = limit.after_tax {
        fields.insert(after.to_owned(), price(amount));
    }
    fields.into()
}

fn restrictions_json(when: &Restrictions) -> Map<String, Value> {
    let minute = |LocalMinute(minute)| {
        let (hour, minute) = (minute.div_euclid(60), minute.rem_euclid(60));
        Value::from(format!("{hour:02}:{minute:02}"))
    };
    let date =
        |LocalDate { year, month, day }| Value::from(format!("{year:04}-{month:02}-{day:02}"));
    let (reservation, booking) = match when.reservation {
        None => (None, None),
        Some(Reservation::Reservation) => (Some("RESERVATION"), None),
        Some(Reservation::Expires) => (Some("RESERVATION_EXPIRES"), None),
        Some(Reservation::Booking) => (None, Some("BOOKING")),
        Some(Reservation::BookingExpires) => (None, Some("BOOKING_EXPIRES")),
        Some(Reservation::BookingCancellationFees) => (None, Some("BOOKING_CANCELLATION_FEES")),
        Some(Reservation::BookingOvertime) => (None, Some("BOOKING_OVERTIME")),
    };
    let days =
        (!when.days.is_empty()).then(|| json!(when.days.iter().map(day_word).collect::<Vec<_>>()));
    let fields = [
        ("start_time", when.start_time.map(minute)),
        ("end_time", when.end_time.map(minute)),
        ("start_date", when.start_date.map(date)),
        ("end_date", when.end_date.map(date)),
        ("min_kwh", when.min_energy.map(|energy| number(energy.0, 6))),
        ("max_kwh", when.max_energy.map(|energy| number(energy.0, 6))),
        (
            "min_current",
            when.min_current.map(|current| number(current.0, 3)),
        ),
        (
            "max_current",
            when.max_current.map(|current| number(current.0, 3)),
        ),
        ("min_power", when.min_power.map(|power| number(power.0, 6))),
        ("max_power", when.max_power.map(|power| number(power.0, 6))),
        (
            "min_duration",
            when.min_duration.map(|span| number(span.0, 3)),
        ),
        (
            "max_duration",
            when.max_duration.map(|span| number(span.0, 3)),
        ),
        ("day_of_week", days),
        ("reservation", reservation.map(Value::from)),
        ("booking", booking.map(Value::from)),
    ];
    let given = fields.into_iter();
    given
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

const fn day_word(day: &Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MONDAY",
        Weekday::Tuesday => "TUESDAY",
        Weekday::Wednesday => "WEDNESDAY",
        Weekday::Thursday => "THURSDAY",
        Weekday::Friday => "FRIDAY",
        Weekday::Saturday => "SATURDAY",
        Weekday::Sunday => "SUNDAY",
    }
}

const fn kind_word(kind: TariffKind) -> &'static str {
    match kind {
        TariffKind::AdHocPayment => "AD_HOC_PAYMENT",
        TariffKind::ProfileCheap => "PROFILE_CHEAP",
        TariffKind::ProfileFast => "PROFILE_FAST",
        TariffKind::ProfileGreen => "PROFILE_GREEN",
        TariffKind::Regular => "REGULAR",
    }
}

/// A whole number of 10^-places as a JSON number, without trailing zeros.
fn number(value: i64, places: u32) -> Value {
    let decimal = rust_decimal::Decimal::from_i128_with_scale(i128::from(value), places);
    let text = decimal.normalize().to_string();
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}
