//! A live engine: the stages, the payments worker, the views and the clock, each on a thread.
//!
//! Everything stops together: one that fails tells the others and leaves its reason.

use crate::payments::{PaymentsWorker, Processor, WorkerError};
use crate::pipeline::{Pipeline, Standing};
use crate::project::{ProjectError, Projector};
use crate::retention;
use crate::service::{Service, ServiceError, append};
use crate::topics;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{JoinHandle, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wattledger_domain::control::{ControlRecord, ControlTick, TickedStages};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::syncing::Syncing;
use wattledger_runtime::{LogError, Outgoing, Producer, Visibility};
use wattledger_wire::topics as wire;

/// How long a thread waits for something to do before it looks whether to stop.
const NAP: Duration = Duration::from_millis(20);
/// Every store follows the log about this often: what changes several times meanwhile is written once.
pub(crate) const SETTLE: Duration = Duration::from_secs(3);
/// How often it is shown where every task stands.
const SHOWN: Duration = Duration::from_millis(100);
/// How often views that stand still make sure that they have seen everything.
const PROOF: Duration = Duration::from_secs(1);
/// How long a cluster that is away is left alone.
const AWAY: Duration = Duration::from_secs(1);
/// Ticks of the wall clock.
const TICK: Duration = Duration::from_secs(5);

/// The wall clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Projects views until told to stop: also beside a replay.
///
/// # Errors
/// When no thread can be started.
pub fn views_thread(service: &Arc<Service>) -> std::io::Result<JoinHandle<()>> {
    let service = Arc::clone(service);
    std::thread::Builder::new()
        .name("views".to_owned())
        .spawn(move || {
            while let Err(error) = project(&service) {
                // A broker may be away for a while; a disk that refuses will not come back by itself.
                let away = matches!(error, ProjectError::Log(_)) && service.kafka.is_some();
                if !away || service.is_stopping() {
                    return service.fail(&format!("views stopped: {error}"));
                }
                tracing::warn!(%error, "the views wait for the cluster");
                service.nap(AWAY);
            }
        })
}

fn project(service: &Service) -> Result<(), ProjectError> {
    let mut projector = Projector::open(&service.log, &service.topics, &service.views)?;
    let mut proved = Instant::now();
    loop {
        if projector.step(&service.views)? {
            continue;
        }
        if service.is_stopping() {
            return Ok(());
        }
        if service.wants_views() || proved.elapsed() >= PROOF {
            projector.prove(&service.views)?;
            proved = Instant::now();
        }
        projector.wait(NAP);
    }
}

/// Runs the stages, the payments worker and the clock until the service is told to stop.
///
/// # Errors
/// When no thread can be started.
pub fn run(
    service: &Arc<Service>,
    mut pipeline: Pipeline,
    mut payments: PaymentsWorker,
    processor: &mut (dyn Processor + Send),
) -> std::io::Result<()> {
    let syncing = Syncing::start(Arc::clone(&service.log), Duration::from_millis(5))?;
    std::thread::scope(|scope| {
        let folding = spawn(scope, "stages", || fold(service, &mut pipeline))?;
        let paying = spawn(scope, "payments", || pay(service, &mut payments, processor))?;
        let ticking = spawn(scope, "clock", || tick(service))?;
        // A broker keeps its own retention.
        let forgetting = service.embedded.as_ref();
        let forgetting =
            forgetting.map(|log| spawn(scope, "retention", || retention::keep(service, log)));
        for thread in [folding, paying, ticking]
            .into_iter()
            .chain(forgetting.transpose()?)
        {
            let _ = thread.join();
        }
        Ok::<(), std::io::Error>(())
    })?;
    drop(syncing);
    if let Err(error) = pipeline.settle() {
        service.fail(&error.to_string());
    }
    Ok(())
}

pub(crate) fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> std::io::Result<ScopedJoinHandle<'scope, ()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, work)
}

