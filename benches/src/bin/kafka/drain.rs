//! Workers of all stages drain the readings; what that costs between two marks.

use super::commits::{Commits, Heard};
use super::usage::Usage;
use super::{Door, Plan, crew, preload};
use std::time::{Duration, Instant};
use wattledger_benches::goal::{at_least, at_most, figure};
use wattledger_benches::scene;
use wattledger_engine::service::Service;
use wattledger_kafka_tests::Broker;
use wattledger_runtime::TaskStanding;
use wattledger_runtime::log::kafka::KafkaLog;
use wattledger_wire::topics::charging;

/// How often the marks are looked for; what workers show changes once a second.
const LOOK: Duration = Duration::from_millis(5);
/// A run that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// Everything as of one instant.
pub struct Mark {
    at: Instant,
    /// Of the sessions stage.
    records: u64,
    outputs: u64,
    fold: Duration,
    /// Time in commits, encoding and sending included, of the worker that took longest.
    commit: Duration,
    ours: Usage,
    broker_cpu: Duration,
    broker_rss_kib: u64,
}

impl Mark {
    pub fn now(standings: &[TaskStanding], broker: &Broker) -> Self {
        let usage = broker.usage();
        let all = || standings.iter().map(|task| task.counters);
        Self {
            at: Instant::now(),
            records: folded(standings),
            outputs: all().map(|task| task.outputs).sum(),
            fold: Duration::from_micros(all().map(|task| task.fold_micros).sum()),
            // A commit of several tasks counts in each: the task that is in most of them knows most.
            commit: Duration::from_micros(all().map(|task| task.commit_micros).max().unwrap_or(0)),
            ours: Usage::now(),
            broker_cpu: Duration::from_millis(usage.cpu_ms),
            broker_rss_kib: usage.rss_kib,
        }
    }
}

/// By positions: counters begin anew when a turn was not committed. Ends of transactions count as
/// records, 4 in 10,000.
pub fn folded(standings: &[TaskStanding]) -> u64 {
    let sessions = standings.iter().filter(|task| &*task.stage == "sessions");
    sessions.map(|task| task.position.cast_unsigned()).sum()
}

/// Drains what has been filled in and prints the figures.
pub fn measure(plan: Plan, broker: &Broker, log: &KafkaLog, commits: &Commits) {
    let began = Instant::now();
    let (first, last, heard) = crew::during(plan, "benchmark", log, |service| {
        marks(plan, service, broker, commits)
    });
    let whole = began.elapsed().as_secs_f64();
    figure("whole, joining and opening included", "s", whole);
    show(&first, &last, heard, Goals::of(plan.door));
}

/// From a fifth of the readings to nineteen twentieths.
fn marks(plan: Plan, service: &Service, broker: &Broker, commits: &Commits) -> (Mark, Mark, Heard) {
    let opening = preload::opening_records(plan.scene) as u64;
    let readings = (plan.scene.sessions * plan.minutes) as u64;
    let await_share = |percent: u64| {
        let wanted = opening + readings * percent / 100;
        let began = Instant::now();
        loop {
            let standings = standings(service);
            if folded(&standings) >= wanted {
                return Mark::now(&standings, broker);
            }
            assert!(
                began.elapsed() < PATIENCE,
                "stuck at {} of {wanted}: {standings:?}",
                folded(&standings)
            );
            assert!(service.failure().is_none() && service.stopped_partitions().is_empty());
            std::thread::sleep(LOOK);
        }
    };
    let first = await_share(20);
    commits.take();
    let last = await_share(95);
    (first, last, commits.take())
}

