//! `wattledger processor`: the simulated processor as a process of its own.

use super::child::{self, Faults};
use crate::arguments::ProcessorArguments;
use crate::error::CliError;
use anyhow::Context as _;
use std::io::Write;

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
