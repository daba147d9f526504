//! How librdkafka's clients are set up: what is ours is fixed, the rest is the operator's.
//!
//! Invariant: a client whose effective configuration differs from what is fixed here is never used.

use super::told::{Deliveries, Told};
use crate::log::LogError;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::BaseProducer;
use std::time::Duration;

/// Fixed for every consumer. What librdkafka would do instead: commit by itself, begin at the end
/// when an offset is lost, take damaged records, wait half a second for more.
const CONSUMER: &[(&str, &str)] = &[
    ("isolation.level", "read_committed"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("allow.auto.create.topics", "false"),
    ("check.crcs", "true"),
    ("enable.partition.eof", "true"),
    ("fetch.queue.backoff.ms", "10"),
    ("fetch.error.backoff.ms", "50"),
    // By what they carry; a message in the queue takes some three times that.
    ("queued.max.messages.kbytes", "8192"),
    ("queued.min.messages", "20000"),
];

/// Fixed besides for members of groups.
const MEMBER: &[(&str, &str)] = &[
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("max.poll.interval.ms", "120000"),
    ("enable.partition.eof", "false"),
];

/// Fixed for every producer.
const PRODUCER: &[(&str, &str)] = &[
    ("enable.idempotence", "true"),
    ("partitioner", "murmur2_random"),
    ("compression.codec", "lz4"),
    ("linger.ms", "1"),
    ("queue.buffering.max.messages", "500000"),
];

/// What an operator may set, with a default of ours.
const DEFAULTS: &[(&str, &str, Client)] = &[
    ("session.timeout.ms", "30000", Client::Member),
    ("heartbeat.interval.ms", "3000", Client::Member),
    ("fetch.wait.max.ms", "50", Client::Member),
    ("transaction.timeout.ms", "15000", Client::Producer),
    // A transaction that begins right after another waits for the markers of that one: some
    // milliseconds.
    ("retry.backoff.ms", "5", Client::Producer),
    ("socket.keepalive.enable", "true", Client::Any),
    ("reconnect.backoff.max.ms", "1000", Client::Any),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Any,
    Member,
    Producer,
}

/// A cluster, and what its operator wants of our clients.
#[derive(Clone, Debug)]
pub struct KafkaSettings {
    brokers: String,
    /// librdkafka's properties, ours not among them.
    properties: Vec<(String, String)>,
}

/// A property that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFault {
    /// A line without `=`.
    #[error("line {line}: expected `key=value`")]
    Line {
        /// From 1.
        line: usize,
    },
    /// One of ours.
    #[error("line {line}: `{key}` is fixed to `{fixed}`: exactly once depends on it")]
    Fixed {
        /// From 1.
        line: usize,
        /// The property.
        key: String,
        /// What it is.
        fixed: &'static str,
    },
    /// Set by other means.
    #[error("line {line}: `{key}` is set by the program: remove it")]
    Ours {
        /// From 1.
        line: usize,
        /// The property.
        key: String,
    },
}

