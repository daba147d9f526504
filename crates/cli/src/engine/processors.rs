//! Which processor a directory's payments are at, and how it is reached.
//!
//! Invariant: payments that were begun at one processor are not carried on at another.

use super::child::{ChildConfig, ChildTime, Faults, LedgerSource, ProcessorChild, secrets};
use crate::error::CliError;
use crate::words;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use wattledger_domain::payment::{OutcomeResult, PaymentCommand, PaymentOutcome};
use wattledger_engine::payments::{Processor, ProcessorDown};
use wattledger_payments::{Connector, SimulatedConnector};

/// The file that remembers it.
const FILE: &str = "processor.json";
/// How long a processor may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(20);

/// Which processor a directory's payments are at.
#[derive(Clone, Debug)]
pub enum ProcessorPlace {
    /// One of its own, started with the engine.
    Own(ChildConfig),
    /// One that runs elsewhere.
    At(String),
}

impl ProcessorPlace {
    /// The one of a directory: as remembered, or as asked for when none is.
    ///
    /// # Errors
    /// [`CliError::Refused`] when its payments are at its own and another is asked for.
    pub fn of(directory: &Path, asked: Option<&str>) -> Result<Self, CliError> {
        let asked = asked.map(|url| Self::At(url.to_owned()));
        match (Self::remembered(directory), asked) {
            (Some(Self::Own(own)), Some(_)) if own.has_payments() => {
                Err(CliError::refused(format!(
                    "the payments of `{}` are at a simulated processor of its own: run it without \
                     --processor, or begin a new directory",
                    directory.display()
                )))
            }
            (_, Some(asked)) => Ok(asked),
            (Some(remembered), None) => Ok(remembered),
            (None, None) => Ok(Self::Own(own(directory, 1, Faults::None))),
        }
    }

    /// The one that was remembered, in replay form.
    #[must_use]
    pub fn remembered(directory: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(directory.join(FILE)).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        if let Some(url) = value["url"].as_str() {
            return Some(Self::At(url.to_owned()));
        }
        let faults = if value["faults"].as_bool()? {
            Faults::Demo
        } else {
            Faults::None
        };
        Some(Self::Own(own(directory, value["seed"].as_u64()?, faults)))
    }

    /// Keeps it, so that the next start finds the same.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember(&self, directory: &Path) -> anyhow::Result<()> {
        let value = match self {
            Self::Own(config) => {
                json!({ "seed": config.seed, "faults": config.faults == Faults::Demo })
            }
            Self::At(url) => json!({ "url": url }),
        };
        std::fs::write(directory.join(FILE), value.to_string())
            .with_context(|| format!("failed to write {FILE}"))
    }

    /// Where its ledger is to be had while no engine runs.
    #[must_use]
    pub fn ledger(self) -> LedgerSource {
        match self {
            Self::Own(config) => LedgerSource::File(config),
            Self::At(url) => LedgerSource::Running(url),
        }
    }

    /// Starts or reaches it, by the wall clock; one of our own sends its notices to `webhooks`.
    ///
    /// # Errors
    /// When one of our own does not start.
    pub fn live(self, webhooks: String) -> anyhow::Result<LiveProcessor> {
        Ok(match self {
            Self::Own(config) => {
                LiveProcessor::Child(Box::new(ProcessorChild::start(ChildConfig {
                    time: ChildTime::Live {
                        webhooks: Some(webhooks),
                    },
                    ..config
                })?))
            }
            Self::At(url) => LiveProcessor::Remote(RemoteProcessor::new(url, &webhooks)?),
        })
    }
}

/// A directory's own simulated processor, in replay form.
#[must_use]
pub fn own(directory: &Path, seed: u64, faults: Faults) -> ChildConfig {
    ChildConfig {
        ledger: directory.join("processor.jsonl"),
        seed,
        faults,
        time: ChildTime::Replay,
        listen: None,
    }
}

/// A processor that carries out a live engine's payments.
pub enum LiveProcessor {
    /// Our child.
    Child(Box<ProcessorChild>),
    /// Somebody else's.
    Remote(RemoteProcessor),
}

impl LiveProcessor {
    /// Where it listens.
    #[must_use]
    pub fn base(&self) -> &str {
        match self {
            Self::Child(child) => child.base(),
            Self::Remote(remote) => &remote.base,
        }
    }
}

impl Processor for LiveProcessor {
    fn execute(&mut self, command: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown> {
        match self {
            Self::Child(child) => child.execute(command),
            Self::Remote(remote) => remote.attempt(command),
        }
    }
}

impl Processor for RemoteProcessor {
    fn execute(&mut self, command: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown> {
        self.attempt(command)
    }
}

/// A simulated processor that somebody else runs.
pub struct RemoteProcessor {
    base: String,
    connector: SimulatedConnector,
    client: reqwest::blocking::Client,
}

impl RemoteProcessor {
    fn new(base: String, webhooks: &str) -> anyhow::Result<Self> {
        let remote = Self::at(base)?;
        if let Err(error) = remote.look() {
            words::note(&format!(
                "the processor at {} does not answer yet, payments wait for it: {error:#}",
                remote.base
            ));
        }
        words::note(&format!(
            "payments are made at {}; its notices belong to {webhooks}",
            remote.base
        ));
        Ok(remote)
    }

    /// One that somebody looks after.
    ///
    /// # Errors
    /// When no client can be set up.
    pub fn at(base: String) -> anyhow::Result<Self> {
        let connector = SimulatedConnector::new(base.as_str(), secrets()?, ANSWER_WAIT)?;
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(ANSWER_WAIT)
            .build()
            .context("failed to set up an HTTP client")?;
        Ok(Self {
            base,
            connector,
            client,
        })
    }

    fn look(&self) -> anyhow::Result<()> {
        let answer = self.client.get(format!("{}/health", self.base)).send()?;
        answer.error_for_status()?;
        Ok(())
    }

    fn attempt(&self, command: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown> {
        let answer = self.connector.execute(command);
        if matches!(answer.result, OutcomeResult::Unknown { .. })
            && let Err(error) = self.look()
        {
            // The same attempt, under the same key, once it is back.
            return Err(ProcessorDown(format!("{}: {error:#}", self.base)));
        }
        Ok(answer.into_outcome(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn place(directory: &Path, asked: Option<&str>) -> Result<String, String> {
        ProcessorPlace::of(directory, asked)
            .map(|place| match place {
                ProcessorPlace::Own(config) => format!("own, seed {}", config.seed),
                ProcessorPlace::At(url) => url,
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_directory_keeps_the_processor_that_its_payments_are_at() {
        let folder = tempfile::tempdir().unwrap();
        let (directory, other) = (folder.path(), Some("http://127.0.0.1:9401"));
        assert_eq!(place(directory, None).unwrap(), "own, seed 1");
        let seventh = ProcessorPlace::Own(own(directory, 7, Faults::Demo));
        seventh.remember(directory).unwrap();
        assert_eq!(place(directory, None).unwrap(), "own, seed 7");
        // Nothing has been paid there yet.
        assert_eq!(place(directory, other).unwrap(), "http://127.0.0.1:9401");
        std::fs::write(directory.join("processor.jsonl"), "{}\n").unwrap();
        assert!(place(directory, other).unwrap_err().contains("of its own"));
        let at = ProcessorPlace::At("http://127.0.0.1:9402".to_owned());
        at.remember(directory).unwrap();
        assert_eq!(place(directory, None).unwrap(), "http://127.0.0.1:9402");
        // It may have moved: same ledger, another address.
        assert_eq!(place(directory, other).unwrap(), "http://127.0.0.1:9401");
    }
}
