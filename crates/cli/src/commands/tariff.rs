//! `tariff`: an OCPI tariff checked, told, tried and converted, without an engine.

mod market;
mod simulate;
mod week;

use crate::arguments::{TariffArguments, TariffCommand};
use crate::commands::price::object;
use crate::commands::published;
use crate::commands::write_json;
use crate::error::CliError;
use crate::words;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Finding, Language, explain_tariff, lint};
use wattledger_wire::ocpi::{Fault, Owner, Version, Warning, tariff_json, tariff_value};

/// Does what is asked with a tariff.
///
/// # Errors
/// [`CliError::Refused`] with file and JSON path for what is no tariff or cannot be priced.
pub fn run(arguments: &TariffArguments, out: &mut dyn Write) -> Result<(), CliError> {
    match &arguments.command {
        TariffCommand::Lint { file, strict, json } => check(file, *strict, *json, out),
        TariffCommand::Explain { file, language } => {
            let Some(language) = Language::of_code(language) else {
                return Err(CliError::refused(format!(
                    "`{language}` is not a language there is: en, de, fr, nl"
                )));
            };
            let (tariff, _) = read(file)?;
            for sentence in explain_tariff(&tariff, language) {
                writeln!(out, "{sentence}")?;
            }
            Ok(())
        }
        TariffCommand::Simulate(arguments) if arguments.week => week::run(arguments, out),
        TariffCommand::Simulate(arguments) => simulate::run(arguments, out),
        TariffCommand::Compile {
            file,
            to,
            prices,
            time_zone,
        } => compile(file, to, (prices.as_deref(), time_zone), out),
    }
}

/// A tariff of a file, with what was odd in reading it.
fn read(file: &Path) -> Result<(Tariff, Vec<Warning>), CliError> {
    let value = object(file)?;
    tariff_value(&value).map_err(|fault| refused(file, fault))
}

fn refused(file: &Path, Fault { path, reason }: Fault) -> CliError {
    CliError::refused(format!("{}: {path}: {reason}", file.display()))
}

/// Makes a tariff ready as an engine would.
fn compiled(file: &Path, tariff: &Tariff, zone: &str) -> Result<CompiledTariff, CliError> {
    CompiledTariff::compile(tariff, zone).map_err(|fault| {
        let path = format!("$.{}", fault.path);
        let reason = fault.reason;
        refused(file, Fault { path, reason })
    })
}

fn check(file: &Path, strict: bool, json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let (tariff, warnings) = read(file)?;
    compiled(file, &tariff, "UTC")?;
    let findings = lint(&tariff);
    if json {
        write_json(&found(&warnings, &findings), out)?;
    } else {
        for Warning { path, message } in &warnings {
            writeln!(out, "reading: {path}: {message}")?;
        }
        for finding in &findings {
            let Finding {
                code,
                path,
                message,
            } = finding;
            writeln!(out, "{}: $.{path}: {message}", code.word())?;
        }
    }
    let count = warnings.len().saturating_add(findings.len());
    if count == 0 {
        words::note("nothing odd was found");
    } else if strict {
        return Err(CliError::refused(format!("{count} findings")));
    }
    Ok(())
}

fn found(warnings: &[Warning], findings: &[Finding]) -> Value {
    let read = warnings.iter().map(
        |Warning { path, message }| json!({ "code": "reading", "path": path, "message": message }),
    );
    let odd = findings.iter().map(|finding| {
        json!({ "code": finding.code.word(), "path": format!("$.{}", finding.path),
            "message": finding.message })
    });
    Value::Array(read.chain(odd).collect())
}

fn compile(
    file: &Path,
    to: &str,
    (prices, time_zone): (Option<&Path>, &str),
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let Some(version) = Version::parse(to) else {
        return Err(CliError::refused(format!(
            "`{to}` is not 2.1.1, 2.2.1 or 2.3.0"
        )));
    };
    let value = object(file)?;
    let (mut tariff, warnings) = tariff_value(&value).map_err(|fault| refused(file, fault))?;
    compiled(file, &tariff, "UTC")?;
    if let Some(prices) = prices {
        tariff = market::write_out(file, &tariff, &published::read(prices)?, time_zone)?;
    }
    for Warning { path, message } in &warnings {
        words::note(&format!("{path}: {message}"));
    }
    let text = |name: &str, default| value.get(name).and_then(Value::as_str).unwrap_or(default);
    let owner = Owner {
        country_code: text("country_code", "XX"),
        party_id: text("party_id", "XXX"),
        last_updated: updated(&value),
    };
    let written = tariff_json(&tariff, version, &owner).map_err(|fault| refused(file, fault))?;
    write_json(&written, out)
}

/// When the tariff says that it last changed; the beginning of time where it does not.
fn updated(value: &Value) -> Timestamp {
    let text = value.get("last_updated").and_then(Value::as_str);
    text.and_then(wattledger_wire::times::parse)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
