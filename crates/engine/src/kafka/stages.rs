//! A worker thread: a member of the groups of some stages, one producer, the tasks assigned to it.
//!
//! Rebalances are served between two transactions. A partition that is assigned waits, held, while
//! its task is opened on another thread; the others go on meanwhile.

mod folding;
mod opening;
mod pace;

pub use pace::Pace;

use super::run::Edge;
use crate::service::Service;
use crate::task::{StageName, TaskOpener};
use crate::topics::Topics;
use folding::{Folded, Folding};
use opening::Opening;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_runtime::log::kafka::{Change, GroupInput, Member};
use wattledger_runtime::{CommitError, LogError, TaskError, Turns, Worker};

/// How long a worker waits before it commits again what was not committed.
const AGAIN: Duration = Duration::from_millis(5);
/// How often it does so before it folds again from what the log says.
const TRIES: u32 = 10;
/// How often a worker shows where it stands.
const SHOWN: Duration = Duration::from_secs(1);

/// A worker.
pub struct StageWorker {
    member: Member,
    folding: Folding,
    worker: Worker,
    topics: Topics,
    tasks: BTreeMap<(StageName, u32), Owned>,
    opening: Opening,
    pace: Pace,
    /// Which store has followed its log last, and when.
    settled: (Option<(StageName, u32)>, Instant),
    published: Instant,
    /// Records of the last turn: many make the next gather longer.
    last: usize,
    /// How often what is folded could not be committed.
    tries: u32,
}

/// What a partition of ours is at.
enum Owned {
    /// Its store is brought up to the log, asked for under this number. What was asked for before
    /// the partition went and came again knows nothing of what others committed meanwhile.
    Opening(u64),
    /// It folds.
    Ready(Box<dyn Turns>),
    /// It cannot go on; the others do.
    Stopped,
}

impl StageWorker {
    /// Joins the groups of some stages under a static name.
    ///
    /// # Errors
    /// When the cluster cannot be reached.
    pub fn join(
        edge: &Edge,
        name: &str,
        stages: &[StageName],
        opener: TaskOpener,
        pace: Pace,
    ) -> Result<Self, LogError> {
        let topics = opener.topics.clone();
        let inputs: Vec<GroupInput> = stages
            .iter()
            .map(|stage| GroupInput {
                group: stage.group(),
                topic: Arc::clone(stage.input(&topics)),
            })
            .collect();
        let member = edge.log.join(name, &inputs)?;
        let worker = Worker::with(edge.producers(&member))?;
        let opening =
            Opening::start(&opener).map_err(|error| LogError::Storage(error.to_string().into()))?;
        Ok(Self {
            member,
            folding: Folding::new(edge.framed.clone(), topics.clone()),
            worker,
            topics,
            tasks: BTreeMap::new(),
            opening,
            pace,
            settled: (None, Instant::now()),
            published: Instant::now(),
            last: 0,
            tries: 0,
        })
    }

    /// Works until the service is told to stop.
    ///
    /// # Errors
    /// [`LogError::Fenced`] when another process has the name; otherwise the worker must join anew.
    pub fn run(&mut self, service: &Service) -> Result<(), TaskError> {
        while !service.is_stopping_workers() {
            self.gather(service)?;
            self.turn(service)?;
            service.answer(&mut |place, visit| folding::visit(&mut self.tasks, place, visit));
            self.settle_next()?;
            if self.published.elapsed() >= SHOWN {
                self.publish(service);
            }
        }
        self.settle(service)
    }

    /// Takes what comes, a while longer when much does.
    fn gather(&mut self, service: &Service) -> Result<(), TaskError> {
        const IDLE: Duration = Duration::from_millis(50);
        let span = self.pace.gather_after(self.last);
        if self.has(|task| task.is_pending()) {
            // A rebalance has come between the folding and its commit, most likely: the group needs a
            // moment, and what it has decided is heard of before the next try.
            self.poll(AGAIN, service)?;
            return self.poll_for(AGAIN, service);
        }
        let waits = self.has(|task| task.has_fetched());
        let first = if waits { Duration::ZERO } else { IDLE };
        self.poll(first, service)?;
        if waits || self.member.waiting_in_all() == 0 {
            return Ok(());
        }
        self.poll_for(span, service)
    }

