//! Serving: the api, the views, Ctrl-C, and simulated chargers beside a live engine.

use super::backend::EngineBackend;
use super::child::{ChildConfig, ChildTime, LedgerSource, ProcessorChild, secrets};
use super::opened::{Announcement, EngineAtHand};
use super::sources::received;
use crate::error::CliError;
use crate::words;
use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wattledger_api::{Server, router};
use wattledger_domain::charging::ChargingCommand;
use wattledger_engine::live;
use wattledger_engine::payments::PaymentsWorker;
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::replay::commands_taken;
use wattledger_engine::service::Service;
use wattledger_payments::SimulatedConnector;
use wattledger_runtime::Visibility;
use wattledger_runtime::log::FetchLimit;
use wattledger_simulator::Chargers;
use wattledger_wire::topics as wire;

/// Timers fired per record while live: month ends do not make one giant turn.
const TIMERS_PER_RECORD: usize = 256;

/// The api's view of an engine that nobody runs.
pub fn offline(service: &Arc<Service>, ledger: LedgerSource) -> Arc<EngineBackend> {
    let (connector, ledger) = (None, Mutex::new(ledger));
    Arc::new(EngineBackend {
        service: Arc::clone(service),
        connector,
        ledger,
        is_online: false,
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
        is_online: true,
    }))
}

/// Serves the api of an engine and says where.
///
/// # Errors
/// When the address is taken.
pub fn serve(
    data_dir: &Path,
    listen: SocketAddr,
    backend: Arc<EngineBackend>,
) -> Result<(Server, Announcement), CliError> {
    let server = Server::start(listen, router(backend)).map_err(|error| {
        CliError::refused(format!(
            "{listen} cannot be served: {error}; choose another with --listen"
        ))
    })?;
    let announcement = Announcement::make(data_dir, server.address())?;
    Ok((server, announcement))
}

/// Stops a service at Ctrl-C or SIGTERM.
///
/// # Errors
/// When no thread can be started.
pub fn stop_on_signal(service: &Arc<Service>) -> anyhow::Result<()> {
    let service = Arc::clone(service);
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
        words::note("stopping: finishing what is under way");
        service.stop();
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(body)
        .context("no thread for signals")?;
    Ok(())
}

/// How a live engine goes on from where a replay left it.
pub struct Live<'a> {
    /// The engine.
    pub engine: &'a EngineAtHand,
    /// The processor, as it was started for the replay or for nothing yet.
    pub processor: ChildConfig,
    /// Where the api listens.
    pub address: SocketAddr,
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
    let time = ChildTime::Live {
        webhooks: Some(webhooks),
    };
    let mut processor = ProcessorChild::start(ChildConfig {
        time,
        ..live.processor
    })?;
    live.backend
        .ledger_at(LedgerSource::Running(processor.base().to_owned()));
    let config = live.engine.config.pipeline(TIMERS_PER_RECORD);
    let pipeline = Pipeline::open(&service.log, &service.topics, &config)
        .context("failed to open the stages")?;
    let payments =
        PaymentsWorker::open(&service.log, &service.topics).context("failed to open payments")?;
    service.live.store(true, Ordering::Relaxed);
    let chargers = live
        .chargers
        .map(|chargers| charging(service, chargers))
        .transpose()?;
    live::run(service, pipeline, payments, &mut processor).context("failed to run the engine")?;
    if let Some(thread) = chargers {
        let _ = thread.join();
    }
    match service.failure() {
        Some(reason) => Err(CliError::broken(reason)),
        None => Ok(()),
    }
}

/// Steps simulated chargers by the wall clock and posts what they say.
fn charging(
    service: &Arc<Service>,
    mut chargers: Chargers,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let service = Arc::clone(service);
    let body = move || {
        let mut commands = match Commands::since_replay(&service) {
            Ok(commands) => commands,
            Err(error) => return service.fail(&format!("chargers: {error:#}")),
        };
        while !service.is_stopping() {
            let told = commands.take().unwrap_or_default();
            let events = chargers.step(live::now(), &told);
            for event in events {
                let imported = received(event, live::now());
                let sent = service.accept(imported.received_at, |door| {
                    door.event(&imported.event).map(|event| vec![event])
                });
                if let Err(error) = sent {
                    tracing::warn!(%error, "a simulated charger's event was not taken");
                }
            }
            service.nap(Duration::from_secs(1));
        }
    };
    Ok(std::thread::Builder::new()
        .name("chargers".to_owned())
        .spawn(body)?)
}

struct Commands {
    consumer: Box<dyn wattledger_runtime::Consumer>,
    positions: Vec<i64>,
}

impl Commands {
    fn since_replay(service: &Service) -> anyhow::Result<Self> {
        let topic = &service.topics.charging_commands;
        let mut consumer = service.log.consumer(topic, Visibility::Durable)?;
        let taken = commands_taken(&service.log, &service.topics)?;
        let mut positions = taken.map_or_else(|| service.ends(topic), Ok)?;
        for (partition, next) in (0_u32..).zip(&mut positions) {
            // What a long life has trimmed since the replay no charger has to hear again.
            *next = consumer.start(partition)?.max(*next);
        }
        Ok(Self {
            consumer,
            positions,
        })
    }

    fn take(&mut self) -> anyhow::Result<Vec<ChargingCommand>> {
        let mut commands = Vec::new();
        for (partition, next) in (0_u32..).zip(&mut self.positions) {
            let mut records = Vec::new();
            let limit = FetchLimit {
                records: 1_000,
                bytes: 1 << 20,
            };
            self.consumer.fetch(partition, *next, limit, &mut records)?;
            for record in records {
                *next = record.offset.saturating_add(1);
                if let Some(Ok(command)) =
                    record.value.as_deref().map(wire::charging_command::decode)
                {
                    commands.push(command);
                }
            }
        }
        Ok(commands)
    }
}
