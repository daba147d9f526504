//! `get`: reference documents, sessions and invoices as lists.
//!
//! Asks `GET /v1/reference/{kind}[/{id}]`, `/v1/sessions?limit=`, `/v1/sessions?held=true&limit=` and
//! `/v1/invoices?limit=`; the answers are `{"documents": […]}` and
//! `{"items": […]}` of the views' rows.

use crate::arguments::GetArguments;
use crate::client::{Transport, encoded};
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{ABSENT, Fields, kwh, local_time, plain, span};
use crate::table::{Column, table};
use crate::words;
use serde_json::{Value, json};
use std::io::Write;
use wattledger_domain::reference::Kind;

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    Reference(Kind),
    Sessions,
    Held,
    Invoices,
}

/// Lists what was asked for.
///
/// # Errors
/// [`CliError::Refused`] for a kind or id that there is not.
pub fn run(
    arguments: &GetArguments,
    transport: impl FnOnce() -> Result<Transport, CliError>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let listed = listed(&arguments.kind)?;
    let path = path(listed, arguments)?;
    let mut answer = transport()?.get(&path)?;
    if let Listed::Reference(_) = listed {
        let documents: Vec<Value> = Fields(&answer)
            .items("documents")
            .iter()
            .map(opened)
            .collect();
        answer = json!({ "items": documents });
    }
    let found = Fields(&answer).items("items");
    if found.is_empty() && arguments.id.is_some() {
        let id = arguments.id.as_deref().unwrap_or_default();
        return Err(CliError::refused(format!(
            "there is no {} `{id}`",
            arguments.kind
        )));
    }
    if arguments.json {
        return write_json(&answer, out);
    }
    let text = match listed {
        Listed::Reference(_) => references(found, arguments.id.as_deref()),
        Listed::Sessions => sessions(found),
        Listed::Held => held(found),
        Listed::Invoices => invoices(found),
    };
    writeln!(out, "{text}")?;
    if usize::from(arguments.limit) <= found.len() && !matches!(listed, Listed::Reference(_)) {
        words::note("there may be more: raise --limit (up to 1000)");
    }
    Ok(())
}

/// Kinds are found in any case, in the singular and the plural.
fn listed(word: &str) -> Result<Listed, CliError> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let asked = plain(word);
    for kind in Kind::ALL {
        let known = plain(kind.word());
        let plural = match known.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{known}s"),
        };
        if asked == known || asked == plural {
            return Ok(Listed::Reference(kind));
        }
    }
    match asked.as_str() {
        "session" | "sessions" => Ok(Listed::Sessions),
        "held" | "review" => Ok(Listed::Held),
        "invoice" | "invoices" => Ok(Listed::Invoices),
        _ => {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
            Err(CliError::refused(format!(
                "`{word}` is not a kind: there are {}, sessions, held and invoices",
                kinds.join(", ")
            )))
        }
    }
}

fn path(listed: Listed, arguments: &GetArguments) -> Result<String, CliError> {
    let limit = arguments.limit;
    match (listed, arguments.id.as_deref()) {
        (Listed::Reference(kind), None) => Ok(format!("/v1/reference/{}", kind.word())),
        (Listed::Reference(kind), Some(id)) => {
            Ok(format!("/v1/reference/{}/{}", kind.word(), encoded(id)))
        }
        (Listed::Sessions, None) => Ok(format!("/v1/sessions?limit={limit}")),
        (Listed::Held, None) => Ok(format!("/v1/sessions?held=true&limit={limit}")),
        (Listed::Invoices, None) => Ok(format!("/v1/invoices?limit={limit}")),
        (Listed::Invoices, Some(id)) => Err(CliError::refused(format!(
            "ask `wattledger invoice {id}` for the story of one"
        ))),
        (Listed::Sessions | Listed::Held, Some(id)) => Err(CliError::refused(format!(
            "ask `wattledger session {id}` for the story of one"
        ))),
    }
}

/// The document's text, opened: `{"kind", "id", "version", …, "spec"}`.
fn opened(row: &Value) -> Value {
    let mut opened = row.clone();
    let text = row["document"].as_str().unwrap_or_default();
    if let (Some(fields), Ok(document)) =
        (opened.as_object_mut(), serde_json::from_str::<Value>(text))
    {
        fields.remove("document");
        fields.insert("spec".to_owned(), document["spec"].clone());
    }
    opened
}

fn references(found: &[Value], id: Option<&str>) -> String {
    let columns = [
        Column::Text("id"),
        Column::Figure("version"),
        Column::Name("valid from"),
        Column::Name("valid to"),
        Column::Text("spec"),
    ];
    let shown = found.iter().map(Fields).map(|row| {
        let until = row.stated_number("valid_to").map(|ms| local_time(ms, ""));
        let spec = if id.is_some() {
            String::new()
        } else {
            shortened(&row.0["spec"].to_string())
        };
        vec![
            row.text("id").to_owned(),
            row.number("version").to_string(),
            local_time(row.number("valid_from"), ""),
            until.unwrap_or_else(|| ABSENT.to_owned()),
            spec,
        ]
    });
    let mut text = table(&columns, shown.collect());
    for row in found.iter().filter(|_| id.is_some()) {
        text.push_str(&format!(
            "\n\nVersion {}:\n{:#}",
            row["version"], row["spec"]
        ));
    }
    text
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 160;
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn sessions(found: &[Value]) -> String {
    let columns = [
        Column::Name("session"),
        Column::Text("station"),
        Column::Name("start"),
        Column::Figure("lasted"),
        Column::Figure("kWh"),
        Column::Text("account"),
        Column::Text("odd"),
    ];
    let shown = found.iter().map(Fields).map(|row| {
        vec![
            row.text("session").to_owned(),
            row.text("station").to_owned(),
            local_time(row.number("started_at"), row.text("time_zone")),
            span(
                row.number("ended_at")
                    .saturating_sub(row.number("started_at")),
            ),
            kwh(row.number("energy")),
            row.text("account").to_owned(),
            plain(row.text("flags")),
        ]
    });
    table(&columns, shown.collect())
}

fn held(found: &[Value]) -> String {
    let columns = [
        Column::Name("session"),
        Column::Text("station"),
        Column::Name("start"),
        Column::Figure("kWh"),
        Column::Figure("would be"),
        Column::Text("held because"),
    ];
    let shown = found.iter().map(Fields).map(|row| {
        let reasons: Vec<String> = row.text("reasons").split(' ').map(plain).collect();
        vec![
            row.text("session").to_owned(),
            row.text("station").to_owned(),
            local_time(row.number("started_at"), ""),
            kwh(row.number("energy")),
            row.amount("proposed_minor", "currency"),
            reasons.join(", "),
        ]
    });
    table(&columns, shown.collect())
}

fn invoices(found: &[Value]) -> String {
    let columns = [
        Column::Name("number"),
        Column::Name("kind"),
        Column::Name("issued"),
        Column::Text("buyer"),
        Column::Text("station"),
        Column::Figure("kWh"),
        Column::Figure("gross"),
    ];
    let shown = found.iter().map(Fields).map(|row| {
        let buyer = row
            .stated("buyer_name")
            .unwrap_or_else(|| row.text("account"));
        vec![
            row.text("number").to_owned(),
            plain(row.text("kind")),
            row.text("issue_date").to_owned(),
            buyer.to_owned(),
            row.text("station").to_owned(),
            kwh(row.number("energy")),
            row.amount("gross", "currency"),
        ]
    });
    table(&columns, shown.collect())
}

#[cfg(test)]
mod tests;
