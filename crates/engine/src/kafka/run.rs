//! The threads of an engine on Kafka: stage workers, intake, payments, the clock.
//!
//! A worker that loses the cluster joins anew; only a name that another process has taken ends it. It
//! is sure of that the second time: a broker that died while a member came back under its name may
//! know only the membership before, and takes the member for another.

use super::intake::IntakeWorker;
use super::payments::PaymentsMember;
use super::stages::{Pace, StageWorker};
use crate::directory::Directory;
use crate::live;
use crate::payments::{Processor, WorkerError};
use crate::registry::FramedLog;
use crate::service::Service;
use crate::task::{StageName, TaskOpener};
use std::time::{Duration, Instant};
use wattledger_runtime::log::kafka::{KafkaLog, Member};
use wattledger_runtime::turn::MakeProducer;
use wattledger_runtime::{CommitError, LogError, TaskError};

/// How long a worker that has lost the cluster waits before it joins anew.
const PAUSE: Duration = Duration::from_millis(500);
/// So often within [`RIVAL`], and a worker has lost its name to another process: a broker that is killed,
/// comes back, and is killed again may mistake it for another twice.
const RIVAL_TIMES: usize = 3;
/// How long the loss of a name counts.
const RIVAL: Duration = Duration::from_secs(60);

/// What a process does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Stages that its workers fold.
    pub stages: Vec<StageName>,
    /// How many workers.
    pub workers: usize,
    /// Whether it takes `gateway.events` in.
    pub intake: bool,
    /// Whether it carries out payment commands.
    pub payments: bool,
}

/// A cluster, and the schema registry beside it where there is one.
#[derive(Clone)]
pub struct Edge {
    /// The cluster.
    pub log: KafkaLog,
    /// Frames what is sent and reads what comes, by the registry's ids.
    pub framed: Option<FramedLog>,
}

impl Edge {
    /// What makes a member's producer.
    #[must_use]
    pub fn producers(&self, member: &Member) -> MakeProducer {
        let make = member.producers();
        match self.framed.clone() {
            None => make,
            Some(framed) => Box::new(move || Ok(framed.writing(make()?))),
        }
    }
}

/// What the threads are made of.
pub struct Crew<'a> {
    /// Shared.
    pub service: &'a Service,
    /// The cluster.
    pub edge: Edge,
    /// Opens tasks.
    pub opener: TaskOpener,
    /// What this process does.
    pub roles: Roles,
    /// Its static name: unique among all processes on the cluster.
    pub instance: &'a str,
    /// Whose time it is.
    pub time: Time,
}

/// Whose time moves an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The wall clock's: the owner of the control task ticks.
    Wall,
    /// A replay driver's.
    Driver,
}

impl Time {
    const fn pace(self) -> Pace {
        match self {
            Self::Wall => Pace::LIVE,
            Self::Driver => Pace::REPLAY,
        }
    }
}

/// Runs until the service is told to stop. `tokens` makes what intake resolves tokens by.
///
/// # Errors
/// When no thread can be started.
pub fn run(
    crew: &Crew<'_>,
    tokens: &(dyn Fn() -> Result<Directory, LogError> + Sync),
    processor: Option<&mut (dyn Processor + Send)>,
) -> std::io::Result<()> {
    let service = crew.service;
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        if !crew.roles.stages.is_empty() {
            for number in 0..crew.roles.workers {
                let name = format!("{}-{number}", crew.instance);
                let work = move || keep(service, &name, || stages(crew, &name));
                threads.push(live::spawn(scope, "stages", work)?);
            }
        }
        if crew.roles.intake {
            let name = format!("{}-intake", crew.instance);
            let work = move || keep(service, &name, || intake(crew, &name, tokens));
            threads.push(live::spawn(scope, "intake", work)?);
        }
        if let Some(processor) = processor.filter(|_| crew.roles.payments) {
            let name = format!("{}-payments", crew.instance);
            let work = move || keep(service, &name, || payments(crew, &name, processor));
            threads.push(live::spawn(scope, "payments", work)?);
        }
        if crew.time == Time::Wall {
            threads.push(live::spawn(scope, "clock", || live::tick(service))?);
        }
        for thread in threads {
            let _ = thread.join();
        }
        Ok(())
    })
}

