//! What the program does with an engine: run one, replay into one, ask one that nobody runs.

mod backend;
pub mod child;
pub mod cluster;
mod crew;
mod day;
mod gate;
mod importing;
mod load;
mod opened;
mod processor;
mod processors;
mod refolding;
mod replaying;
mod serving;
mod sources;
mod spawning;
mod stations;

pub use day::{demo, simulate};
pub use importing::import;
pub use load::simulate_live;
pub use processor::processor;
pub use refolding::refold;

use crate::arguments::{Role, RunArguments};
use crate::client::Transport;
use crate::commands::audit;
use crate::error::CliError;
use crate::summary::{self, Summary};
use anyhow::Context as _;
use axum::Router;
use child::LedgerSource;
use opened::{EngineAtHand, Purpose, at_hand};
use processors::ProcessorPlace;
use serde_json::Value;
use serving::{Front, Live, offline, online, run_live, stop_on_signal};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use wattledger_engine::kafka::run::{Roles, Time};
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
    let ledger =
        ProcessorPlace::remembered(data_dir).map_or(LedgerSource::Nowhere, ProcessorPlace::ledger);
    Ok(wattledger_api::router(offline(&engine, ledger)))
}

/// Brings the views to the end of the log.
fn catch_up(engine: &EngineAtHand) -> anyhow::Result<()> {
    let service = &engine.service;
    let mut projector =
        wattledger_engine::project::Projector::open(&service.log, &service.topics, &service.views)?;
    projector.catch_up(&service.views)?;
    Ok(())
}

/// Runs the engine until it is told to stop.
///
/// # Errors
/// [`CliError::Broken`] when it stops by itself.
pub fn run(data_dir: &Path, arguments: &RunArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let processor = ProcessorPlace::of(data_dir, arguments.processor.as_deref())?;
    // Whoever watches sees it start from here on, however long the directory takes.
    let listen = if arguments.stages.contains(&Role::Api) {
        arguments.listen
    } else {
        SocketAddr::from(([127, 0, 0, 1], 0))
    };
    let front = Front::listen(listen)?;
    let mut engine = at_hand(data_dir, Purpose::Live)?;
    if engine.service.kafka.is_none()
        && let Some(flag) = arguments.only_on_a_cluster()
    {
        return Err(CliError::refused(format!(
            "{flag} needs --kafka: one process does everything on the log in --data-dir"
        )));
    }
    if let Some(name) = &arguments.instance {
        engine.config.instance.clone_from(name);
    }
    stop_on_signal(&engine.service)?;
    processor.remember(data_dir)?;
    let going = Going {
        processor,
        roles: crew::asked(arguments),
        shows: arguments.stages.contains(&Role::Views),
        time: if arguments.replay {
            Time::Driver
        } else {
            Time::Wall
        },
        chargers: None,
        views: None,
    };
    serve_live(data_dir, &engine, going, &front, out)
}

/// What goes on when an engine goes live.
struct Going {
    processor: ProcessorPlace,
    roles: Roles,
    time: Time,
    /// Whether it lays out views when none are under way yet.
    shows: bool,
    chargers: Option<Chargers>,
    views: Option<JoinHandle<()>>,
}

fn serve_live(
    data_dir: &Path,
    engine: &EngineAtHand,
    going: Going,
    front: &Front,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let backend = online(&engine.service)?;
    let _announced = front.open(data_dir, Arc::clone(&backend))?;
    let views = match going.views {
        None if going.shows => {
            Some(live::views_thread(&engine.service).context("failed to start the views")?)
        }
        views => views,
    };
    writeln!(
        out,
        "Serving at http://{} (Ctrl-C ends it)",
        front.address()
    )?;
    out.flush()?;
    let done = run_live(Live {
        engine,
        processor: going.processor,
        roles: going.roles,
        time: going.time,
        address: front.address(),
        chargers: going.chargers,
        backend: &backend,
    });
    engine.service.stop();
    if let Some(views) = views {
        let _ = views.join();
    }
    done
}

/// Waits until the views show everything; their thread goes on.
fn finish_views(engine: &EngineAtHand) -> Result<(), CliError> {
    let shown = engine
        .service
        .wait_for_views(Duration::from_secs(600))
        .context("failed to wait for the views")?;
    if shown {
        Ok(())
    } else {
        Err(CliError::broken("the views did not follow; see above"))
    }
}

/// Ends the views' thread of a replay that does not go live.
fn end_views(engine: &EngineAtHand, views: JoinHandle<()>) {
    engine.service.stop();
    let _ = views.join();
}

/// What a run came to: totals and audit.
fn asked(engine: &EngineAtHand, ledger: LedgerSource) -> Result<(Value, Value), CliError> {
    let router = wattledger_api::router(offline(engine, ledger));
    let transport = Transport::in_process(router)?;
    let audited = transport.post("/v1/audit", &Value::Null)?;
    Ok((transport.get("/v1/totals")?, audited))
}

/// A broken promise is a refusal.
fn clean(audited: &Value) -> Result<(), CliError> {
    if audited["verdict"] == "clean" {
        return Ok(());
    }
    let verdict = audit::verdict(audited);
    Err(CliError::refused(format!(
        "the audit found a broken promise: {verdict}"
    )))
}

fn summarise(
    engine: &EngineAtHand,
    ledger: LedgerSource,
    (data_dir, wall_time): (&Path, Duration),
    next: &[(&str, &str)],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let (totals, audited) = asked(engine, ledger)?;
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
    clean(&audited)
}
