//! What the program needs of the engine: a router over a directory, and the commands that run one.

use crate::arguments::{
    DemoArguments, ImportArguments, ProcessorArguments, RunArguments, SimulateArguments,
};
use crate::error::CliError;
use axum::Router;
use std::io::Write;
use std::path::Path;

/// Opens a directory that no engine runs on and answers from it.
///
/// # Errors
/// When it cannot be opened.
pub fn offline_router(_data_dir: &Path) -> anyhow::Result<Router> {
    Err(anyhow::Error::msg(UNWIRED))
}

/// Runs the engine until it is told to stop.
///
/// # Errors
/// [`CliError::Broken`] when it stops by itself.
pub fn run(
    _data_dir: &Path,
    _arguments: &RunArguments,
    _out: &mut dyn Write,
) -> Result<(), CliError> {
    Err(CliError::broken(UNWIRED))
}

/// Bills a simulated day, shows the summary, then serves on.
///
/// # Errors
/// [`CliError::Refused`] when the audit finds a broken promise.
pub fn demo(
    _data_dir: &Path,
    _arguments: &DemoArguments,
    _out: &mut dyn Write,
) -> Result<(), CliError> {
    Err(CliError::broken(UNWIRED))
}

/// Bills recorded sessions, shows the summary.
///
/// # Errors
/// [`CliError::Refused`] when a file or the configuration cannot be taken.
pub fn import(
    _data_dir: &Path,
    _arguments: &ImportArguments,
    _out: &mut dyn Write,
) -> Result<(), CliError> {
    Err(CliError::broken(UNWIRED))
}

/// Simulates chargers and drivers into the engine or a file.
///
/// # Errors
/// [`CliError::Broken`] when the engine or file cannot take them.
pub fn simulate(
    _data_dir: &Path,
    _arguments: &SimulateArguments,
    _out: &mut dyn Write,
) -> Result<(), CliError> {
    Err(CliError::broken(UNWIRED))
}

/// Runs the simulated processor until it is told to stop.
///
/// # Errors
/// [`CliError::Broken`] when its ledger or address cannot be had.
pub fn processor(_arguments: &ProcessorArguments, _out: &mut dyn Write) -> Result<(), CliError> {
    Err(CliError::broken(UNWIRED))
}

const UNWIRED: &str = "this program was built without an engine";
