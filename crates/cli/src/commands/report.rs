//! `report`: usage, revenue, taxes and what waits for a person, as table, JSON or CSV.
//!
//! Asks `GET /v1/reports/{usage|revenue|taxes|review}?by=&from=&to=`; the answer is `{"rows": […]}` of the
//! views' rows.
//! Invariant: a row is shown as it came; only the last line of a table is a sum made here.

pub(super) mod delimited;
mod taxes;

use crate::arguments::{ReportArguments, ReportKind};
use crate::client::Transport;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{ABSENT, Fields, bare_amount, grouped, kwh, plain, span};
use crate::table::{Column, table};
use crate::words;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

/// Shows a report.
///
/// # Errors
/// [`CliError::Refused`] when the engine refuses the period.
pub fn run(
    arguments: &ReportArguments,
    transport: impl FnOnce() -> Result<Transport, CliError>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if let (Some(from), Some(to)) = (&arguments.from, &arguments.to)
        && from >= to
    {
        return Err(CliError::refused(format!(
            "--to {to} is the first day after the period, so it must be later than --from {from}"
        )));
    }
    let by = arguments.by_word()?;
    let answer = transport()?.get(&path(arguments, by))?;
    let found = Fields(&answer).items("rows");
    if arguments.json {
        return write_json(&answer, out);
    }
    if arguments.csv {
        return match arguments.report {
            ReportKind::Usage => delimited::usage(by, found, out),
            ReportKind::Revenue => delimited::revenue(by, found, out),
            ReportKind::Taxes => delimited::taxes(found, out),
            ReportKind::Review => delimited::review(found, out),
        };
    }
    if found.is_empty() {
        words::note(match arguments.report {
            ReportKind::Usage | ReportKind::Revenue | ReportKind::Taxes => "nothing in this period",
            ReportKind::Review => "nothing waits for a person",
        });
        return Ok(());
    }
    let text = match arguments.report {
        ReportKind::Usage => usage(by, found),
        ReportKind::Revenue => revenue(by, found),
        ReportKind::Taxes => taxes::shown(found),
        ReportKind::Review => review(found),
    };
    writeln!(out, "{text}")?;
    Ok(())
}

fn path(arguments: &ReportArguments, by: &str) -> String {
    let report = match arguments.report {
        ReportKind::Usage => "usage",
        ReportKind::Revenue => "revenue",
        ReportKind::Taxes => "taxes",
        ReportKind::Review => "review",
    };
    let mut path = format!("/v1/reports/{report}?by={by}");
    for (name, date) in [("from", &arguments.from), ("to", &arguments.to)] {
        if let Some(date) = date {
            path.push_str(&format!("&{name}={date}"));
        }
    }
    path
}

const USAGE_SPANS: [&str; 5] = [
    "connected_ms",
    "charging_ms",
    "suspended_by_vehicle_ms",
    "suspended_by_station_ms",
    "other_ms",
];

fn usage(by: &'static str, found: &[Value]) -> String {
    let columns = [
        Column::Text(by),
        Column::Figure("sessions"),
        Column::Figure("kWh"),
        Column::Figure("connected"),
        Column::Figure("charging"),
        Column::Figure("car paused"),
        Column::Figure("station paused"),
        Column::Figure("other"),
    ];
    let line = |key: String, number: &dyn Fn(&str) -> i64| {
        let mut cells = vec![key, grouped(number("sessions")), kwh(number("energy"))];
        cells.extend(USAGE_SPANS.iter().map(|name| hours(number(name))));
        cells
    };
    let mut shown: Vec<Vec<String>> = Vec::with_capacity(found.len().saturating_add(1));
    for row in found.iter().map(Fields) {
        shown.push(line(key_in_words(row.text("key")), &|name| {
            row.number(name)
        }));
    }
    shown.push(line("all".to_owned(), &|name| sum(found, name)));
    table(&columns, shown)
}

fn revenue(by: &'static str, found: &[Value]) -> String {
    let columns = [
        Column::Text(by),
        Column::Figure("invoices"),
        Column::Figure("credit notes"),
        Column::Figure("kWh"),
        Column::Figure("net"),
        Column::Figure("tax"),
        Column::Figure("gross"),
        Column::Name("currency"),
    ];
    let line = |key: String, currency: &str, number: &dyn Fn(&str) -> i64| {
        let money = |name: &str| bare_amount(number(name), currency);
        vec![
            key,
            grouped(number("invoices")),
            grouped(number("credit_notes")),
            kwh(number("energy")),
            money("net"),
            money("tax"),
            money("gross"),
            currency.to_owned(),
        ]
    };
    let mut shown: Vec<Vec<String>> = Vec::with_capacity(found.len().saturating_add(1));
    let mut by_currency: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (row, value) in found.iter().map(|value| (Fields(value), value)) {
        let currency = row.text("currency");
        by_currency.entry(currency).or_default().push(value.clone());
        shown.push(line(key_in_words(row.text("key")), currency, &|name| {
            row.number(name)
        }));
    }
    for (currency, rows) in &by_currency {
        shown.push(line("all".to_owned(), currency, &|name| sum(rows, name)));
    }
    table(&columns, shown)
}

/// What waits: a table for reasons and one for ages, each with what it would be billed as in all.
fn review(found: &[Value]) -> String {
    let line = |row: Fields<'_>| {
        let currency = row.stated("currency");
        vec![
            plain(row.text("of")),
            grouped(row.number("sessions")),
            currency.map_or_else(
                || ABSENT.to_owned(),
                |currency| bare_amount(row.number("proposed_minor"), currency),
            ),
            currency.unwrap_or(ABSENT).to_owned(),
        ]
    };
    let of = |by: &str| -> Vec<Vec<String>> {
        let rows = found.iter().map(Fields);
        rows.filter(|row| row.text("by") == by).map(line).collect()
    };
    let tables = ["reason", "age"].into_iter().filter_map(|by| {
        let mut rows = of(by);
        if rows.is_empty() {
            return None;
        }
        rows.extend(of("all"));
        let columns = [
            Column::Text(by),
            Column::Figure("sessions"),
            Column::Figure("would be"),
            Column::Name("currency"),
        ];
        Some(table(&columns, rows))
    });
    tables.collect::<Vec<String>>().join("\n\n")
}

/// Sums of 64-bit figures stay in 64 bits in the views, so they do here.
fn sum(found: &[Value], name: &str) -> i64 {
    found.iter().fold(0, |sum: i64, row| {
        sum.saturating_add(Fields(row).number(name))
    })
}

/// Long spans in hours and minutes, which line up; seconds past the minute are not shown.
fn hours(ms: i64) -> String {
    let minutes = ms.div_euclid(60_000);
    if ms != 0 && minutes == 0 {
        return span(ms);
    }
    format!(
        "{} h {:02} min",
        grouped(minutes.div_euclid(60)),
        minutes.rem_euclid(60)
    )
}

/// An hour `2026-10-25T02+120` as `2026-10-25 02:00 +02:00`; other keys as they are.
fn key_in_words(key: &str) -> String {
    let read = key.split_once('T').and_then(|(date, rest)| {
        let (hour, offset) = (rest.get(..2)?, rest.get(2..)?.parse::<i64>().ok()?);
        chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        hour.parse::<u8>().ok()?;
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = i64::try_from(offset.unsigned_abs()).ok()?;
        let (east, rest) = (minutes.div_euclid(60), minutes.rem_euclid(60));
        Some(format!("{date} {hour}:00 {sign}{east:02}:{rest:02}"))
    });
    read.unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests;
