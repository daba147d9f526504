//! `session`: the whole story of one session.
//!
//! Asks `GET /v1/sessions/{id}`; the answer is the views' story of it.

mod price;

use super::story;
use crate::arguments::SessionArguments;
use crate::client::{Transport, encoded};
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{Fields, kwh, local_time, plain, span};
use serde_json::Value;
use std::io::Write;

/// Tells the story of a session.
///
/// # Errors
/// [`CliError::Refused`] when there is no such session.
pub fn run(
    arguments: &SessionArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let asked = [&arguments.at, &arguments.reaches, &arguments.station];
    if arguments.price || asked.iter().any(|asked| asked.is_some()) {
        return price::run(arguments, transport, out);
    }
    let path = format!("/v1/sessions/{}", encoded(&arguments.id));
    tell(arguments, transport, (&path, text), out)
}

/// Asks for a session at a path, and says what is known of it.
fn tell(
    arguments: &SessionArguments,
    transport: &Transport,
    (path, text): (&str, fn(&Value) -> String),
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let answer = transport.get(path)?;
    if answer.is_null() {
        return Err(CliError::refused(format!(
            "there is no session `{}`",
            arguments.id
        )));
    }
    if arguments.json {
        return write_json(&answer, out);
    }
    writeln!(out, "{}", text(&answer))?;
    Ok(())
}

/// A story of a session, for people.
pub fn text(answer: &Value) -> String {
    let told = Fields(answer);
    let rated = told.inside("rated");
    let zone = told.text("time_zone");
    let items = told.items("items");
    let state = match items
        .iter()
        .rev()
        .map(|item| Fields(item).text("part"))
        .find(|part| matches!(*part, "rated" | "held"))
    {
        Some("held") => "held for review",
        Some(_) => "rated",
        None => "not rated yet",
    };
    let mut sections = vec![format!("Session {}: {state}", told.text("session"))];
    if rated.0.is_object() {
        sections.push(facts(rated, items));
    }
    let clock = if zone.is_empty() { "UTC" } else { zone };
    sections.push(format!("What happened, on the clock of {clock}:"));
    sections.push(story::told(items, zone));
    sections.join("\n")
}

fn facts(rated: Fields<'_>, items: &[Value]) -> String {
    let zone = rated.text("time_zone");
    let (start, end) = (rated.number("started_at"), rated.number("ended_at"));
    let flags: Vec<String> = rated.text("flags").split_whitespace().map(plain).collect();
    story::facts(&[
        (
            "Where",
            format!(
                "station {}, EVSE {}, site {}",
                rated.text("station"),
                rated.number("evse"),
                rated.text("site")
            ),
        ),
        (
            "When",
            format!(
                "{} to {} ({})",
                local_time(start, zone),
                local_time(end, zone),
                span(end.saturating_sub(start))
            ),
        ),
        (
            "Energy",
            format!("{} kWh: {}", kwh(rated.number("energy")), spans(rated)),
        ),
        ("Who pays", rated.text("account").to_owned()),
        ("Allowed by", rated.text("auth_id").to_owned()),
        (
            "Tariff",
            format!(
                "{} version {}, sold by {}",
                rated.text("tariff"),
                rated.number("tariff_version"),
                rated.text("legal_entity")
            ),
        ),
        (
            "Rating",
            format!(
                "version {}, end {}",
                rated.number("version"),
                plain(rated.text("end_evidence"))
            ),
        ),
        ("Odd", flags.join(", ")),
        ("Billed", documents(items)),
    ])
}

/// How long it did what: `1 h 00 min charging, 30 min paused by the car`.
fn spans(rated: Fields<'_>) -> String {
    let spans = [
        ("charging", "charging_ms"),
        ("paused by the car", "suspended_by_vehicle_ms"),
        ("paused by the station", "suspended_by_station_ms"),
        ("otherwise connected", "other_ms"),
    ];
    let spent = spans
        .iter()
        .filter(|(_, name)| rated.number(name) != 0)
        .map(|(what, name)| format!("{} {what}", span(rated.number(name))));
    spent.collect::<Vec<String>>().join(", ")
}

/// Its invoices and credit notes.
fn documents(items: &[Value]) -> String {
    let documents = items
        .iter()
        .map(Fields)
        .filter(|item| item.text("part") == "document");
    let named = documents
        .map(|item| item.inside("is").inside("head"))
        .map(|head| {
            let gross = head.amount("gross", "currency");
            format!(
                "{} {} over {gross}",
                plain(head.text("kind")),
                head.text("number")
            )
        });
    named.collect::<Vec<String>>().join("; ")
}

#[cfg(test)]
mod tests;