pub fn standings(service: &Service) -> Vec<TaskStanding> {
    let owned = service.ownership().into_values();
    owned.flat_map(|owned| owned.ready).collect()
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Goals {
    /// Events a second.
    pub steady: f64,
    /// Events a CPU-second of the engine, where that has a goal.
    pub client: Option<f64>,
}

impl Goals {
    /// For what has piled up.
    const fn of(door: Door) -> Self {
        let (steady, client) = match door {
            Door::Stages => (70_000.0, Some(88_000.0)),
            Door::Intake => (40_000.0, None),
        };
        Self { steady, client }
    }
}

/// Prints what came to pass between two marks.
pub fn show(first: &Mark, last: &Mark, heard: Heard, goals: Goals) {
    let seconds = (last.at - first.at).as_secs_f64();
    let events = (last.records - first.records) as f64;
    let millions = events / 1e6;
    let client = (last.ours.cpu - first.ours.cpu).as_secs_f64();
    let broker = (last.broker_cpu - first.broker_cpu).as_secs_f64();
    println!(
        "drained {events:.0} events in {seconds:.1} s; each {} bytes",
        reading_size()
    );
    at_least("steady", "events/s", goals.steady, events / seconds);
    match goals.client {
        Some(goal) => at_least("client", "events/CPU-second", goal, events / client),
        None => figure("client", "events/CPU-second", events / client),
    }
    figure(
        "  of it",
        "CPU-ms per million events",
        client * 1e3 / millions,
    );
    at_most(
        "broker",
        "CPU-ms per million events",
        5_000.0,
        broker * 1e3 / millions,
    );
    at_most(
        "memory of the engine",
        "MB",
        500.0,
        last.ours.rss_kib as f64 * 1_024.0 / 1e6,
    );
    figure(
        "  at most",
        "MB",
        last.ours.rss_max_kib as f64 * 1_024.0 / 1e6,
    );
    figure(
        "memory of the broker",
        "MB",
        last.broker_rss_kib as f64 * 1_024.0 / 1e6,
    );
    let outputs = last.outputs.saturating_sub(first.outputs) as f64;
    figure("outputs", "per 1,000 events", outputs * 1e3 / events);
    let calls = heard.calls.len() as f64;
    println!(
        "commits: {:.1} /s, {:.0} events in each",
        calls / seconds,
        events / calls
    );
    show_commits(&heard);
    show_time(first, last, &heard);
}

fn show_commits(heard: &Heard) {
    let mut calls = heard.calls.clone();
    calls.sort_unstable();
    let micros = |share: f64| {
        let place = ((calls.len() as f64 * share) as usize).min(calls.len() - 1);
        calls[place].as_micros() as f64
    };
    figure("commit call, median", "us", micros(0.5));
    at_most("commit call, 99th percentile", "us", 15_000.0, micros(0.99));
    at_most("commit call, longest", "us", 90_000.0, micros(1.0));
}

/// Where the worker's time went, and the CPU by threads.
fn show_time(first: &Mark, last: &Mark, heard: &Heard) {
    let events = (last.records - first.records) as f64;
    let each = |time: Duration| time.as_nanos() as f64 / events;
    let fold = last.fold.saturating_sub(first.fold);
    let commit = last.commit.saturating_sub(first.commit);
    let calls: Duration = heard.calls.iter().sum();
    let drain = heard.prepared - heard.offsets;
    let rest = (last.at - first.at).saturating_sub(fold + commit);
    println!("the time of the workers, wall clock, of one for commits:");
    figure("  fold", "ns/event", each(fold));
    let sending = commit.saturating_sub(heard.prepared + calls);
    figure("  encode and send", "ns/event", each(sending));
    figure("  wait for deliveries", "ns/event", each(drain));
    figure("  send offsets", "ns/event", each(heard.offsets));
    figure("  commit call", "ns/event", each(calls));
    figure("  gather, poll and stores", "ns/event", each(rest));
    println!("CPU by threads:");
    for (name, time) in &last.ours.threads {
        let before = first.ours.threads.get(name).copied().unwrap_or_default();
        let spent = time.saturating_sub(before);
        if !spent.is_zero() {
            figure(&format!("  {name}"), "ns/event", each(spent));
        }
    }
}

/// Bytes of a reading's value.
fn reading_size() -> usize {
    charging::encode(&scene::reading(50_000, 7)).len()
}
