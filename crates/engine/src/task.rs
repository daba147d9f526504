//! The stages by name, and how a task of one is opened.

use crate::pipeline::PipelineConfig;
use crate::stage::accounts::Accounts;
use crate::stage::control::Control;
use crate::stage::invoices::Invoices;
use crate::stage::sessions::Sessions;
use crate::stage::{Stage, StageFold};
use crate::topics::Topics;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wattledger_runtime::{Log, RocksStore, Task, TaskConfig, TaskError, Turns};

/// Decoded objects that a task keeps at most beside those it changes.
const CACHE: usize = 200_000;
/// More parked records than this stop a task.
const PARKED_MAX: usize = 10_000;

/// A stage that folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageName {
    /// Reference data and ticks.
    Control,
    /// Telemetry into sessions.
    Sessions,
    /// Sessions and payments into what is owed.
    Accounts,
    /// Drafts into numbered invoices.
    Invoices,
}

impl StageName {
    /// All, in flow order.
    pub const ALL: [Self; 4] = [
        Self::Control,
        Self::Sessions,
        Self::Accounts,
        Self::Invoices,
    ];

    /// Its name: group, changelog, links and stores carry it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Control => Control::NAME,
            Self::Sessions => Sessions::NAME,
            Self::Accounts => Accounts::NAME,
            Self::Invoices => Invoices::NAME,
        }
    }

    /// The group that its offsets are kept under.
    #[must_use]
    pub fn group(self) -> Arc<str> {
        format!("wattledger.{}", self.word()).into()
    }

    /// Its one input topic.
    #[must_use]
    pub const fn input(self, topics: &Topics) -> &Arc<str> {
        match self {
            Self::Control => &topics.control_events,
            Self::Sessions => &topics.charging_events,
            Self::Accounts => &topics.account_events,
            Self::Invoices => &topics.invoice_events,
        }
    }

    /// Where its changes go.
    #[must_use]
    pub const fn changelog(self, topics: &Topics) -> &Arc<str> {
        match self {
            Self::Control => &topics.control_changelog,
            Self::Sessions => &topics.sessions_changelog,
            Self::Accounts => &topics.accounts_changelog,
            Self::Invoices => &topics.invoices_changelog,
        }
    }
}

/// Opens tasks.
#[derive(Clone)]
pub struct TaskOpener {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Topic names.
    pub topics: Topics,
    /// How tasks are set up.
    pub config: PipelineConfig,
}

impl TaskOpener {
    /// Opens a task: its store is brought up to the log first.
    ///
    /// # Errors
    /// [`TaskError`] names the task and what to do.
    pub fn open(&self, stage: StageName, partition: u32) -> Result<Box<dyn Turns>, TaskError> {
        let topics = || self.topics.clone();
        match stage {
            StageName::Control => {
                let (topics, partitions) = (topics(), self.config.partitions);
                self.task(Control { topics, partitions }, stage, partition)
            }
            StageName::Sessions => self.task(Sessions { topics: topics() }, stage, partition),
            StageName::Accounts => self.task(Accounts { topics: topics() }, stage, partition),
            StageName::Invoices => self.task(Invoices { topics: topics() }, stage, partition),
        }
    }

    fn task<S: Stage>(
        &self,
        fold: S,
        stage: StageName,
        partition: u32,
    ) -> Result<Box<dyn Turns>, TaskError> {
        let path = store_path(&self.config.stores, S::NAME, partition);
        let store = Box::new(RocksStore::open(&path)?);
        let config = TaskConfig {
            stage: S::NAME.into(),
            input: Arc::clone(stage.input(&self.topics)),
            group: stage.group(),
            partition,
            changelog: Some(Arc::clone(stage.changelog(&self.topics))),
            dead_letter: Arc::clone(&self.topics.dead_letter),
            timers_per_record: self.config.timers_per_record,
            cache: CACHE,
            parked_max: PARKED_MAX,
        };
        let task = Task::open(config, StageFold::new(fold), Arc::clone(&self.log), store)?;
        Ok(Box::new(task))
    }
}

/// Where a task's store is.
#[must_use]
pub fn store_path(stores: &Path, stage: &str, partition: u32) -> PathBuf {
    stores.join(format!("{stage}-{partition}"))
}
