//! `wattledger audit --refold`: the state of every task made in three ways, which must agree.

use super::opened::{Purpose, at_hand};
use crate::commands::write_json;
use crate::error::CliError;
use crate::table::{Column, table};
use crate::words;
use anyhow::Context as _;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use wattledger_domain::hash::Digest;
use wattledger_engine::task::{StageName, TaskOpener, Way};
use wattledger_runtime::TaskError;

/// One task's state, by the way it was made.
struct Compared {
    stage: StageName,
    partition: u32,
    entries: usize,
    digests: Vec<String>,
}

impl Compared {
    fn agree(&self) -> bool {
        self.digests
            .windows(2)
            .all(|pair| pair.first() == pair.last())
    }
}

/// Compares and shows.
///
/// # Errors
/// [`CliError::Refused`] when a state differs; [`CliError::Broken`] when one cannot be made.
pub fn refold(data_dir: &Path, as_json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let engine = at_hand(data_dir, Purpose::Live)?;
    let service = &engine.service;
    let opener = TaskOpener {
        log: Arc::clone(&service.log),
        topics: service.topics.clone(),
        config: engine.config.pipeline(0),
    };
    let sign_of_life = words::waiting("folding again");
    let mut all = Vec::new();
    for stage in StageName::ALL {
        let partitions = service
            .log
            .partitions(stage.input(&service.topics))
            .context("failed to read the log")?;
        for partition in 0..partitions {
            let compared = compared(&opener, stage, partition);
            all.push(compared.with_context(|| {
                format!("failed to make the state of {}/{partition}", stage.word())
            })?);
        }
    }
    sign_of_life.finish_and_clear();
    let differs = all.iter().find(|one| !one.agree());
    if as_json {
        let rows: Vec<_> = all
            .iter()
            .map(|one| {
                json!({ "stage": one.stage.word(), "partition": one.partition, "entries": one.entries,
                        "agree": one.agree(), "digests": one.digests })
            })
            .collect();
        write_json(&json!({ "tasks": rows }), out)?;
    } else {
        let columns = [
            Column::Name("stage"),
            Column::Figure("partition"),
            Column::Figure("entries"),
            Column::Name("directory = changelog = input"),
            Column::Name("digest"),
        ];
        let rows = all.iter().map(|one| {
            vec![
                one.stage.word().to_owned(),
                one.partition.to_string(),
                one.entries.to_string(),
                if one.agree() { "yes" } else { "NO" }.to_owned(),
                one.digests.last().cloned().unwrap_or_default(),
            ]
        });
        writeln!(out, "{}", table(&columns, rows.collect()))?;
    }
    match differs {
        None => Ok(()),
        Some(one) => Err(CliError::refused(format!(
            "the state of {}/{} differs by the way it is made: {:?}",
            one.stage.word(),
            one.partition,
            one.digests
        ))),
    }
}

fn compared(opener: &TaskOpener, stage: StageName, partition: u32) -> Result<Compared, TaskError> {
    let mut compared = Compared {
        stage,
        partition,
        entries: 0,
        digests: Vec::new(),
    };
    for way in Way::ALL {
        let entries = opener.restored(stage, partition, way)?;
        let parts: Vec<&[u8]> = entries
            .iter()
            .flat_map(|(key, value)| [key.as_slice(), value.as_slice()])
            .collect();
        compared.entries = entries.len();
        let digest = Digest::of_parts(&parts).to_string();
        compared.digests.push(digest.chars().take(16).collect());
    }
    Ok(compared)
}
