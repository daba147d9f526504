//! The commands that run an engine, or a part of one.

use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Run the engine on --data-dir until Ctrl-C
///
/// Events come in over HTTP, invoices and payments go out. Stopped at any moment, even by kill -9, it
/// goes on where it was, and nothing is billed twice.
///
/// Examples:
///   wattledger run --data-dir /var/lib/wattledger
///   wattledger run --listen 127.0.0.1:9000
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct RunArguments {
    /// Where the HTTP API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
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
///   acn      sessions of the ACN-Data set, JSON
///   csv      one session a row; columns are mapped by the flags below
///
/// Examples:
///   wattledger import acn_sessions.json
///   wattledger import week-1.jsonl week-2.jsonl --config my-tariffs/ --payer fleet
///   wattledger import sessions.csv --delimiter ';' --decimal ',' --missing NA \
///     --zone Europe/Oslo --time-format '%d.%m.%Y %H:%M' --session session_ID \
///     --station Garage_ID --token User_ID --start Start_plugin --end End_plugout --energy El_kWh
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
    /// By name and content: .csv, an ACN-Data document, else events
    Auto,
    /// CloudEvents, one a line
    Events,
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
    /// Column of the station; several joined with +, missing ones left out
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
}

/// Simulate chargers and drivers, with their faults, from a seed
///
/// Into the engine of --data-dir, in lockstep as fast as it folds; or as event lines into a file, which `import` takes.
///
/// Examples:
///   wattledger simulate --stations 200 --sessions 2000
///   wattledger simulate --seed 7 --out day.jsonl && wattledger import day.jsonl
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct SimulateArguments {
    /// The same seed, the same day
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many stations
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub stations: u32,
    /// How many sessions
    #[arg(long, default_value_t = 2_000,
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub sessions: u32,
    /// Write the events here instead
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
