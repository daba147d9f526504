//! The simulated processor as a process of its own, started, watched and brought back by us.
//!
//! It ends by itself when its standard input closes, which happens however this process ends.

use super::spawning::spawn;
use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;
use wattledger_domain::payment::{OutcomeResult, PaymentCommand, PaymentOutcome};
use wattledger_domain::time::Timestamp;
use wattledger_engine::audit::{ProcessorLedger, ProcessorLine};
use wattledger_engine::payments::{Processor, ProcessorDown};
use wattledger_engine::replay::{ReplayProcessor, Told};
use wattledger_payments::{Connector, Secret, SimulatedConnector, WebhookSecrets};

/// Told to a child: end when standard input closes.
pub const CHILD_VARIABLE: &str = "WATTLEDGER_PROCESSOR_CHILD";
/// What signs the simulated processor's notices, unless the environment says otherwise.
const SECRET_VARIABLE: &str = "WATTLEDGER_SIMULATED_SECRET";

/// The secret that signs the simulated processor's notices.
///
/// # Errors
/// When the environment sets an empty one.
pub fn secrets() -> anyhow::Result<WebhookSecrets> {
    let text = std::env::var(SECRET_VARIABLE).unwrap_or_else(|_| "simulated-notices".to_owned());
    let secret = Secret::new(text).ok_or_else(|| anyhow!("{SECRET_VARIABLE} is empty"))?;
    Ok(WebhookSecrets::one(secret))
}

/// How a child is started.
#[derive(Clone, Debug)]
pub struct ChildConfig {
    /// Its ledger.
    pub ledger: PathBuf,
    /// Seed of its faults.
    pub seed: u64,
    /// Whether anything goes wrong at all.
    pub faults: Faults,
    /// Whose time it takes.
    pub time: ChildTime,
    /// Where it listens; left out: at a free loopback port.
    pub listen: Option<SocketAddr>,
}

/// Whether anything goes wrong at the simulated processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Faults {
    /// Declines, delays, lost replies, late notices, as the demo has them
    Demo,
    /// Nothing
    None,
}

/// Whose time a processor takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChildTime {
    /// The replay driver's.
    Replay,
    /// The wall clock's; notices go here.
    Live {
        /// Where notices go.
        webhooks: Option<String>,
    },
}

/// A processor that runs as our child.
pub struct ProcessorChild {
    config: ChildConfig,
    child: Child,
    base: String,
    connector: SimulatedConnector,
    client: reqwest::blocking::Client,
}

impl ChildConfig {
    /// Whether its ledger holds anything.
    #[must_use]
    pub fn has_payments(&self) -> bool {
        std::fs::metadata(&self.ledger).is_ok_and(|ledger| ledger.len() > 0)
    }
}

