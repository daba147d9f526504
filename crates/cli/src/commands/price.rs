//! `price`: an OCPI charge detail record, priced and explained without an engine.

use crate::arguments::PriceArguments;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::local_time;
use crate::words;
use anyhow::Context as _;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use wattledger_domain::cost::{LineKind, Rounding, Settlement, TaxGroup};
use wattledger_domain::money::Money;
use wattledger_domain::tariff::{Dimension, Tariff};
use wattledger_pricing::{CompiledTariff, explain, rate, settle};
use wattledger_wire::ocpi::{self, Fault, OcpiCdr, Warning};

/// The largest file that is read: 16 MiB.
const FILE_BYTES_MAX: u64 = 16_777_216;

/// What was priced.
struct Pricing {
    cdr: OcpiCdr,
    tariff: Tariff,
    time_zone: String,
    settlement: Settlement,
    warnings: Vec<String>,
}

/// Prices a record and explains it.
///
/// # Errors
/// [`CliError::Refused`] with file and JSON path for what cannot be read or priced.
pub fn run(arguments: &PriceArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let pricing = priced(arguments)?;
    if arguments.json {
        return write_json(&answer(&pricing), out);
    }
    for warning in &pricing.warnings {
        words::note(&format!("warning: {warning}"));
    }
    write!(out, "{}", text(&pricing))?;
    Ok(())
}

fn priced(arguments: &PriceArguments) -> Result<Pricing, CliError> {
    let mut warnings = Vec::new();
    let cdr = object(&arguments.cdr, ocpi::cdr, &mut warnings)?;
    let tariff = match (&arguments.tariff, cdr.tariffs.as_slice()) {
        (Some(path), _) => object(path, ocpi::tariff, &mut warnings)?,
        (None, [only]) => only.clone(),
        (None, tariffs) => {
            return Err(CliError::refused(format!(
                "`{}` holds {} tariffs: name one with --tariff",
                arguments.cdr.display(),
                tariffs.len()
            )));
        }
    };
    if let Some(currency) = cdr.currency.filter(|currency| *currency != tariff.currency) {
        return Err(CliError::refused(format!(
            "the record is in {currency}, the tariff `{}` in {}",
            tariff.id, tariff.currency
        )));
    }
    let time_zone = match arguments.time_zone.as_ref().or(cdr.time_zone.as_ref()) {
        Some(zone) => zone.clone(),
        None => {
            warnings
                .push("no time zone is known: hours and days of the tariff are read in UTC".into());
            "UTC".to_owned()
        }
    };
    let compiled = CompiledTariff::compile(&tariff, &time_zone).map_err(|fault| {
        CliError::refused(format!(
            "tariff `{}`: {}: {}",
            tariff.id, fault.path, fault.reason
        ))
    })?;
    let settlement = rate(&compiled, cdr.start, &cdr.periods)
        .and_then(|priced| settle(&priced, &Rounding::DEFAULT))
        .map_err(|error| CliError::refused(format!("the record cannot be priced: {error}")))?;
    Ok(Pricing {
        cdr,
        tariff,
        time_zone,
        settlement,
        warnings,
    })
}

/// An OCPI object of a file; what is odd in it goes to the warnings, with file and path.
fn object<T>(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<(T, Vec<Warning>), Fault>,
    warnings: &mut Vec<String>,
) -> Result<T, CliError> {
    let name = path.display();
    let (object, odd) = parse(&read(path)?)
        .map_err(|Fault { path, reason }| CliError::refused(format!("{name}: {path}: {reason}")))?;
    warnings.extend(
        odd.into_iter()
            .map(|Warning { path, message }| format!("{name}: {path}: {message}")),
    );
    Ok(object)
}

fn read(path: &Path) -> Result<String, CliError> {
    let name = path.display().to_string();
    let size = std::fs::metadata(path)
        .with_context(|| format!("failed to read `{name}`"))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(CliError::refused(format!("`{name}` is larger than 16 MiB")));
    }
    let bytes = std::fs::read(path).with_context(|| format!("failed to read `{name}`"))?;
    String::from_utf8(bytes).map_err(|_| CliError::refused(format!("`{name}` is not UTF-8 text")))
}

