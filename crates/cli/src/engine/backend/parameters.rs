//! The parameters of a question, read.

use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_domain::tariff::LocalDate;
use wattledger_views::{By, TaxPeriod};

/// The value of a parameter, if given.
pub fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// A parameter that cannot be read.
pub fn invalid(name: &str, reason: impl Into<String>) -> Fault {
    Fault::new(Code::Parameter, reason).at(None, Some(name.to_owned()))
}

/// A whole number.
pub fn whole(parameters: &[(String, String)], name: &str, default: i64) -> Result<i64, Fault> {
    match parameter(parameters, name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| invalid(name, format!("`{text}` is not a whole number"))),
    }
}

/// How many rows at most: at least one.
pub fn most(parameters: &[(String, String)], default: i64) -> Result<i64, Fault> {
    match whole(parameters, "limit", default)? {
        limit if limit < 1 => Err(invalid("limit", format!("`{limit}` is less than 1"))),
        limit => Ok(limit),
    }
}

/// A date such as 2026-11-25.
pub fn local_date(text: &str) -> Option<LocalDate> {
    use chrono::Datelike as _;
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(LocalDate {
        year: date.year(),
        month: u8::try_from(date.month()).ok()?,
        day: u8::try_from(date.day()).ok()?,
    })
}

/// A date, if given.
pub fn date(parameters: &[(String, String)], name: &str) -> Result<Option<LocalDate>, Fault> {
    let Some(text) = parameter(parameters, name) else {
        return Ok(None);
    };
    local_date(text)
        .map(Some)
        .ok_or_else(|| invalid(name, format!("`{text}` is not a date such as 2026-11-25")))
}

/// How long a row of the tax report is.
pub fn tax_period(parameters: &[(String, String)]) -> Result<TaxPeriod, Fault> {
    match parameter(parameters, "by").unwrap_or("month") {
        "month" => Ok(TaxPeriod::Month),
        "quarter" => Ok(TaxPeriod::Quarter),
        other => Err(invalid("by", format!("`{other}` is not month or quarter"))),
    }
}

/// What the rows of a report stand for.
pub fn by(parameters: &[(String, String)]) -> Result<By, Fault> {
    match parameter(parameters, "by").unwrap_or("day") {
        "station" => Ok(By::Station),
        "site" => Ok(By::Site),
        "day" => Ok(By::Day),
        "hour" => Ok(By::Hour),
        other => Err(invalid(
            "by",
            format!("`{other}` is not station, site, day or hour"),
        )),
    }
}
