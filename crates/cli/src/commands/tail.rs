//! `tail`: the records of a topic, page by page.
//!
//! Asks `GET /v1/topics/{topic}?cursor=&limit=&wait_ms=`; the answer is `{"records": [{"partition",
//! "offset", "key", "link"?, "type", "data"}], "cursor", "end"}`. Cursors to begin with: `earliest`
//! and `latest`.

use crate::arguments::{TailArguments, TailFrom};
use crate::client::{Transport, encoded};
use crate::error::CliError;
use crate::figures::Fields;
use crate::words;
use std::io::Write;

const PAGE_RECORDS: u16 = 500;
/// How long the engine waits for more before it answers with none.
const WAIT_MS: u16 = 1_000;

/// Writes the records of a topic, until its end or for ever.
///
/// # Errors
/// [`CliError::Refused`] for an unknown topic.
pub fn run(
    arguments: &TailArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let until_end = arguments.until_end || !transport.is_live();
    let wait = if until_end { 0 } else { WAIT_MS };
    let topic = encoded(&arguments.topic);
    // What is there already is what a reader to the end wants to see.
    let otherwise = if until_end {
        TailFrom::Earliest
    } else {
        TailFrom::Latest
    };
    let mut cursor = match arguments.from.unwrap_or(otherwise) {
        TailFrom::Earliest => "earliest".to_owned(),
        TailFrom::Latest => "latest".to_owned(),
    };
    loop {
        let place = encoded(&cursor);
        let path = format!("/v1/topics/{topic}?cursor={place}&limit={PAGE_RECORDS}&wait_ms={wait}");
        let page = transport.get(&path)?;
        let page = Fields(&page);
        for record in page.items("records") {
            if arguments.json {
                writeln!(out, "{record}")?;
            } else {
                writeln!(out, "{}", line(Fields(record)))?;
            }
        }
        out.flush()?;
        if page.0["end"].as_bool() == Some(true) && until_end {
            break;
        }
        match page.stated("cursor") {
            Some(next) => cursor = next.to_owned(),
            None => return Err(CliError::broken("the engine's page names no cursor")),
        }
    }
    if !arguments.until_end {
        words::note("no engine runs on this directory: this is the end");
    }
    Ok(())
}

/// `0:42  station-1  SessionStarted  {…}`.
fn line(record: Fields<'_>) -> String {
    let place = format!("{}:{}", record.number("partition"), record.number("offset"));
    let link = record
        .stated("link")
        .map(|link| format!("  [{link}]"))
        .unwrap_or_default();
    let key = record.text("key");
    let kind = record.text("type");
    format!(
        "{place:<10}  {key:<24}  {kind:<24}  {}{link}",
        record.0["data"]
    )
}

#[cfg(test)]
mod tests;
