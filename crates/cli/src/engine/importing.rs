//! `wattledger import`: recorded sessions, billed as if they came now.

use super::child::{ChildConfig, Faults, LedgerSource, ProcessorChild};
use super::crew;
use super::opened::{Purpose, at_hand};
use super::processors::{ProcessorPlace, own};
use super::replaying::{Job, Outcome, replay};
use super::{MINUTE, asked, clean, end_views, finish_views, sources, stations, summarise};
use crate::arguments::{ImportArguments, ImportFormat};
use crate::commands::write_json;
use crate::documents;
use crate::error::CliError;
use crate::words;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::AccountId;
use wattledger_domain::time::Timestamp;
use wattledger_engine::live;
use wattledger_wire::imports::Odd;

/// The demo configuration.
const DEMO: &str = include_str!("../../demo/demo.yaml");
/// The account of the demo configuration that answers where nobody does.
const DEMO_PAYER: &str = "demo";

/// So many names stand behind what was odd; `--json` has more.
const NAMES_SHOWN: usize = 12;

/// Bills recorded sessions, shows the summary.
///
/// # Errors
/// [`CliError::Refused`] when a file or the configuration cannot be taken.
pub fn import(
    data_dir: &Path,
    arguments: &ImportArguments,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let began = Instant::now();
    let mut files = sources::files(arguments)?;
    let configuration = match &arguments.config {
        Some(path) => documents::read_files(std::slice::from_ref(path))?,
        None => documents::read_text("the demo configuration", DEMO)?,
    };
    let mut values: Vec<Value> = configuration
        .into_iter()
        .map(|located| located.value)
        .collect();
    if arguments.config.is_none() {
        values.extend(stations::missing(&values, &files.stations));
    }
    let payer = match (&arguments.payer, &arguments.config) {
        (Some(payer), _) => Some(AccountId::new(payer.as_str())),
        (None, None) => Some(AccountId::new(DEMO_PAYER)),
        (None, Some(_)) => None,
    };
    for (file, refused) in &files.refused {
        let name = refused
            .name
            .as_deref()
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        words::note(&format!("{file}:{}{name}: {}", refused.row, refused.reason));
    }
    for ((file, what), odd) in &files.odd {
        words::note(&oddity(file, what, odd));
    }
    let Some((first, last)) = files.source.first().zip(files.source.last()) else {
        return Err(CliError::refused(
            "there is no event to bill in what was given",
        ));
    };
    let engine = at_hand(data_dir, Purpose::Replay)?;
    let config = own(data_dir, 1, Faults::None);
    ProcessorPlace::Own(config.clone()).remember(data_dir)?;
    let mut processor = ProcessorChild::start(ChildConfig {
        listen: arguments.drive,
        ..config.clone()
    })?;
    let views = live::views_thread(&engine.service).context("failed to start the views")?;
    let settle_hours = i64::from(arguments.settle).saturating_mul(24);
    let taken = files.source.len();
    let job = Job {
        identity: identity(&files.contents, &values, arguments),
        documents: &values,
        source: &mut files.source,
        from: Timestamp(
            first
                .0
                .div_euclid(MINUTE)
                .saturating_mul(MINUTE)
                .saturating_sub(MINUTE),
        ),
        until: None,
        settle_hours,
        payer,
        speed: None,
        roles: crew::in_replay(&engine, arguments.drive)?,
        span: (
            first,
            Timestamp(
                last.0
                    .saturating_add(settle_hours.saturating_mul(3_600_000)),
            ),
        ),
    };
    let outcome = replay(&engine, job, &mut processor)?;
    finish_views(&engine)?;
    end_views(&engine, views);
    for refused in &outcome.refused {
        words::note(&format!(
            "{}: {}",
            refused.name.as_deref().unwrap_or("an event"),
            refused.reason
        ));
    }
    let refused = files.refused.len().saturating_add(outcome.refused.len());
    drop(processor);
    if arguments.json {
        let (totals, audited) = asked(&engine, LedgerSource::File(config))?;
        let answer = json!({ "read": taken, "refused": refused, "odd": odd_in_json(&files.odd),
                    "totals": totals, "audit": audited });
        write_json(&answer, out)?;
        return clean(&audited);
    }
    writeln!(
        out,
        "{taken} events read, {refused} refused (each named above)"
    )?;
    pending(&outcome, out)?;
    let next = [
        (
            "wattledger report usage --by station",
            "Energy and time per station",
        ),
        (
            "wattledger report revenue --by day",
            "Revenue per local day",
        ),
        ("wattledger get held", "What waits for a person, and why"),
    ];
    summarise(
        &engine,
        LedgerSource::File(config),
        (data_dir, began.elapsed()),
        &next,
        out,
    )
}

/// What was odd in a file, with the first few names.
fn oddity(file: &str, what: &str, odd: &Odd) -> String {
    let shown = odd.names.iter().take(NAMES_SHOWN);
    let names: Vec<&str> = shown.map(String::as_str).collect();
    let more = if odd.count > u64::try_from(names.len()).unwrap_or(u64::MAX) {
        ", …"
    } else {
        ""
    };
    format!(
        "{file}: {} × {what} ({}{more})",
        odd.count,
        names.join(", ")
    )
}

fn odd_in_json(odd: &BTreeMap<(String, String), Odd>) -> Vec<Value> {
    let entry = |((file, what), odd): (&(String, String), &Odd)| json!({ "file": file, "what": what, "count": odd.count, "names": odd.names });
    odd.iter().map(entry).collect()
}

/// Timers that the settling did not reach.
fn pending(outcome: &Outcome, out: &mut dyn Write) -> Result<(), CliError> {
    let pending: usize = outcome
        .standings
        .iter()
        .map(|standing| standing.task.timers)
        .sum();
    let next = outcome
        .standings
        .iter()
        .filter_map(|standing| standing.task.next_timer)
        .min();
    if let Some(next) = next {
        writeln!(
            out,
            "{pending} timers are still pending, the next is due {}",
            Timestamp(next)
        )?;
    }
    Ok(())
}

/// What determines an import: contents, configuration, flags.
fn identity(contents: &[Vec<u8>], documents: &[Value], arguments: &ImportArguments) -> String {
    let mut parts: Vec<Vec<u8>> = contents.to_vec();
    parts.extend(
        documents
            .iter()
            .map(|document| document.to_string().into_bytes()),
    );
    parts.push(
        format!(
            "{:?} {} {:?}",
            arguments.payer, arguments.settle, arguments.csv
        )
        .into_bytes(),
    );
    if matches!(
        arguments.format,
        ImportFormat::Ocpp16 | ImportFormat::Ocpp201
    ) {
        parts.push(format!("{:?}", arguments.format).into_bytes());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of_parts(&parts).to_string()
}
