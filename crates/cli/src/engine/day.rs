//! `wattledger demo` and `simulate`: a charging day that does not exist.

use super::child::{Faults, LedgerSource, ProcessorChild, remember};
use super::opened::{EngineAtHand, Purpose, at_hand};
use super::replaying::{Job, replay};
use super::serving::stop_on_signal;
use super::sources::{ChargerSource, write_lines};
use super::{Going, MINUTE, end_views, finish_views, processor_of, serve_live, summarise};
use crate::arguments::{DemoArguments, SimulateArguments};
use crate::error::CliError;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use wattledger_domain::time::Timestamp;
use wattledger_engine::live;
use wattledger_simulator::{Chargers, Scenario};

const DAY: i64 = 86_400_000;
/// How many days of drivers come after the demo's day, for as long as it serves.
const DAYS_AHEAD: u32 = 7;

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
    let planned = planned_in(data_dir, || {
        let until = Timestamp(now.0.div_euclid(MINUTE).saturating_mul(MINUTE));
        let to = Timestamp(
            until
                .0
                .saturating_add(i64::from(DAYS_AHEAD).saturating_mul(DAY)),
        );
        let day = Scenario::demo(arguments.seed, Timestamp(until.0.saturating_sub(DAY)), to);
        let sessions = day.sessions.saturating_mul(DAYS_AHEAD.saturating_add(1));
        Planned {
            until,
            scenario: Scenario { sessions, ..day },
        }
    })?;
    let day = Day {
        data_dir,
        engine: &engine,
        planned: &planned,
        faults: Faults::Demo,
    };
    let began = Instant::now();
    let (chargers, views) = day.replay(out)?;
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
        end_views(&engine, views);
        return Ok(());
    }
    let config = processor_of(data_dir, planned.scenario.seed, Faults::Demo);
    let going = Going {
        processor: config,
        chargers: Some(chargers),
        views: Some(views),
    };
    serve_live(data_dir, &engine, going, arguments.listen, out)
}

/// A simulated day in an engine.
struct Day<'a> {
    data_dir: &'a Path,
    engine: &'a EngineAtHand,
    planned: &'a Planned,
    faults: Faults,
}

impl Day<'_> {
    fn replay(&self, out: &mut dyn Write) -> Result<(Chargers, JoinHandle<()>), CliError> {
        let Planned { scenario, until } = self.planned;
        writeln!(
            out,
            "Replaying {} stations from {} to {until}",
            scenario.stations, scenario.from
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
            until: Some(*until),
            settle_hours: 0,
            payer: None,
            span: (scenario.from, *until),
        };
        replay(self.engine, job, &mut processor)?;
        finish_views(self.engine)?;
        Ok((source.0, views))
    }

    fn summarise(
        &self,
        wall_time: Duration,
        next: &[(&str, &str)],
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let ledger = LedgerSource::File(processor_of(
            self.data_dir,
            self.planned.scenario.seed,
            self.faults,
        ));
        summarise(self.engine, ledger, (self.data_dir, wall_time), next, out)
    }
}

/// A scenario, and up to when it is replayed; the rest of it lives with the engine.
struct Planned {
    scenario: Scenario,
    until: Timestamp,
}

/// What a directory replays: made once, so that a replay that was stopped goes on with it.
fn planned_in(data_dir: &Path, make: impl FnOnce() -> Planned) -> Result<Planned, CliError> {
    let path = data_dir.join("scenario.json");
    if let Ok(text) = std::fs::read_to_string(&path) {
        let value: Value = serde_json::from_str(&text).context("scenario.json is unreadable")?;
        let number = |name: &str| value[name].as_i64().unwrap_or(0);
        let small = |name: &str| u32::try_from(number(name)).unwrap_or(0);
        let seed = value["seed"].as_u64().unwrap_or(1);
        let to = Timestamp(number("to"));
        let scenario = Scenario {
            stations: small("stations"),
            sessions: small("sessions"),
            ..Scenario::demo(seed, Timestamp(number("from")), to)
        };
        let until = value["until"].as_i64().map_or(to, Timestamp);
        return Ok(Planned { scenario, until });
    }
    let planned = make();
    let Planned { scenario, until } = &planned;
    let value = json!({
        "seed": scenario.seed, "from": scenario.from.0, "to": scenario.to.0, "until": until.0,
        "stations": scenario.stations, "sessions": scenario.sessions,
    });
    std::fs::write(&path, value.to_string()).context("failed to write scenario.json")?;
    Ok(planned)
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
    let planned = planned_in(data_dir, || {
        let scenario = made();
        Planned {
            until: scenario.to,
            scenario,
        }
    })?;
    let day = Day {
        data_dir,
        engine: &engine,
        planned: &planned,
        faults: Faults::Demo,
    };
    let (_, views) = day.replay(out)?;
    end_views(&engine, views);
    day.summarise(
        began.elapsed(),
        &[("wattledger audit", "Check every promise again")],
        out,
    )
}
