//! Replays with progress to see: imports and simulated days.

use super::child::ProcessorChild;
use super::crew;
use super::opened::EngineAtHand;
use super::processors::RemoteProcessor;
use crate::error::CliError;
use crate::words;
use anyhow::Context as _;
use indicatif::ProgressBar;
use serde_json::Value;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use wattledger_domain::ids::AccountId;
use wattledger_domain::reference::{BackDating, ReferenceSubmitted};
use wattledger_domain::time::Timestamp;
use wattledger_engine::directory::Directory;
use wattledger_engine::kafka::quiet::Quiet;
use wattledger_engine::kafka::run::{Edge, Roles, Time};
use wattledger_engine::payments::PaymentsWorker;
use wattledger_engine::pipeline::{Pipeline, Standing};
use wattledger_engine::replay::{Ground, InThread, Plan, Replay, ReplayError, Source, Watch};
use wattledger_engine::service::Service;
use wattledger_wire::documents;
use wattledger_wire::imports::Refused;

/// How long a replay that is ahead of its speed waits before it looks whether to stop.
const NAP: Duration = Duration::from_millis(200);

/// What a replay came to besides what the views show.
pub struct Outcome {
    /// Events that were not taken.
    pub refused: Vec<Refused>,
    /// Where the stages stand.
    pub standings: Vec<Standing>,
}

/// What to replay.
pub struct Job<'a> {
    /// Hash of what determines it.
    pub identity: String,
    /// Documents in the operator's form.
    pub documents: &'a [Value],
    /// The events.
    pub source: &'a mut dyn Source,
    /// The first tick.
    pub from: Timestamp,
    /// The last tick that takes events.
    pub until: Option<Timestamp>,
    /// Hourly ticks after that.
    pub settle_hours: i64,
    /// Who pays where nobody answers.
    pub payer: Option<AccountId>,
    /// What this process does on a cluster besides driving.
    pub roles: Roles,
    /// How many times as fast as the wall clock it goes by; `None`: as fast as it is folded.
    pub speed: Option<NonZeroU32>,
    /// What the progress bar counts to.
    pub span: (Timestamp, Timestamp),
}

struct Shown<'a> {
    speed: Option<NonZeroU32>,
    began: Instant,
    service: &'a Service,
    bar: ProgressBar,
    from: Timestamp,
    refused: Vec<Refused>,
}

impl Watch for Shown<'_> {
    fn reached(&mut self, at: Timestamp, taken: u64) {
        let minutes = at.since(self.from).0.checked_div(60_000).unwrap_or(0);
        self.bar.set_position(u64::try_from(minutes).unwrap_or(0));
        self.bar.set_message(format!("{taken} events, {at}"));
        let Some(speed) = self.speed else { return };
        let passed = u64::try_from(at.since(self.from).0).unwrap_or(0);
        let due = Duration::from_millis(passed.checked_div(u64::from(speed.get())).unwrap_or(0));
        while !self.service.is_stopping() {
            let early = due.saturating_sub(self.began.elapsed());
            if early.is_zero() {
                return;
            }
            self.service.nap(early.min(NAP));
        }
    }

    fn refused(&mut self, refused: Refused) {
        self.refused.push(refused);
    }

    fn is_stopping(&self) -> bool {
        self.service.is_stopping()
    }
}