/// How a worker ended.
enum End {
    /// It was told to.
    Stopped,
    /// Another process has its name.
    Fenced,
    /// It has lost the cluster, or its member.
    Lost(String),
}

impl From<TaskError> for End {
    fn from(error: TaskError) -> Self {
        if let TaskError::Log(error) | TaskError::Commit(CommitError::Aborted(error)) = error {
            return error.into();
        }
        Self::Lost(error.to_string())
    }
}

impl From<LogError> for End {
    fn from(error: LogError) -> Self {
        if matches!(error, LogError::Fenced(_)) {
            return Self::Fenced;
        }
        Self::Lost(error.to_string())
    }
}

/// Works, and joins anew whenever the cluster was lost.
fn keep(service: &Service, name: &str, mut work: impl FnMut() -> End) {
    let mut fenced: Vec<Instant> = Vec::new();
    while !service.is_stopping_workers() {
        match work() {
            End::Stopped => return,
            End::Fenced => {
                if !has_rival(&mut fenced, Instant::now()) {
                    tracing::warn!(
                        worker = name,
                        "its name was taken; the worker asks for it again"
                    );
                    service.nap(PAUSE);
                    continue;
                }
                return service.fail(&format!(
                    "another process works as `{name}`: give each process an --instance of its own"
                ));
            }
            End::Lost(reason) => {
                tracing::warn!(worker = name, reason, "the worker joins anew");
                service.nap(PAUSE);
            }
        }
    }
}

/// Whether another process has a worker's name, now that it was lost once more.
fn has_rival(fenced: &mut Vec<Instant>, now: Instant) -> bool {
    fenced.retain(|before| now.saturating_duration_since(*before) <= RIVAL);
    fenced.push(now);
    fenced.len() >= RIVAL_TIMES
}

fn stages(crew: &Crew<'_>, name: &str) -> End {
    let opener = crew.opener.clone();
    let joined = StageWorker::join(
        &crew.edge,
        name,
        &crew.roles.stages,
        opener,
        crew.time.pace(),
    );
    match joined {
        Ok(mut worker) => match worker.run(crew.service) {
            Ok(()) => End::Stopped,
            Err(error) => error.into(),
        },
        Err(error) => error.into(),
    }
}

fn intake(
    crew: &Crew<'_>,
    name: &str,
    tokens: &(dyn Fn() -> Result<Directory, LogError> + Sync),
) -> End {
    let topics = &crew.opener.topics;
    let worked = tokens()
        .and_then(|directory| IntakeWorker::join(&crew.edge, name, topics, directory))
        .and_then(|mut worker| worker.run(crew.service));
    worked.map_or_else(End::from, |()| End::Stopped)
}

fn payments(crew: &Crew<'_>, name: &str, processor: &mut dyn Processor) -> End {
    let joined = PaymentsMember::join(&crew.edge, name, &crew.opener.topics);
    let worked = match joined {
        Ok(mut worker) => worker.run(crew.service, processor),
        Err(error) => return error.into(),
    };
    match worked {
        Ok(()) => End::Stopped,
        Err(WorkerError::Log(error) | WorkerError::Commit(CommitError::Aborted(error))) => {
            error.into()
        }
        Err(other) => End::Lost(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a rival is seen, each time that the name was lost at these seconds.
    fn check(lost: &[u64], expect: &[bool]) {
        let (began, mut fenced) = (Instant::now(), Vec::new());
        let at = |seconds: &u64| began.checked_add(Duration::from_secs(*seconds));
        let seen = lost.iter().filter_map(at);
        let seen: Vec<bool> = seen.map(|now| has_rival(&mut fenced, now)).collect();
        assert_eq!(seen, expect, "{lost:?}");
    }

    #[test]
    fn a_broker_killed_twice_is_no_rival_and_who_takes_the_name_again_and_again_is_one() {
        check(&[0, 10], &[false, false]);
        check(&[0, 3, 6], &[false, false, true]);
        check(&[0, 40, 80, 120], &[false, false, false, false]);
    }
}
