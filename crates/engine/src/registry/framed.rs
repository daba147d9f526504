//! A log whose records carry a schema registry's ids: framed when they are sent, read as if they
//! had been written by the compiled schema.
//!
//! Folds, views and tools so know one framing and one version. A record whose schema the registry
//! does not answer for is waited for, and what is behind it in its partition with it. Invariant: only
//! a registry's no lets a record through as it is, for its reader to refuse by name; dead letters,
//! changelogs and what else is not a record of ours stays as it is, both ways.

#[cfg(test)]
mod tests;

use super::{Framing, Registry, RegistryError};
use crate::topics::Topics;
use std::collections::BTreeSet;
use std::ops::DerefMut;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wattledger_runtime::log::{
    CommitError, Consumer, FetchLimit, GroupOffset, Log, LogError, PartitionEnd, Producer,
    Visibility,
};
use wattledger_runtime::{Outgoing, Record};
use wattledger_wire::resolution::as_compiled;
use wattledger_wire::{SchemaSource, SourceFault, Writer};

/// A log and the registry that names its schemas. Clones share both.
#[derive(Clone)]
pub struct FramedLog {
    log: Arc<dyn Log>,
    edge: Arc<Edge>,
}

struct Edge {
    registry: Registry,
    framing: Framing,
    topics: BTreeSet<Arc<str>>,
    /// A registry that has not answered is asked again after this.
    again: Duration,
    /// Until when it is taken for away.
    away: Mutex<Option<(Instant, String)>>,
}

impl FramedLog {
    /// Registers every schema of ours, then frames the records of the topics that carry them.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn open(
        log: Arc<dyn Log>,
        topics: &Topics,
        registry: Registry,
    ) -> Result<Self, RegistryError> {
        let framing = registry.publish()?;
        let topics = [
            &topics.gateway_events,
            &topics.control_events,
            &topics.charging_events,
            &topics.account_events,
            &topics.invoice_events,
            &topics.payment_commands,
            &topics.charging_commands,
            &topics.charging_sessions,
            &topics.billing_invoices,
            &topics.billing_journal,
            &topics.billing_payments,
            &topics.analytics_events,
            &topics.event_outcomes,
            &topics.directory_tokens,
        ];
        let edge = Edge {
            registry,
            framing,
            topics: topics.into_iter().cloned().collect(),
            again: Duration::from_secs(1),
            away: Mutex::new(None),
        };
        let edge = Arc::new(edge);
        Ok(Self { log, edge })
    }

    /// The same for a consumer that was made otherwise, owned or borrowed, such as a group member's.
    #[must_use]
    pub fn reading<C>(&self, consumer: C) -> FramedConsumer<C>
    where
        C: DerefMut + Send,
        C::Target: Consumer,
    {
        let edge = Arc::clone(&self.edge);
        FramedConsumer { consumer, edge }
    }

    /// The same for a producer.
    #[must_use]
    pub fn writing(&self, producer: Box<dyn Producer>) -> Box<dyn Producer> {
        let edge = Arc::clone(&self.edge);
        Box::new(FramedProducer { producer, edge })
    }
}

impl Log for FramedLog {
    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        self.log.partitions(topic)
    }
    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>, LogError> {
        let producer = self.log.producer(transactional_id)?;
        Ok(self.writing(producer))
    }
    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError> {
        let consumer = self.log.consumer(topic, visibility)?;
        Ok(Box::new(self.reading(consumer)))
    }
    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError> {
        self.log.committed(group, topic)
    }
    fn sync(&self) -> Result<(), LogError> {
        self.log.sync()
    }
}

impl SchemaSource for Edge {
    /// The registry; while it is away it is not asked for every record.
    fn by_id(&self, id: u32) -> Result<Arc<Writer>, SourceFault> {
        if let Some(writer) = self.registry.known(id) {
            return Ok(writer);
        }
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, why)) = &*away
            && Instant::now() < *until
        {
            return Err(SourceFault::Unreachable(why.clone()));
        }
        let found = self.registry.by_id(id);
        *away = match &found {
            Err(SourceFault::Unreachable(why)) => {
                tracing::warn!(id, why, "records wait for the schema registry");
                Instant::now()
                    .checked_add(self.again)
                    .map(|until| (until, why.clone()))
            }
            Ok(_) | Err(SourceFault::Unknown | SourceFault::Unusable(_)) => None,
        };
        found
    }
}

/// A consumer that gives records as the compiled schemas would have them.
pub struct FramedConsumer<C> {
    consumer: C,
    edge: Arc<Edge>,
}

impl<C> FramedConsumer<C> {
    /// `false` when the record has to be waited for.
    fn unframe(&self, record: &mut Record) -> bool {
        let Some(value) = record.value.as_deref() else {
            return true;
        };
        if value.first() != Some(&0) || !self.edge.topics.contains(&record.topic) {
            return true;
        }
        match as_compiled(value, self.edge.as_ref()) {
            Ok(bytes) => record.value = Some(bytes),
            Err(error) => return !error.is_retriable(),
        }
        true
    }
}

impl<C> Consumer for FramedConsumer<C>
where
    C: DerefMut + Send,
    C::Target: Consumer,
{
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        let before = records.len();
        self.consumer.fetch(partition, from, limit, records)?;
        let mut fetched = records.iter_mut().skip(before);
        if let Some(waiting) = fetched.position(|record| !self.unframe(record)) {
            records.truncate(before.saturating_add(waiting));
        }
        Ok(())
    }
    fn is_empty(&mut self, partition: u32, from: i64, before: i64) -> Result<bool, LogError> {
        self.consumer.is_empty(partition, from, before)
    }
    fn end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.consumer.end(partition)
    }
    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        self.consumer.ends()
    }
    fn undecided_end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.consumer.undecided_end(partition)
    }
    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        self.consumer.start(partition)
    }
    fn deletions_from(&mut self, partition: u32) -> Result<i64, LogError> {
        self.consumer.deletions_from(partition)
    }
    fn wait(&mut self, at_most: Duration) {
        self.consumer.wait(at_most);
    }
}

struct FramedProducer {
    producer: Box<dyn Producer>,
    edge: Arc<Edge>,
}

impl Producer for FramedProducer {
    fn begin(&mut self) -> Result<(), LogError> {
        self.producer.begin()
    }
    fn send(&mut self, mut record: Outgoing) -> Result<(), LogError> {
        if self.edge.topics.contains(&record.topic) {
            record.value = record.value.map(|value| self.edge.framing.frame(value));
        }
        self.producer.send(record)
    }
    fn change(
        &mut self,
        topic: &Arc<str>,
        partition: u32,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), LogError> {
        self.producer.change(topic, partition, key, value)
    }
    fn send_offset(&mut self, offset: GroupOffset) -> Result<(), LogError> {
        self.producer.send_offset(offset)
    }
    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        self.producer.commit()
    }
    fn abort(&mut self) {
        self.producer.abort();
    }
}
