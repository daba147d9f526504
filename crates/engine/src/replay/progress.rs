//! How far a replay has come: a record of its own in every commit of the driver.

use crate::topics::{self, Topics};
use serde_json::{Value, json};
use std::sync::Arc;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::read as read_records;
use wattledger_runtime::{Log, LogError, Outgoing, Record, Visibility};

/// A step that has been committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which plan.
    pub identity: String,
    /// T.
    pub at: Timestamp,
    /// 0 before the first step; 1 once the records of T are appended; 2 to 5 once control, sessions,
    /// accounts and invoices have been ticked.
    pub phase: i64,
    /// Whether events were taken at T.
    pub taking: bool,
    /// Events taken so far.
    pub taken: u64,
    /// Charging commands known at T, per partition.
    pub commands: Vec<i64>,
    /// Where the processor's notices go on.
    pub webhooks: i64,
    /// Hourly steps since events were last taken.
    pub settled: i64,
}

impl Progress {
    /// Before the first step.
    #[must_use]
    pub fn start(identity: &str, from: Timestamp, partitions: u32) -> Self {
        let commands = (0..partitions).map(|_| 0).collect();
        let identity = identity.to_owned();
        Self {
            identity,
            at: from,
            phase: 0,
            taking: true,
            taken: 0,
            commands,
            webhooks: 0,
            settled: 0,
        }
    }

    /// As a record.
    #[must_use]
    pub fn record(&self, topics: &Topics) -> Outgoing {
        let value = json!({
            "identity": self.identity,
            "at": self.at.0,
            "phase": self.phase,
            "taking": self.taking,
            "taken": self.taken,
            "commands": self.commands,
            "webhooks": self.webhooks,
            "settled": self.settled,
        });
        let key = topics::key(&self.at.0.to_string());
        Outgoing::keyed(&topics.replay_progress, key, value.to_string().into_bytes())
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let commands = value["commands"].as_array()?;
        Some(Self {
            identity: value["identity"].as_str()?.to_owned(),
            at: Timestamp(value["at"].as_i64()?),
            phase: value["phase"].as_i64()?,
            taking: value["taking"].as_bool()?,
            taken: value["taken"].as_u64()?,
            commands: commands.iter().map(Value::as_i64).collect::<Option<_>>()?,
            webhooks: value["webhooks"].as_i64()?,
            settled: value["settled"].as_i64()?,
        })
    }
}

/// Every committed step, in order.
pub fn read(log: &Arc<dyn Log>, topics: &Topics) -> Result<Vec<Progress>, LogError> {
    let mut consumer = log.consumer(&topics.replay_progress, Visibility::Process)?;
    let end = consumer.end(0)?;
    let mut steps = Vec::new();
    let mut take = |record: Record| steps.extend(record.value.as_deref().and_then(Progress::read));
    read_records(consumer.as_mut(), 0, (0, end), &mut take)?;
    Ok(steps)
}
