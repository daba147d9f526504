//! What the program does with an engine: run one, replay into one, ask one that nobody runs.

mod backend;
pub mod child;
mod opened;
mod replaying;
mod serving;
mod sources;
mod stations;

use crate::arguments::{
    DemoArguments, ImportArguments, ProcessorArguments, RunArguments, SimulateArguments,
};
use crate::client::Transport;
use crate::commands::audit;
use crate::documents;
use crate::error::CliError;
use crate::summary::{self, Summary};
use crate::words;
use anyhow::Context as _;
use axum::Router;
use child::{ChildConfig, ChildTime, Faults, LedgerSource, ProcessorChild, remember, remembered};
use opened::{EngineAtHand, Purpose, at_hand};
use replaying::{Job, Outcome, replay};
use serde_json::{Value, json};
use serving::{Live, backend, run_live, serve, stop_on_signal};
use sources::{ChargerSource, write_lines};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::AccountId;
use wattledger_domain::time::Timestamp;
use wattledger_engine::live;
use wattledger_simulator::{Chargers, Scenario};

/// The demo configuration.
pub const DEMO: &str = include_str!("../demo/demo.yaml");
/// The account of the demo configuration that answers where nobody does.
const DEMO_PAYER: &str = "demo";
const DAY: i64 = 86_400_000;
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

/// Bills a simulated day, shows the summary, then serves on.
///
/// # Errors
/// [`CliError::Refused`] when the audit finds a broken promise.
pub fn demo(
    data_dir: &Path,
    arguments: &DemoArguments,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if arguments.fresh && data_dir.exists() {
        std::fs::remove_dir_all(data_dir)
            .with_context(|| format!("failed to clear `{}`", data_dir.display()))?;
    }
    let engine = at_hand(data_dir, Purpose::Replay)?;
    stop_on_signal(&engine.service)?;
    let now = live::now();
    let scenario = remembered_scenario(data_dir, || {
        let to = Timestamp(now.0.div_euclid(MINUTE).saturating_mul(MINUTE));
        Scenario::demo(arguments.seed, Timestamp(to.0.saturating_sub(DAY)), to)
    })?;
    let day = Day {
        data_dir,
        engine: &engine,
        scenario: &scenario,
        faults: Faults::Demo,
    };
    let began = Instant::now();
    let chargers = day.replay(out)?;
    let next = [
        (
            "wattledger report revenue --by station",
            "What each station earned",
        ),
        ("wattledger get invoices", "Invoices, newest last"),
        (
            "wattledger tail charging.commands --until-end",
            "What chargers were told",
        ),
        ("wattledger audit", "Check every promise again"),
    ];
    day.summarise(began.elapsed(), &next, out)?;
    if arguments.once {
        return Ok(());
    }
    let config = processor_of(data_dir, scenario.seed, Faults::Demo);
    serve_live(
        data_dir,
        (&engine, config, Some(chargers)),
        arguments.listen,
        out,
    )
}

/// A simulated day in an engine.
struct Day<'a> {
    data_dir: &'a Path,
    engine: &'a EngineAtHand,
    scenario: &'a Scenario,
    faults: Faults,
}

