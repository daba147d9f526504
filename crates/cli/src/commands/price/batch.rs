//! `price --batch`: a JSON line in, a JSON line out, however many there are.
//!
//! Invariant: a line that cannot be priced costs an answer, never the run; memory is that of a line.

mod salvage;

use super::answer::answer;
use super::request::{Priced, Request};
use super::{Terms, taxes};
use crate::error::CliError;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read as _, Write};
use std::path::Path;
use wattledger_domain::record::ReservationEnd;
use wattledger_wire::documents::named_taxes;
use wattledger_wire::ocpi::{Fault, Version};
use wattledger_wire::unique_keys;

/// The longest line that is read: 16 MiB.
const LINE_BYTES_MAX: usize = 16_777_216;

/// Prices each line of a file, or of standard input where it is `-`.
///
/// # Errors
/// [`CliError::Broken`] when the input cannot be read or the output not be written.
pub fn run(path: &Path, terms: Terms<'_>, out: &mut dyn Write) -> Result<(), CliError> {
    let name = path.display();
    let input: Box<dyn std::io::Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("failed to read `{name}`"))?)
    };
    let mut input = BufReader::with_capacity(65_536, input);
    let mut out = BufWriter::with_capacity(65_536, out);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read =
            read_line(&mut input, &mut line).with_context(|| format!("failed to read `{name}`"));
        let answered = match read? {
            Line::End => break,
            Line::Whole => answered(&line, terms),
            Line::TooLong => refused(
                &salvage::id(&line),
                fault(
                    "$",
                    format!("the line is longer than {LINE_BYTES_MAX} bytes"),
                ),
            ),
        };
        if let Some(answer) = answered {
            serde_json::to_writer(&mut out, &answer).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// What was found of a line.
enum Line {
    End,
    Whole,
    TooLong,
}

/// Reads a line up to the bound; what is past it is passed over.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Line> {
    let bound = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    if input.by_ref().take(bound).read_until(b'\n', line)? == 0 {
        return Ok(Line::End);
    }
    if line.ends_with(b"\n") || line.len() < LINE_BYTES_MAX {
        return Ok(Line::Whole);
    }
    loop {
        let rest = input.fill_buf()?;
        if rest.is_empty() {
            return Ok(Line::TooLong);
        }
        let end = rest.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(rest.len(), |end| end.saturating_add(1));
        input.consume(used);
        if end.is_some() {
            return Ok(Line::TooLong);
        }
    }
}

/// The answer to a line; none to an empty one.
pub fn answered(line: &[u8], terms: Terms<'_>) -> Option<Value> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return None;
    }
    let value = match unique_keys::read(line) {
        Ok(value) => value,
        Err(error) => {
            return refused(&salvage::id(line), fault(&error.from_root(), error.reason));
        }
    };
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    match priced(&value, terms) {
        Ok(priced) => Some(told(&id, &priced)),
        Err(fault) => refused(&id, fault),
    }
}

/// The answer, with the taxes where any has a name.
fn told(id: &Value, priced: &Priced) -> Value {
    let mut told = answer(id, priced);
    if priced.price.taxes.iter().any(|tax| tax.name.is_some()) {
        told["taxes"] = taxes::told(&priced.price).into();
    }
    told
}

fn priced(value: &Value, terms: Terms<'_>) -> Result<Priced, Fault> {
    if !value.is_object() {
        return Err(fault("$", "expected an object"));
    }
    let field = |name: &str| value.get(name).filter(|value| !value.is_null());
    let cdr = field("cdr").ok_or_else(|| fault("$", "`cdr` is required"))?;
    let version = match field("version") {
        None => None,
        Some(Value::String(text)) => Some(Version::parse(text).ok_or_else(|| {
            fault(
                "$.version",
                format!("`{text}` is not 2.1.1, 2.2.1 or 2.3.0"),
            )
        })?),
        Some(_) => return Err(fault("$.version", "expected a text")),
    };
    let time_zone = match field("time_zone") {
        None => None,
        Some(Value::String(zone)) => Some((zone.as_str(), "$.time_zone")),
        Some(_) => return Err(fault("$.time_zone", "expected a text")),
    };
    let reservation = match field("reservation_expired") {
        None => None,
        Some(Value::Bool(true)) => Some(ReservationEnd::Expired),
        Some(Value::Bool(false)) => Some(ReservationEnd::Used),
        Some(_) => return Err(fault("$.reservation_expired", "expected true or false")),
    };
    let mut tariffs = Vec::new();
    for name in ["tariff", "tariffs"] {
        match field(name) {
            None => {}
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate();
                tariffs.extend(items.map(|(index, item)| (item, format!("$.{name}[{index}]"))));
            }
            Some(one) => tariffs.push((one, format!("$.{name}"))),
        }
    }
    let own = match field("taxes") {
        None => Vec::new(),
        Some(Value::Array(list)) => named_taxes(list, "$.taxes").map_err(|fault| Fault {
            path: fault.path,
            reason: fault.reason,
        })?,
        Some(_) => return Err(fault("$.taxes", "expected an array")),
    };
    let request = Request {
        cdr: (cdr, "$.cdr"),
        tariffs,
        version,
        time_zone,
        reservation,
        published: terms.published,
        taxes: if own.is_empty() { terms.taxes } else { &own },
    };
    request.price(terms.policy)
}

fn refused(id: &Value, Fault { path, reason }: Fault) -> Option<Value> {
    Some(json!({ "id": id, "error": { "path": path, "reason": reason } }))
}

fn fault(path: &str, reason: impl Into<String>) -> Fault {
    Fault {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
