//! `dead-letter` and `parked`: what was set aside or held back, and what becomes of it.

use crate::arguments::{
    LetterArguments, LetterCommand, LetterFilterArguments, LetterListArguments,
    LetterRedriveArguments, LetterShowArguments, ParkedArguments, ParkedCommand,
    ParkedOrderArguments,
};
use crate::client::{Transport, encoded};
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{ABSENT, Fields, local_time};
use crate::table::{Column, table};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Write;
use wattledger_wire::unique_keys;

/// Works with dead letters.
///
/// # Errors
/// [`CliError::Refused`] when there is no such letter.
pub fn letters(
    arguments: &LetterArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match &arguments.command {
        LetterCommand::List(arguments) => list(arguments, transport, out),
        LetterCommand::Show(arguments) => show(arguments, transport, out),
        LetterCommand::Redrive(arguments) => redrive(arguments, transport, out),
    }
}

fn list(
    arguments: &LetterListArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let LetterFilterArguments { code, topic, stage } = &arguments.filter;
    let (limit, skip) = (arguments.limit, arguments.skip);
    let waiting = arguments.waiting;
    let mut path = format!("/v1/dead-letters?limit={limit}&skip={skip}&waiting={waiting}");
    for (name, value) in [("reason", code), ("topic", topic), ("stage", stage)] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    let answer = transport.get(&path)?;
    if arguments.json {
        return write_json(&answer, out);
    }
    writeln!(out, "{}", list_text(&answer))?;
    Ok(())
}

fn place(row: Fields<'_>) -> String {
    format!(
        "{}/{}/{}",
        row.text("topic"),
        row.number("partition_number"),
        row.number("record_offset")
    )
}

/// What was set aside, for people.
pub fn list_text(answer: &Value) -> String {
    let told = Fields(answer);
    let columns = [
        Column::Name("letter"),
        Column::Name("set aside"),
        Column::Name("by"),
        Column::Name("code"),
        Column::Figure("bytes"),
        Column::Name("again"),
        Column::Text("because"),
    ];
    let rows = told.items("items").iter().map(Fields).map(|row| {
        let again = row.stated_number("redriven_at");
        vec![
            place(row),
            local_time(row.number("set_aside_at"), ""),
            row.text("stage").to_owned(),
            row.text("reason").to_owned(),
            row.number("bytes").to_string(),
            again.map_or_else(|| ABSENT.to_owned(), |at| local_time(at, "")),
            row.text("message").to_owned(),
        ]
    });
    let sums = [
        Column::Name("code"),
        Column::Name("by"),
        Column::Figure("letters"),
        Column::Figure("driven in again"),
    ];
    let totals = told.items("totals").iter().map(Fields).map(|row| {
        vec![
            row.text("reason").to_owned(),
            row.text("stage").to_owned(),
            row.number("letters").to_string(),
            row.number("redriven").to_string(),
        ]
    });
    format!(
        "{}\n\n{}",
        table(&columns, rows.collect()),
        table(&sums, totals.collect())
    )
}

fn show(
    arguments: &LetterShowArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let answer = transport.get(&format!("/v1/dead-letters/{}", arguments.letter))?;
    if arguments.json {
        return write_json(&answer, out);
    }
    for letter in Fields(&answer).items("letters") {
        writeln!(out, "{}", letter_text(Fields(letter)))?;
    }
    Ok(())
}

/// One dead letter with its bytes, for people.
pub fn letter_text(row: Fields<'_>) -> String {
    let mut lines = vec![
        format!(
            "{}: {} ({}), set aside by {} at {}",
            place(row),
            row.text("message"),
            row.text("reason"),
            row.text("stage"),
            local_time(row.number("set_aside_at"), "")
        ),
        format!("key    {}", row.text("record_key")),
    ];
    if let Some(at) = row.stated_number("redriven_at") {
        let (by, why) = (row.text("redriven_by"), row.text("redriven_because"));
        lines.push(format!("again  {} by {by}: {why}", local_time(at, "")));
    }
    if row.0["kept"] == false {
        lines.push("bytes  no longer kept".to_owned());
        return lines.join("\n");
    }
    lines.push(format!("bytes  {}", row.number("bytes")));
    if row.0["reads_as"].is_object() {
        lines.push(format!("reads  {:#}", row.0["reads_as"]));
    }
    match row.stated("text") {
        Some(text) => lines.push(text.escape_debug().to_string()),
        None => lines.push(row.text("hex").to_owned()),
    }
    lines.join("\n")
}

