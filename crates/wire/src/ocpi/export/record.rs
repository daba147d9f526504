//! Charge detail records to JSON.

use super::{Owner, number, tariff_json};
use crate::ocpi::{Fault, Version};
use serde_json::{Map, Number, Value, json};
use wattledger_domain::money::Currency;
use wattledger_domain::price::{ExactCost, TaxRate};
use wattledger_domain::record::RecordPeriod;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;

/// A record to be written.
#[derive(Clone, Copy, Debug)]
pub struct RecordExport<'a> {
    /// Whose.
    pub owner: Owner<'a>,
    /// Its id.
    pub id: &'a str,
    /// Start of the session, or of its reservation.
    pub start: Timestamp,
    /// End of the session.
    pub end: Timestamp,
    /// OCPI `CdrToken`; in 2.1.1 its `contract_id` or `uid` is the `auth_id`.
    pub token: &'a Value,
    /// OCPI `AuthMethod`.
    pub auth_method: &'a str,
    /// OCPI `CdrLocation`; a `Location` in 2.1.1.
    pub location: &'a Value,
    /// The currency of all amounts.
    pub currency: Currency,
    /// In order of time.
    pub periods: &'a [RecordPeriod],
    /// The tariffs that priced it.
    pub tariffs: &'a [Tariff],
    /// What it comes to.
    pub totals: RecordTotals<'a>,
    /// The record that this one takes back.
    pub credits: Option<&'a str>,
}

/// What a record comes to.
#[derive(Clone, Copy, Debug)]
pub struct RecordTotals<'a> {
    /// Before and after tax, rounded, in units of 10^-`places`; absent where tax is not known.
    pub cost: (Option<i64>, Option<i64>),
    /// What lies between the two, which only 2.3.0 can tell; where they do not sum to it, it is one tax.
    pub taxes: &'a [TaxAmount<'a>],
    /// Decimal places of `cost`.
    pub places: u32,
    /// Exact parts before tax; absent where not known.
    pub energy: Option<ExactCost>,
    /// As `energy`.
    pub time: Option<ExactCost>,
    /// As `energy`.
    pub parking_time: Option<ExactCost>,
    /// As `energy`.
    pub fixed: Option<ExactCost>,
    /// As `energy`.
    pub reservation: Option<ExactCost>,
}

/// A tax of a total (OCPI 2.3.0 `TaxAmount`).
#[derive(Clone, Copy, Debug)]
pub struct TaxAmount<'a> {
    /// As it stands on documents, such as GST or VAT.
    pub name: &'a str,
    /// Under which number the seller pays it.
    pub account_number: Option<&'a str>,
    /// Its rate.
    pub rate: Option<TaxRate>,
    /// In units of 10^-`places` of the total.
    pub amount: i64,
}

/// A record as JSON of a version.
///
/// # Errors
/// A [`Fault`] with the path of what the version cannot say.
pub fn record_json(record: &RecordExport<'_>, version: Version) -> Result<Value, Fault> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    let newer = version > Version::V2_1_1;
    put("id", record.id.into());
    put("start_date_time", record.start.to_string().into());
    if newer {
        put("country_code", record.owner.country_code.into());
        put("party_id", record.owner.party_id.into());
        put("end_date_time", record.end.to_string().into());
        put("cdr_token", record.token.clone());
        put("cdr_location", record.location.clone());
        if let Some(credits) = record.credits {
            put("credit", true.into());
            put("credit_reference_id", credits.into());
        }
    } else {
        if record.credits.is_some() {
            return Err(Fault {
                path: "$.credit".to_owned(),
                reason: "OCPI 2.1.1 knows no credit records".to_owned(),
            });
        }
        let id = record
            .token
            .get("contract_id")
            .or_else(|| record.token.get("uid"));
        put("stop_date_time", record.end.to_string().into());
        put("auth_id", id.cloned().unwrap_or(Value::Null));
        put("location", record.location.clone());
    }
    put("auth_method", record.auth_method.into());
    put("currency", record.currency.code().into());
    let mut tariffs = Vec::new();
    for tariff in record.tariffs {
        tariffs.push(tariff_json(tariff, version, &record.owner)?);
    }
    put("tariffs", tariffs.into());
    let periods = record.periods.iter();
    let periods: Vec<Value> = periods.map(|period| period_json(period, version)).collect();
    put("charging_periods", periods.into());
    totals(record, version, &mut put);
    put("last_updated", record.owner.last_updated.to_string().into());
    Ok(fields.into())
}

