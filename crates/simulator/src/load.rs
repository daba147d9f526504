//! Simulated chargers against a live engine, over its API, by the wall clock.
//!
//! Open loop: an event has a time at which it is to be sent, and keeps it however slowly the engine
//! answers. Invariant: how long an answer takes counts from that time, so an engine that stalls
//! cannot make its own figures better.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times and counts of a run are far below 2^63"
)]

mod commands;
mod figures;
pub mod network;
mod sender;

pub use figures::{Figures, Report};

use crate::chargers::{Chargers, Received, Tally, Told};
use commands::Listener;
use sender::{Due, Sender};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wattledger_domain::hash::Digest;
use wattledger_domain::time::Timestamp;

/// How often chargers are stepped.
const STEP: Duration = Duration::from_millis(20);
/// How long events that still wait at the end are tried, ms.
const DRAIN: i64 = 30_000;
/// Most events that wait for one sender; more are given up.
const WAITING_MAX: usize = 200_000;

/// What is to be sent, and where.
#[derive(Debug)]
pub struct Load {
    /// Where the engine's API is, such as `http://127.0.0.1:8080`.
    pub base: String,
    /// Who sends.
    pub chargers: Chargers,
    /// Events a second; `None` for as many as chargers have to tell.
    pub rate: Option<NonZeroU32>,
    /// When it ends; `None` only when told.
    pub to: Option<Timestamp>,
    /// Where commands are read from, as the API's cursor; `None` from now on.
    pub cursor: Option<String>,
}

/// Whoever looks on.
pub trait Watch {
    /// How far it has come; a few times a second.
    fn progress(&mut self, figures: &Figures, tally: &Tally);

    /// Whether to end now.
    fn is_stopping(&self) -> bool;
}

/// Why a load could not be put on an engine.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No way to it.
    #[error("failed to reach the engine at {base}")]
    Unreachable {
        /// Where.
        base: String,
        /// Why.
        #[source]
        cause: reqwest::Error,
    },
    /// It refuses what the load needs.
    #[error("the engine refuses: {0}")]
    Refused(String),
    /// A thread.
    #[error("failed to start a thread")]
    Thread(#[from] std::io::Error),
}

/// The wall clock at the start, and from there what cannot be set back.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: i64,
    began: Instant,
}

impl Clock {
    /// From now on.
    #[must_use]
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            wall: i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
            began: Instant::now(),
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(self) -> i64 {
        self.wall + i64::try_from(self.began.elapsed().as_millis()).unwrap_or(0)
    }
}

/// What the threads of a load share.
struct Shared {
    clock: Clock,
    figures: Mutex<Figures>,
    /// When events that are not sent by then are given up.
    give_up: AtomicI64,
    is_over: AtomicBool,
}

/// Sends until it is over.
///
/// # Errors
/// [`LoadError`] when the engine cannot be reached to begin with.
pub fn run(mut load: Load, clock: Clock, watch: &mut dyn Watch) -> Result<Report, LoadError> {
    let client = client(&load.base)?;
    let (mut listener, told) = Listener::open(client.clone(), &load.base, load.cursor.take())?;
    let shared = Shared {
        clock,
        figures: Mutex::new(Figures::default()),
        give_up: AtomicI64::new(i64::MAX),
        is_over: AtomicBool::new(false),
    };
    let from = clock.now();
    std::thread::scope(|scope| {
        let (hear, heard) = channel();
        for told in told {
            // Heard below, before the first step.
            let _ = hear.send(told);
        }
        let (listener, is_over) = (&mut listener, &shared.is_over);
        let listening = std::thread::Builder::new().name("commands".to_owned());
        listening.spawn_scoped(scope, move || listener.listen(is_over, &hear))?;
        let sent = send(&mut load, &shared, &client, (&heard, watch));
        // However it went: the listener ends.
        shared.is_over.store(true, Ordering::Relaxed);
        sent
    })?;
    let figures = shared.figures.into_inner();
    Ok(Report {
        asked: load.rate.map(NonZeroU32::get),
        elapsed: clock.now() - from,
        figures: figures.unwrap_or_else(std::sync::PoisonError::into_inner),
        tally: load.chargers.tally().clone(),
    })
}

