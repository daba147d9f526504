//! `status`: where the engine stands, as a table or JSON.
//!
//! Asks `GET /v1/status`; the answer is `{"state", "detail", "version", "instances": [{"instance",
//! "since", "partitions": […]}], "unowned": […], "workers": […]}`.

use crate::arguments::StatusArguments;
use crate::client::Transport;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{ABSENT, Fields, grouped, local_time};
use crate::table::{Column, list, table};
use serde_json::Value;
use std::io::Write;

/// Shows where the engine stands.
///
/// # Errors
/// [`CliError::Broken`] when it does not answer, or says that it is broken.
pub fn run(
    arguments: &StatusArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let answer = transport.get("/v1/status")?;
    if arguments.json {
        write_json(&answer, out)?;
    } else {
        write(Fields(&answer), transport.is_live(), out)?;
    }
    if answer["state"] == "broken" {
        let why = Fields(&answer).text("detail");
        return Err(CliError::broken(format!("the engine has stopped: {why}")));
    }
    Ok(())
}

fn write(status: Fields<'_>, is_live: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let instances = status.items("instances");
    let all = || {
        let owned = instances
            .iter()
            .flat_map(|one| Fields(one).items("partitions"));
        owned.chain(status.items("unowned")).map(Fields)
    };
    let behind = all()
        .map(|row| row.number("lag"))
        .fold(0, i64::saturating_add);
    let times = all().filter_map(|row| row.inside("task").stated_number("logical_time"));
    let state = match (is_live, status.text("state")) {
        (false, _) => "no engine runs on this directory".to_owned(),
        (true, "restoring") => "restoring: stores are brought up to the log".to_owned(),
        (true, state) => state.to_owned(),
    };
    let time = times.min().map(|at| local_time(at, ""));
    let facts = [
        ("State", state),
        ("Version", status.text("version").to_owned()),
        ("Logical time", time.unwrap_or_else(|| ABSENT.to_owned())),
        ("Records to fold", grouped(behind)),
    ];
    let mut facts: Vec<Vec<String>> = facts
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    for row in status.items("workers").iter().map(Fields) {
        let name = format!("Records to do: {}", row.text("worker"));
        facts.push(vec![name, grouped(row.number("lag"))]);
    }
    let columns = [Column::Name("fact"), Column::Text("is")];
    writeln!(out, "{}", list(&columns, facts))?;
    for one in instances.iter().map(Fields) {
        let since = local_time(one.number("since"), "");
        writeln!(out, "\n{}, since {since}:", one.text("instance"))?;
        writeln!(out, "{}", partitions(one.items("partitions")))?;
    }
    let unowned = status.items("unowned");
    if !unowned.is_empty() {
        writeln!(out, "\nFolded by nobody:\n{}", partitions(unowned))?;
    }
    Ok(())
}

fn partitions(found: &[Value]) -> String {
    let columns = [
        Column::Name("stage"),
        Column::Figure("partition"),
        Column::Figure("folded to"),
        Column::Figure("of"),
        Column::Figure("lag"),
        Column::Figure("timers"),
        Column::Figure("parked"),
        Column::Figure("set aside"),
    ];
    let rows = found.iter().map(Fields).map(|row| {
        let task = row.inside("task");
        let figure = |name: &str| {
            let stated = task.stated_number(name).map(grouped);
            stated.unwrap_or_else(|| ABSENT.to_owned())
        };
        vec![
            row.text("stage").to_owned(),
            row.number("partition").to_string(),
            grouped(row.number("position")),
            grouped(row.number("end")),
            grouped(row.number("lag")),
            figure("timers"),
            figure("parked"),
            figure("dead_letters"),
        ]
    });
    table(&columns, rows.collect())
}

#[cfg(test)]
mod tests;
