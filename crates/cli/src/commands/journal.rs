//! `journal export`: the double-entry journal for bookkeeping, as CSV or JSON, with totals that balance.
//!
//! Asks `GET /v1/journal?from=&to=&entity=&after_entered_at=&after=` page by page; a page is
//! `{"entries": [{"date", "entry", "document", "cause", …, "postings": […]}], "next"}`.
//! Invariant: an export whose debits and credits differ is refused, however it came about.

use crate::arguments::{JournalAction, JournalArguments, JournalExport};
use crate::client::{Transport, encoded};
use crate::commands::report::delimited::safe;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{Fields, amount, bare_amount, plain};
use crate::words;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// The columns of the CSV: a row is one side of an entry.
const COLUMNS: [&str; 8] = [
    "date",
    "entry_id",
    "document_number",
    "account",
    "debit",
    "credit",
    "currency",
    "text",
];

/// Debits and credits of one currency, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sides {
    debit: i128,
    credit: i128,
}

type Totals = BTreeMap<String, Sides>;

/// Does what was asked of the journal.
///
/// # Errors
/// [`CliError::Refused`] for a period without days, or entries that do not balance.
pub fn run(
    arguments: &JournalArguments,
    transport: impl FnOnce() -> Result<Transport, CliError>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let JournalAction::Export(export) = &arguments.action;
    if let (Some(from), Some(to)) = (&export.from, &export.to)
        && from >= to
    {
        return Err(CliError::refused(format!(
            "--to {to} is the first day after the period, so it must be later than --from {from}"
        )));
    }
    let transport = transport()?;
    let totals = if export.csv {
        as_csv(export, &transport, out)?
    } else {
        as_json(export, &transport, out)?
    };
    for (currency, sides) in &totals {
        let [debit, credit] = [sides.debit, sides.credit].map(|minor| shown(minor, currency));
        if sides.debit != sides.credit {
            return Err(CliError::refused(format!(
                "the journal does not balance: {debit} debit, {credit} credit; run `wattledger audit`"
            )));
        }
        words::note(&format!("{debit} debit = {credit} credit"));
    }
    if totals.is_empty() {
        words::note("no entry in this period");
    }
    Ok(())
}

/// Every entry, in order, page by page.
fn each(
    export: &JournalExport,
    transport: &Transport,
    mut take: impl FnMut(&Value) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut path = "/v1/journal?".to_owned();
    let filters = [
        ("from", &export.from),
        ("to", &export.to),
        ("entity", &export.entity),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            path.push_str(&format!("{name}={}&", encoded(value)));
        }
    }
    let mut after = String::new();
    loop {
        let page = transport.get(&format!("{path}{after}"))?;
        Fields(&page)
            .items("entries")
            .iter()
            .try_for_each(&mut take)?;
        let next = Fields(&page).inside("next");
        match (next.stated_number("after_entered_at"), next.stated("after")) {
            (Some(at), Some(entry)) => {
                after = format!("after_entered_at={at}&after={}", encoded(entry));
            }
            _ => return Ok(()),
        }
    }
}

fn add(totals: &mut Totals, posting: Fields<'_>) {
    let sides = totals
        .entry(posting.text("currency").to_owned())
        .or_default();
    let minor = i128::from(posting.number("amount"));
    match posting.text("side") {
        "debit" => sides.debit = sides.debit.saturating_add(minor),
        _ => sides.credit = sides.credit.saturating_add(minor),
    }
}

fn as_csv(
    export: &JournalExport,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<Totals, CliError> {
    let mut totals = Totals::new();
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(COLUMNS).map_err(written)?;
    each(export, transport, |entry| {
        let entry = Fields(entry);
        let text = about(entry);
        for posting in entry.items("postings").iter().map(Fields) {
            add(&mut totals, posting);
            let currency = posting.text("currency");
            let amount = bare_amount(posting.number("amount"), currency);
            let (debit, credit) = match posting.text("side") {
                "debit" => (amount.as_str(), ""),
                _ => ("", amount.as_str()),
            };
            let row = [
                entry.text("date"),
                &safe(entry.text("entry")),
                &safe(entry.text("document")),
                &safe(posting.text("ledger")),
                debit,
                credit,
                currency,
                &safe(&text),
            ];
            rows.write_record(row).map_err(written)?;
        }
        Ok(())
    })?;
    rows.flush()?;
    Ok(totals)
}

fn as_json(
    export: &JournalExport,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<Totals, CliError> {
    let mut totals = Totals::new();
    let mut entries = Vec::new();
    each(export, transport, |entry| {
        let postings = Fields(entry).items("postings").iter().map(Fields);
        postings.for_each(|posting| add(&mut totals, posting));
        entries.push(entry.clone());
        Ok(())
    })?;
    let sums = totals.iter().map(|(currency, sides)| {
        json!({
            "currency": currency,
            "debit": shown(sides.debit, currency),
            "credit": shown(sides.credit, currency),
        })
    });
    let sums: Vec<Value> = sums.collect();
    write_json(&json!({ "entries": entries, "totals": sums }), out)?;
    Ok(totals)
}

/// What an entry is about, for people.
fn about(entry: Fields<'_>) -> String {
    let mut parts = Vec::new();
    match entry.text("cause") {
        "document" => parts.push(plain(entry.text("document_kind"))),
        movement => parts.push(plain(movement)),
    }
    for (name, field) in [("payment", "payment"), ("session", "session")] {
        if let Some(id) = entry.stated(field) {
            parts.push(format!("{name} {id}"));
        }
    }
    parts.join(", ")
}

/// A sum as people write it; one beyond 64 bits in minor units.
fn shown(minor: i128, currency: &str) -> String {
    match i64::try_from(minor) {
        Ok(minor) => amount(minor, currency),
        Err(_) => format!("{minor} minor units of {currency}"),
    }
}

fn written(error: csv::Error) -> CliError {
    let sentence = format!("failed to write CSV: {error}");
    if let csv::ErrorKind::Io(error) = error.into_kind() {
        return error.into();
    }
    CliError::broken(sentence)
}

#[cfg(test)]
mod tests;
