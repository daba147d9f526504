//! The commands that run an engine, or a part of one.

use super::anomaly::anomaly;
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// Run the engine on --data-dir until Ctrl-C
///
/// Events come in over HTTP, invoices and payments go out. Stopped at any moment, even by kill -9, it
/// goes on where it was, and nothing is billed twice.
///
/// Examples:
///   wattledger run --data-dir /var/lib/wattledger
///   wattledger run --listen 127.0.0.1:9000
///   wattledger run --kafka 127.0.0.1:9092 --stages sessions,accounts --workers 2 --instance fold-1
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct RunArguments {
    /// Where the HTTP API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A simulated processor that runs already, as `wattledger processor` does; left out: one of the
    /// engine's own, started with it. Remembered: a directory's payments stay where they are
    #[arg(long, value_name = "URL", value_parser = base)]
    pub processor: Option<String>,
    /// What this process does, separated by commas; with --kafka several processes share the work
    #[arg(
        long,
        value_name = "ROLES",
        value_delimiter = ',',
        default_value = "control,sessions,accounts,invoices,intake,payments,views,api"
    )]
    pub stages: Vec<Role>,
    /// Threads that fold, each with partitions of its own (with --kafka)
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// This process's name among all on the cluster: a restart under the same name moves nothing; left
    /// out: one made once in --data-dir (with --kafka)
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub instance: Option<String>,
    /// Fold and pay for a replay that another process drives: no ticks of the wall clock (with --kafka)
    #[arg(long, requires = "processor")]
    pub replay: bool,
}

impl RunArguments {
    /// The first flag given that means nothing without a cluster.
    #[must_use]
    pub fn only_on_a_cluster(&self) -> Option<&'static str> {
        let all = Role::value_variants();
        [
            (
                "--stages",
                !all.iter().all(|role| self.stages.contains(role)),
            ),
            ("--workers", self.workers != 1),
            ("--instance", self.instance.is_some()),
            ("--replay", self.replay),
        ]
        .into_iter()
        .find_map(|(flag, given)| given.then_some(flag))
    }
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Folds reference data, and ticks
    Control,
    /// Folds telemetry into sessions
    Sessions,
    /// Folds sessions and payments into what is owed
    Accounts,
    /// Numbers invoices and keeps the journal
    Invoices,
    /// Takes gateway.events in
    Intake,
    /// Calls the payment processor
    Payments,
    /// Lays out what is asked for
    Views,
    /// Serves HTTP at --listen; without it only at a free loopback port, for health and status
    Api,
}

/// Bill a simulated charging day of 200 stations, show what it came to, then keep serving
///
/// The day is the 24 hours up to now: 2,000 sessions of guests and contracts, with declined cards,
/// lost messages and odd meters. Then the engine goes live, its simulated chargers with it, until
/// Ctrl-C: your own events are metered, priced and billed.
///
/// Examples:
///   wattledger demo
///   wattledger demo --fresh --once --seed 7
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct DemoArguments {
    /// Delete what an earlier demo left in --data-dir
    #[arg(long)]
    pub fresh: bool,
    /// End after the summary
    #[arg(long)]
    pub once: bool,
    /// The same seed, the same day
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the HTTP API listens afterwards
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// Bill sessions that were recorded elsewhere
///
/// Every session is billed, held for review or refused with a reason. Killed at any moment and run
/// again, it goes on as if never killed; run twice, the second changes nothing.
///
/// Formats:
///   events   our own events, one CloudEvent a line
///   ocpp16   OCPP 1.6 messages, one [time, station, message] a line, calls and results
///   ocpp201  OCPP 2.0.1 or 2.1 messages, likewise
///   acn      sessions of the ACN-Data set, JSON
///   csv      one session a row; columns are mapped by the flags below
///
/// Examples:
///   wattledger import acn_sessions.json
///   wattledger import week-1.jsonl week-2.jsonl --config my-tariffs/ --payer fleet
///   wattledger import --format ocpp16 messages.log
///   wattledger import sessions.csv --delimiter ';' --decimal ',' --missing NA \
///     --zone Europe/Oslo --time-format '%d.%m.%Y %H:%M' --session session_ID \
///     --station 'Garage_ID+Shared_ID|User_ID' --token User_ID --start Start_plugin \
///     --end End_plugout --energy El_kWh --duration Duration_hours
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct ImportArguments {
    /// The files; those of one run merge by received time
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Folder of reference documents; left out: the demo configuration inside this program
    #[arg(long, value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// Account for sessions that nobody answers for; with the demo configuration: demo
    #[arg(long, value_name = "ACCOUNT")]
    pub payer: Option<String>,
    /// How the files are written
    #[arg(long, default_value = "auto")]
    pub format: ImportFormat,
    /// Only drive, with --kafka: other processes fold and pay (`run --replay --processor
    /// http://ADDRESS`); the processor listens here
    #[arg(long, value_name = "ADDRESS")]
    pub drive: Option<SocketAddr>,
    /// How many days to go on after the last record, so that late payments settle
    #[arg(long, value_name = "DAYS", default_value_t = 10,
        value_parser = clap::value_parser!(u16).range(0..=400))]
    pub settle: u16,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// How the columns of CSV files are read.
    #[command(flatten, next_help_heading = "Columns of CSV files")]
    pub csv: CsvArguments,
}

