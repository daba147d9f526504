//! The commands that ask and show. Each is a function of its arguments, a way to the engine and an
//! output, so that a test needs no network.

pub mod apply;
pub mod audit;
pub mod cdr;
pub mod get;
pub mod invoice;
pub mod journal;
pub mod letters;
pub mod price;
mod published;
pub mod report;
pub mod rerate;
pub mod review;
pub mod session;
pub mod status;
mod story;
pub mod tail;
pub mod tariff;
pub mod topics;

use crate::error::CliError;
use serde_json::Value;
use std::io::Write;

/// Writes an answer as JSON for machines and eyes.
///
/// # Errors
/// [`CliError::OutputClosed`], [`CliError::Broken`] when it cannot be written.
pub fn write_json(answer: &Value, out: &mut dyn Write) -> Result<(), CliError> {
    writeln!(out, "{answer:#}")?;
    Ok(())
}
