//! Lockstep replay: records up to T, then a tick at T for one stage after the other, each when all is
//! quiet (design §2).
//!
//! Every step commits how far it has come with its own records, so a replay that is killed anywhere
//! goes on as if it had not been. Invariant: what happens next is a function of the committed log.

mod committing;
mod progress;
mod steps;

pub use progress::Progress;

use std::sync::Arc;
use steps::{NextTick, next_tick, read_commands};

use crate::directory::Directory;
use crate::intake::{self, Door};
use crate::payments::{PaymentsWorker, Processor, ProcessorDown, WorkerError, outcome_record};
use crate::pipeline::Pipeline;
use crate::topics::{self, Topics};
use wattledger_domain::charging::ChargingCommand;
use wattledger_domain::control::{ControlRecord, ControlTick, TickedStages};
use wattledger_domain::payment::PaymentOutcome;
use wattledger_domain::reference::ReferenceSubmitted;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{
    CommitError, Consumer, Log, LogError, Outgoing, Producer, TaskError, Visibility,
};
use wattledger_wire::imports::{ImportedEvent, Refused};
use wattledger_wire::topics as wire;

/// How often in a row a processor that is away is asked again before the replay ends.
const PROCESSOR_TRIES: u32 = 20;

/// The driver's transactional id: a second driver fences the first.
const DRIVER: &str = "replay-driver";

/// Where a replay's events come from.
pub trait Source {
    /// The received time of the next event after `after`, where that is known.
    fn next(&self, after: Timestamp) -> Option<Timestamp>;
    /// Events received up to `to`, given what chargers were told since the last call.
    fn take(&mut self, to: Timestamp, commands: &[ChargingCommand]) -> Vec<ImportedEvent>;
}

/// A processor whose time is the replay's.
pub trait ReplayProcessor: Processor {
    /// Moves its clock; gives what it has to tell by then. Asked again it tells the same.
    ///
    /// # Errors
    /// When it cannot be reached.
    fn advance(&mut self, to: Timestamp, after: i64) -> Result<Told, ProcessorDown>;

    /// Brings it back if it has ended, while others pay there.
    ///
    /// # Errors
    /// When it does not come back.
    fn keep(&mut self) -> Result<(), ProcessorDown> {
        Ok(())
    }
}

/// What a processor told when its clock was moved.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Outcomes, in order.
    pub outcomes: Vec<PaymentOutcome>,
    /// Where to go on from.
    pub cursor: i64,
}

/// A replay over an open engine.
pub struct Replay<'a> {
    /// The log.
    pub log: &'a Arc<dyn Log>,
    /// Topic names.
    pub topics: &'a Topics,
    /// What folds and pays.
    pub ground: &'a mut dyn Ground,
    /// The processor.
    pub processor: &'a mut dyn ReplayProcessor,
    /// What tokens resolve to.
    pub directory: &'a mut Directory,
}

/// What folds and pays under a replay.
pub trait Ground {
    /// Returns once nothing is left to fold or to pay.
    ///
    /// # Errors
    /// [`ReplayError`].
    fn quiet(&mut self, processor: &mut dyn ReplayProcessor) -> Result<(), ReplayError>;

    /// Makes what has been done durable.
    ///
    /// # Errors
    /// [`ReplayError`].
    fn settle(&mut self) -> Result<(), ReplayError>;
}

/// Everything in this thread, in an order that the committed log alone decides.
pub struct InThread {
    /// The stages.
    pub pipeline: Pipeline,
    /// The payments worker.
    pub payments: PaymentsWorker,
}