    /// Whether a task that folds is like that.
    fn has(&self, is: impl Fn(&dyn Turns) -> bool) -> bool {
        self.tasks.values().any(|task| match task {
            Owned::Ready(task) => is(task.as_ref()),
            Owned::Opening(_) | Owned::Stopped => false,
        })
    }

    /// Takes what comes for so long, or as long as there is room.
    fn poll_for(&mut self, span: Duration, service: &Service) -> Result<(), TaskError> {
        let began = Instant::now();
        while self.member.waiting_in_all() < self.pace.records_max {
            let left = span.saturating_sub(began.elapsed());
            if left.is_zero() {
                break;
            }
            self.poll(left, service)?;
        }
        Ok(())
    }

    fn poll(&mut self, at_most: Duration, service: &Service) -> Result<(), TaskError> {
        let changes = self.member.poll(at_most, self.pace.records_max)?;
        let began = Instant::now();
        let revokes = changes
            .iter()
            .any(|change| matches!(change, Change::Revoked { .. }));
        for change in changes {
            self.change(change, service);
        }
        if revokes {
            service.gave_up(began.elapsed());
        }
        while let Some((stage, partition, number, task)) = self.opening.next() {
            self.opened((stage, partition, number), task, service)?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change, service: &Service) {
        match change {
            Change::Assigned { topic, partition } => {
                let Some(stage) = self.stage(&topic) else {
                    return;
                };
                tracing::info!(stage = stage.word(), partition, worker = %self.member.name(), "assigned; opening");
                let number = self.opening.ask(stage, partition);
                let opening = Owned::Opening(number);
                self.tasks.insert((stage, partition), opening);
                service.not_stopped(stage, partition);
            }
            Change::Revoked {
                topic,
                partition,
                lost,
            } => {
                let Some(stage) = self.stage(&topic) else {
                    return;
                };
                tracing::info!(stage = stage.word(), partition, lost, worker = %self.member.name(), "revoked");
                if let Some(Owned::Ready(mut task)) = self.tasks.remove(&(stage, partition))
                    && !lost
                    && let Err(error) = task.settle()
                {
                    tracing::debug!(%error, "a store is left behind its log");
                }
                service.not_stopped(stage, partition);
                if stage == StageName::Control {
                    service.owns_clock(false);
                }
            }
        }
        self.publish(service);
    }

    fn stage(&self, topic: &str) -> Option<StageName> {
        let known = StageName::ALL.into_iter();
        let mut known = known.filter(|stage| **stage.input(&self.topics) == *topic);
        known.next()
    }

    fn opened(
        &mut self,
        (stage, partition, number): (StageName, u32, u64),
        task: Result<Box<dyn Turns>, TaskError>,
        service: &Service,
    ) -> Result<(), TaskError> {
        let Some(owned) = self.tasks.get_mut(&(stage, partition)) else {
            return Ok(());
        };
        if !matches!(owned, Owned::Opening(last) if *last == number) {
            return Ok(());
        }
        match task {
            Ok(task) => {
                let standing = task.standing();
                tracing::info!(
                    stage = stage.word(),
                    partition,
                    position = standing.position,
                    "ready"
                );
                *owned = Owned::Ready(task);
                let topic = stage.input(&self.topics);
                self.member.start(topic, partition, standing.position)?;
                if stage == StageName::Control {
                    service.owns_clock(true);
                }
            }
            Err(TaskError::Log(error)) => return Err(TaskError::Log(error)),
            Err(error) => self.stop((stage, partition), &error, service)?,
        }
        self.publish(service);
        Ok(())
    }

    /// A task cannot go on: its partition is held, the reason is shown, the others go on.
    fn stop(
        &mut self,
        (stage, partition): (StageName, u32),
        error: &TaskError,
        service: &Service,
    ) -> Result<(), TaskError> {
        tracing::error!(stage = stage.word(), partition, %error, "this partition stops; the others go on");
        service.stopped(stage, partition, error.to_string());
        self.tasks.insert((stage, partition), Owned::Stopped);
        Ok(self.member.hold(stage.input(&self.topics), partition)?)
    }

    /// Whether some task has records to fold.
    fn has_work(&self) -> bool {
        self.tasks.iter().any(|((stage, partition), owned)| {
            let Owned::Ready(task) = owned else {
                return false;
            };
            let topic = stage.input(&self.topics);
            let waits = task.is_pending() || task.has_fetched();
            waits || self.member.has_for(topic, *partition, task.position())
        })
    }

    /// Folds what has come for every task, then commits all of it at once.
    fn turn(&mut self, service: &Service) -> Result<(), TaskError> {
        if !self.has_work() {
            self.last = 0;
            return Ok(());
        }
        self.member.note_memberships();
        let Folded {
            mut tasks,
            broken,
            records,
        } = self
            .folding
            .fold(&mut self.tasks, &mut self.member, self.pace.records_max)?;
        self.last = records;
        if !tasks.is_empty() {
            match self.worker.commit(&mut tasks) {
                Ok(()) => self.tries = 0,
                Err(TaskError::Commit(CommitError::Aborted(error)))
                    if !matches!(error, LogError::Fenced(_)) =>
                {
                    // What has been folded stands as long as its partition is ours.
                    self.tries = self.tries.saturating_add(1);
                    tracing::warn!(%error, tries = self.tries, "a turn was not committed; it is tried again");
                    if self.tries >= TRIES {
                        self.tries = 0;
                        tasks.into_iter().try_for_each(Turns::reopen)?;
                    }
                }
                Err(other) => return Err(other),
            }
        }
        for (place, error) in broken {
            if let TaskError::Log(error) = error {
                // The cluster: join anew.
                return Err(error.into());
            }
            self.stop(place, &error, service)?;
        }
        Ok(())
    }

    fn settle(&mut self, service: &Service) -> Result<(), TaskError> {
        for owned in self.tasks.values_mut() {
            if let Owned::Ready(task) = owned
                && !task.is_pending()
            {
                task.settle()?;
            }
        }
        self.publish(service);
        Ok(())
    }

    /// Lets the stores follow their logs one after the other: all at once would hold the folds up.
    fn settle_next(&mut self) -> Result<(), TaskError> {
        let (last, at) = self.settled;
        let tasks = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
        let each = self.pace.settle.checked_div(tasks);
        if each.is_none_or(|each| at.elapsed() < each) {
            return Ok(());
        }
        let mut places = self.tasks.keys();
        let later = places.find(|place| Some(**place) > last).copied();
        let next = later.or_else(|| self.tasks.keys().next().copied());
        if let Some(Owned::Ready(task)) = next.and_then(|place| self.tasks.get_mut(&place))
            && !task.is_pending()
        {
            task.settle()?;
        }
        self.settled = (next, Instant::now());
        Ok(())
    }

    /// Shows what this worker owns.
    fn publish(&mut self, service: &Service) {
        self.published = Instant::now();
        let standings = self.tasks.values().filter_map(|owned| match owned {
            Owned::Ready(task) => Some(task.standing()),
            Owned::Opening(_) | Owned::Stopped => None,
        });
        let opening = self.tasks.iter().filter_map(|(place, owned)| match owned {
            Owned::Opening(_) => Some(*place),
            Owned::Ready(_) | Owned::Stopped => None,
        });
        service.owned(self.member.name(), standings.collect(), opening.collect());
    }
}
