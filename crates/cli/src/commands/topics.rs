//! `wattledger topics`: makes the topics on a cluster, or says how they differ.

use super::write_json;
use crate::arguments::{TopicsAction, TopicsArguments};
use crate::engine::cluster;
use crate::error::CliError;
use crate::table::{Column, table};
use anyhow::Context as _;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use wattledger_engine::kafka::topics::plans;
use wattledger_engine::topics::Topics;
use wattledger_runtime::Log as _;
use wattledger_runtime::log::kafka::KafkaLog;

/// Partitions of the topics that scale, unless told otherwise.
const PARTITIONS: u32 = 12;

/// Runs it.
///
/// # Errors
/// [`CliError::Refused`] when topics differ, or a partition count would change.
pub fn run(
    data_dir: &Path,
    arguments: &TopicsArguments,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let settings = cluster::remembered(data_dir)?.ok_or_else(|| {
        CliError::refused("topics are made on a cluster: name its brokers with --kafka")
    })?;
    let log = KafkaLog::open(settings).context("failed to set up the Kafka client")?;
    let found = log.partitions(&Topics::default().charging_events).ok();
    let partitions = match (arguments.partitions, found) {
        (Some(wanted), Some(found)) if wanted != found => {
            return Err(CliError::refused(format!(
                "charging.events has {found} partitions, not {wanted}: keys would move. Make new topics on another \
                 cluster for another count"
            )));
        }
        (wanted, found) => wanted.or(found).unwrap_or(PARTITIONS),
    };
    if arguments.action == TopicsAction::Create {
        let admin = log.admin().context("failed to set up the Kafka client")?;
        let replication = i32::try_from(arguments.replication).unwrap_or(i32::MAX);
        let made = admin
            .create(&plans(partitions, arguments.replication), replication)
            .context("failed to make the topics")?;
        if !arguments.json {
            writeln!(
                out,
                "{} topics made, {partitions} partitions where they scale",
                made.len()
            )?;
        }
    }
    let differences = cluster::differences(&log, partitions, arguments.replication)?;
    if arguments.json {
        let rows: Vec<_> = differences
            .iter()
            .map(|one| json!({ "topic": one.topic, "what": one.what, "wanted": one.wanted, "found": one.found }))
            .collect();
        write_json(
            &json!({ "partitions": partitions, "differences": rows }),
            out,
        )?;
    } else if differences.is_empty() {
        writeln!(out, "every topic is as it should be")?;
    } else {
        let columns = [
            Column::Name("Topic"),
            Column::Name("What"),
            Column::Name("Wanted"),
            Column::Name("Found"),
        ];
        let rows = differences.iter().map(|one| {
            let cells = [&one.topic, &one.what, &one.wanted, &one.found];
            cells.map(|cell| cell.to_string()).to_vec()
        });
        let table = table(&columns, rows.collect());
        writeln!(out, "{table}")?;
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(CliError::refused(format!(
        "{} differences: settings can be altered with Kafka's own tools, partition counts cannot",
        differences.len()
    )))
}
