//! The program `wattledger` as a library: reads the command line, does what it says, ends with 0, 1
//! or 2.
//!
//! Invariant: data on standard output, words on standard error; a failure is a sentence, never a trace.

pub mod arguments;
pub mod client;
pub mod commands;
pub mod documents;
pub mod engine;
pub mod error;
pub mod figures;
pub mod summary;
pub mod table;
pub mod words;

use arguments::{Cli, Command};
use clap::Parser as _;
use client::Transport;
use error::CliError;
use std::io::Write;
use std::process::ExitCode;

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked = !error.use_stderr();
            // Nothing is left to do about a terminal that has gone away.
            let _ = error.print();
            return ExitCode::from(if asked { 0 } else { 1 });
        }
    };
    wattledger_wire::limit_allocations();
    log_to_stderr();
    let mut out = std::io::stdout();
    let done = execute(&cli, &mut out).and_then(|()| Ok(out.flush()?));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            words::failure(&error);
            error.exit_code()
        }
    }
}

/// Words of the engine go to standard error; `WATTLEDGER_LOG` says which, as `RUST_LOG` would.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WATTLEDGER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

fn execute(cli: &Cli, out: &mut dyn Write) -> Result<(), CliError> {
    if let Some(brokers) = &cli.kafka {
        engine::cluster::remember(&cli.data_dir, brokers, cli.kafka_properties.as_ref())?;
    }
    let transport = || Transport::open(&cli.data_dir);
    match &cli.command {
        Command::Run(arguments) => engine::run(&cli.data_dir, arguments, out),
        Command::Demo(arguments) => engine::demo(&cli.data_dir, arguments, out),
        Command::Import(arguments) => engine::import(&cli.data_dir, arguments, out),
        Command::Simulate(arguments) if arguments.is_live() => {
            engine::simulate_live(&cli.data_dir, arguments, out)
        }
        Command::Simulate(arguments) => engine::simulate(&cli.data_dir, arguments, out),
        Command::Processor(arguments) => engine::processor(arguments, out),
        Command::Apply(arguments) => commands::apply::run(arguments, transport, out),
        Command::Get(arguments) => commands::get::run(arguments, transport, out),
        Command::Report(arguments) => commands::report::run(arguments, transport, out),
        Command::Session(arguments) => commands::session::run(arguments, &transport()?, out),
        Command::Invoice(arguments) => commands::invoice::run(arguments, &transport()?, out),
        Command::Journal(arguments) => commands::journal::run(arguments, transport, out),
        Command::Review(arguments) => commands::review::run(arguments, &transport()?, out),
        Command::Rerate(arguments) => commands::rerate::run(arguments, transport, out),
        Command::DeadLetter(arguments) => commands::letters::letters(arguments, &transport()?, out),
        Command::Parked(arguments) => commands::letters::parked(arguments, &transport()?, out),
        Command::Status(arguments) => commands::status::run(arguments, &transport()?, out),
        Command::Tail(arguments) => commands::tail::run(arguments, &transport()?, out),
        Command::Audit(arguments) if arguments.refold => {
            engine::refold(&cli.data_dir, arguments.json, out)
        }
        Command::Audit(arguments) => commands::audit::run(arguments, &transport()?, out),
        Command::Topics(arguments) => commands::topics::run(&cli.data_dir, arguments, out),
        Command::Price(arguments) => commands::price::run(arguments, out),
        Command::Tariff(arguments) => commands::tariff::run(arguments, out),
        Command::Cdr(arguments) => commands::cdr::run(arguments, out),
    }
}