impl Day<'_> {
    fn replay(&self, out: &mut dyn Write) -> Result<Chargers, CliError> {
        let scenario = self.scenario;
        writeln!(
            out,
            "Replaying {} sessions at {} stations, {} to {}",
            scenario.sessions, scenario.stations, scenario.from, scenario.to
        )?;
        out.flush()?;
        let config = processor_of(self.data_dir, scenario.seed, self.faults);
        remember(self.data_dir, &config)?;
        let mut processor = ProcessorChild::start(config)?;
        let views =
            live::views_thread(&self.engine.service).context("failed to start the views")?;
        let mut source = ChargerSource(Chargers::new(scenario));
        let documents = scenario.documents();
        let job = Job {
            identity: format!("day {scenario:?}"),
            documents: &documents,
            source: &mut source,
            from: scenario.from,
            until: Some(scenario.to),
            settle_hours: 0,
            payer: None,
            span: (scenario.from, scenario.to),
        };
        let Outcome { .. } = replay(self.engine, job, &mut processor)?;
        finish_views(self.engine, views)?;
        Ok(source.0)
    }

    fn summarise(
        &self,
        wall_time: Duration,
        next: &[(&str, &str)],
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let ledger =
            LedgerSource::File(processor_of(self.data_dir, self.scenario.seed, self.faults));
        summarise(self.engine, ledger, (self.data_dir, wall_time), next, out)
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

/// The scenario of a directory: made once, so that a replay that was stopped goes on with it.
fn remembered_scenario(
    data_dir: &Path,
    make: impl FnOnce() -> Scenario,
) -> Result<Scenario, CliError> {
    let path = data_dir.join("scenario.json");
    if let Ok(text) = std::fs::read_to_string(&path) {
        let value: Value = serde_json::from_str(&text).context("scenario.json is unreadable")?;
        let number = |name: &str| value[name].as_i64().unwrap_or(0);
        let small = |name: &str| u32::try_from(number(name)).unwrap_or(0);
        let seed = value["seed"].as_u64().unwrap_or(1);
        let scenario = Scenario::demo(seed, Timestamp(number("from")), Timestamp(number("to")));
        return Ok(Scenario {
            stations: small("stations"),
            sessions: small("sessions"),
            ..scenario
        });
    }
    let scenario = make();
    let value = json!({
        "seed": scenario.seed, "from": scenario.from.0, "to": scenario.to.0,
        "stations": scenario.stations, "sessions": scenario.sessions,
    });
    std::fs::write(&path, value.to_string()).context("failed to write scenario.json")?;
    Ok(scenario)
}

/// Bills recorded sessions, shows the summary.
///
/// # Errors
/// [`CliError::Refused`] when a file or the configuration cannot be taken.
pub fn import(
    data_dir: &Path,
    arguments: &ImportArguments,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let began = Instant::now();
    let mut files = sources::files(arguments)?;
    let configuration = match &arguments.config {
        Some(path) => documents::read_files(std::slice::from_ref(path))?,
        None => documents::read_text("the demo configuration", DEMO)?,
    };
    let mut values: Vec<Value> = configuration
        .into_iter()
        .map(|located| located.value)
        .collect();
    if arguments.config.is_none() {
        values.extend(stations::missing(&values, &files.stations));
    }
    let payer = match (&arguments.payer, &arguments.config) {
        (Some(payer), _) => Some(AccountId::new(payer.as_str())),
        (None, None) => Some(AccountId::new(DEMO_PAYER)),
        (None, Some(_)) => None,
    };
    for (file, refused) in &files.refused {
        let name = refused
            .name
            .as_deref()
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        words::note(&format!("{file}:{}{name}: {}", refused.row, refused.reason));
    }
    let Some((first, last)) = files.source.first().zip(files.source.last()) else {
        return Err(CliError::refused(
            "there is no event to bill in what was given",
        ));
    };
    let engine = at_hand(data_dir, Purpose::Replay)?;
    let config = processor_of(data_dir, 1, Faults::None);
    remember(data_dir, &config)?;
    let mut processor = ProcessorChild::start(config.clone())?;
    let views = live::views_thread(&engine.service).context("failed to start the views")?;
    let settle_hours = i64::from(arguments.settle).saturating_mul(24);
    let taken = files.source.len();
    let job = Job {
        identity: identity(&files.contents, &values, arguments),
        documents: &values,
        source: &mut files.source,
        from: Timestamp(
            first
                .0
                .div_euclid(MINUTE)
                .saturating_mul(MINUTE)
                .saturating_sub(MINUTE),
        ),
        until: None,
        settle_hours,
        payer,
        span: (
            first,
            Timestamp(
                last.0
                    .saturating_add(settle_hours.saturating_mul(3_600_000)),
            ),
        ),
    };
    let outcome = replay(&engine, job, &mut processor)?;
    finish_views(&engine, views)?;
    for refused in &outcome.refused {
        words::note(&format!(
            "{}: {}",
            refused.name.as_deref().unwrap_or("an event"),
            refused.reason
        ));
    }
    let refused = files.refused.len().saturating_add(outcome.refused.len());
    writeln!(
        out,
        "{taken} events read, {refused} refused (each named above)"
    )?;
    pending(&outcome, out)?;
    drop(processor);
    let next = [
        (
            "wattledger report usage --by station",
            "Energy and time per station",
        ),
        (
            "wattledger report revenue --by day",
            "Revenue per local day",
        ),
        ("wattledger get held", "What waits for a person, and why"),
    ];
    summarise(
        &engine,
        LedgerSource::File(config),
        (data_dir, began.elapsed()),
        &next,
        out,
    )
}

/// Timers that the settling did not reach.
fn pending(outcome: &Outcome, out: &mut dyn Write) -> Result<(), CliError> {
    let pending: usize = outcome
        .standings
        .iter()
        .map(|standing| standing.timers.0)
        .sum();
    let next = outcome
        .standings
        .iter()
        .filter_map(|standing| standing.timers.1)
        .min();
    if let Some(next) = next {
        writeln!(
            out,
            "{pending} timers are still pending, the next is due {}",
            Timestamp(next)
        )?;
    }
    Ok(())
}

/// What determines an import: contents, configuration, flags.
fn identity(contents: &[Vec<u8>], documents: &[Value], arguments: &ImportArguments) -> String {
    let mut parts: Vec<Vec<u8>> = contents.to_vec();
    parts.extend(
        documents
            .iter()
            .map(|document| document.to_string().into_bytes()),
    );
    parts.push(
        format!(
            "{:?} {} {:?}",
            arguments.payer, arguments.settle, arguments.csv
        )
        .into_bytes(),
    );
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of_parts(&parts).to_string()
}

/// Simulates chargers and drivers into the engine or a file.
///
/// # Errors
/// [`CliError::Broken`] when the engine or file cannot take them.
pub fn simulate(
    data_dir: &Path,
    arguments: &SimulateArguments,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let now = live::now();
    let made = || {
        let to = Timestamp(now.0.div_euclid(MINUTE).saturating_mul(MINUTE));
        let scenario = Scenario::demo(arguments.seed, Timestamp(to.0.saturating_sub(DAY)), to);
        Scenario {
            stations: arguments.stations,
            sessions: arguments.sessions,
            ..scenario
        }
    };
    if let Some(path) = &arguments.out {
        let count = write_lines(path, made().events())?;
        writeln!(out, "{count} events written to {}", path.display())?;
        return Ok(());
    }
    let began = Instant::now();
    let engine = at_hand(data_dir, Purpose::Replay)?;
    let scenario = remembered_scenario(data_dir, made)?;
    let day = Day {
        data_dir,
        engine: &engine,
        scenario: &scenario,
        faults: Faults::Demo,
    };
    day.replay(out)?;
    day.summarise(
        began.elapsed(),
        &[("wattledger audit", "Check every promise again")],
        out,
    )
}

/// Runs the simulated processor until it is told to stop.
///
/// # Errors
/// [`CliError::Broken`] when its ledger or address cannot be had.
pub fn processor(arguments: &ProcessorArguments, out: &mut dyn Write) -> Result<(), CliError> {
    use wattledger_simulator::processor::{FaultRates, run};
    use wattledger_simulator::{Mode, ProcessorConfig};
    if std::env::var_os(child::CHILD_VARIABLE).is_some() {
        end_with_parent()?;
    }
    let mode = if arguments.replay {
        Mode::Replay
    } else {
        Mode::Live {
            webhooks: arguments.webhooks.clone(),
        }
    };
    let config = ProcessorConfig {
        address: arguments.listen,
        ledger_path: arguments.ledger.clone(),
        seed: arguments.seed,
        faults: match arguments.faults {
            Faults::Demo => FaultRates::DEMO,
            Faults::None => FaultRates::default(),
        },
        secrets: child::secrets()?,
        mode,
    };
    let mut told: Result<(), std::io::Error> = Ok(());
    run(config, |address| {
        told = writeln!(out, "The simulated processor listens at {address}")
            .and_then(|()| out.flush());
    })
    .map_err(|error| CliError::Broken(error.into()))?;
    Ok(told?)
}

/// Ends this process when its standard input closes: when its parent has gone.
fn end_with_parent() -> Result<(), CliError> {
    let body = || {
        let mut rest = Vec::new();
        let _ = std::io::Read::read_to_end(&mut std::io::stdin(), &mut rest);
        std::process::exit(0);
    };
    std::thread::Builder::new()
        .name("parent".to_owned())
        .spawn(body)
        .context("failed to watch the parent process")?;
    Ok(())
}
