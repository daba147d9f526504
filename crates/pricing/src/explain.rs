//! A settlement in words: what each line counts, at which price, and why that price.

mod spoken;

use crate::record::{RecordLineKind, RecordPrice};
pub use spoken::{Language, explain_tariff};
use std::fmt::Write;
use wattledger_domain::cost::{LineKind, Settlement};
use wattledger_domain::occupancy::BusyShare;
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::tariff::{Dimension, Restrictions, Tariff, TaxIncluded};
use wattledger_domain::time::Timestamp;

/// A sentence per line, then the totals.
#[must_use]
pub fn explain(tariff: &Tariff, settlement: &Settlement) -> Vec<String> {
    let lines = settlement.lines.iter().map(|line| {
        let said = Said {
            kind: match line.kind {
                LineKind::Usage(dimension) => RecordLineKind::Usage(dimension),
                LineKind::MinPrice => RecordLineKind::MinPrice,
                LineKind::MaxPrice => RecordLineKind::MaxPrice,
            },
            element: line.element,
            quantity: line.quantity,
            price: line.price,
            tax: line.tax,
            net: line.net.to_string(),
            from: line.from,
            to: line.to,
        };
        sentence(tariff, &said)
    });
    let mut sentences: Vec<String> = lines.collect();
    for group in &settlement.groups {
        let rate = group.rate.map_or("no tax".to_owned(), percent);
        sentences.push(format!(
            "{rate}: net {}, tax {}, gross {}",
            group.net, group.tax, group.gross
        ));
    }
    sentences.push(format!(
        "Total: net {}, tax {}, gross {}",
        settlement.net, settlement.tax, settlement.gross
    ));
    sentences
}

/// As [`explain`], for a record: a sentence per line of it.
#[must_use]
pub fn explain_record(tariffs: &[Tariff], price: &RecordPrice) -> Vec<String> {
    let places = usize::try_from(price.places).unwrap_or(2);
    let lines = price.lines.iter().filter_map(|line| {
        let tariff = tariffs.get(line.tariff)?;
        let said = Said {
            kind: line.kind,
            element: line.element,
            quantity: line.quantity,
            price: line.price,
            tax: line.tax,
            net: format!("{} {}", fixed(line.net, places), price.currency),
            from: line.from,
            to: line.to,
        };
        Some(sentence(tariff, &said))
    });
    lines.collect()
}

/// What is said of a line.
struct Said {
    kind: RecordLineKind,
    element: u16,
    quantity: i64,
    price: PriceE8,
    tax: Option<TaxRate>,
    net: String,
    from: Timestamp,
    to: Timestamp,
}

fn sentence(tariff: &Tariff, line: &Said) -> String {
    let currency = tariff.currency;
    let tax = match (line.tax, tariff.tax_included) {
        (None, _) => String::new(),
        (Some(rate), TaxIncluded::Yes) => format!(" + {} that the price contains", percent(rate)),
        (Some(rate), TaxIncluded::No | TaxIncluded::NotApplicable) => {
            format!(" + {}", percent(rate))
        }
    };
    let (dimension, charging) = match line.kind {
        RecordLineKind::Usage(dimension) => (dimension, true),
        RecordLineKind::Reservation(dimension) => (dimension, false),
        RecordLineKind::MinPrice => {
            return format!("Raised to the tariff's minimum price = {}{tax}", line.net);
        }
        RecordLineKind::MaxPrice => {
            return format!("Lowered to the tariff's maximum price = {}{tax}", line.net);
        }
    };
    let (name, counted) = match (dimension, charging) {
        (Dimension::Energy, _) => ("Energy", Some(("kWh", decimal(line.quantity, 6) + " kWh"))),
        (Dimension::Time, true) => ("Charging time", Some(("h", duration(line.quantity)))),
        (Dimension::Time, false) => ("Reserved time", Some(("h", duration(line.quantity)))),
        (Dimension::ParkingTime, _) => ("Parking time", Some(("h", duration(line.quantity)))),
        (Dimension::Flat, true) => ("Start fee", None),
        (Dimension::Flat, false) => ("Reservation fee", None),
    };
    let price = decimal(line.price.0, 8);
    let what = match counted {
        Some((unit, counted)) => format!("{name} {counted} × {price} {currency}/{unit}"),
        None => format!("{name} {price} {currency}"),
    };
    format!("{what} = {}{tax}{}", line.net, because(tariff, line))
}

