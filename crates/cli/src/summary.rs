//! The summary at the end of `demo`, `import` and `simulate`: what the run came to.

use crate::commands::audit;
use crate::figures::{Fields, amount, grouped, kwh, plain, thousands};
use crate::table::{Column, list};
use serde_json::Value;
use std::io::Write;
use std::time::Duration;

/// What a summary is made from.
pub struct Summary<'a> {
    /// `GET /v1/totals`.
    pub totals: &'a Value,
    /// `POST /v1/audit`; absent when none was made.
    pub audit: Option<&'a Value>,
    /// How long the run took.
    pub wall_time: Duration,
    /// Commands to try next, each with what it does.
    pub next: &'a [(String, String)],
}

/// Writes a summary that a person likes to read.
///
/// # Errors
/// When the output cannot be written.
pub fn write(summary: &Summary<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let totals = Fields(summary.totals);
    let mut facts: Vec<(String, String)> = vec![
        ("Events".to_owned(), grouped(totals.number("events"))),
        ("Sessions".to_owned(), sessions(totals)),
        (
            "Energy".to_owned(),
            format!("{} kWh", thousands(&kwh(totals.number("energy")))),
        ),
    ];
    facts.extend(documents(totals));
    for money in totals.items("money").iter().map(Fields) {
        facts.extend(money_facts(money));
    }
    let reasons = [
        ("Held for review", totals.number("held"), "held_by_reason"),
        (
            "Authorisations refused",
            total(totals, "refused_by_reason"),
            "refused_by_reason",
        ),
        (
            "Events not simply folded",
            total(totals, "outcomes"),
            "outcomes",
        ),
        (
            "Records set aside",
            total(totals, "dead_letters"),
            "dead_letters",
        ),
    ];
    for (name, count, field) in reasons {
        facts.push((name.to_owned(), by_reason(count, totals.items(field))));
    }
    facts.push(("Wall time".to_owned(), seconds(summary.wall_time)));
    if let Some(audit) = summary.audit {
        facts.push(("Audit".to_owned(), audit::verdict(audit)));
    }
    let rows = facts
        .into_iter()
        .map(|(name, value)| vec![name, value])
        .collect();
    writeln!(
        out,
        "\n{}",
        list(&[Column::Name("fact"), Column::Text("is")], rows)
    )?;
    if !summary.next.is_empty() {
        let rows = summary
            .next
            .iter()
            .map(|(command, what)| vec![command.clone(), what.clone()]);
        let columns = [Column::Name("command"), Column::Text("what")];
        writeln!(out, "\nTry next:\n{}", list(&columns, rows.collect()))?;
    }
    Ok(())
}

fn sessions(totals: Fields<'_>) -> String {
    let rated = format!("{} rated", grouped(totals.number("sessions")));
    match totals.number("held") {
        0 => rated,
        held => format!("{rated}, {} held", grouped(held)),
    }
}

/// A line a series: how many, first and last number.
fn documents(totals: Fields<'_>) -> Vec<(String, String)> {
    let series = totals.items("series");
    if series.is_empty() {
        return vec![("Invoices".to_owned(), "none".to_owned())];
    }
    let line = |series: Fields<'_>| {
        let name = if series.text("kind") == "credit_note" {
            "Credit notes"
        } else {
            "Invoices"
        };
        let (first, last) = (series.text("first_number"), series.text("last_number"));
        let numbers = if first == last {
            first.to_owned()
        } else {
            format!("{first} … {last}")
        };
        (
            name.to_owned(),
            format!("{}: {numbers}", grouped(series.number("documents"))),
        )
    };
    series.iter().map(|value| line(Fields(value))).collect()
}

fn money_facts(money: Fields<'_>) -> Vec<(String, String)> {
    let currency = money.text("currency");
    let figure = |name: &str| thousands(&amount(money.number(name), currency));
    let revenue = format!(
        "{} ({} net + {} tax)",
        figure("gross"),
        figure("net"),
        figure("tax")
    );
    let mut facts = vec![
        ("Revenue".to_owned(), revenue),
        ("Captured".to_owned(), figure("captured")),
    ];
    for (name, field) in [
        ("Refunded", "refunded"),
        ("Written off", "written_off"),
        ("Lost in disputes", "disputes_lost"),
    ] {
        if money.number(field) != 0 {
            facts.push((name.to_owned(), figure(field)));
        }
    }
    facts.push(("Receivable".to_owned(), figure("receivable")));
    facts
}

fn total(totals: Fields<'_>, field: &str) -> i64 {
    let counts = totals
        .items(field)
        .iter()
        .map(|row| Fields(row).number("count"));
    counts.fold(0, i64::saturating_add)
}

/// `5: 3 no payer, 2 no tariff`.
fn by_reason(count: i64, reasons: &[Value]) -> String {
    let parts: Vec<String> = reasons
        .iter()
        .map(Fields)
        .map(|row| {
            format!(
                "{} {}",
                grouped(row.number("count")),
                plain(row.text("reason"))
            )
        })
        .collect();
    match (count, parts.is_empty()) {
        (0, true) => "none".to_owned(),
        (count, true) => grouped(count),
        (count, false) => format!("{}: {}", grouped(count), parts.join(", ")),
    }
}

fn seconds(span: Duration) -> String {
    let tenths = span.subsec_millis().checked_div(100).unwrap_or(0);
    match (
        span.as_secs().checked_div(60),
        span.as_secs().checked_rem(60),
    ) {
        (Some(minutes), Some(seconds)) if minutes > 0 => format!("{minutes} min {seconds:02} s"),
        _ => format!("{}.{tenths} s", span.as_secs()),
    }
}

#[cfg(test)]
mod tests;
