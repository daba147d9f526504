//! `apply`: reference documents from files to the engine, all or none of them checked first.
//!
//! Asks `POST /v1/reference[?dry_run=true]` with an array of documents, in the order in which kinds
//! need each other; the answer is `{"documents": [{"index", "kind", "id", "result", "field"?,
//! "reason"?}]}`, `result` one of `recorded`, `unchanged`, `refused`.

use crate::arguments::ApplyArguments;
use crate::client::Transport;
use crate::commands::write_json;
use crate::documents::{self, Checked};
use crate::error::CliError;
use crate::figures::Fields;
use crate::table::{Column, table};
use crate::words;
use serde_json::{Value, json};
use std::io::Write;

/// Most bytes of one request: the engine reads up to 1 MiB.
const REQUEST_BYTES_MAX: usize = 900_000;

/// Checks the documents of files and hands them in.
///
/// # Errors
/// [`CliError::Refused`] for a document that is wrong or that the engine refuses.
pub fn run(
    arguments: &ApplyArguments,
    transport: impl FnOnce() -> Result<Transport, CliError>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let read = documents::read_files(&arguments.files)?;
    if read.is_empty() {
        return Err(CliError::refused("there is no document in what was given"));
    }
    let checked = documents::check(read).map_err(|faults| {
        for fault in &faults {
            words::note(&fault.to_string());
        }
        CliError::refused(format!(
            "{}; nothing was sent",
            counted(faults.len(), "wrong document")
        ))
    })?;
    let results = submit(&checked, arguments.dry_run, &transport()?)?;
    if arguments.json {
        write_json(&json!({ "documents": results }), out)?;
    } else {
        show(&results, arguments.dry_run, out)?;
    }
    let refused = results
        .iter()
        .filter(|result| result["result"] == "refused")
        .count();
    if refused > 0 {
        return Err(CliError::refused(counted(refused, "refused document")));
    }
    Ok(())
}

/// Hands the documents in, in requests small enough, and gives each result its file and line.
fn submit(
    checked: &[Checked],
    dry_run: bool,
    transport: &Transport,
) -> Result<Vec<Value>, CliError> {
    let path = if dry_run {
        "/v1/reference?dry_run=true"
    } else {
        "/v1/reference"
    };
    let mut results = Vec::with_capacity(checked.len());
    for part in parts(checked) {
        let body = part
            .iter()
            .map(|document| document.located.value.clone())
            .collect();
        let answer = transport.post(path, &Value::Array(body))?;
        for (index, document) in part.iter().enumerate() {
            results.push(result_of(document, index, &answer));
        }
    }
    Ok(results)
}

/// As many neighbours as one request holds.
fn parts(checked: &[Checked]) -> Vec<&[Checked]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0_usize, 0_usize);
    for (index, document) in checked.iter().enumerate() {
        let size = document.located.value.to_string().len();
        if index > start && bytes.saturating_add(size) > REQUEST_BYTES_MAX {
            parts.extend(checked.get(start..index));
            (start, bytes) = (index, 0);
        }
        bytes = bytes.saturating_add(size);
    }
    parts.extend(checked.get(start..));
    parts
}

fn result_of(document: &Checked, index: usize, answer: &Value) -> Value {
    let at = u64::try_from(index).ok();
    let found = Fields(answer)
        .items("documents")
        .iter()
        .find(|result| result["index"].as_u64() == at);
    let empty = Value::Null;
    let told = Fields(found.unwrap_or(&empty));
    let field = told.stated("field");
    let place = document.located.place_of(field.unwrap_or_default());
    let mut result = json!({
        "kind": document.kind.word(),
        "id": document.id,
        "result": told.stated("result").unwrap_or("not applied"),
        "file": place.file,
        "line": place.line,
    });
    for name in ["field", "reason"] {
        if let Some(value) = told.0.get(name).filter(|value| !value.is_null()) {
            result[name] = value.clone();
        }
    }
    result
}

fn show(results: &[Value], dry_run: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let columns = [
        Column::Name("kind"),
        Column::Text("id"),
        Column::Name("result"),
        Column::Text("from"),
        Column::Text("why"),
    ];
    let shown = results.iter().map(Fields).map(|result| {
        let why = match (result.stated("field"), result.stated("reason")) {
            (Some(field), Some(reason)) => format!("{field}: {reason}"),
            (_, reason) => reason.unwrap_or_default().to_owned(),
        };
        vec![
            result.text("kind").to_owned(),
            result.text("id").to_owned(),
            result.text("result").to_owned(),
            format!("{}:{}", result.text("file"), result.number("line")),
            why,
        ]
    });
    writeln!(out, "{}", table(&columns, shown.collect()))?;
    if dry_run {
        words::note("dry run: nothing was changed");
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

#[cfg(test)]
mod tests;
