//! `wattledger demo` and `simulate`: a charging day that does not exist.

use super::child::{ChildConfig, Faults, LedgerSource, ProcessorChild};
use super::crew;
use super::opened::{EngineAtHand, Purpose, at_hand};
use super::processors::{ProcessorPlace, own};
use super::replaying::{Job, replay};
use super::serving::{Front, stop_on_signal};
use super::sources::{ChargerSource, write_lines};
use super::{Going, MINUTE, asked, clean, end_views, finish_views, serve_live, summarise};
use crate::arguments::{DemoArguments, SimulateArguments};
use crate::client;
use crate::commands::write_json;
use crate::error::CliError;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use wattledger_domain::time::Timestamp;
use wattledger_engine::kafka::run::Time;
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
    // Before anything is deleted or replayed: a port that is taken is told at once.
    let front = match arguments.once {
        true => None,
        false => Some(Front::listen(arguments.listen)?),
    };
    if arguments.fresh && data_dir.exists() {
        if client::running_engine(data_dir)?.is_some() {
            return Err(CliError::refused(format!(
                "an engine runs on `{}`: stop it first",
                data_dir.display()
            )));
        }
        let cluster = std::fs::read(data_dir.join("kafka.json"));
        std::fs::remove_dir_all(data_dir)
            .with_context(|| format!("failed to clear `{}`", data_dir.display()))?;
        if let Ok(cluster) = cluster {
            std::fs::create_dir_all(data_dir)?;
            std::fs::write(data_dir.join("kafka.json"), cluster)?;
        }
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
        drive: None,
        speed: None,
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
    writeln!(out)?;
    let Some(front) = front else {
        end_views(&engine, views);
        return Ok(());
    };
    let config = own(data_dir, planned.scenario.seed, Faults::Demo);
    let going = Going {
        processor: ProcessorPlace::Own(config),
        roles: crew::all(),
        time: Time::Wall,
        shows: true,
        chargers: Some(chargers),
        views: Some(views),
    };
    serve_live(data_dir, &engine, going, &front, out)
}

/// A simulated day in an engine.
struct Day<'a> {
    data_dir: &'a Path,
    engine: &'a EngineAtHand,
    planned: &'a Planned,
    faults: Faults,
    /// Where its processor listens when other processes fold.
    drive: Option<SocketAddr>,
    speed: Option<NonZeroU32>,
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
        let config = own(self.data_dir, scenario.seed, self.faults);
        ProcessorPlace::Own(config.clone()).remember(self.data_dir)?;
        let mut processor = ProcessorChild::start(ChildConfig {
            listen: self.drive,
            ..config
        })?;
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
            speed: self.speed,
            roles: crew::in_replay(self.engine, self.drive)?,
            span: (scenario.from, *until),
        };
        replay(self.engine, job, &mut processor)?;
        finish_views(self.engine)?;
        Ok((source.0, views))
    }

    fn ledger(&self) -> LedgerSource {
        let seed = self.planned.scenario.seed;
        LedgerSource::File(own(self.data_dir, seed, self.faults))
    }

    fn summarise(
        &self,
        wall_time: Duration,
        next: &[(&str, &str)],
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let ledger = self.ledger();
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
        }
        .turned(knobs(&value["anomalies"]));
        let until = value["until"].as_i64().map_or(to, Timestamp);
        return Ok(Planned { scenario, until });
    }
    let planned = make();
    let Planned { scenario, until } = &planned;
    let value = json!({
        "seed": scenario.seed, "from": scenario.from.0, "to": scenario.to.0, "until": until.0,
        "stations": scenario.stations, "sessions": scenario.sessions,
        "anomalies": scenario.knobs,
    });
    std::fs::write(&path, value.to_string()).context("failed to write scenario.json")?;
    Ok(planned)
}

/// The knobs that were turned, as a directory remembers them.
fn knobs(value: &Value) -> Vec<(String, u16)> {
    serde_json::from_value(value.clone()).unwrap_or_default()
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
            stations: arguments.stations.unwrap_or(scenario.stations),
            sessions: arguments.sessions.unwrap_or(scenario.sessions),
            ..scenario
        }
        .turned(arguments.anomaly.clone())
    };
    if let Some(path) = &arguments.out {
        let count = write_lines(path, made().events())?;
        if arguments.json {
            return write_json(&json!({ "events": count, "file": path }), out);
        }
        writeln!(out, "{count} events written to {}", path.display())?;
        return Ok(());
    }
    if arguments.anomaly.iter().any(|(name, _)| name == "bad-date") {
        let why = "bad-date is what intake refuses: say --out or --rate with it";
        return Err(CliError::refused(why));
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
        drive: arguments.drive,
        speed: arguments.speed,
    };
    if arguments.json {
        let (_, views) = day.replay(&mut std::io::sink())?;
        end_views(&engine, views);
        let (totals, audited) = asked(&engine, day.ledger())?;
        write_json(&json!({ "totals": totals, "audit": audited }), out)?;
        return clean(&audited);
    }
    let (_, views) = day.replay(out)?;
    end_views(&engine, views);
    day.summarise(
        began.elapsed(),
        &[("wattledger audit", "Check every promise again")],
        out,
    )
}
