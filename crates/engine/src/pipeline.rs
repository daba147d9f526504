//! All tasks of the stages in one thread, in flow order: the first that has something to fold goes.
//!
//! Which task runs next is a function of the committed log alone, so a replay that is stopped anywhere
//! and goes on commits the same records in the same order.

use crate::stage::accounts::Accounts;
use crate::stage::control::Control;
use crate::stage::invoices::Invoices;
use crate::stage::sessions::Sessions;
use crate::stage::{Stage, StageFold};
use crate::topics::Topics;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wattledger_runtime::metrics::Counters;
use wattledger_runtime::{EmbeddedLog, Log, RocksStore, Task, TaskConfig, TaskError};

/// How tasks are set up.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// Where the stores are.
    pub stores: PathBuf,
    /// Partitions of the topics that scale.
    pub partitions: u32,
    /// Records folded in one turn at most.
    pub turn_records: usize,
    /// Timers fired per record at most; 0 means all (replay).
    pub timers_per_record: usize,
}

/// One task, whatever its stage.
trait AnyTask: Send {
    fn turn(&mut self, records: usize) -> Result<bool, TaskError>;
    fn lag(&mut self) -> Result<i64, TaskError>;
    fn settle(&mut self) -> Result<(), TaskError>;
    fn standing(&mut self) -> Result<Standing, TaskError>;
}

/// Where a task stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its stage.
    pub stage: String,
    /// Its partition.
    pub partition: u32,
    /// The next input offset.
    pub position: i64,
    /// Records not folded yet.
    pub lag: i64,
    /// Its last tick.
    pub logical_time: i64,
    /// Timers still to come, and when the first is due.
    pub timers: (usize, Option<i64>),
    /// Records held back.
    pub parked: u64,
    /// What it has done.
    pub counters: Counters,
}

impl<S: Stage> AnyTask for Task<StageFold<S>> {
    fn turn(&mut self, records: usize) -> Result<bool, TaskError> {
        Ok(Task::turn(self, records)?.records > 0)
    }
    fn lag(&mut self) -> Result<i64, TaskError> {
        Task::lag(self)
    }
    fn settle(&mut self) -> Result<(), TaskError> {
        Task::settle(self)
    }
    fn standing(&mut self) -> Result<Standing, TaskError> {
        let lag = Task::lag(self)?;
        Ok(Standing {
            stage: self.stage().to_owned(),
            partition: self.partition(),
            position: self.position(),
            lag,
            logical_time: self.logical_time(),
            timers: (
                self.pending_timers().count(),
                self.pending_timers().next().map(|t| t.due),
            ),
            parked: self.parked().values().sum(),
            counters: *self.counters(),
        })
    }
}

/// All tasks.
pub struct Pipeline {
    log: EmbeddedLog,
    tasks: Vec<Box<dyn AnyTask>>,
    turn_records: usize,
}

impl Pipeline {
    /// Opens every task: each store is brought up to the log first.
    ///
    /// # Errors
    /// [`TaskError`] names the task and what to do.
    pub fn open(
        log: &EmbeddedLog,
        topics: &Topics,
        config: &PipelineConfig,
    ) -> Result<Self, TaskError> {
        let mut tasks: Vec<Box<dyn AnyTask>> = Vec::new();
        let control = || Control {
            topics: topics.clone(),
            partitions: config.partitions,
        };
        let opening = Opening {
            log,
            topics,
            config,
        };
        tasks.push(opening.task(
            control(),
            0,
            (&topics.control_events, &topics.control_changelog),
        )?);
        for partition in 0..config.partitions {
            let stage = Sessions {
                topics: topics.clone(),
            };
            tasks.push(opening.task(
                stage,
                partition,
                (&topics.charging_events, &topics.sessions_changelog),
            )?);
        }
        for partition in 0..config.partitions {
            let stage = Accounts {
                topics: topics.clone(),
            };
            tasks.push(opening.task(
                stage,
                partition,
                (&topics.account_events, &topics.accounts_changelog),
            )?);
        }
        for partition in 0..config.partitions {
            let stage = Invoices {
                topics: topics.clone(),
            };
            tasks.push(opening.task(
                stage,
                partition,
                (&topics.invoice_events, &topics.invoices_changelog),
            )?);
        }
        Ok(Self {
            log: log.clone(),
            tasks,
            turn_records: config.turn_records,
        })
    }

    /// One turn of the first task that has something to fold; `false` when none has.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn step(&mut self) -> Result<bool, TaskError> {
        for task in &mut self.tasks {
            if task.lag()? > 0 {
                task.turn(self.turn_records)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes the log durable, then lets every store follow.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn settle(&mut self) -> Result<(), TaskError> {
        self.log.sync()?;
        self.tasks.iter_mut().try_for_each(|task| task.settle())
    }

    /// Where every task stands.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn standings(&mut self) -> Result<Vec<Standing>, TaskError> {
        self.tasks.iter_mut().map(|task| task.standing()).collect()
    }
}

struct Opening<'a> {
    log: &'a EmbeddedLog,
    topics: &'a Topics,
    config: &'a PipelineConfig,
}

impl Opening<'_> {
    fn task<S: Stage>(
        &self,
        stage: S,
        partition: u32,
        (input, changelog): (&Arc<str>, &Arc<str>),
    ) -> Result<Box<dyn AnyTask>, TaskError> {
        let path = store_path(&self.config.stores, S::NAME, partition);
        let store = Box::new(RocksStore::open(&path)?);
        let task = Task::open(
            TaskConfig {
                stage: S::NAME.into(),
                input: Arc::clone(input),
                group: format!("wattledger.{}", S::NAME).into(),
                partition,
                changelog: Some(Arc::clone(changelog)),
                dead_letter: Arc::clone(&self.topics.dead_letter),
                timers_per_record: self.config.timers_per_record,
                cache: 200_000,
                parked_max: 10_000,
            },
            StageFold::new(stage),
            Arc::new(self.log.clone()),
            store,
        )?;
        Ok(Box::new(task))
    }
}

/// Where a task's store is.
#[must_use]
pub fn store_path(stores: &Path, stage: &str, partition: u32) -> PathBuf {
    stores.join(format!("{stage}-{partition}"))
}