fn text(pricing: &Pricing) -> String {
    let Pricing {
        cdr,
        tariff,
        time_zone,
        settlement,
        warnings: _,
    } = pricing;
    let mut lines = vec![format!(
        "Record {}: {} to {} ({time_zone}), tariff {}",
        cdr.id.as_deref().unwrap_or("without id"),
        local_time(cdr.start.0, time_zone),
        local_time(cdr.end.0, time_zone),
        tariff.id
    )];
    lines.push(String::new());
    lines.extend(explain(tariff, settlement));
    let stated = [
        ("before tax", cdr.total_before_tax, settlement.net),
        ("after tax", cdr.total_after_tax, settlement.gross),
    ];
    for (which, stated, ours) in stated {
        let Some(stated) = stated else { continue };
        let verdict = match difference(stated, ours) {
            Some(difference) if difference.is_zero() => "as priced".to_owned(),
            Some(difference) if difference.is_sign_negative() => {
                format!("ours is {} {} less", difference.abs(), ours.currency)
            }
            Some(difference) => format!("ours is {difference} {} more", ours.currency),
            None => "too large to compare".to_owned(),
        };
        lines.push(format!(
            "The record states {stated} {} {which}: {verdict}",
            ours.currency
        ));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// Ours less the stated total, exact, which may be negative.
fn difference(stated: Decimal, ours: Money) -> Option<Decimal> {
    let ours = decimal(ours)?;
    ours.checked_sub(stated)
        .map(|difference| difference.normalize())
}

fn decimal(money: Money) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(i128::from(money.minor), money.currency.minor_places()).ok()
}

fn answer(pricing: &Pricing) -> Value {
    let Pricing {
        cdr,
        tariff,
        time_zone,
        settlement,
        warnings,
    } = pricing;
    let explained = explain(tariff, settlement);
    let lines = settlement
        .lines
        .iter()
        .zip(explained.iter())
        .map(|(line, sentence)| {
            json!({
                "kind": kind(line.kind),
                "element": line.element,
                "quantity": line.quantity,
                "price_e8": line.price.0,
                "tax_rate": line.tax.map(|rate| rate.0),
                "net": line.net.minor,
                "from": line.from.to_string(),
                "to": line.to.to_string(),
                "why": sentence,
            })
        });
    let groups = settlement.groups.iter().map(
        |TaxGroup {
             rate,
             net,
             tax,
             gross,
         }| {
            json!({ "tax_rate": rate.map(|rate| rate.0), "net": net.minor, "tax": tax.minor,
                "gross": gross.minor })
        },
    );
    let compared = |stated: Option<Decimal>, ours: Money| {
        stated.map(|stated| {
            let difference = difference(stated, ours).map(|found| found.to_string());
            json!({ "stated": stated.to_string(), "difference": difference })
        })
    };
    json!({
        "cdr": cdr.id,
        "tariff": tariff.id.as_str(),
        "time_zone": time_zone,
        "currency": tariff.currency.code(),
        "lines": lines.collect::<Vec<_>>(),
        "tax_groups": groups.collect::<Vec<_>>(),
        "net": settlement.net.minor,
        "tax": settlement.tax.minor,
        "gross": settlement.gross.minor,
        "before_tax": compared(cdr.total_before_tax, settlement.net),
        "after_tax": compared(cdr.total_after_tax, settlement.gross),
        "warnings": warnings,
    })
}

const fn kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Usage(Dimension::Energy) => "energy",
        LineKind::Usage(Dimension::Time) => "time",
        LineKind::Usage(Dimension::ParkingTime) => "parking_time",
        LineKind::Usage(Dimension::Flat) => "flat",
        LineKind::MinPrice => "min_price",
        LineKind::MaxPrice => "max_price",
    }
}

#[cfg(test)]
mod tests;
