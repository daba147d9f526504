//! Which Kafka a directory's engine works on: named once, remembered in `kafka.json`.
//!
//! Invariant: a directory whose log is embedded never turns to a cluster, nor to another one: its
//! stores and views stand for one log.

use crate::error::CliError;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use wattledger_engine::kafka::topics::plans;
use wattledger_engine::topics::Topics;
use wattledger_runtime::log::kafka::{Difference, KafkaLog, KafkaSettings};
use wattledger_runtime::{Log as _, LogError};

/// The file that remembers it.
const FILE: &str = "kafka.json";

/// Names a cluster for a directory.
///
/// # Errors
/// [`CliError::Refused`] when the directory stands for another log.
pub fn remember(
    data_dir: &Path,
    brokers: &str,
    properties: Option<&PathBuf>,
) -> Result<(), CliError> {
    if data_dir.join("log").is_dir() {
        return Err(CliError::refused(format!(
            "`{}` has a log of its own: use another --data-dir with --kafka",
            data_dir.display()
        )));
    }
    let properties = properties.map(|path| path.display().to_string());
    let value = json!({ "brokers": brokers, "properties": properties });
    std::fs::create_dir_all(data_dir)
        .with_context(|| format!("failed to make `{}`", data_dir.display()))?;
    std::fs::write(data_dir.join(FILE), value.to_string()).context("failed to write kafka.json")?;
    Ok(())
}

/// How the cluster of a directory is reached; nothing when its log is embedded.
///
/// # Errors
/// [`CliError::Refused`] when its properties cannot be taken.
pub fn remembered(data_dir: &Path) -> Result<Option<KafkaSettings>, CliError> {
    let Ok(text) = std::fs::read_to_string(data_dir.join(FILE)) else {
        return Ok(None);
    };
    let value: Value = serde_json::from_str(&text).context("kafka.json is unreadable")?;
    let Some(brokers) = value["brokers"].as_str() else {
        return Err(CliError::refused("kafka.json names no brokers"));
    };
    let settings = KafkaSettings::new(brokers);
    let Some(path) = value["properties"].as_str() else {
        return Ok(Some(settings));
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read `{path}`"))?;
    let settings = settings
        .with_properties(&text)
        .map_err(|fault| CliError::refused(format!("{path}: {fault}")))?;
    Ok(Some(settings))
}

/// The cluster of a directory, its topics looked at: nothing runs on topics that differ.
///
/// # Errors
/// [`CliError::Refused`] names the first difference and what to do.
pub fn opened(settings: KafkaSettings) -> Result<(KafkaLog, u32), CliError> {
    let brokers = settings.brokers().to_owned();
    let log = KafkaLog::open(settings).context("failed to set up the Kafka client")?;
    let topic = &Topics::default().charging_events;
    let partitions = log.partitions(topic).map_err(|error| {
        if matches!(error, LogError::UnknownTopic(_)) {
            return CliError::refused(format!(
                "the topics are not there yet at {brokers}: run `wattledger topics create --kafka {brokers}`"
            ));
        }
        CliError::Broken(anyhow::Error::from(error).context(format!("Kafka at {brokers}")))
    })?;
    let differences = differences(&log, partitions, 1)?;
    let grave = differences.iter().find(|one| {
        matches!(&*one.what, "exists" | "partitions") || one.what.starts_with("offset")
    });
    match grave {
        None => Ok((log, partitions)),
        Some(one) => Err(CliError::refused(format!(
            "topic {}: {} is {}, expected {}; look with `wattledger topics check`",
            one.topic, one.what, one.found, one.wanted
        ))),
    }
}

/// How the cluster's topics differ from what they should be.
///
/// # Errors
/// When the cluster does not answer.
pub fn differences(
    log: &KafkaLog,
    partitions: u32,
    replication: u32,
) -> Result<Vec<Difference>, CliError> {
    let admin = log.admin().context("failed to set up the Kafka client")?;
    let found = admin.check(&plans(partitions, replication));
    Ok(found.context("failed to compare the topics")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_keeps_to_the_log_that_it_stands_for() {
        let folder = tempfile::tempdir().unwrap();
        assert!(remembered(folder.path()).unwrap().is_none());
        remember(folder.path(), "127.0.0.1:9092", None).unwrap();
        let known = remembered(folder.path()).unwrap();
        assert_eq!(
            known
                .map(|settings| settings.brokers().to_owned())
                .as_deref(),
            Some("127.0.0.1:9092")
        );
        std::fs::create_dir(folder.path().join("log")).unwrap();
        let refused = remember(folder.path(), "127.0.0.1:9092", None).unwrap_err();
        assert!(
            refused.to_string().contains("a log of its own"),
            "{refused}"
        );
    }
}