/// How files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// By name and content: .csv, an ACN-Data document, OCPP messages, else events
    Auto,
    /// CloudEvents, one a line
    Events,
    /// OCPP 1.6 messages, one a line
    Ocpp16,
    /// OCPP 2.0.1 or 2.1 messages, one a line
    Ocpp201,
    /// ACN-Data sessions
    Acn,
    /// One session a row
    Csv,
}

/// How the columns of CSV files are read.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CsvArguments {
    /// Names the source of the sessions: names are unique within it
    #[arg(long, default_value = "import:csv")]
    pub source: String,
    /// Field separator, one ASCII character
    #[arg(long, default_value = ",", value_parser = delimiter)]
    pub delimiter: u8,
    /// What stands for a missing value, such as NA
    #[arg(long, default_value = "")]
    pub missing: String,
    /// Decimal separator: . or ,
    #[arg(long, default_value = ".", value_parser = decimal)]
    pub decimal: char,
    /// IANA zone of the times
    #[arg(long, default_value = "UTC", value_parser = zone)]
    pub zone: String,
    /// How times are written, in the letters of strftime
    #[arg(long, default_value = "%Y-%m-%d %H:%M:%S")]
    pub time_format: String,
    /// Column of the session's name; several joined with +
    #[arg(long, value_name = "COLUMN", default_value = "session")]
    pub session: String,
    /// Column of the station; several joined with +, missing ones left out; of those between | the
    /// first that is not missing
    #[arg(long, value_name = "COLUMN", default_value = "station")]
    pub station: String,
    /// Column of the driver's token
    #[arg(long, value_name = "COLUMN")]
    pub token: Option<String>,
    /// Column of the start
    #[arg(long, value_name = "COLUMN", default_value = "start")]
    pub start: String,
    /// Column of the end
    #[arg(long, value_name = "COLUMN", default_value = "end")]
    pub end: String,
    /// Column of the energy in kWh
    #[arg(long, value_name = "COLUMN", default_value = "energy")]
    pub energy: String,
    /// Column of the length in hours: a session whose ends say another waits for a person
    #[arg(long, value_name = "COLUMN")]
    pub duration: Option<String>,
}

/// Simulate chargers and drivers, with their faults, from a seed
///
/// A past day: into the engine of --data-dir, in lockstep as fast as it folds, while no engine runs
/// there; or as event lines into a file, which `import` takes.
///
/// Live load, with --rate, --duration or --into: a network of its own, made for the purpose, charges at
/// an engine that runs. Its chargers wait for the engine's commands and obey them. They send by the
/// wall clock whether or not the engine keeps up: what is late is told, and how long an answer
/// takes counts from the time at which it was to be sent. 429 is obeyed. In a short run people hurry
/// and prices are higher, so that a stay still costs what it does in the field.
///
/// Examples:
///   wattledger simulate --stations 200 --sessions 2000
///   wattledger simulate --seed 7 --out day.jsonl && wattledger import day.jsonl
///   wattledger simulate --rate 200 --duration 5m
///   wattledger simulate --anomaly clock-behind=0.05 --anomaly wrong-unit=0.02
///   wattledger simulate --into http://127.0.0.1:8080 --rate 1000 --stations 5000 --json
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct SimulateArguments {
    /// The same seed, the same day
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many stations, of two EVSEs each; left out: 200, or with --rate twice the rate
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub stations: Option<u32>,
    /// How many sessions of a past day; left out: 2,000
    #[arg(long, conflicts_with_all = ["rate", "duration", "into"],
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub sessions: Option<u32>,
    /// Write the events of a past day here instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rate", "duration", "into"])]
    pub out: Option<PathBuf>,
    /// Let a past day go by so many times as fast as the wall clock, 1 to 100,000; left out: as fast as
    /// it is folded
    #[arg(long, value_name = "TIMES", value_parser = rate,
        conflicts_with_all = ["rate", "duration", "into", "out"])]
    pub speed: Option<NonZeroU32>,
    /// Only drive the past day, with --kafka: other processes fold and pay (`run --replay --processor
    /// http://ADDRESS`); the processor listens here
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["rate", "duration", "into", "out"])]
    pub drive: Option<SocketAddr>,
    /// Live: events a second, 1 to 100,000; left out: 50
    #[arg(long, value_name = "EVENTS", value_parser = rate)]
    pub rate: Option<NonZeroU32>,
    /// Live: how long, such as 90s, 10m or 2h; left out: 60s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Live: the engine's address; left out: the engine that runs on --data-dir
    #[arg(long, value_name = "URL", value_parser = base)]
    pub into: Option<String>,
    /// Only this goes wrong, in this share of the visits, such as clock-behind=0.05; may be said more than
    /// once; left out: a day of the field. By the rows of docs/field.md: 1 offline-start, 2 no-energy,
    /// 3 no-transaction, 4 conflicting-end, 5 end-repeated, 6 unknown-transaction, 7 unknown-end,
    /// 8 start-repeated, 9 colliding-transaction, 10 clock-1970, clock-behind, clock-ahead, 11 wrong-unit,
    /// 12 register-relative, 13 register-reset, 14 register-leak, 15 energy-carried, 16 missing-end,
    /// 17 closing-reading, 18 phases-only, 19 end-after-free, 20 misaligned, 21 endless, 22 other-card,
    /// 23 status-late, 24 bad-date (with --out or live), 25 no-energy-at-all; duplicates, reordered,
    /// late-end, unknown-token
    #[arg(long, value_name = "NAME=SHARE", value_parser = anomaly)]
    pub anomaly: Vec<(String, u16)>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

