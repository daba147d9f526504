//! What the program does with an engine: run one, replay into one, ask one that nobody runs.

mod backend;
pub mod child;
mod day;
mod importing;
mod opened;
mod processor;
mod replaying;
mod serving;
mod sources;
mod stations;

pub use day::{demo, simulate};
pub use importing::import;
pub use processor::processor;

use crate::arguments::RunArguments;
use crate::client::Transport;
use crate::commands::audit;
use crate::error::CliError;
use crate::summary::{self, Summary};
use anyhow::Context as _;
use axum::Router;
use child::{ChildConfig, ChildTime, Faults, LedgerSource, ProcessorChild, remember, remembered};
use opened::{EngineAtHand, Purpose, at_hand};
use serde_json::Value;
use serving::{Live, backend, run_live, serve, stop_on_signal};
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use wattledger_engine::live;
use wattledger_simulator::Chargers;

const MINUTE: i64 = 60_000;

/// Opens a directory that no engine runs on and answers from it.
///
/// # Errors
/// When it cannot be opened.
pub fn offline_router(data_dir: &Path) -> anyhow::Result<Router> {
    let engine = at_hand(data_dir, Purpose::Live)?;
    catch_up(&engine)?;
    let ledger = remembered(data_dir).map_or(LedgerSource::Nowhere, LedgerSource::File);
    Ok(wattledger_api::router(backend(
        &engine.service,
        None,
        ledger,
    )))
}

/// Brings the views to the end of the log.
fn catch_up(engine: &EngineAtHand) -> anyhow::Result<()> {
    let service = &engine.service;
    let mut projector =
        wattledger_engine::project::Projector::open(&service.log, &service.topics, &service.views)?;
    while projector.step(&service.views)? {}
    Ok(())
}

/// Runs the engine until it is told to stop.
///
/// # Errors
/// [`CliError::Broken`] when it stops by itself.
pub fn run(data_dir: &Path, arguments: &RunArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let engine = at_hand(data_dir, Purpose::Live)?;
    stop_on_signal(&engine.service)?;
    let config = remembered(data_dir).unwrap_or_else(|| processor_of(data_dir, 1, Faults::None));
    remember(data_dir, &config)?;
    serve_live(data_dir, (&engine, config, None), arguments.listen, out)
}

fn serve_live(
    data_dir: &Path,
    (engine, config, chargers): (&EngineAtHand, ChildConfig, Option<Chargers>),
    listen: std::net::SocketAddr,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    // The ledger is read from the file's copy by a second process only when nothing runs.
    let checker = ProcessorChild::start(ChildConfig {
        time: ChildTime::Replay,
        ..config.clone()
    })?;
    let connector = backend(
        &engine.service,
        Some(&checker),
        LedgerSource::File(config.clone()),
    );
    drop(checker);
    let (server, _announced) = serve(data_dir, listen, connector)?;
    let views = live::views_thread(&engine.service).context("failed to start the views")?;
    writeln!(
        out,
        "Serving at http://{} (Ctrl-C ends it)",
        server.address()
    )?;
    out.flush()?;
    let live = Live {
        engine,
        processor: config,
        address: server.address(),
        chargers,
    };
    let done = run_live(live);
    engine.service.stop();
    let _ = views.join();
    drop(server);
    done
}

fn processor_of(data_dir: &Path, seed: u64, faults: Faults) -> ChildConfig {
    ChildConfig {
        ledger: data_dir.join("processor.jsonl"),
        seed,
        faults,
        time: ChildTime::Replay,
    }
}

/// Waits for the views, then stops their thread; the service itself goes on.
fn finish_views(engine: &EngineAtHand, views: std::thread::JoinHandle<()>) -> Result<(), CliError> {
    let shown = engine
        .service
        .wait_for_views(Duration::from_secs(600))
        .context("failed to wait for the views")?;
    if !shown {
        return Err(CliError::broken("the views did not follow; see above"));
    }
    // The thread follows the service's end; until then it waits for more.
    drop(views);
    Ok(())
}

fn summarise(
    engine: &EngineAtHand,
    ledger: LedgerSource,
    (data_dir, wall_time): (&Path, Duration),
    next: &[(&str, &str)],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let router = wattledger_api::router(backend(&engine.service, None, ledger));
    let transport = Transport::in_process(router)?;
    let totals = transport.get("/v1/totals")?;
    let audited = transport.post("/v1/audit", &Value::Null)?;
    let data = data_dir.display();
    let next: Vec<(String, String)> = next
        .iter()
        .map(|(command, what)| (format!("{command} --data-dir {data}"), (*what).to_owned()))
        .collect();
    let summary = Summary {
        totals: &totals,
        audit: Some(&audited),
        wall_time,
        next: &next,
    };
    summary::write(&summary, out)?;
    out.flush()?;
    if audited["verdict"] != "clean" {
        return Err(CliError::refused(format!(
            "the audit found a broken promise: {}",
            audit::verdict(&audited)
        )));
    }
    Ok(())
}
