//! An engine's directory, opened for this process.

use super::cluster;
use crate::error::CliError;
use anyhow::Context as _;
use serde_json::json;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wattledger_engine::directory::TenantSecret;
use wattledger_engine::opening::{EngineConfig, OpenError, open};
use wattledger_engine::registry::{FramedLog, Registry};
use wattledger_engine::service::Service;
use wattledger_runtime::LogError;

/// How long the schema registry may take to answer.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(5);
/// The secret of directories that replays make, so that equal files give equal bytes.
const REPLAY_SECRET: &[u8] = b"wattledger replay: tokens of a simulated or imported network";

/// An engine this process has open.
pub struct EngineAtHand {
    /// Shared by all its threads.
    pub service: Arc<Service>,
    /// How it was opened.
    pub config: EngineConfig,
    /// The tenant's secret.
    pub secret: TenantSecret,
    /// Keeps other processes out of a directory whose log does not.
    _lock: Option<File>,
}

/// For whom a directory is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Live: a secret of its own.
    Live,
    /// Replay: the replays' secret.
    Replay,
}

/// Opens a directory, making it where it is missing.
///
/// # Errors
/// [`CliError::Refused`] when another process has it.
pub fn at_hand(data_dir: &Path, purpose: Purpose) -> Result<EngineAtHand, CliError> {
    let mut config = EngineConfig::new(data_dir);
    let mut lock = None;
    let cluster = match cluster::remembered(data_dir)? {
        Some(settings) => {
            lock = Some(locked(data_dir)?);
            let (log, partitions) = cluster::opened(settings)?;
            config.partitions = partitions;
            config.instance = instance(data_dir)?;
            Some(log)
        }
        None => None,
    };
    if let Some(partitions) = variable("WATTLEDGER_PARTITIONS", 256)?
        && cluster.is_none()
    {
        config.partitions = partitions;
    }
    if let Some(records) = variable("WATTLEDGER_TURN_RECORDS", 100_000)? {
        config.turn_records = usize::try_from(records).unwrap_or(usize::MAX);
    }
    let secret = match purpose {
        Purpose::Live => random_secret()?,
        Purpose::Replay => REPLAY_SECRET.to_vec(),
    };
    let mut opened = open(&config, cluster, &secret).map_err(|error| match &error {
        OpenError::Log(LogError::Locked { .. }) => CliError::refused(format!(
            "`{}` is in use by another process: ask it instead, or stop it first",
            data_dir.display()
        )),
        OpenError::Log(LogError::Partitions { .. }) => CliError::refused(error.to_string()),
        OpenError::Log(_) | OpenError::Views(_) | OpenError::Disk { .. } => {
            CliError::Broken(error.into())
        }
    })?;
    if let Ok(address) = std::env::var("WATTLEDGER_SCHEMA_REGISTRY") {
        let registry = Registry::new(&address, REGISTRY_TIMEOUT).context("no HTTP client")?;
        let framed = FramedLog::open(opened.log, &opened.topics, registry)
            .context("failed to register the schemas")?;
        if let Some(edge) = &mut opened.kafka {
            edge.framed = Some(framed.clone());
        }
        opened.log = Arc::new(framed);
    }
    let secret = opened.secret.clone();
    let service = Service::new(opened, &config.instance).context("failed to open the engine")?;
    Ok(EngineAtHand {
        service: Arc::new(service),
        config,
        secret,
        _lock: lock,
    })
}

/// Takes a directory for this process, for as long as the file is open.
fn locked(data_dir: &Path) -> Result<File, CliError> {
    let file = File::create(data_dir.join("lock")).context("failed to make the lock file")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CliError::refused(format!(
            "`{}` is in use by another process: ask it instead, or stop it first",
            data_dir.display()
        ))),
        Err(TryLockError::Error(error)) => Err(CliError::Broken(
            anyhow::Error::from(error).context("failed to lock the directory"),
        )),
    }
}

/// This directory's name among the processes of a cluster, made once.
fn instance(data_dir: &Path) -> Result<String, CliError> {
    let file = data_dir.join("instance");
    if let Ok(known) = std::fs::read_to_string(&file) {
        return Ok(known.trim().to_owned());
    }
    let name: String = random_secret()?
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    std::fs::write(&file, &name).context("failed to write the instance's name")?;
    Ok(name)
}

/// A whole number of the environment, from 1 to a bound.
fn variable(name: &str, most: u32) -> Result<Option<u32>, CliError> {
    let Ok(text) = std::env::var(name) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
        Ok(_) | Err(_) => Err(CliError::refused(format!(
            "{name} is `{text}`: expected a whole number from 1 to {most}"
        ))),
    }
}

fn random_secret() -> Result<Vec<u8>, CliError> {
    use std::io::Read as _;
    let mut bytes = vec![0; 32];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("failed to draw a secret for tokens")?;
    Ok(bytes)
}

/// `engine.json`: where a running engine is found. Removed when dropped.
pub struct Announcement(PathBuf);

impl Announcement {
    /// Says where this process serves.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn make(data_dir: &Path, address: std::net::SocketAddr) -> anyhow::Result<Self> {
        let path = data_dir.join("engine.json");
        let text = json!({ "pid": std::process::id(), "address": address.to_string() }).to_string();
        let draft = data_dir.join("engine.json.new");
        std::fs::write(&draft, text).context("failed to write engine.json")?;
        std::fs::rename(&draft, &path).context("failed to write engine.json")?;
        Ok(Self(path))
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
