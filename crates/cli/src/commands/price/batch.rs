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
use wattledger_wire::json_tree::{Json, JsonTree};
use wattledger_wire::ocpi::{Fault, Version};

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
    let tree = match JsonTree::read(line) {
        Ok(tree) => tree,
        Err(error) => {
            return refused(&salvage::id(line), fault(&error.from_root(), error.reason));
        }
    };
    let id = tree.root().get("id").map_or(Value::Null, Json::to_value);
    match priced(tree.root(), terms) {
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

fn priced(value: Json<'_>, terms: Terms<'_>) -> Result<Priced, Fault> {
    if !value.is_object() {
        return Err(fault("$", "expected an object"));
    }
    let field = |name: &str| value.get(name).filter(|value| !value.is_null());
    let text = |name: &str| {
        let expected = || fault(&format!("$.{name}"), "expected a text");
        let text = field(name).map(|field| field.text().ok_or_else(expected));
        text.transpose()
    };
    let cdr = field("cdr").ok_or_else(|| fault("$", "`cdr` is required"))?;
    let version = text("version")?.map(|text| {
        Version::parse(text).ok_or_else(|| {
            fault(
                "$.version",
                format!("`{text}` is not 2.1.1, 2.2.1 or 2.3.0"),
            )
        })
    });
    let version = version.transpose()?;
    let time_zone = text("time_zone")?.map(|zone| (zone, "$.time_zone"));
    let reservation = field("reservation_expired").map(|field| match field.flag() {
        Some(true) => Ok(ReservationEnd::Expired),
        Some(false) => Ok(ReservationEnd::Used),
        None => Err(fault("$.reservation_expired", "expected true or false")),
    });
    let reservation = reservation.transpose()?;
    let mut tariffs = Vec::new();
    for name in ["tariff", "tariffs"] {
        let Some(given) = field(name) else { continue };
        match given.items() {
            Some(items) => {
                let items = items.enumerate();
                tariffs.extend(items.map(|(index, item)| (item, format!("$.{name}[{index}]"))));
            }
            None => tariffs.push((given, format!("$.{name}"))),
        }
    }
    let own = match field("taxes").map(|taxes| taxes.items()) {
        None => Vec::new(),
        Some(Some(list)) => {
            let list: Vec<Value> = list.map(Json::to_value).collect();
            named_taxes(&list, "$.taxes").map_err(|fault| Fault {
                path: fault.path,
                reason: fault.reason,
            })?
        }
        Some(None) => return Err(fault("$.taxes", "expected an array")),
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
