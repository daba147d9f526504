//! `audit`: every promise, checked on a cut of all topics.
//!
//! Asks `POST /v1/audit`; the answer is `{"verdict": "clean"|"broken", "checks": [{"name",
//! "checked", "ok", "detail"}], "in_flight": […]}`.

use crate::arguments::AuditArguments;
use crate::client::Transport;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{Fields, grouped, plain};
use crate::table::{Column, table};
use crate::words;
use serde_json::{Value, json};
use std::io::Write;

/// Audits and shows what was checked.
///
/// # Errors
/// [`CliError::Refused`] with the first offender when a promise is broken.
pub fn run(
    arguments: &AuditArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let sign_of_life = words::waiting("auditing");
    let answer = transport.post("/v1/audit", &json!({}));
    sign_of_life.finish_and_clear();
    let answer = answer?;
    if arguments.json {
        write_json(&answer, out)?;
    } else {
        write!(out, "{}", shown(&answer))?;
    }
    match offender(&answer) {
        None => Ok(()),
        Some(offender) => Err(CliError::refused(offender)),
    }
}

/// What an audit found, for people.
#[must_use]
pub fn shown(answer: &Value) -> String {
    let audit = Fields(answer);
    let columns = [
        Column::Name("check"),
        Column::Figure("checked"),
        Column::Name("holds"),
        Column::Text("detail"),
    ];
    let rows = audit.items("checks").iter().map(Fields).map(|check| {
        vec![
            plain(check.text("name")),
            grouped(check.number("checked")),
            if holds(check) { "yes" } else { "NO" }.to_owned(),
            check.text("detail").to_owned(),
        ]
    });
    let mut text = table(&columns, rows.collect());
    text.push('\n');
    let in_flight = audit.items("in_flight");
    if !in_flight.is_empty() {
        text.push_str("\nIn flight:\n");
        for item in in_flight {
            text.push_str(&format!("  {}\n", in_words(item)));
        }
    }
    text.push_str(&format!("\nVerdict: {}\n", verdict(answer)));
    text
}

/// `clean`, or what is wrong first.
#[must_use]
pub fn verdict(answer: &Value) -> String {
    offender(answer).unwrap_or_else(|| "clean".to_owned())
}

/// The first broken promise; an answer without a verdict is none of cleanliness.
fn offender(answer: &Value) -> Option<String> {
    let audit = Fields(answer);
    let broken = audit
        .items("checks")
        .iter()
        .map(Fields)
        .find(|check| !holds(*check));
    match broken {
        Some(check) => Some(format!(
            "broken: {}: {}",
            plain(check.text("name")),
            check.text("detail")
        )),
        None if audit.text("verdict") == "clean" => None,
        None => Some(format!(
            "the audit's verdict is `{}`",
            audit.text("verdict")
        )),
    }
}

fn holds(check: Fields<'_>) -> bool {
    check.0["ok"].as_bool() == Some(true)
}

/// Something in flight: a sentence as it is, an object as its fields.
fn in_words(item: &Value) -> String {
    match item {
        Value::String(sentence) => sentence.clone(),
        Value::Object(fields) => {
            let parts = fields.iter().map(|(name, value)| match value.as_str() {
                Some(text) => format!("{} {text}", plain(name)),
                None => format!("{} {value}", plain(name)),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => item.to_string(),
    }
}

#[cfg(test)]
mod tests;
