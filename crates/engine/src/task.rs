//! The stages by name, and how a task of one is opened.

use crate::pipeline::PipelineConfig;
use crate::stage::accounts::Accounts;
use crate::stage::control::Control;
use crate::stage::invoices::Invoices;
use crate::stage::sessions::Sessions;
use crate::stage::{Stage, StageFold};
use crate::topics::Topics;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use wattledger_runtime::overlay::Budget;
use wattledger_runtime::task::Entries;
use wattledger_runtime::{Log, MemoryStore, RocksStore, Store, Task, TaskConfig, TaskError, Turns};

/// Bytes of objects that all tasks of a process keep beside those that they change: about
/// 100,000 live sessions.
const OBJECTS: usize = 144 << 20;
static CACHE: LazyLock<Arc<Budget>> = LazyLock::new(|| Budget::of(OBJECTS));
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
        let path = store_path(&self.config.stores, stage.word(), partition);
        self.opened(
            stage,
            partition,
            From::Changelog(Box::new(RocksStore::open(&path)?)),
        )
    }

    /// The state of a task in memory, made from its changelog alone or from its input alone.
    ///
    /// # Errors
    /// [`TaskError`] when it cannot be made.
    pub fn restored(
        &self,
        stage: StageName,
        partition: u32,
        way: Way,
    ) -> Result<Entries, TaskError> {
        let empty = || Box::new(MemoryStore::default());
        let from = match way {
            Way::Directory => {
                let path = store_path(&self.config.stores, stage.word(), partition);
                From::Changelog(Box::new(RocksStore::open(&path)?))
            }
            Way::Changelog => From::Changelog(empty()),
            Way::Input => From::Input(empty()),
        };
        self.opened(stage, partition, from)?.dump()
    }

    fn opened(
        &self,
        stage: StageName,
        partition: u32,
        from: From,
    ) -> Result<Box<dyn Turns>, TaskError> {
        let topics = || self.topics.clone();
        let at = (stage, partition, from);
        match stage {
            StageName::Control => {
                let (topics, partitions) = (topics(), self.config.partitions);
                self.task(Control { topics, partitions }, at)
            }
            StageName::Sessions => self.task(Sessions { topics: topics() }, at),
            StageName::Accounts => self.task(Accounts { topics: topics() }, at),
            StageName::Invoices => self.task(Invoices { topics: topics() }, at),
        }
    }

    fn task<S: Stage>(
        &self,
        fold: S,
        (stage, partition, from): (StageName, u32, From),
    ) -> Result<Box<dyn Turns>, TaskError> {
        let config = TaskConfig {
            stage: S::NAME.into(),
            input: Arc::clone(stage.input(&self.topics)),
            group: stage.group(),
            partition,
            changelog: Some(Arc::clone(stage.changelog(&self.topics))),
            dead_letter: Arc::clone(&self.topics.dead_letter),
            timers_per_record: self.config.timers_per_record,
            cache: Arc::clone(&CACHE),
            parked_max: PARKED_MAX,
        };
        let (fold, log) = (StageFold::new(fold), Arc::clone(&self.log));
        let task = match from {
            From::Changelog(store) => Task::open(config, fold, log, store)?,
            From::Input(store) => Task::refold(config, fold, log, store)?,
        };
        Ok(Box::new(task))
    }
}

/// What a state is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its own directory, and the changelog after it.
    Directory,
    /// Its changelog alone.
    Changelog,
    /// Its input alone.
    Input,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Directory, Self::Changelog, Self::Input];
}

/// The store that a task begins with, and what brings it up to the log.
enum From {
    Changelog(Box<dyn Store>),
    Input(Box<dyn Store>),
}

/// Where a task's store is.
#[must_use]
pub fn store_path(stores: &Path, stage: &str, partition: u32) -> PathBuf {
    stores.join(format!("{stage}-{partition}"))
}
