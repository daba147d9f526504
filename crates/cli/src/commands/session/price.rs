//! What a running session costs, for people.
//!
//! Asks `GET /v1/sessions/{id}/price`.

use crate::arguments::SessionArguments;
use crate::client::{Transport, encoded};
use crate::commands::story::facts;
use crate::error::CliError;
use crate::figures::{Fields, local_time, plain, span};
use serde_json::Value;
use std::io::Write;

/// Tells what a session costs so far, and what was asked beside that.
///
/// # Errors
/// [`CliError::Refused`] for a session that does not run, or a time or amount that cannot be read.
pub fn run(
    arguments: &SessionArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let asked = [
        ("at", &arguments.at),
        ("reaches", &arguments.reaches),
        ("station", &arguments.station),
    ];
    let asked = asked.iter().filter_map(|(name, value)| {
        let value = value.as_deref()?;
        Some(format!("{name}={}", encoded(value)))
    });
    let asked: Vec<String> = asked.collect();
    let path = format!(
        "/v1/sessions/{}/price?{}",
        encoded(&arguments.id),
        asked.join("&")
    );
    super::tell(arguments, transport, (&path, text), out)
}

/// An answer, a fact a line.
pub fn text(answer: &Value) -> String {
    let told = Fields(answer);
    let (zone, currency) = (told.text("time_zone"), told.text("currency"));
    let clock = |text: &str| {
        let at = wattledger_wire::times::parse(text);
        at.map_or_else(|| text.to_owned(), |at| local_time(at.0, zone))
    };
    let total = |of: Fields<'_>| {
        let total = of.inside("total");
        let (net, tax) = (total.text("before_tax"), total.text("tax"));
        let gross = total.text("after_tax");
        format!("{gross} {currency} ({net} and {tax} tax)")
    };
    let expected = told.inside("expected");
    let tariff = told.inside("tariff");
    let next = match told.stated("next_change") {
        Some(at) => clock(at),
        None => "none that time alone brings".to_owned(),
    };
    let mut lines = vec![
        ("Session", told.text("session").to_owned()),
        (
            "Tariff",
            format!("{} version {}", tariff.text("id"), tariff.number("version")),
        ),
        ("As of", clock(told.text("as_of"))),
        ("Energy", format!("{} kWh", told.text("energy_kwh"))),
        ("Costs", total(told)),
        ("Next change of price", next),
        (
            "If it goes on",
            format!(
                "{} at {} kW",
                plain(expected.text("state")),
                expected.text("power_kw")
            ),
        ),
    ];
    let (at, reaches) = (told.inside("at"), told.inside("reaches"));
    if at.0.is_object() {
        let costs = format!("{} by {}", total(at), clock(at.text("time")));
        lines.push(("It will cost", costs));
    }
    if reaches.0.is_object() {
        let amount = format!("{} {currency}", reaches.text("amount"));
        let comes = match reaches.stated("time") {
            Some(time) => format!(
                "{amount} at {}, in {}",
                clock(time),
                span(reaches.number("seconds").saturating_mul(1_000))
            ),
            None => format!(
                "never {amount} under the present conditions, looked at until {}",
                clock(reaches.text("looked_until"))
            ),
        };
        lines.push(("It will reach", comes));
    }
    facts(&lines)
}
