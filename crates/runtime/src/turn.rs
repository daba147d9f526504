//! One turn: some tasks fold, then one transaction commits what came of all of them.
//!
//! The broker's cost follows commits, so a worker serves several tasks, of several stages, with one
//! producer. Invariant: a task that cannot fold is left out and named; the others commit without it.

use crate::fold::Fold;
use crate::log::{CommitError, Consumer, Log, LogError, PartitionEnd, Producer};
use crate::metrics::Counters;
use crate::task::{Entries, Task, TaskError, TurnReport};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A task, whatever it folds.
pub trait Turns: Send {
    /// See [`Task::fold`].
    ///
    /// # Errors
    /// See there.
    fn fold(
        &mut self,
        input: &mut dyn Consumer,
        records_max: usize,
        at_most: Duration,
    ) -> Result<TurnReport, TaskError>;
    /// See [`Task::send`].
    ///
    /// # Errors
    /// See there.
    fn send(&mut self, producer: &mut dyn Producer) -> Result<(), TaskError>;
    /// See [`Task::committed`].
    fn committed(&mut self, ends: &[PartitionEnd], took: Duration);
    /// See [`Task::reopen`].
    ///
    /// # Errors
    /// See there.
    fn reopen(&mut self) -> Result<(), TaskError>;
    /// See [`Task::settle`].
    ///
    /// # Errors
    /// See there.
    fn settle(&mut self) -> Result<(), TaskError>;
    /// See [`Task::lag`].
    ///
    /// # Errors
    /// See there.
    fn lag(&mut self, input: &mut dyn Consumer) -> Result<i64, TaskError>;
    /// See [`Task::position`].
    fn position(&self) -> i64;
    /// See [`Task::has_fetched`].
    fn has_fetched(&self) -> bool;
    /// See [`Task::is_pending`].
    fn is_pending(&self) -> bool;
    /// See [`Task::dump`].
    ///
    /// # Errors
    /// See there.
    fn dump(&mut self) -> Result<Entries, TaskError>;
    /// See [`Task::peek`].
    ///
    /// # Errors
    /// See there.
    fn peek(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, TaskError>;
    /// Where it stands.
    fn standing(&self) -> TaskStanding;
}

/// Where a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStanding {
    /// Its stage.
    pub stage: Arc<str>,
    /// Its partition.
    pub partition: u32,
    /// The next input offset.
    pub position: i64,
    /// Its last tick, milliseconds.
    pub logical_time: i64,
    /// Timers still to come.
    pub timers: usize,
    /// When the first of them is due.
    pub next_timer: Option<i64>,
    /// Records held back.
    pub parked: u64,
    /// Whose they are, and how many of each.
    pub parked_units: Vec<(Box<[u8]>, u64)>,
    /// What it has done.
    pub counters: Counters,
}

impl<F: Fold> Turns for Task<F> {
    fn fold(
        &mut self,
        input: &mut dyn Consumer,
        records_max: usize,
        at_most: Duration,
    ) -> Result<TurnReport, TaskError> {
        Self::fold(self, input, records_max, at_most)
    }
    fn send(&mut self, producer: &mut dyn Producer) -> Result<(), TaskError> {
        Self::send(self, producer)
    }
    fn committed(&mut self, ends: &[PartitionEnd], took: Duration) {
        Self::committed(self, ends, took);
    }
    fn reopen(&mut self) -> Result<(), TaskError> {
        Self::reopen(self)
    }
    fn settle(&mut self) -> Result<(), TaskError> {
        Self::settle(self)
    }
    fn lag(&mut self, input: &mut dyn Consumer) -> Result<i64, TaskError> {
        Self::lag(self, input)
    }
    fn position(&self) -> i64 {
        Self::position(self)
    }
    fn has_fetched(&self) -> bool {
        Self::has_fetched(self)
    }
    fn is_pending(&self) -> bool {
        Self::is_pending(self)
    }
    fn dump(&mut self) -> Result<Entries, TaskError> {
        Self::dump(self)
    }
    fn peek(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, TaskError> {
        Self::peek(self, key)
    }
    fn standing(&self) -> TaskStanding {
        let mut timers = self.pending_timers();
        TaskStanding {
            stage: Arc::clone(self.stage()),
            partition: self.partition(),
            position: self.position(),
            logical_time: self.logical_time(),
            next_timer: timers.next().map(|timer| timer.due),
            timers: self.timers(),
            parked: self.parked().values().sum(),
            parked_units: self.parked().clone().into_iter().collect(),
            counters: *self.counters(),
        }
    }
}

/// Makes a worker's producer: older ones of its id are fenced from then on.
pub type MakeProducer = Box<dyn Fn() -> Result<Box<dyn Producer>, LogError> + Send>;

/// A producer that turns tasks; made again whenever nobody knows what became of a commit.
pub struct Worker {
    make: MakeProducer,
    producer: Box<dyn Producer>,
}

impl Worker {
    /// Makes the producer: older ones of this id are fenced from now on. Open its tasks after this.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub fn open(log: &Arc<dyn Log>, id: &str) -> Result<Self, LogError> {
        let (log, id) = (Arc::clone(log), id.to_owned());
        Self::with(Box::new(move || log.producer(&id)))
    }

    /// The same with a producer that carries a membership.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub fn with(make: MakeProducer) -> Result<Self, LogError> {
        let producer = make()?;
        Ok(Self { make, producer })
    }

    /// Commits what these tasks have folded, in one transaction.
    ///
    /// Where nobody knows what became of the commit, a new producer is made and every task reads
    /// back what the log says.
    ///
    /// # Errors
    /// [`TaskError::Commit`] when nothing was committed: commit the tasks again, which still hold what
    /// they have folded, or reopen them, which then fold the same records again. Anything else: the
    /// worker and its tasks must be opened again.
    pub fn commit(&mut self, tasks: &mut [&mut dyn Turns]) -> Result<(), TaskError> {
        let began = Instant::now();
        match self.transaction(tasks) {
            Ok(ends) => {
                let took = began.elapsed();
                tasks
                    .iter_mut()
                    .for_each(|task| task.committed(&ends, took));
                Ok(())
            }
            Err(TaskError::Commit(CommitError::Indefinite(error))) => {
                tracing::warn!(%error, "outcome of a commit unknown: reading it back");
                self.producer = (self.make)()?;
                tasks.iter_mut().try_for_each(|task| task.reopen())
            }
            Err(other) => {
                self.producer.abort();
                Err(other)
            }
        }
    }

    fn transaction(
        &mut self,
        tasks: &mut [&mut dyn Turns],
    ) -> Result<Vec<PartitionEnd>, TaskError> {
        self.producer.begin()?;
        for task in tasks {
            task.send(self.producer.as_mut())?;
        }
        Ok(self.producer.commit()?)
    }

    /// One turn of one task: folds up to `records_max` records and commits them. Nothing to fold:
    /// nothing happens.
    ///
    /// # Errors
    /// The task must be opened again, or its cause mended first; see [`TaskError`].
    pub fn turn(
        &mut self,
        task: &mut dyn Turns,
        input: &mut dyn Consumer,
        records_max: usize,
    ) -> Result<TurnReport, TaskError> {
        let report = task.fold(input, records_max, Duration::MAX)?;
        if report.records > 0 {
            self.commit(&mut [task])?;
        }
        Ok(report)
    }
}
