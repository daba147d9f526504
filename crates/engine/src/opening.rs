//! A data directory: the log, the stores, the views, the tenant's secret.

use crate::directory::TenantSecret;
use crate::kafka::run::Edge;
use crate::pipeline::PipelineConfig;
use crate::topics::{self, Topics};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wattledger_runtime::log::kafka::KafkaLog;
use wattledger_runtime::{EmbeddedLog, Log, LogError};
use wattledger_views::{ViewError, Views};

/// What an engine in a directory is opened with.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where everything is.
    pub directory: PathBuf,
    /// Partitions of the topics that scale; fixed at the first opening.
    pub partitions: u32,
    /// Records folded in one turn at most.
    pub turn_records: usize,
    /// This process's name among those that share a log.
    pub instance: String,
}

impl EngineConfig {
    /// The defaults: 4 partitions, turns of at most 500 records.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            partitions: 4,
            turn_records: 500,
            instance: "engine".to_owned(),
        }
    }

    /// How its tasks are set up; a replay fires all due timers at once.
    #[must_use]
    pub fn pipeline(&self, timers_per_record: usize) -> PipelineConfig {
        PipelineConfig {
            stores: self.directory.join("state"),
            partitions: self.partitions,
            turn_records: self.turn_records,
            timers_per_record,
        }
    }
}

/// An open directory.
pub struct Opened {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The same where it is embedded: what only such a log can be asked.
    pub embedded: Option<EmbeddedLog>,
    /// The same where it is a Kafka cluster.
    pub kafka: Option<Edge>,
    /// Topic names.
    pub topics: Topics,
    /// The views.
    pub views: Views,
    /// The tenant's secret.
    pub secret: TenantSecret,
}

/// Why a directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The disk.
    #[error("failed to open `{path}`")]
    Disk {
        /// What.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

/// Opens a directory, making what is missing; its log is the cluster, where there is one. `secret` is used when the directory has none yet.
///
/// # Errors
/// [`OpenError`]; a directory in use by another process is refused.
pub fn open(
    config: &EngineConfig,
    kafka: Option<KafkaLog>,
    secret: &[u8],
) -> Result<Opened, OpenError> {
    let disk = |path: &Path| {
        let path = path.display().to_string();
        move |cause| OpenError::Disk { path, cause }
    };
    let directory = &config.directory;
    std::fs::create_dir_all(directory.join("state")).map_err(disk(directory))?;
    let settings = topics::settings(config.partitions);
    let (log, embedded): (Arc<dyn Log>, _) = match &kafka {
        Some(kafka) => (Arc::new(kafka.clone()), None),
        None => {
            let log = EmbeddedLog::open(&directory.join("log"), &settings)?;
            (Arc::new(log.clone()), Some(log))
        }
    };
    let file = directory.join("tenant.secret");
    if !file.exists() {
        std::fs::write(&file, secret).map_err(disk(&file))?;
    }
    let secret = TenantSecret::new(std::fs::read(&file).map_err(disk(&file))?);
    let views = Views::open(&directory.join("views.sqlite"))?;
    let kafka = kafka.map(|log| Edge { log, framed: None });
    Ok(Opened {
        log,
        embedded,
        kafka,
        topics: Topics::default(),
        views,
        secret,
    })
}
