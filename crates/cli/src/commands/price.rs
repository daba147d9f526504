//! `price`: OCPI charge detail records, priced and explained without an engine.

mod answer;
mod batch;
mod policy;
mod request;
pub mod taxes;

use crate::arguments::PriceArguments;
use crate::commands::published::{self, Published};
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::local_time;
use crate::words;
pub use answer::{answer, decimal_trimmed, exact};
use anyhow::Context as _;
use policy::PricePolicy;
pub use request::{Priced, Request};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use wattledger_domain::tax::NamedTax;
use wattledger_pricing::explain_record;
use wattledger_wire::json_tree::JsonTree;
use wattledger_wire::ocpi::Fault;
use wattledger_wire::unique_keys;

/// The largest file that is read: 16 MiB.
const FILE_BYTES_MAX: u64 = 16_777_216;

/// How records are priced, however many there are.
#[derive(Clone, Copy)]
struct Terms<'a> {
    policy: &'a PricePolicy,
    /// What markets and sites have published; `None` where nobody handed any in.
    published: Option<&'a Published>,
    /// What their place levies on prices without a rate.
    taxes: &'a [NamedTax],
}

/// Prices a record and explains it, or every line of a batch.
///
/// # Errors
/// [`CliError::Refused`] with file and JSON path for what cannot be read or priced.
pub fn run(arguments: &PriceArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let policy = policy_of(arguments.policy.as_deref())?;
    let published = published(arguments.prices.as_deref())?;
    let taxes = taxes::read(arguments.taxes.as_deref())?;
    let terms = Terms {
        policy: &policy,
        published: published.as_ref(),
        taxes: &taxes,
    };
    if let Some(file) = &arguments.batch {
        return batch::run(file, terms, out);
    }
    let Some(file) = &arguments.cdr else {
        return Err(CliError::refused("name a record with --cdr, or --batch"));
    };
    let priced = priced(arguments, file, terms)?;
    if arguments.json {
        return write_json(&told(&priced), out);
    }
    for note in &priced.notes {
        words::note(&format!("warning: {}: {}", note.path, note.message));
    }
    write!(out, "{}", text_of(&priced))?;
    Ok(())
}

/// The documents of `--prices`; `None` without it.
///
/// # Errors
/// [`CliError`] for a file that cannot be read or holds none.
pub fn published(file: Option<&Path>) -> Result<Option<Published>, CliError> {
    file.map(published::read).transpose()
}

/// The policy that `--policy` names, or that of OCPI and EN 16931.
///
/// # Errors
/// [`CliError`] for a word that is not known or a file that cannot be read.
pub fn policy_of(text: Option<&str>) -> Result<PricePolicy, CliError> {
    Ok(text.map(PricePolicy::read).transpose()?.unwrap_or_default())
}

fn priced(arguments: &PriceArguments, file: &Path, terms: Terms<'_>) -> Result<Priced, CliError> {
    let refused = |Fault { path, reason }| CliError::refused(format!("{path}: {reason}"));
    let record = object(file)?;
    let own = JsonTree::of(&record);
    let tariff = arguments.tariff.as_deref().map(object).transpose()?;
    let root = |path: &Path| format!("{}: $", path.display());
    let path = root(file);
    let beside = tariff.as_ref().map(JsonTree::of);
    let given = beside.as_ref().zip(arguments.tariff.as_deref());
    let request = Request {
        cdr: (own.root(), &path),
        tariffs: given
            .map(|(tree, path)| (tree.root(), root(path)))
            .into_iter()
            .collect(),
        version: None,
        time_zone: arguments
            .time_zone
            .as_deref()
            .map(|zone| (zone, "--time-zone")),
        reservation: None,
        published: terms.published,
        taxes: terms.taxes,
    };
    request.price(terms.policy).map_err(refused)
}

/// The JSON of a file.
///
/// # Errors
/// [`CliError`] for what cannot be read or is no JSON.
pub fn object(path: &Path) -> Result<Value, CliError> {
    let text = read(path)?;
    unique_keys::read(text.as_bytes()).map_err(|fault| {
        let (file, at) = (path.display(), fault.from_root());
        CliError::refused(format!("{file}: {at}: {fault}"))
    })
}

/// The text of a file of bounded size.
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

/// A priced record for a person.
#[must_use]
pub fn text_of(priced: &Priced) -> String {
    let Priced {
        cdr,
        tariffs,
        time_zone,
        price,
        notes: _,
    } = priced;
    let names: Vec<&str> = tariffs.iter().map(|tariff| tariff.id.as_str()).collect();
    let mut lines = vec![format!(
        "Record {}: {} to {} ({time_zone}), tariff {}",
        cdr.id.as_deref().unwrap_or("without id"),
        local_time(cdr.start.0, time_zone),
        local_time(cdr.end.0, time_zone),
        names.join(", ")
    )];
    lines.push(String::new());
    lines.extend(explain_record(tariffs, price));
    lines.extend(taxes::lines(price));
    for (which, stated, ours) in totals(priced) {
        let currency = price.currency;
        let Some(ours) = ours else {
            lines.push(format!("Total {which}: not known, a tax rate is missing"));
            continue;
        };
        lines.push(format!("Total {which}: {ours} {currency}"));
        let Some(stated) = stated else { continue };
        let verdict = match difference(stated, ours) {
            Some(difference) if difference.is_zero() => "as priced".to_owned(),
            Some(difference) if difference.is_sign_negative() => {
                format!("ours is {} {currency} less", difference.abs())
            }
            Some(difference) => format!("ours is {difference} {currency} more"),
            None => "too large to compare".to_owned(),
        };
        lines.push(format!(
            "The record states {stated} {currency} {which}: {verdict}"
        ));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// Before and after tax: as stated, and ours.
fn totals(priced: &Priced) -> [(&'static str, Option<Decimal>, Option<Decimal>); 2] {
    let Priced { cdr, price, .. } = priced;
    let ours = |amount: Option<i64>| {
        Decimal::try_from_i128_with_scale(i128::from(amount?), price.places).ok()
    };
    [
        (
            "before tax",
            cdr.total_before_tax,
            ours(price.total.before_tax),
        ),
        (
            "after tax",
            cdr.total_after_tax,
            ours(price.total.after_tax),
        ),
    ]
}

/// Ours less the stated total, exact, which may be negative.
fn difference(stated: Decimal, ours: Decimal) -> Option<Decimal> {
    ours.checked_sub(stated)
        .map(|difference| difference.normalize())
}

fn told(priced: &Priced) -> Value {
    let id = priced.cdr.id.as_deref().map_or(Value::Null, Value::from);
    let mut told = answer::answer(&id, priced);
    let compared = totals(priced).map(|(_, stated, ours)| {
        let stated = stated?;
        let difference = ours.and_then(|ours| difference(stated, ours));
        let difference = difference.map(|found| found.to_string());
        Some(json!({ "stated": stated.to_string(), "difference": difference }))
    });
    if let Some(fields) = told.as_object_mut() {
        let [before, after] = compared;
        fields.insert("taxes".to_owned(), taxes::told(&priced.price).into());
        fields.insert("time_zone".to_owned(), priced.time_zone.as_str().into());
        fields.insert(
            "stated".to_owned(),
            json!({ "before_tax": before, "after_tax": after }),
        );
    }
    told
}

#[cfg(test)]
mod tests;