fn totals(record: &RecordExport<'_>, version: Version, put: &mut impl FnMut(&str, Value)) {
    let totals = &record.totals;
    let (before, after) = totals.cost;
    let amount = |minor: i64| number(minor, totals.places);
    put(
        "total_cost",
        match version {
            Version::V2_1_1 => before.map_or(Value::Null, amount),
            Version::V2_2_1 => {
                let mut cost = Map::new();
                cost.insert("excl_vat".to_owned(), before.map_or(Value::Null, amount));
                if let Some(after) = after {
                    cost.insert("incl_vat".to_owned(), amount(after));
                }
                cost.into()
            }
            Version::V2_3_0 => {
                // Without a rate nobody knows what of the price is tax: it is stated as it is.
                let base = before.or(after);
                let tax = before
                    .zip(after)
                    .map_or(0, |(net, gross)| gross.saturating_sub(net));
                let taxes = taxes_json(totals, tax);
                json!({ "before_taxes": base.map_or(Value::Null, amount), "taxes": taxes })
            }
        },
    );
    if version > Version::V2_1_1 {
        let parts = [
            ("total_energy_cost", totals.energy),
            ("total_time_cost", totals.time),
            ("total_parking_cost", totals.parking_time),
            ("total_fixed_cost", totals.fixed),
            ("total_reservation_cost", totals.reservation),
        ];
        let name = match version {
            Version::V2_1_1 | Version::V2_2_1 => "excl_vat",
            Version::V2_3_0 => "before_taxes",
        };
        for (part, cost) in parts {
            if let Some(cost) = cost.filter(|cost| cost.0 != 0) {
                put(part, json!({ name: cost_number(cost) }));
            }
        }
    }
    let sum = |of: &dyn Fn(&RecordPeriod) -> i64| {
        let periods = record.periods.iter();
        periods.fold(0_i64, |sum, period| sum.saturating_add(of(period)))
    };
    let energy = sum(&|period| period.energy.map_or(0, |energy| energy.0));
    let parked = sum(&|period| period.parking_time.map_or(0, |time| time.0));
    put("total_energy", number(energy, 6));
    put("total_time", hours(record.end.since(record.start).0));
    if parked > 0 {
        put("total_parking_time", hours(parked));
    }
}

/// The taxes of a total, each by its name where they sum to what lies between net and gross.
fn taxes_json(totals: &RecordTotals<'_>, tax: i64) -> Vec<Value> {
    let mut told = totals.taxes.iter();
    let told = told.try_fold(0_i64, |sum, tax| sum.checked_add(tax.amount));
    let one = TaxAmount {
        name: "VAT",
        account_number: None,
        rate: None,
        amount: tax,
    };
    let taxes = match told {
        Some(told) if told == tax => totals.taxes,
        Some(_) | None => std::slice::from_ref(&one),
    };
    let written = taxes.iter().map(|tax| {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), tax.name.into());
        if let Some(account) = tax.account_number {
            fields.insert("account_number".to_owned(), account.into());
        }
        if let Some(rate) = tax.rate {
            fields.insert("percentage".to_owned(), number(rate.0, 4));
        }
        fields.insert("amount".to_owned(), number(tax.amount, totals.places));
        fields.into()
    });
    written.collect()
}

fn period_json(period: &RecordPeriod, version: Version) -> Value {
    let mut dimensions = Vec::new();
    let mut put = |name: &str, volume: Option<Value>| {
        if let Some(volume) = volume {
            dimensions.push(json!({ "type": name, "volume": volume }));
        }
    };
    put("ENERGY", period.energy.map(|energy| number(energy.0, 6)));
    put("TIME", period.time.map(|time| hours(time.0)));
    put(
        "PARKING_TIME",
        period.parking_time.map(|time| hours(time.0)),
    );
    put(
        "RESERVATION_TIME",
        period.reservation_time.map(|time| hours(time.0)),
    );
    let (power, current) = (period.power, period.current);
    put("MIN_POWER", power.map(|power| number(power.least.0, 6)));
    put("MAX_POWER", power.map(|power| number(power.greatest.0, 6)));
    put(
        "MIN_CURRENT",
        current.map(|current| number(current.least.0, 3)),
    );
    put(
        "MAX_CURRENT",
        current.map(|current| number(current.greatest.0, 3)),
    );
    let mut fields = Map::new();
    fields.insert("start_date_time".to_owned(), period.from.to_string().into());
    fields.insert("dimensions".to_owned(), dimensions.into());
    if let Some(tariff) = period.tariff.as_ref().filter(|_| version > Version::V2_1_1) {
        fields.insert("tariff_id".to_owned(), tariff.as_str().into());
    }
    fields.into()
}

/// Milliseconds as hours with nine decimals, which read back as the same milliseconds.
fn hours(milliseconds: i64) -> Value {
    // 10^9 / 3,600,000 = 2,500 / 9.
    let scaled = i128::from(milliseconds).saturating_mul(2_500);
    let rounded = scaled.saturating_add(4).div_euclid(9);
    number(i64::try_from(rounded).unwrap_or(i64::MAX), 9)
}

/// An exact cost with eight decimals.
fn cost_number(cost: ExactCost) -> Value {
    let half = 9_000_000;
    let e8 = cost.0.saturating_add(half).div_euclid(18_000_000);
    let decimal = rust_decimal::Decimal::try_from_i128_with_scale(e8, 8);
    let text = decimal.map(|decimal| decimal.normalize().to_string());
    let number = text.ok().and_then(|text| text.parse::<Number>().ok());
    number.map_or(Value::Null, Value::Number)
}
