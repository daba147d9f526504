//! A priced record as JSON: amounts as decimal texts, null where a tax is not known.

use super::request::Priced;
use serde_json::{Value, json};
use wattledger_domain::price::ExactCost;
use wattledger_domain::tariff::Dimension;
use wattledger_pricing::{Amounts, RecordLine, RecordLineKind, explain_record};
use wattledger_wire::ocpi::Warning;

/// The answer to a line of a batch.
pub fn answer(id: &Value, priced: &Priced) -> Value {
    let price = &priced.price;
    let places = usize::try_from(price.places).unwrap_or(2);
    let rounded = |amount: Option<i64>| amount.map(|amount| decimal(i128::from(amount), places));
    let Amounts {
        before_tax,
        after_tax,
    } = price.exact;
    json!({
        "id": id,
        "currency": price.currency.code(),
        "total": {
            "before_tax": rounded(price.total.before_tax),
            "after_tax": rounded(price.total.after_tax),
        },
        "exact": { "before_tax": before_tax.map(exact), "after_tax": after_tax.map(exact) },
        "energy": price.energy.map(exact),
        "time": price.time.map(exact),
        "parking_time": price.parking_time.map(exact),
        "fixed": price.fixed.map(exact),
        "reservation": price.reservation.map(exact),
        "lines": lines(priced),
        "notes": notes(&priced.notes),
    })
}

/// What was odd, each with its path.
pub fn notes(notes: &[Warning]) -> Vec<Value> {
    let notes = notes.iter();
    notes
        .map(|Warning { path, message }| json!({ "path": path, "message": message }))
        .collect()
}

/// A line per price that was used, with why.
pub fn lines(priced: &Priced) -> Vec<Value> {
    let why = explain_record(&priced.tariffs, &priced.price);
    let places = usize::try_from(priced.price.places).unwrap_or(2);
    let lines = priced.price.lines.iter().zip(why);
    lines
        .map(|(line, why)| {
            let (quantity, unit) = quantity(line);
            let tariff = priced.tariffs.get(line.tariff);
            json!({
                "kind": kind(line.kind),
                "tariff": tariff.map(|tariff| tariff.id.as_str()),
                "element": line.element,
                "quantity": quantity,
                "unit": unit,
                "price": decimal_trimmed(i128::from(line.price.0), 8),
                "tax_percent": line.tax.map(|rate| decimal_trimmed(i128::from(rate.0), 4)),
                "exact": exact(line.exact_net),
                "net": decimal(i128::from(line.net), places),
                "from": line.from.to_string(),
                "to": line.to.to_string(),
                "why": why,
            })
        })
        .collect()
}

/// The word for what a line bills.
pub const fn kind(kind: RecordLineKind) -> &'static str {
    match kind {
        RecordLineKind::Usage(Dimension::Energy) => "energy",
        RecordLineKind::Usage(Dimension::Time) => "time",
        RecordLineKind::Usage(Dimension::ParkingTime) => "parking_time",
        RecordLineKind::Usage(Dimension::Flat) => "fixed",
        RecordLineKind::Reservation(Dimension::Flat) => "reservation_fee",
        RecordLineKind::Reservation(
            Dimension::Energy | Dimension::Time | Dimension::ParkingTime,
        ) => "reservation_time",
        RecordLineKind::MinPrice => "min_price",
        RecordLineKind::MaxPrice => "max_price",
    }
}

fn quantity(line: &RecordLine) -> (String, &'static str) {
    let quantity = i128::from(line.quantity);
    match line.kind {
        RecordLineKind::Usage(Dimension::Energy) => (decimal_trimmed(quantity, 6), "kWh"),
        RecordLineKind::Usage(Dimension::Flat) | RecordLineKind::Reservation(Dimension::Flat) => {
            ("1".to_owned(), "once")
        }
        RecordLineKind::Usage(Dimension::Time | Dimension::ParkingTime)
        | RecordLineKind::Reservation(
            Dimension::Energy | Dimension::Time | Dimension::ParkingTime,
        ) => (decimal_trimmed(quantity, 3), "s"),
        RecordLineKind::MinPrice | RecordLineKind::MaxPrice => ("1".to_owned(), "once"),
    }
}

/// An exact cost as a decimal: 15 places, the last rounded half away from zero, no trailing zeros.
/// (Costs of time are multiples of a 1,800,000,000,000,000th: most have no end.)
pub fn exact(cost: ExactCost) -> String {
    // 10^15 / (10^8 × 18,000,000) = 5 / 9.
    let scaled = cost.0.checked_mul(5);
    let Some(scaled) = scaled else {
        // Past 128 bits in the last place: one place of three digits fewer is enough.
        let e12 = half_away(cost.0, 1_800);
        return decimal_trimmed(e12, 12);
    };
    decimal_trimmed(half_away(scaled, 9), 15)
}

fn half_away(value: i128, divisor: i128) -> i128 {
    let quotient = value.checked_div(divisor).unwrap_or(0);
    let rest = value.checked_rem(divisor).unwrap_or(0);
    if rest.saturating_abs().saturating_mul(2) >= divisor {
        quotient.saturating_add(value.signum())
    } else {
        quotient
    }
}

/// A whole number of 10^-places as a decimal with all of them.
pub fn decimal(value: i128, places: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let width = places.saturating_add(1);
    let digits = format!("{:0>width$}", value.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    if fraction.is_empty() {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{fraction}")
}

/// A whole number of 10^-places as a decimal without trailing zeros.
pub fn decimal_trimmed(value: i128, places: usize) -> String {
    let text = decimal(value, places);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
