//! Serving: the api, the views, Ctrl-C, and simulated chargers beside a live engine.

use super::backend::{EngineBackend, cursor};
use super::child::{LedgerSource, secrets};
use super::crew;
use super::gate::Gate;
use super::opened::{Announcement, EngineAtHand};
use super::processors::ProcessorPlace;
use crate::error::CliError;
use crate::words;
use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wattledger_api::{Server, router};
use wattledger_engine::kafka::run::{Roles, Time};
use wattledger_engine::live;
use wattledger_engine::payments::PaymentsWorker;
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::replay::commands_taken;
use wattledger_engine::service::Service;
use wattledger_payments::SimulatedConnector;
use wattledger_simulator::Chargers;
use wattledger_simulator::chargers::Tally;
use wattledger_simulator::load::{self, Clock, Figures, Load, Watch};

/// Timers fired per record while live: month ends do not make one giant turn.
const TIMERS_PER_RECORD: usize = 256;

/// The api's view of an engine that nobody runs.
pub fn offline(engine: &EngineAtHand, ledger: LedgerSource) -> Arc<EngineBackend> {
    let (connector, ledger) = (None, Mutex::new(ledger));
    Arc::new(EngineBackend {
        service: Arc::clone(&engine.service),
        connector,
        ledger,
        unattended: Some(engine.config.directory.clone()),
        since: live::now(),
    })
}

/// The api's view of an engine that is about to run here.
///
/// # Errors
/// When the connector cannot be set up.
pub fn online(service: &Arc<Service>) -> Result<Arc<EngineBackend>, CliError> {
    // Only its signature check is used here: calls are the payments worker's.
    let connector =
        SimulatedConnector::new("http://127.0.0.1:0", secrets()?, Duration::from_secs(1))
            .context("failed to set up the connector")?;
    Ok(Arc::new(EngineBackend {
        service: Arc::clone(service),
        connector: Some(connector),
        ledger: Mutex::new(LedgerSource::Nowhere),
        unattended: None,
        since: live::now(),
    }))
}

/// The api on its port: it answers that the engine is starting until there is one.
pub struct Front {
    server: Server,
    gate: Arc<Gate>,
}

impl Front {
    /// Opens the port.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn listen(listen: SocketAddr) -> Result<Self, CliError> {
        let gate = Arc::new(Gate::default());
        let server = Server::start(listen, router(Arc::<Gate>::clone(&gate))).map_err(|error| {
            CliError::refused(format!(
                "{listen} cannot be served: {error}; choose another with --listen"
            ))
        })?;
        tracing::info!(address = %server.address(), "listening; opening the directory");
        Ok(Self { server, gate })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Lets an engine answer, and says where it is found.
    ///
    /// # Errors
    /// When `engine.json` cannot be written.
    pub fn open(
        &self,
        data_dir: &Path,
        backend: Arc<EngineBackend>,
    ) -> anyhow::Result<Announcement> {
        self.gate.open(backend);
        Announcement::make(data_dir, self.address())
    }
}

/// Stops a service at Ctrl-C or SIGTERM.
///
/// # Errors
/// When no thread can be started.
pub fn stop_on_signal(service: &Arc<Service>) -> anyhow::Result<()> {
    let service = Arc::clone(service);
    on_signal("signals", move || {
        words::note("stopping: finishing what is under way");
        service.stop();
    })
}

/// Does something at the first Ctrl-C or SIGTERM.
///
/// # Errors
/// When no thread can be started.
pub fn on_signal(name: &str, act: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminated = match signal(SignalKind::terminate()) {
                Ok(terminated) => terminated,
                Err(_) => return,
            };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
        });
        act();
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .context("no thread for signals")?;
    Ok(())
}

/// How a live engine goes on from where a replay left it.
pub struct Live<'a> {
    /// The engine.
    pub engine: &'a EngineAtHand,
    /// Where the payments are.
    pub processor: ProcessorPlace,
    /// Where the api listens.
    pub address: SocketAddr,
    /// What this process does on a cluster.
    pub roles: Roles,
    /// Whose time moves it.
    pub time: Time,
    /// Chargers that live with it.
    pub chargers: Option<Chargers>,
    /// Told where the processor's ledger is.
    pub backend: &'a EngineBackend,
}

/// Runs live until stopped.
///
/// # Errors
/// When a part cannot start, or the engine stopped by itself.
pub fn run_live(live: Live<'_>) -> Result<(), CliError> {
    let service = &live.engine.service;
    let webhooks = format!("http://{}/v1/webhooks/simulated", live.address);
    let mut processor = live.processor.live(webhooks)?;
    live.backend
        .ledger_at(LedgerSource::Running(processor.base().to_owned()));
    service
        .live
        .store(live.time == Time::Wall, Ordering::Relaxed);
    let chargers = live
        .chargers
        .map(|chargers| charging(service, format!("http://{}", live.address), chargers))
        .transpose()?;
    match &service.kafka {
        Some(edge) => {
            let time = match live.time {
                Time::Wall => (Time::Wall, TIMERS_PER_RECORD),
                Time::Driver => (Time::Driver, 0),
            };
            crew::work(
                live.engine,
                edge,
                live.roles,
                time,
                None,
                Some(&mut processor),
            )?;
        }
        None => {
            let config = live.engine.config.pipeline(TIMERS_PER_RECORD);
            let pipeline = Pipeline::open(&service.log, &service.topics, &config)
                .context("failed to open the stages")?;
            let payments = PaymentsWorker::open(&service.log, &service.topics)
                .context("failed to open payments")?;
            live::run(service, pipeline, payments, &mut processor)
                .context("failed to run the engine")?;
        }
    }
    if let Some(thread) = chargers {
        let _ = thread.join();
    }
    match service.failure() {
        Some(reason) => Err(CliError::broken(reason)),
        None => Ok(()),
    }
}

/// Simulated chargers that live with the engine, over its own API, from where the replay left them.
fn charging(
    service: &Arc<Service>,
    base: String,
    chargers: Chargers,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let taken = commands_taken(&service.log, &service.topics)?;
    let load = Load {
        base,
        chargers,
        rate: None,
        to: None,
        cursor: taken.map(|positions| cursor(&positions)),
    };
    let service = Arc::clone(service);
    let body = move || {
        let done = load::run(load, Clock::start(), &mut Beside(&service));
        if let Err(error) = done {
            service.fail(&format!("chargers: {:#}", anyhow::Error::from(error)));
        }
    };
    Ok(std::thread::Builder::new()
        .name("chargers".to_owned())
        .spawn(body)?)
}

struct Beside<'a>(&'a Service);

impl Watch for Beside<'_> {
    fn progress(&mut self, _: &Figures, _: &Tally) {}

    fn is_stopping(&self) -> bool {
        self.0.is_stopping()
    }
}