fn because(tariff: &Tariff, line: &Said) -> String {
    let when = tariff
        .elements
        .get(usize::from(line.element))
        .map(|element| &element.restrictions);
    let mut conditions = when.map(conditions).unwrap_or_default();
    conditions.extend(not_busy(tariff, line));
    let number = line.element.saturating_add(1);
    let span = format!("from {} to {}", line.from, line.to);
    if conditions.is_empty() {
        format!(" (element {number}, always; {span})")
    } else {
        format!(" (element {number}, {}; {span})", conditions.join(", "))
    }
}

/// Why parking costs nothing although it has a price.
fn not_busy(tariff: &Tariff, line: &Said) -> Option<String> {
    let limit = tariff.idle_fees.only_when_busy?;
    let element = tariff.elements.get(usize::from(line.element))?;
    let parking = |dimension| dimension == Dimension::ParkingTime;
    let mut components = element.components.iter();
    let component = components.find(|component| parking(component.dimension))?;
    let charged = matches!(line.kind, RecordLineKind::Usage(dimension) if parking(dimension));
    let waived = charged && line.price.0 == 0 && component.price.0 != 0;
    waived.then(|| format!("site not known to be {} % busy", share(limit)))
}

/// A share in percent.
fn share(share: BusyShare) -> String {
    decimal(i64::from(share.per_mille()), 1)
}

fn conditions(when: &Restrictions) -> Vec<String> {
    let mut found = Vec::new();
    let clock = |minute: u16| {
        format!(
            "{:02}:{:02}",
            minute.checked_div(60).unwrap_or(0),
            minute.checked_rem(60).unwrap_or(0)
        )
    };
    match (when.start_time, when.end_time) {
        (Some(start), Some(end)) => found.push(format!("{}–{}", clock(start.0), clock(end.0))),
        (Some(start), None) => found.push(format!("from {}", clock(start.0))),
        (None, Some(end)) => found.push(format!("until {}", clock(end.0))),
        (None, None) => {}
    }
    if !when.days.is_empty() {
        let days: Vec<String> = when.days.iter().map(|day| format!("{day:?}")).collect();
        found.push(days.join("/"));
    }
    let date = |date: wattledger_domain::tariff::LocalDate| {
        format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
    };
    if let Some(start) = when.start_date {
        found.push(format!("since {}", date(start)));
    }
    if let Some(end) = when.end_date {
        found.push(format!("before {}", date(end)));
    }
    let mut range = |what: &str, unit: &str, scale: usize, low: Option<i64>, high: Option<i64>| {
        if let Some(low) = low {
            found.push(format!("{what} from {} {unit}", decimal(low, scale)));
        }
        if let Some(high) = high {
            found.push(format!("{what} below {} {unit}", decimal(high, scale)));
        }
    };
    range(
        "energy",
        "kWh",
        6,
        when.min_energy.map(|e| e.0),
        when.max_energy.map(|e| e.0),
    );
    range(
        "power",
        "kW",
        6,
        when.min_power.map(|p| p.0),
        when.max_power.map(|p| p.0),
    );
    range(
        "current",
        "A",
        3,
        when.min_current.map(|c| c.0),
        when.max_current.map(|c| c.0),
    );
    range(
        "time since charging ended",
        "s",
        3,
        when.min_idle.map(|d| d.0),
        when.max_idle.map(|d| d.0),
    );
    range(
        "duration",
        "s",
        3,
        when.min_duration.map(|d| d.0),
        when.max_duration.map(|d| d.0),
    );
    found
}

fn percent(rate: TaxRate) -> String {
    format!("{} % tax", decimal(rate.0, 4))
}

/// A whole number of 10^-places as a decimal with all of them.
fn fixed(value: i64, places: usize) -> String {
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
fn decimal(value: i64, places: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!(
        "{:0>width$}",
        value.unsigned_abs(),
        width = places.saturating_add(1)
    );
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let fraction = fraction.trim_end_matches('0');
    let mut text = format!("{sign}{whole}");
    if !fraction.is_empty() {
        let _ = write!(text, ".{fraction}");
    }
    text
}

fn duration(ms: i64) -> String {
    let seconds = ms.checked_div(1_000).unwrap_or(0);
    let (hours, rest) = (seconds.div_euclid(3_600), seconds.rem_euclid(3_600));
    let (minutes, seconds) = (rest.div_euclid(60), rest.rem_euclid(60));
    if hours > 0 {
        format!("{hours} h {minutes:02} min {seconds:02} s")
    } else {
        format!("{minutes} min {seconds:02} s")
    }
}