fn fold(service: &Service, pipeline: &mut Pipeline) {
    let waited = service
        .log
        .consumer(&service.topics.charging_events, Visibility::Process);
    let Ok(mut waiting) = waited else {
        return service.fail("charging.events cannot be read");
    };
    let (mut settled, mut shown) = (Instant::now(), Instant::now());
    let tasks = u32::try_from(pipeline.tasks()).unwrap_or(u32::MAX);
    let each = SETTLE.checked_div(tasks).unwrap_or(SETTLE);
    while !service.is_stopping() {
        service.answer(&mut |place, visit| pipeline.visit(place, visit));
        let worked = match pipeline.step() {
            Ok(worked) => worked,
            Err(error) => return service.fail(&error.to_string()),
        };
        if settled.elapsed() >= each {
            if let Err(error) = pipeline.settle_next() {
                return service.fail(&error.to_string());
            }
            settled = Instant::now();
        }
        if shown.elapsed() >= SHOWN {
            match pipeline.standings() {
                Ok(standings) => service.standing(standings),
                Err(error) => return service.fail(&error.to_string()),
            }
            shown = Instant::now();
        }
        if !worked {
            waiting.wait(NAP);
        }
    }
}

fn pay(service: &Service, worker: &mut PaymentsWorker, processor: &mut (dyn Processor + Send)) {
    let waited = service
        .log
        .consumer(&service.topics.payment_commands, Visibility::Process);
    let Ok(mut waiting) = waited else {
        return service.fail("payment.commands cannot be read");
    };
    while !service.is_stopping() {
        match worker.step(processor) {
            Ok(true) => {}
            Ok(false) => waiting.wait(NAP),
            Err(WorkerError::Processor(error)) => {
                tracing::warn!(%error, "the processor is down; trying again");
                waiting.wait(Duration::from_secs(1));
            }
            Err(error) => return service.fail(&error.to_string()),
        }
    }
}

/// Ticks by the wall clock while this process owns the control task.
pub(crate) fn tick(service: &Service) {
    let mut producer: Option<Box<dyn Producer>> = None;
    let mut last: Option<Instant> = None;
    while !service.is_stopping_workers() {
        if !service.ticks() {
            producer = None;
        } else if last.is_none_or(|last| last.elapsed() >= TICK) {
            last = Some(Instant::now());
            if let Err(error) = tick_once(service, &mut producer) {
                if service.embedded.is_some() {
                    return service.fail(&error.to_string());
                }
                tracing::warn!(%error, "a tick was not sent; the next is");
                producer = None;
            }
        }
        service.nap(NAP);
    }
}

fn tick_once(
    service: &Service,
    producer: &mut Option<Box<dyn Producer>>,
) -> Result<(), ServiceError> {
    let producer = match producer {
        Some(producer) => producer,
        None => producer.insert(service.log.producer("clock")?),
    };
    let tick = ControlTick {
        at: now(),
        stages: TickedStages::All,
    };
    let value = wire::control::encode(&ControlRecord::Tick(tick));
    let record = Outgoing::keyed(&service.topics.control_events, topics::key("tick"), value);
    append(producer.as_mut(), std::iter::once(record))?;
    Ok(())
}

/// How far behind the stages are, in records.
#[must_use]
pub fn lag(standings: &[Standing]) -> i64 {
    standings
        .iter()
        .fold(0, |sum, standing| sum.saturating_add(standing.lag))
}

/// Whether a service may take more: a bound on what waits to be folded.
pub(crate) fn has_room(service: &Service) -> Result<bool, LogError> {
    const WAITING_MAX: i64 = 100_000;
    let topic = &service.topics.charging_events;
    let mut waiting: i64 = 0;
    let folded = service.log.committed("wattledger.sessions", topic)?;
    for (next, end) in folded.into_iter().zip(service.ends(topic)?) {
        waiting = waiting.saturating_add(end.saturating_sub(next.unwrap_or(0)));
    }
    Ok(waiting < WAITING_MAX || !service.live.load(Ordering::Relaxed))
}
