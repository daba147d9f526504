//! `wattledger simulate --rate`: chargers that do not exist, against an engine that runs.

use crate::arguments::SimulateArguments;
use crate::client;
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::grouped;
use crate::table::{Column, list};
use crate::words;
use indicatif::ProgressBar;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wattledger_domain::time::Timestamp;
use wattledger_simulator::chargers::Tally;
use wattledger_simulator::load::{self, Clock, Figures, Load, LoadError, Report, Watch, network};
use wattledger_simulator::{Chargers, Scenario};

/// Events a second unless said otherwise.
const RATE: NonZeroU32 = NonZeroU32::new(50).expect("50 is not zero");
/// Without a terminal a line of progress comes this often.
const LINE: Duration = Duration::from_secs(10);
/// How long a load lasts unless said otherwise.
const LASTS: Duration = Duration::from_secs(60);

/// Puts a simulated network's load on an engine that runs.
///
/// # Errors
/// [`CliError::Refused`] without an engine, [`CliError::Broken`] when it cannot be reached.
pub fn simulate_live(
    data_dir: &Path,
    arguments: &SimulateArguments,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let base = base(data_dir, arguments)?;
    let rate = arguments.rate.unwrap_or(RATE);
    let lasts = arguments.duration.unwrap_or(LASTS);
    // An EVSE speaks every 4 s then.
    let stations = arguments
        .stations
        .unwrap_or_else(|| rate.get().saturating_mul(2).clamp(1, 100_000));
    let of = |from: i64| {
        let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        let to = Timestamp(from.saturating_add(lasts));
        let load = Scenario::load(arguments.seed, stations, rate.get(), Timestamp(from), to);
        load.turned(arguments.anomaly.clone())
    };
    let waiting = words::waiting("Submitting the network's documents");
    network::apply(&base, &of(Clock::start().now()).documents()).map_err(failed)?;
    waiting.finish_and_clear();
    let clock = Clock::start();
    let scenario = of(clock.now());
    words::note(&format!(
        "{} stations tell {} events a second for {} s to {base}",
        grouped(stations.into()),
        grouped(rate.get().into()),
        lasts.as_secs()
    ));
    let load = Load {
        base,
        chargers: Chargers::new(&scenario),
        rate: Some(rate),
        to: Some(scenario.to),
        cursor: None,
    };
    let mut shown = Shown::new(lasts)?;
    let report = load::run(load, clock, &mut shown).map_err(failed)?;
    shown.bar.finish_and_clear();
    if arguments.json {
        write_json(&report.json(), out)?;
    } else {
        summarise(&report, out)?;
    }
    match report.figures.given_up {
        0 => Ok(()),
        given_up => Err(CliError::broken(format!(
            "{given_up} events could not be handed over"
        ))),
    }
}

fn base(data_dir: &Path, arguments: &SimulateArguments) -> Result<String, CliError> {
    match &arguments.into {
        Some(url) => Ok(url.clone()),
        None => match client::running_engine(data_dir)? {
            Some(address) => Ok(format!("http://{address}")),
            None => Err(CliError::refused(format!(
                "no engine runs on `{}`: start one with `wattledger run`, or name one with --into",
                data_dir.display()
            ))),
        },
    }
}

fn failed(error: LoadError) -> CliError {
    match error {
        LoadError::Refused(_) => CliError::refused(error.to_string()),
        LoadError::Unreachable { .. } | LoadError::Thread(_) => CliError::Broken(error.into()),
    }
}

/// Progress on standard error: a bar on a terminal, else a line now and then.
struct Shown {
    bar: ProgressBar,
    began: Instant,
    said: Instant,
    stopping: Arc<AtomicBool>,
}

impl Shown {
    fn new(lasts: Duration) -> Result<Self, CliError> {
        let stopping = Arc::new(AtomicBool::new(false));
        super::serving::on_signal("load", {
            let stopping = Arc::clone(&stopping);
            move || {
                words::note("stopping: everybody leaves");
                stopping.store(true, Ordering::Relaxed);
            }
        })?;
        Ok(Self {
            bar: words::progress("Sending", lasts.as_secs()),
            began: Instant::now(),
            said: Instant::now(),
            stopping,
        })
    }
}

impl Watch for Shown {
    fn progress(&mut self, figures: &Figures, tally: &Tally) {
        let words = format!("{} accepted", grouped(number(figures.accepted)));
        self.bar.set_position(self.began.elapsed().as_secs());
        self.bar.set_message(words.clone());
        if self.bar.is_hidden() && self.said.elapsed() >= LINE {
            self.said = Instant::now();
            let refused: u64 = figures.refused.values().sum();
            words::note(&format!(
                "{} s: {words}, {refused} refused, {} late, {} sessions started",
                self.began.elapsed().as_secs(),
                figures.late,
                tally.started
            ));
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn tenths(value: u64) -> String {
    let (whole, tenth) = (value.checked_div(10), value.checked_rem(10));
    format!("{}.{}", whole.unwrap_or(0), tenth.unwrap_or(0))
}

fn summarise(report: &Report, out: &mut dyn Write) -> Result<(), CliError> {
    let Report {
        asked,
        elapsed,
        figures,
        tally,
    } = report;
    let many = |count: u64| grouped(number(count));
    let refused: u64 = figures.refused.values().sum();
    let reasons: Vec<String> = figures
        .refused
        .iter()
        .map(|(code, count)| format!("{} {code}", many(*count)))
        .collect();
    let asked = asked.map_or_else(String::new, |asked| {
        format!(" of {} asked for", grouped(asked.into()))
    });
    let commands = tally.commands;
    let facts = [
        ("Sent", many(figures.sent)),
        ("Accepted", many(figures.accepted)),
        (
            "Rate",
            format!(
                "{} accepted a second{asked}, for {} s",
                tenths(report.rate_tenths()),
                tenths(u64::try_from(*elapsed).unwrap_or(0).div_ceil(100)),
            ),
        ),
        (
            "Refused",
            match reasons.is_empty() {
                true => "none".to_owned(),
                false => format!("{}: {}", many(refused), reasons.join(", ")),
            },
        ),
        (
            "Sent again",
            format!(
                "{} because the engine was busy, {} because no answer came",
                many(figures.again_busy),
                many(figures.again_lost)
            ),
        ),
        (
            "Late",
            format!("{} sent over 100 ms after their time", many(figures.late)),
        ),
        (
            "Durable after",
            format!(
                "{} ms half of them, {} ms 99 in 100, {} ms all; from the time to send",
                figures.wait_at(500),
                figures.wait_at(990),
                figures.wait_at(1_000)
            ),
        ),
        (
            "Sessions",
            format!(
                "{} started, {} ended, {} of them by command",
                many(tally.started),
                many(tally.ended),
                many(tally.ended_by_command)
            ),
        ),
        (
            "Commands",
            format!(
                "{} allow, {} refuse, {} stop, {} show cost",
                many(commands.allow),
                many(commands.refuse),
                many(commands.stop),
                many(commands.show_cost)
            ),
        ),
    ];
    let rows = facts
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value]);
    let text = list(&[Column::Name("fact"), Column::Text("is")], rows.collect());
    writeln!(out, "{text}")?;
    Ok(())
}