/// Replays a job into an engine.
///
/// # Errors
/// [`CliError`].
pub fn replay(
    engine: &EngineAtHand,
    job: Job<'_>,
    processor: &mut ProcessorChild,
) -> Result<Outcome, CliError> {
    let service = &engine.service;
    let secret = engine.secret.clone();
    let mut directory = Directory::open(&service.log, &service.topics, secret, job.payer.clone())
        .context("failed to open the directory of tokens")?;
    let submitted = submitted(job.documents, &directory)?;
    let minutes = job
        .span
        .1
        .since(job.span.0)
        .0
        .checked_div(60_000)
        .unwrap_or(0);
    let bar = words::progress("Replaying", u64::try_from(minutes).unwrap_or(0));
    let mut shown = Shown {
        speed: job.speed,
        began: Instant::now(),
        service,
        bar,
        from: job.span.0,
        refused: Vec::new(),
    };
    let mut plan = Plan {
        identity: job.identity,
        documents: submitted,
        source: job.source,
        from: job.from,
        until: job.until,
        settle_hours: job.settle_hours,
    };
    let (payer, roles) = (job.payer, job.roles);
    let mut drive = |ground: &mut dyn Ground, processor: &mut ProcessorChild| {
        Replay {
            log: &service.log,
            topics: &service.topics,
            ground,
            processor,
            directory: &mut directory,
        }
        .run(&mut plan, &mut shown)
    };
    let (done, standings) = match &service.kafka {
        None => in_thread(engine, processor, &mut drive)?,
        Some(edge) => on_cluster(engine, edge, (roles, payer.as_ref()), processor, &mut drive)?,
    };
    shown.bar.finish_and_clear();
    done.map_err(|error| match error {
        ReplayError::Another { .. } | ReplayError::Stopped(_) => {
            CliError::refused(error.to_string())
        }
        ReplayError::Failed(_)
        | ReplayError::Task(_)
        | ReplayError::Log(_)
        | ReplayError::Commit(_)
        | ReplayError::Worker(_)
        | ReplayError::Processor(_) => CliError::Broken(error.into()),
    })?;
    Ok(Outcome {
        refused: shown.refused,
        standings,
    })
}

type Driven = (Result<(), ReplayError>, Vec<Standing>);
type Drive<'a> = dyn FnMut(&mut dyn Ground, &mut ProcessorChild) -> Result<(), ReplayError> + 'a;

/// Folds and pays in this thread.
fn in_thread(
    engine: &EngineAtHand,
    processor: &mut ProcessorChild,
    drive: &mut Drive<'_>,
) -> Result<Driven, CliError> {
    let (service, config) = (&engine.service, engine.config.pipeline(0));
    let pipeline = Pipeline::open(&service.log, &service.topics, &config);
    let payments = PaymentsWorker::open(&service.log, &service.topics);
    let mut ground = InThread {
        pipeline: pipeline.context("failed to open the stages")?,
        payments: payments.context("failed to open payments")?,
    };
    let done = drive(&mut ground, processor);
    let standings = ground.pipeline.standings();
    Ok((
        done,
        standings.context("failed to read where the stages stand")?,
    ))
}

/// Members of the cluster's groups fold and pay, in this process and in others; this one drives.
fn on_cluster(
    engine: &EngineAtHand,
    edge: &Edge,
    (roles, payer): (Roles, Option<&AccountId>),
    processor: &mut ProcessorChild,
    drive: &mut Drive<'_>,
) -> Result<Driven, CliError> {
    let service = &engine.service;
    let mut paying = RemoteProcessor::at(processor.base().to_owned())?;
    service.stop_workers(false);
    std::thread::scope(|scope| {
        let work = || {
            let time = (Time::Driver, 0);
            crew::work(engine, edge, roles, time, payer, Some(&mut paying))
        };
        let working = scope.spawn(work);
        let driven = (|| {
            let mut ground = Quiet::new(&edge.log, &service.topics, service)
                .context("failed to watch the cluster")?;
            let done = drive(&mut ground, processor);
            Ok((done, service.standings()))
        })();
        service.stop_workers(true);
        match working.join() {
            Ok(worked) => worked?,
            Err(_) => return Err(CliError::broken("a worker panicked; see above")),
        }
        service.stop_workers(false);
        driven
    })
}

fn submitted(values: &[Value], directory: &Directory) -> Result<Vec<ReferenceSubmitted>, CliError> {
    let mut submissions = Vec::new();
    for value in values {
        let read = documents::submission(value, &|token| directory.hash(token));
        submissions.push(read.map_err(|fault| {
            let (kind, id) = (&value["kind"], &value["id"]);
            CliError::refused(format!("{kind} {id}: {fault}"))
        })?);
    }
    submissions.sort_by_key(|submission| submission.document.content.kind());
    let submitted = submissions
        .into_iter()
        .map(|submission| ReferenceSubmitted {
            document: submission.document,
            valid_from: submission.valid_from,
            valid_to: submission.valid_to,
            back_dating: BackDating::Allowed,
            submitted_at: Timestamp(0),
            submitted_by: "replay".into(),
        });
    Ok(submitted.collect())
}
