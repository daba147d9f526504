//! All tasks of the stages in one thread, in flow order: the first that has something to fold goes.
//!
//! Which task runs next is a function of the committed log alone, so a replay that is stopped anywhere
//! and goes on commits the same records in the same order.

use crate::service::Visit;
use crate::task::{StageName, TaskOpener};
use crate::topics::Topics;
use std::path::PathBuf;
use std::sync::Arc;
use wattledger_runtime::{Consumer, Log, TaskError, TaskStanding, Turns, Visibility, Worker};

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

/// Where a task stands, and what it has still to read.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Where it stands.
    pub task: TaskStanding,
    /// Records not folded yet.
    pub lag: i64,
}

/// All tasks.
pub struct Pipeline {
    log: Arc<dyn Log>,
    worker: Worker,
    stages: Vec<StageTasks>,
    turn_records: usize,
    /// Whose turn it is to follow the log.
    settling: usize,
}

/// The tasks of a stage, and what reads their input.
struct StageTasks {
    input: Box<dyn Consumer>,
    tasks: Vec<Box<dyn Turns>>,
}

impl Pipeline {
    /// Opens every task: each store is brought up to the log first.
    ///
    /// # Errors
    /// [`TaskError`] names the task and what to do.
    pub fn open(
        log: &Arc<dyn Log>,
        topics: &Topics,
        config: &PipelineConfig,
    ) -> Result<Self, TaskError> {
        let worker = Worker::open(log, "stages")?;
        let opener = TaskOpener {
            log: Arc::clone(log),
            topics: topics.clone(),
            config: config.clone(),
        };
        let mut stages = Vec::new();
        for stage in StageName::ALL {
            let input = stage.input(topics);
            let partitions = 0..log.partitions(input)?;
            stages.push(StageTasks {
                input: log.consumer(input, Visibility::Process)?,
                tasks: partitions
                    .map(|partition| opener.open(stage, partition))
                    .collect::<Result<_, TaskError>>()?,
            });
        }
        Ok(Self {
            log: Arc::clone(log),
            worker,
            stages,
            turn_records: config.turn_records,
            settling: 0,
        })
    }

    /// One turn of the first task that has something to fold; `false` when none has.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn step(&mut self) -> Result<bool, TaskError> {
        for StageTasks { input, tasks } in &mut self.stages {
            for task in tasks {
                // A task whose next record has to be waited for does not hold back the others.
                if task.lag(input.as_mut())? > 0
                    && (self.worker)
                        .turn(task.as_mut(), input.as_mut(), self.turn_records)?
                        .records
                        > 0
                {
                    return Ok(true);
                }
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
        let tasks = self.stages.iter_mut().flat_map(|stage| &mut stage.tasks);
        tasks.into_iter().try_for_each(|task| task.settle())
    }

    /// The same for one store, each in its turn: writing all of them at once would hold the folds up.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn settle_next(&mut self) -> Result<(), TaskError> {
        self.log.sync()?;
        let place = std::mem::replace(&mut self.settling, 0);
        let mut tasks = self.stages.iter_mut().flat_map(|stage| &mut stage.tasks);
        if let Some(task) = tasks.nth(place) {
            task.settle()?;
            self.settling = place.saturating_add(1);
        }
        Ok(())
    }

    /// Visits a task.
    pub(crate) fn visit(&mut self, (stage, partition): (StageName, u32), visit: &mut Visit<'_>) {
        // Stages and partitions are opened in order.
        let mut all = StageName::ALL.into_iter().zip(&mut self.stages);
        let tasks = all.find(|(name, _)| *name == stage);
        let place = usize::try_from(partition).unwrap_or(usize::MAX);
        if let Some(task) = tasks.and_then(|(_, stage)| stage.tasks.get_mut(place)) {
            visit(task.as_mut());
        }
    }

    /// How many tasks there are.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.stages.iter().map(|stage| stage.tasks.len()).sum()
    }

    /// Where every task stands.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn standings(&mut self) -> Result<Vec<Standing>, TaskError> {
        let mut standings = Vec::new();
        for StageTasks { input, tasks } in &mut self.stages {
            for task in tasks {
                let lag = task.lag(input.as_mut())?;
                let task = task.standing();
                standings.push(Standing { task, lag });
            }
        }
        Ok(standings)
    }
}