impl KafkaSettings {
    /// Brokers alone, `host:port` separated by commas.
    #[must_use]
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            properties: Vec::new(),
        }
    }

    /// The same with one of librdkafka's properties.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The same with the lines of a properties file: `key=value`, `#` begins a comment.
    ///
    /// # Errors
    /// [`SettingsFault`] names the line.
    pub fn with_properties(mut self, text: &str) -> Result<Self, SettingsFault> {
        for (place, content) in text.lines().enumerate() {
            let (line, content) = (place + 1, content.trim());
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let (key, value) = content
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.trim()))
                .ok_or(SettingsFault::Line { line })?;
            let fixed = [CONSUMER, MEMBER, PRODUCER].concat();
            if let Some((_, fixed)) = fixed.iter().find(|(known, _)| *known == key)
                && *fixed != value
            {
                let key = key.to_owned();
                return Err(SettingsFault::Fixed { line, key, fixed });
            }
            let ours = [
                "group.id",
                "group.instance.id",
                "transactional.id",
                "bootstrap.servers",
            ];
            if ours.contains(&key) {
                let key = key.to_owned();
                return Err(SettingsFault::Ours { line, key });
            }
            self.properties.push((key.to_owned(), value.to_owned()));
        }
        Ok(self)
    }

    /// The brokers.
    #[must_use]
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// A reader that belongs to no group: its group's name is never used for offsets.
    pub(super) fn reader(
        &self,
        group: &str,
        rest: Duration,
    ) -> Result<BaseConsumer<Told>, LogError> {
        let mut config = self.base(Client::Any, CONSUMER);
        config.set("fetch.wait.max.ms", rest.as_millis().to_string());
        config.set("group.id", group);
        check(&config, &[CONSUMER])?;
        config
            .create_with_context(Told::default())
            .map_err(|error| super::failed(&error))
    }

    /// A reader that sees records of open transactions; it fetches none.
    pub(super) fn undecided(&self) -> Result<BaseConsumer<Told>, LogError> {
        let mut config = self.base(Client::Any, CONSUMER);
        config.set("group.id", "wattledger.undecided");
        config.set("isolation.level", "read_uncommitted");
        config
            .create_with_context(Told::default())
            .map_err(|error| super::failed(&error))
    }

    /// A member of a group under a static name.
    pub(super) fn member<C: rdkafka::consumer::ConsumerContext + 'static>(
        &self,
        group: &str,
        name: &str,
        context: C,
    ) -> Result<BaseConsumer<C>, LogError> {
        let mut config = self.base(Client::Member, CONSUMER);
        for (key, value) in MEMBER {
            config.set(*key, *value);
        }
        config.set("group.id", group);
        config.set("group.instance.id", name);
        let consumer = CONSUMER.iter().copied();
        let kept = consumer.filter(|(key, _)| *key != "enable.partition.eof");
        check(&config, &[&kept.collect::<Vec<_>>(), MEMBER])?;
        config
            .create_with_context(context)
            .map_err(|error| super::failed(&error))
    }

    /// A transactional producer; not initialised yet.
    pub(super) fn producer(&self, id: &str) -> Result<BaseProducer<Deliveries>, LogError> {
        let mut config = self.base(Client::Producer, PRODUCER);
        config.set("transactional.id", id);
        check(&config, &[PRODUCER])?;
        let context = Deliveries::default();
        config
            .create_with_context(context)
            .map_err(|error| super::failed(&error))
    }

    /// A client for administration.
    pub(super) fn admin(&self) -> ClientConfig {
        self.base(Client::Any, &[])
    }

    fn base(&self, client: Client, fixed: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        for (key, value, of) in DEFAULTS {
            if *of == Client::Any || *of == client {
                config.set(*key, *value);
            }
        }
        for (key, value) in &self.properties {
            let of = DEFAULTS.iter().find(|(known, _, _)| known == key);
            if of.is_none_or(|(_, _, of)| *of == Client::Any || *of == client) {
                config.set(key, value);
            }
        }
        for (key, value) in fixed {
            config.set(*key, *value);
        }
        config.set("bootstrap.servers", &self.brokers);
        config
    }
}

/// Asks librdkafka what it will really do.
fn check(config: &ClientConfig, fixed: &[&[(&str, &str)]]) -> Result<(), LogError> {
    let native = config
        .create_native_config()
        .map_err(|error| super::failed(&error))?;
    for (key, wanted) in fixed.iter().copied().flatten() {
        let found = native.get(key).map_err(|error| super::failed(&error))?;
        if found != *wanted {
            let detail = format!("librdkafka would use {key}={found}, not {wanted}");
            return Err(LogError::Storage(detail.into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_properties_file_may_not_touch_what_exactly_once_depends_on() {
        let settings = || KafkaSettings::new("127.0.0.1:9");
        let read = |text: &str| settings().with_properties(text).map(|_| ());
        assert_eq!(read("# ours\n\nsecurity.protocol=PLAINTEXT\n"), Ok(()));
        assert_eq!(read("isolation.level = read_committed"), Ok(()));
        assert_eq!(
            read("\nisolation.level=read_uncommitted"),
            Err(SettingsFault::Fixed {
                line: 2,
                key: "isolation.level".into(),
                fixed: "read_committed"
            })
        );
        assert_eq!(read("nonsense"), Err(SettingsFault::Line { line: 1 }));
        assert!(matches!(
            read("transactional.id=x"),
            Err(SettingsFault::Ours { line: 1, .. })
        ));
    }

    #[test]
    fn clients_are_made_as_they_are_meant() {
        let settings = KafkaSettings::new("127.0.0.1:9").with("session.timeout.ms", "10000");
        assert!(settings.reader("g", Duration::ZERO).is_ok());
        assert!(settings.member("g", "n", Told::default()).is_ok());
        assert!(settings.producer("p").is_ok());
        assert!(settings.undecided().is_ok());
    }
}