fn redrive(
    arguments: &LetterRedriveArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let LetterFilterArguments { code, topic, stage } = &arguments.filter;
    let filtered = code.is_some() || topic.is_some() || stage.is_some();
    if arguments.letters.is_empty() && !filtered && !arguments.all {
        return Err(CliError::refused(
            "name letters, or a filter (--code, --topic, --stage), or --all",
        ));
    }
    let mut body = json!({ "reason": arguments.reason, "decidedBy": arguments.by });
    if !arguments.letters.is_empty() {
        body["letters"] = arguments.letters.clone().into();
    }
    for (name, value) in [("code", code), ("topic", topic), ("stage", stage)] {
        if let Some(value) = value {
            body[name] = value.clone().into();
        }
    }
    if let Some(file) = &arguments.event {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("failed to read `{}`", file.display()))?;
        body["event"] = unique_keys::read(text.as_bytes())
            .map_err(|fault| CliError::refused(format!("`{}`: {fault}", file.display())))?;
    }
    let mut sum = json!({ "redriven": 0, "left": [] });
    loop {
        let answer = transport.post("/v1/dead-letters/redrive", &body)?;
        let some = Fields(&answer).number("redriven");
        sum["redriven"] = Fields(&sum).number("redriven").saturating_add(some).into();
        sum["left"] = answer["left"].clone();
        // By filter they come a thousand at a time, until none is left that can be.
        if some == 0 || !arguments.letters.is_empty() {
            break;
        }
    }
    if arguments.json {
        return write_json(&sum, out);
    }
    writeln!(out, "{} driven in again.", sum["redriven"])?;
    for left in Fields(&sum).items("left").iter().map(Fields) {
        writeln!(out, "{} was not: {}", left.text("letter"), left.text("why"))?;
    }
    Ok(())
}

/// Works with what is held back.
///
/// # Errors
/// [`CliError::Refused`] when nothing of the unit is held back.
pub fn parked(
    arguments: &ParkedArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match &arguments.command {
        ParkedCommand::List(arguments) => {
            let answer = transport.get("/v1/parked")?;
            if arguments.json {
                return write_json(&answer, out);
            }
            writeln!(out, "{}", parked_text(&answer))?;
            Ok(())
        }
        ParkedCommand::Release(arguments) => order("release", arguments, transport, out),
        ParkedCommand::Skip(arguments) => order("skip", arguments, transport, out),
    }
}

/// What is held back, for people.
pub fn parked_text(answer: &Value) -> String {
    let columns = [
        Column::Name("stage"),
        Column::Figure("partition"),
        Column::Text("unit"),
        Column::Figure("records"),
    ];
    let rows = Fields(answer).items("units").iter().map(Fields).map(|row| {
        vec![
            row.text("stage").to_owned(),
            row.number("partition").to_string(),
            row.text("unit").to_owned(),
            row.number("records").to_string(),
        ]
    });
    table(&columns, rows.collect())
}

fn order(
    name: &str,
    arguments: &ParkedOrderArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let body = json!({
        "stage": arguments.stage, "unit": arguments.unit,
        "reason": arguments.reason, "decidedBy": arguments.by,
    });
    let answer = transport.post(&format!("/v1/parked/{name}"), &body)?;
    if arguments.json {
        return write_json(&answer, out);
    }
    let told = Fields(&answer);
    let records = told.number("records");
    match told.stated("detail") {
        Some(detail) => writeln!(out, "Ordered for {records} records; {detail}")?,
        None => writeln!(out, "Done: {records} records.")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests;