impl Ground for InThread {
    fn quiet(&mut self, processor: &mut dyn ReplayProcessor) -> Result<(), ReplayError> {
        let mut failed = 0;
        loop {
            while self.pipeline.step()? {}
            match self.payments.step(processor) {
                Ok(true) => failed = 0,
                Ok(false) => return Ok(()),
                Err(WorkerError::Processor(error)) if failed < PROCESSOR_TRIES => {
                    tracing::warn!(%error, "the processor is away; asking again");
                    failed = failed.saturating_add(1);
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    fn settle(&mut self) -> Result<(), ReplayError> {
        Ok(self.pipeline.settle()?)
    }
}

/// What is replayed, and how far.
pub struct Plan<'a> {
    /// Hash of files, flags and configuration: another plan does not go on from this one's progress.
    pub identity: String,
    /// Documents in force from the beginning.
    pub documents: Vec<ReferenceSubmitted>,
    /// The events.
    pub source: &'a mut dyn Source,
    /// The first tick.
    pub from: Timestamp,
    /// The last tick at which events are taken; `None` ends with the last event.
    pub until: Option<Timestamp>,
    /// Hourly ticks after that, until here later.
    pub settle_hours: i64,
}

/// Why a replay stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The payments worker.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The processor.
    #[error(transparent)]
    Processor(#[from] ProcessorDown),
    /// A part of the engine has stopped.
    #[error("the engine has stopped: {0}")]
    Failed(String),
    /// Somebody asked it to stop.
    #[error("stopped at {0}: run the same command again to go on from there")]
    Stopped(Timestamp),
    /// The directory holds another replay.
    #[error(
        "this data directory holds another replay ({found}); it can only go on with the same files, flags and \
         configuration. Use another --data-dir"
    )]
    Another {
        /// Its identity.
        found: String,
    },
}

/// What a replay tells while it runs.
pub trait Watch {
    /// It has reached `at`; `taken` events so far.
    fn reached(&mut self, at: Timestamp, taken: u64);
    /// An event was not taken.
    fn refused(&mut self, refused: Refused);
    /// Whether to stop after this T.
    fn is_stopping(&self) -> bool {
        false
    }
}

impl Replay<'_> {
    /// Runs a plan from wherever it stands to its end.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn run(&mut self, plan: &mut Plan<'_>, watch: &mut dyn Watch) -> Result<(), ReplayError> {
        let mut producer = self.log.producer(DRIVER)?;
        let history = progress::read(self.log, self.topics)?;
        if let Some(other) = history.iter().find(|step| step.identity != plan.identity) {
            return Err(ReplayError::Another {
                found: other.identity.clone(),
            });
        }
        let mut commands = self
            .log
            .consumer(&self.topics.charging_commands, Visibility::Process)?;
        let mut at = Progress::start(
            &plan.identity,
            plan.from,
            self.log.partitions(&self.topics.charging_commands)?,
        );
        for step in history {
            self.rebuild(&step, &at, plan, commands.as_mut(), watch)?;
            at = step;
        }
        self.ground.quiet(self.processor)?;
        loop {
            if at.phase == 0 || at.phase > 4 {
                let Some(next) = next_tick(&at, plan) else {
                    break;
                };
                at = self.records(&at, next, plan, (commands.as_mut(), &mut producer), watch)?;
            } else {
                at = self.tick(&at, &mut producer)?;
            }
            self.ground.quiet(self.processor)?;
            if at.phase > 4 {
                self.ground.settle()?;
                watch.reached(at.at, at.taken);
                if watch.is_stopping() {
                    return Err(ReplayError::Stopped(at.at));
                }
            }
        }
        self.ground.settle()
    }

    /// Brings a source to where it stood after a step: same calls, same commands.
    fn rebuild(
        &self,
        step: &Progress,
        before: &Progress,
        plan: &mut Plan<'_>,
        commands: &mut dyn Consumer,
        watch: &mut dyn Watch,
    ) -> Result<(), ReplayError> {
        if step.phase == 1 {
            let told = read_commands(commands, &before.commands, &step.commands)?;
            if step.taking {
                plan.source.take(step.at, &told);
            }
            watch.reached(step.at, step.taken);
        }
        Ok(())
    }

    /// Appends the records received up to T, with what the processor tells by then.
    fn records(
        &mut self,
        before: &Progress,
        next: NextTick,
        plan: &mut Plan<'_>,
        (commands, producer): (&mut dyn Consumer, &mut Box<dyn Producer>),
        watch: &mut dyn Watch,
    ) -> Result<Progress, ReplayError> {
        let told = self.told(next.at, before.webhooks)?;
        let ends = commands.ends()?;
        let spoken = read_commands(commands, &before.commands, &ends)?;
        self.directory.refresh()?;
        let mut records = Vec::new();
        if before.phase == 0 {
            let documents = std::mem::take(&mut plan.documents).into_iter();
            records.extend(documents.map(|one| submitted_record(self.topics, one)));
        }
        let mut at = Progress {
            identity: before.identity.clone(),
            at: next.at,
            phase: 1,
            taking: next.taking,
            taken: before.taken,
            commands: ends,
            webhooks: told.cursor,
            settled: if next.taking {
                0
            } else {
                before.settled.saturating_add(1)
            },
        };
        if next.taking {
            for imported in plan.source.take(next.at, &spoken) {
                let door = Door {
                    directory: self.directory,
                    received_at: imported.received_at,
                };
                match door.event(&imported.event) {
                    Ok(event) => {
                        records.push(intake::record(self.topics, event));
                        at.taken = at.taken.saturating_add(1);
                    }
                    Err(fault) => {
                        let id = imported.event["id"].as_str();
                        watch.refused(Refused::new(0, id, &fault.to_string()));
                    }
                }
            }
        }
        let outcomes = told.outcomes.into_iter();
        records.extend(outcomes.map(|outcome| outcome_record(self.topics, outcome)));
        self.commit(producer, records, &at)?;
        Ok(at)
    }

    /// Ticks the next stage at T.
    fn tick(
        &self,
        before: &Progress,
        producer: &mut Box<dyn Producer>,
    ) -> Result<Progress, ReplayError> {
        let stages = match before.phase {
            1 => TickedStages::Control,
            2 => TickedStages::Sessions,
            3 => TickedStages::Accounts,
            _ => TickedStages::Invoices,
        };
        let tick = ControlRecord::Tick(ControlTick {
            at: before.at,
            stages,
        });
        let record = Outgoing::keyed(
            &self.topics.control_events,
            topics::key("tick"),
            wire::control::encode(&tick),
        );
        let at = Progress {
            phase: before.phase.saturating_add(1),
            ..before.clone()
        };
        self.commit(producer, vec![record], &at)?;
        Ok(at)
    }

    /// Moves the processor's clock and hears what it has to tell.
    fn told(&mut self, to: Timestamp, after: i64) -> Result<Told, ProcessorDown> {
        for _ in 0_u32..PROCESSOR_TRIES {
            match self.processor.advance(to, after) {
                Ok(told) => return Ok(told),
                Err(error) => tracing::warn!(%error, "the processor is away; asking again"),
            }
        }
        self.processor.advance(to, after)
    }
}

/// A submission as a record of control.
#[must_use]
pub fn submitted_record(topics: &Topics, submitted: ReferenceSubmitted) -> Outgoing {
    let content = &submitted.document.content;
    let id = format!(
        "{}/{}@{}",
        content.kind().word(),
        content.id(),
        submitted.document.hash
    );
    let value = wire::control::encode(&ControlRecord::Submitted(Box::new(submitted)));
    Outgoing::keyed(&topics.control_events, topics::key(&id), value)
}

/// Up to where charging commands were handed to the source, per partition; nothing without a replay.
///
/// # Errors
/// When the log cannot be read.
pub fn commands_taken(log: &Arc<dyn Log>, topics: &Topics) -> Result<Option<Vec<i64>>, LogError> {
    Ok(progress::read(log, topics)?.pop().map(|last| last.commands))
}