impl ProcessorChild {
    /// Starts it and waits for its address.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(config: ChildConfig) -> anyhow::Result<Self> {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, base) = spawn(&config, &config.listen.unwrap_or(free).to_string())?;
        let connector =
            SimulatedConnector::new(base.as_str(), secrets()?, Duration::from_secs(20))?;
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .build()
            .context("failed to set up an HTTP client")?;
        Ok(Self {
            config,
            child,
            base,
            connector,
            client,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The connector to it.
    #[must_use]
    pub const fn connector(&self) -> &SimulatedConnector {
        &self.connector
    }

    /// How it was started.
    #[must_use]
    pub const fn config(&self) -> &ChildConfig {
        &self.config
    }

    fn is_up(&self) -> bool {
        let answer = self.client.get(format!("{}/health", self.base)).send();
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    fn bring_back(&mut self) -> Result<(), ProcessorDown> {
        let down = |error: anyhow::Error| ProcessorDown(format!("{error:#}"));
        let _ = self.child.kill();
        let _ = self.child.wait();
        let address = self.base.trim_start_matches("http://").to_owned();
        let (child, base) = spawn(&self.config, &address).map_err(down)?;
        let secrets = secrets().map_err(down)?;
        let connector = SimulatedConnector::new(base.as_str(), secrets, Duration::from_secs(20));
        self.connector = connector.map_err(|error| ProcessorDown(error.to_string()))?;
        (self.child, self.base) = (child, base);
        Ok(())
    }

    fn clock(&self, to: Timestamp, after: i64) -> anyhow::Result<Value> {
        let body = json!({ "at": to.0, "after": after });
        let answer = self
            .client
            .post(format!("{}/clock", self.base))
            .json(&body)
            .send()?;
        Ok(answer.error_for_status()?.json()?)
    }

    fn told(&self, to: Timestamp, after: i64, answer: &Value) -> anyhow::Result<Told> {
        let mut told = Told {
            outcomes: Vec::new(),
            cursor: after,
        };
        for notice in answer["webhooks"].as_array().into_iter().flatten() {
            let headers: Vec<(String, String)> = notice["headers"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|pair| {
                    Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()))
                })
                .collect();
            let body = notice["body"].as_str().unwrap_or_default().as_bytes();
            self.connector.verify_webhook(&headers, body, to)?;
            told.outcomes.extend(self.connector.parse_webhook(body)?);
            told.cursor = told
                .cursor
                .max(notice["sequence"].as_i64().unwrap_or(after));
        }
        Ok(told)
    }
}

impl Drop for ProcessorChild {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Processor for ProcessorChild {
    fn execute(&mut self, command: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown> {
        let answer = self.connector.execute(command);
        let unknown = matches!(answer.result, OutcomeResult::Unknown { .. });
        if unknown && !self.is_up() {
            // It has died: the same attempt again, once it is back.
            self.bring_back()?;
            return Err(ProcessorDown(
                "it had ended and was started again".to_owned(),
            ));
        }
        Ok(answer.into_outcome(command))
    }
}

impl ReplayProcessor for ProcessorChild {
    fn keep(&mut self) -> Result<(), ProcessorDown> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => self.bring_back(),
        }
    }

    fn advance(&mut self, to: Timestamp, after: i64) -> Result<Told, ProcessorDown> {
        let answer = match self.clock(to, after) {
            Ok(answer) => answer,
            Err(error) => {
                self.bring_back()?;
                return Err(ProcessorDown(format!("{error:#}")));
            }
        };
        self.told(to, after, &answer)
            .map_err(|error| ProcessorDown(format!("{error:#}")))
    }
}

/// Where a processor's ledger is to be had.
#[derive(Clone, Debug)]
pub enum LedgerSource {
    /// Nowhere: there is no processor of ours.
    Nowhere,
    /// From a running processor.
    Running(String),
    /// From its file, by starting one for the purpose.
    File(ChildConfig),
}

impl LedgerSource {
    /// Reads it.
    ///
    /// # Errors
    /// When the processor cannot be asked.
    pub fn read(&self) -> anyhow::Result<Option<ProcessorLedger>> {
        match self {
            Self::Nowhere => Ok(None),
            Self::Running(base) => ledger(base).map(Some),
            Self::File(config) if config.ledger.exists() => {
                let child = ProcessorChild::start(config.clone())?;
                ledger(child.base()).map(Some)
            }
            Self::File(_) => Ok(None),
        }
    }
}

fn ledger(base: &str) -> anyhow::Result<ProcessorLedger> {
    let client = reqwest::blocking::Client::builder().no_proxy().build()?;
    let answer: Value = client
        .get(format!("{base}/ledger"))
        .send()?
        .error_for_status()?
        .json()?;
    let mut ledger = ProcessorLedger::new();
    for payment in answer["payments"].as_array().into_iter().flatten() {
        let minor = |name: &str| payment[name].as_i64().unwrap_or(0);
        let line = ProcessorLine {
            captured: minor("captured_minor").saturating_add(minor("charged_minor")),
            refunded: minor("refunded_minor"),
        };
        ledger.insert(
            payment["payment"].as_str().unwrap_or_default().to_owned(),
            line,
        );
    }
    Ok(ledger)
}