/// Steps the chargers and sends what they say, until it is over.
fn send(
    load: &mut Load,
    shared: &Shared,
    client: &reqwest::blocking::Client,
    (heard, watch): (&Receiver<Told>, &mut dyn Watch),
) -> Result<(), LoadError> {
    let lanes = if load.rate.is_some() { 4 } else { 1 };
    let (mut ways, mut dues) = (Vec::new(), Vec::new());
    for _ in 0..lanes {
        let (way, due) = sync_channel(WAITING_MAX);
        ways.push(way);
        dues.push(due);
    }
    std::thread::scope(|scope| {
        for (lane, due) in dues.into_iter().enumerate() {
            let sender = Sender::new(client.clone(), &load.base, shared);
            let thread = std::thread::Builder::new().name(format!("sender-{lane}"));
            thread.spawn_scoped(scope, move || sender.send(&due))?;
        }
        // Dropped at the end, with its ways: then the senders end.
        let mut driver = Driver {
            shared,
            ways,
            from: shared.clock.now(),
            handed: 0,
        };
        driver.drive(load, heard, watch);
        let drain = load.to.map_or(0, |_| DRAIN);
        let give_up = shared.clock.now().saturating_add(drain);
        shared.give_up.store(give_up, Ordering::Relaxed);
        Ok(())
    })
}

/// A client of an engine: 202 may take a while when it is under pressure.
fn client(base: &str) -> Result<reqwest::blocking::Client, LoadError> {
    let built = reqwest::blocking::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build();
    built.map_err(|cause| LoadError::Unreachable {
        base: base.to_owned(),
        cause,
    })
}

/// What steps the chargers and hands out what they say.
struct Driver<'a> {
    shared: &'a Shared,
    ways: Vec<SyncSender<Due>>,
    from: i64,
    handed: i64,
}

impl Driver<'_> {
    fn drive(&mut self, load: &mut Load, heard: &Receiver<Told>, watch: &mut dyn Watch) {
        let mut shown = Instant::now();
        loop {
            let now = self.shared.clock.now();
            let told: Vec<_> = heard.try_iter().collect();
            for event in load.chargers.step(Timestamp(now), &told) {
                self.hand(event);
            }
            if load.to.is_some_and(|to| to.0 <= now) || watch.is_stopping() {
                break;
            }
            self.fill(load, now);
            if shown.elapsed() >= Duration::from_millis(250) {
                shown = Instant::now();
                watch.progress(&self.shared.figures(), load.chargers.tally());
            }
            std::thread::sleep(STEP);
        }
        if load.to.is_some() {
            // Whatever was on its way arrives now.
            for event in load.chargers.close() {
                self.hand(event);
            }
        }
    }

    /// Has as many meters read as are missing from the rate.
    fn fill(&self, load: &mut Load, now: i64) {
        let Some(rate) = load.rate else { return };
        let wanted = (now - self.from) * i64::from(rate.get()) / 1_000;
        let coming = i64::try_from(load.chargers.travelling()).unwrap_or(i64::MAX);
        let missing = wanted.saturating_sub(self.handed).saturating_sub(coming);
        load.chargers
            .read_early(usize::try_from(missing).unwrap_or(0));
    }

    /// Events of one station take one way, so that they stay in order.
    fn hand(&mut self, Received { at, event }: Received) {
        let station = event["subject"].as_str().unwrap_or_default();
        let digest = Digest::of(station.as_bytes()).0;
        let lane = usize::from(digest.first().copied().unwrap_or(0)) % self.ways.len().max(1);
        let due = Due {
            intended: at.0.min(self.shared.clock.now()),
            body: event.to_string(),
        };
        self.handed += 1;
        self.shared.figures().sent += 1;
        let sent = self.ways.get(lane).map(|way| way.try_send(due));
        if matches!(
            sent,
            None | Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_)))
        ) {
            self.shared.figures().given_up += 1;
        }
    }
}

impl Shared {
    fn figures(&self) -> std::sync::MutexGuard<'_, Figures> {
        self.figures
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