impl SimulateArguments {
    /// Whether an engine that runs is meant.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.rate.is_some() || self.duration.is_some() || self.into.is_some()
    }
}

/// Run the simulated payment processor, with its own ledger on disk
///
/// It authorises, captures and refunds as real ones do, and declines, delays, loses replies and sends
/// webhooks late or twice, all drawn from its seed.
///
/// Example:
///   wattledger processor --listen 127.0.0.1:9401 --ledger processor.jsonl
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct ProcessorArguments {
    /// Where it listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9401")]
    pub listen: SocketAddr,
    /// Its ledger, made when absent
    #[arg(long, value_name = "FILE", default_value = "processor.jsonl")]
    pub ledger: PathBuf,
    /// Seed of its faults; a ledger keeps the one it was made with
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Take time and ticks from a driver instead of the wall
    #[arg(long)]
    pub replay: bool,
    /// What goes wrong, as a function of seed and operation
    #[arg(long, default_value = "demo")]
    pub faults: crate::engine::child::Faults,
    /// Where signed notices go, such as http://127.0.0.1:8080/v1/webhooks/simulated
    #[arg(long, value_name = "URL")]
    pub webhooks: Option<String>,
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    let read: Option<NonZeroU32> = text.parse().ok();
    read.filter(|rate| rate.get() <= 100_000)
        .ok_or_else(|| "expected a whole number from 1 to 100000".to_owned())
}

/// A time in seconds, minutes or hours; at most 30 days.
fn duration(text: &str) -> Result<Duration, String> {
    const MOST: u64 = 30 * 86_400;
    let (digits, unit) = match text.char_indices().last() {
        Some((end, 's')) => (text.get(..end), 1),
        Some((end, 'm')) => (text.get(..end), 60),
        Some((end, 'h')) => (text.get(..end), 3_600),
        _ => (Some(text), 1),
    };
    let number: Option<u64> = digits.and_then(|digits| digits.parse().ok());
    let seconds = number.and_then(|number| number.checked_mul(unit));
    match seconds.filter(|seconds| (1..=MOST).contains(seconds)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err("expected a time such as 90s, 10m or 2h, at most 720h".to_owned()),
    }
}

/// The address of an HTTP API, without the last slash.
fn base(text: &str) -> Result<String, String> {
    let base = text.trim_end_matches('/');
    match base.strip_prefix("http://") {
        Some(host) if !host.is_empty() && !host.contains(['/', ' ']) => Ok(base.to_owned()),
        _ => Err("expected an address such as http://127.0.0.1:8080".to_owned()),
    }
}

/// A name that topics, groups and files can carry.
fn name(text: &str) -> Result<String, String> {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err("expected 1 to 64 letters, digits, - _ or .".to_owned())
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        br"\t" => Ok(b'\t'),
        _ => Err(r"expected one ASCII character, such as ; or \t".to_owned()),
    }
}

fn decimal(text: &str) -> Result<char, String> {
    match text {
        "." => Ok('.'),
        "," => Ok(','),
        _ => Err("expected . or ,".to_owned()),
    }
}

fn zone(text: &str) -> Result<String, String> {
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected an IANA zone, such as Europe/Berlin".to_owned()),
    }
}
