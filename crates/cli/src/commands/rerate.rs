//! `rerate`: what billed sessions would have come to under another tariff, and corrections.
//!
//! Posts `/v1/rerate` page after page: `{"tariff", "from", "to", …, "cursor", "until"}`; each answer has
//! `rows`, `cursor`, `until`, `read`, `of` and `end`.

mod told;

use crate::arguments::RerateArguments;
use crate::client::Transport;
use crate::commands::write_json;
use crate::documents;
use crate::error::CliError;
use crate::words;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;
use told::Told;

/// Prices sessions again, shows what came of it, and corrects them if asked.
///
/// # Errors
/// [`CliError::Refused`] for what cannot be read or was not applied, and when a correction was refused or
/// is still on its way.
pub fn run(
    arguments: &RerateArguments,
    transport: impl FnOnce() -> Result<Transport, CliError>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let mut body = asked(arguments)?;
    let transport = transport()?;
    let mut told = Told::default();
    let bar = words::progress("Re-rating", 0);
    loop {
        let answer = transport.post("/v1/rerate", &Value::Object(body.clone()))?;
        bar.set_length(answer["of"].as_u64().unwrap_or(0));
        bar.inc(answer["read"].as_u64().unwrap_or(0));
        for row in answer["rows"].as_array().into_iter().flatten() {
            told.take(row)?;
        }
        told.tariff(&answer);
        if answer["end"] == true {
            break;
        }
        for name in ["cursor", "until"] {
            body.insert(name.to_owned(), answer[name].clone());
        }
    }
    bar.finish_and_clear();
    told.order();
    if arguments.json {
        write_json(&told.json()?, out)?;
    } else {
        writeln!(out, "{}", told.text()?)?;
    }
    if !arguments.apply {
        words::note("nothing was changed: --apply corrects what differs");
        return Ok(());
    }
    match told.undone() {
        0 => Ok(()),
        count => Err(CliError::refused(format!(
            "{count} of the corrections were refused or are still on their way; see the rows"
        ))),
    }
}

fn asked(arguments: &RerateArguments) -> Result<Map<String, Value>, CliError> {
    let mut body = Map::new();
    body.insert("tariff".to_owned(), tariff(&arguments.tariff)?);
    let replaces = if arguments.all_tariffs {
        Some("*".to_owned())
    } else {
        arguments.replaces.clone()
    };
    for (name, given) in [
        ("from", &Some(arguments.from.clone())),
        ("to", &Some(arguments.to.clone())),
        ("site", &arguments.site),
        ("station", &arguments.station),
        ("session", &arguments.session),
        ("replaces", &replaces),
        ("by", &arguments.by),
        ("reason", &arguments.reason),
    ] {
        if let Some(text) = given {
            body.insert(name.to_owned(), json!(text));
        }
    }
    if arguments.apply {
        body.insert("apply".to_owned(), json!(true));
    }
    Ok(body)
}

/// The tariff of a file, else the name of one that was applied.
fn tariff(named: &str) -> Result<Value, CliError> {
    let path = Path::new(named);
    if named != "-" && !path.exists() {
        return Ok(json!(named));
    }
    let read = documents::read_files(&[path.to_owned()])?;
    let is_tariff = |value: &Value| value["kind"] == "Tariff" || value["elements"].is_array();
    let mut found = read.into_iter().map(|located| located.value);
    let mut found = found.by_ref().filter(is_tariff);
    match (found.next(), found.next()) {
        (Some(tariff), None) => Ok(tariff),
        (None, _) => Err(CliError::refused(format!(
            "there is no tariff in `{named}`"
        ))),
        (Some(_), Some(_)) => Err(CliError::refused(format!(
            "there is more than one tariff in `{named}`: apply them and name one as ID@VERSION"
        ))),
    }
}

#[cfg(test)]
mod tests;
