//! The simulated processor: an HTTP server with its own ledger on disk.
//!
//! Its HTTP form is `wattledger_payments::simulated::dialect`; beside it `POST /clock {at, after}`
//! (a replay sets the time and takes the webhooks due by then), `GET /ledger` (every payment) and
//! `GET /health`. What goes wrong is told by [`faults`].
//!
//! Invariant: what was answered is on disk first; a restarted processor answers as before.

mod delivery;
pub mod faults;
mod journal;
mod ledger;
mod outbox;
mod payment;
mod server;

pub use faults::FaultRates;
pub use journal::{Head, JournalError};
pub use outbox::Webhook;

use server::Desk;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use wattledger_payments::WebhookSecrets;

/// How a processor is set up.
#[derive(Clone, Debug)]
pub struct ProcessorConfig {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Its ledger, a file that is made when absent.
    pub ledger_path: PathBuf,
    /// Seed of its faults; a ledger keeps the one that it was made with.
    pub seed: u64,
    /// How often things go wrong; a ledger keeps these too.
    pub faults: FaultRates,
    /// The newer secret signs its webhooks.
    pub secrets: WebhookSecrets,
    /// Whose time it has.
    pub mode: Mode,
}

/// Whose time a processor has, and where its webhooks go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The driver's, who also fetches the webhooks: `POST /clock`.
    Replay,
    /// The wall's.
    Live {
        /// Where webhooks are posted, in order, each until it is taken; absent: nowhere.
        webhooks: Option<String>,
    },
}

/// A processor cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// Its ledger cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It cannot listen or run.
    #[error("failed to serve the simulated processor at {address}")]
    Serve {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

impl ProcessorConfig {
    /// What the ledger is a function of, beside its lines.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head {
            ledger: 1,
            seed: self.seed,
            faults: self.faults,
        }
    }
}

/// A processor running on a thread of its own.
#[derive(Debug)]
pub struct Processor {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ProcessorError>>>,
}

impl Processor {
    /// Starts one and returns once it listens.
    ///
    /// # Errors
    /// [`ProcessorError`] when its ledger, address or thread cannot be had.
    pub fn start(config: ProcessorConfig) -> Result<Self, ProcessorError> {
        let address = config.address;
        let failed = move |cause| ProcessorError::Serve { address, cause };
        let desk = Arc::new(Desk::open(config.clone())?);
        let runtime = runtime().map_err(failed)?;
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let body = move || {
            let end = async {
                // Stopped by word or because the handle is gone: both are an end.
                let _ = stopped.await;
            };
            runtime
                .block_on(serve(listener, desk, config, end))
                .map_err(failed)
        };
        let builder = std::thread::Builder::new().name("simulated-processor".to_owned());
        let thread = builder.spawn(body).map_err(failed)?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a connector takes it.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets open answers finish and stops.
    ///
    /// # Errors
    /// What ended it before.
    pub fn stop(mut self) -> Result<(), ProcessorError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ProcessorError> {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself; joining tells.
            let _ = stop.send(());
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Processor {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(error = %error, "the simulated processor had failed");
        }
    }
}

/// Runs a processor until Ctrl-C: the whole of a process that is one. `ready` is told
/// the address that it listens at.
///
/// # Errors
/// [`ProcessorError`] when its ledger or address cannot be had, or serving fails.
pub fn run(config: ProcessorConfig, ready: impl FnOnce(SocketAddr)) -> Result<(), ProcessorError> {
    let address = config.address;
    let failed = |cause| ProcessorError::Serve { address, cause };
    let desk = Arc::new(Desk::open(config.clone())?);
    let runtime = runtime().map_err(failed)?;
    let listener = runtime
        .block_on(TcpListener::bind(address))
        .map_err(failed)?;
    ready(listener.local_addr().map_err(failed)?);
    let end = async {
        // Without signals it runs until it is killed, which the ledger survives.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    runtime
        .block_on(serve(listener, desk, config, end))
        .map_err(failed)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

async fn serve(
    listener: TcpListener,
    desk: Arc<Desk>,
    config: ProcessorConfig,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let delivery = match config.mode {
        Mode::Live { webhooks: Some(to) } => {
            Some(tokio::spawn(delivery::deliver(desk.clone(), to)))
        }
        Mode::Live { webhooks: None } | Mode::Replay => None,
    };
    let served = axum::serve(listener, server::router(desk))
        .with_graceful_shutdown(end)
        .await;
    if let Some(delivery) = delivery {
        delivery.abort();
    }
    served
}

#[cfg(test)]
mod tests;
