//! Apache Kafka through librdkafka: the same protocol, with members of consumer groups.
//!
//! librdkafka speaks the first transaction protocol, so a commit alone proves nothing: after any
//! indefinite result the producer is thrown away and the committed offset decides. Its unsafe
//! defaults are replaced and looked up again when a client is made.
//!
//! Invariant: offsets are stored only inside transactions, never by a consumer.

mod generation;
mod headers;
mod member;
mod offsets;
mod producer;
mod reader;
mod settings;
mod told;
mod topics;
mod watch;

pub use member::{Change, GroupInput, Member};
pub use settings::{KafkaSettings, SettingsFault};
pub use topics::{Difference, TopicPlan, TopicsAdmin};
pub use watch::{Range, TopicWatch};

use super::{Consumer, Log, LogError, Producer, Visibility};
use offsets::Groups;
use producer::KafkaProducer;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;
use reader::KafkaReader;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use told::Told;

/// Longest wait for a broker's answer before the log counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait for one request within that.
const REQUEST: Duration = Duration::from_secs(10);
/// The same for what is asked first: a client that is not let in has to wait for all of it.
const FIRST: Duration = Duration::from_secs(2);

/// A Kafka cluster. Clones share its clients.
#[derive(Clone)]
pub struct KafkaLog {
    shared: Arc<Shared>,
}

struct Shared {
    settings: KafkaSettings,
    /// Partition counts: fixed for ever, so never asked again.
    partitions: Mutex<FxHashMap<Arc<str>, u32>>,
    groups: Groups,
    /// Sees records of open transactions: where a partition ends once all are decided.
    undecided: BaseConsumer<Told>,
}

impl KafkaLog {
    /// Connects lazily: the first call that needs the cluster waits for it.
    ///
    /// # Errors
    /// [`LogError::Storage`] when the settings make no client.
    pub fn open(settings: KafkaSettings) -> Result<Self, LogError> {
        let undecided = settings.undecided()?;
        let shared = Shared {
            groups: Groups::new(settings.clone()),
            settings,
            partitions: Mutex::default(),
            undecided,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Joins a consumer group per input under one name, with a producer whose offsets carry the
    /// memberships. A second member of the same name fences the first.
    ///
    /// # Errors
    /// When the settings make no client.
    pub fn join(&self, name: &str, inputs: &[GroupInput]) -> Result<Member, LogError> {
        Member::join(&self.shared, name, inputs)
    }

    /// Looks at a whole topic at once.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`].
    pub fn watch(&self, topic: &str) -> Result<TopicWatch, LogError> {
        TopicWatch::new(&self.shared, topic)
    }

    /// Makes and compares topics.
    ///
    /// # Errors
    /// When the settings make no client.
    pub fn admin(&self) -> Result<TopicsAdmin, LogError> {
        TopicsAdmin::new(&self.shared)
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, FxHashMap<Arc<str>, u32>> {
        self.partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What the cluster says of a topic, or of all of them.
    fn metadata(&self, topic: Option<&str>) -> Result<Metadata, LogError> {
        let client = &self.undecided;
        // What the client was told waits until it is asked for records, of which it has none.
        let hear = || while client.poll(Duration::ZERO).is_some() {};
        // A refusal of another day, when the cluster took other passwords, is none of now.
        hear();
        let _ = client.context().refused();
        patient_as(client.context(), || {
            let answer = client.fetch_metadata(topic, FIRST);
            hear();
            answer
        })
    }

    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        if let Some(count) = self.known().get(topic) {
            return Ok(*count);
        }
        let metadata = self.metadata(Some(topic))?;
        let found = metadata
            .topics()
            .iter()
            .find(|found| found.name() == topic && found.error().is_none())
            .map_or(0, |found| found.partitions().len());
        match u32::try_from(found) {
            Ok(count) if count > 0 => {
                self.known().insert(topic.into(), count);
                Ok(count)
            }
            _ => Err(LogError::UnknownTopic(topic.into())),
        }
    }

    /// Where a partition ends, records of undecided transactions among them.
    fn undecided_end(&self, topic: &str, partition: u32) -> Result<i64, LogError> {
        let ask = || {
            self.undecided
                .fetch_watermarks(topic, partition as i32, REQUEST)
        };
        Ok(patient(ask)?.1)
    }
}

impl Log for KafkaLog {
    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        self.shared.partitions(topic)
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>, LogError> {
        let memberships = self.shared.groups.anonymous();
        let producer = KafkaProducer::new(&self.shared, transactional_id, memberships)?;
        Ok(Box::new(producer))
    }

    /// Both see the same. Those who read for the outside stand and wait most of their time, so their
    /// requests may rest longer at the broker.
    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError> {
        self.shared.partitions(topic)?;
        let rest = match visibility {
            Visibility::Durable => Duration::from_millis(100),
            Visibility::Process => Duration::from_millis(10),
        };
        Ok(Box::new(KafkaReader::new(&self.shared, topic, rest)?))
    }

    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError> {
        let partitions = self.shared.partitions(topic)?;
        self.shared.groups.committed(group, topic, partitions)
    }

    fn sync(&self) -> Result<(), LogError> {
        Ok(())
    }
}

/// Asks until the cluster answers or patience ends.
fn patient<T>(ask: impl FnMut() -> Result<T, KafkaError>) -> Result<T, LogError> {
    patient_as(&Told::default(), ask)
}

/// The same for a client that is told when a broker does not let it in: that ends patience.
fn patient_as<T>(
    told: &Told,
    mut ask: impl FnMut() -> Result<T, KafkaError>,
) -> Result<T, LogError> {
    let began = std::time::Instant::now();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) => {
                if let Some(reason) = told.refused() {
                    let refused = format!("the cluster does not let us in: {reason}");
                    return Err(LogError::Storage(refused.into()));
                }
                if began.elapsed() >= PATIENCE {
                    return Err(failed(&error));
                }
                tracing::debug!(%error, "the cluster has not answered; asking again");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Whether a record cannot be read as it lies there: nobody may go on past it.
fn is_damage(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode::{
        BadCompression, BadMessage, InvalidMessage, NotImplemented,
    };
    let code = error.rdkafka_error_code();
    code.is_some_and(|code| {
        matches!(
            code,
            BadCompression | BadMessage | InvalidMessage | NotImplemented
        )
    })
}

fn failed(error: &KafkaError) -> LogError {
    LogError::Storage(error.to_string().into())
}
