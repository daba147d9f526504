//! Questions to the log from outside: records of topics, their ends, whether views and stages follow.

use super::{Service, ServiceError};
use crate::live::has_room;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Consumer, LogError, Record, Visibility};

impl Service {
    /// Durable records of a topic's partition.
    ///
    /// # Errors
    /// When there is no such topic or the offset is no longer kept.
    pub fn records(
        &self,
        topic: &str,
        partition: u32,
        from: i64,
        limit: usize,
    ) -> Result<Vec<Record>, LogError> {
        let limit = FetchLimit {
            records: limit,
            bytes: 4 << 20,
        };
        self.reading(topic, |consumer| {
            let from = from.max(consumer.start(partition)?);
            let end = consumer.end(partition)?;
            let mut records = Vec::new();
            if !consumer.is_empty(partition, from, end)? {
                consumer.fetch(partition, from, limit, &mut records)?;
            }
            Ok(records)
        })
    }

    /// Reads a topic with a reader that is kept.
    fn reading<T>(
        &self,
        topic: &str,
        read: impl FnOnce(&mut dyn Consumer) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let readers = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = readers().remove(topic);
        let mut consumer = match kept {
            Some(consumer) => consumer,
            None => self.log.consumer(topic, Visibility::Durable)?,
        };
        let found = read(consumer.as_mut())?;
        readers().insert(topic.into(), consumer);
        Ok(found)
    }

    /// Whether more may be taken; asked of a broker a few times a second at most.
    pub(super) fn has_room(&self) -> Result<bool, LogError> {
        const FRESH: Duration = Duration::from_millis(250);
        let room = || self.room.lock().unwrap_or_else(PoisonError::into_inner);
        let known = room().filter(|(at, _)| self.embedded.is_none() && at.elapsed() < FRESH);
        if let Some((_, has_room)) = known {
            return Ok(has_room);
        }
        let has_room = has_room(self)?;
        *room() = Some((Instant::now(), has_room));
        Ok(has_room)
    }

    /// Where a topic's partitions end.
    ///
    /// # Errors
    /// When there is no such topic.
    pub fn ends(&self, topic: &str) -> Result<Vec<i64>, LogError> {
        self.reading(topic, |consumer| consumer.ends())
    }

    /// Waits until the views show everything that is durable now, at most this long.
    ///
    /// # Errors
    /// When log or views cannot be read.
    pub fn wait_for_views(&self, at_most: Duration) -> Result<bool, ServiceError> {
        self.views_wanted.store(true, Ordering::Relaxed);
        let shown = self.await_views(at_most);
        self.views_wanted.store(false, Ordering::Relaxed);
        shown
    }

    fn await_views(&self, at_most: Duration) -> Result<bool, ServiceError> {
        self.log.sync()?;
        let began = Instant::now();
        let mut wanted = Vec::new();
        for topic in self.shown_topics() {
            for (partition, end) in (0_i32..).zip(self.ends(topic)?) {
                wanted.push((topic, partition, end));
            }
        }
        loop {
            let shown = self
                .views
                .offsets()
                .map_err(|error| LogError::Storage(error.to_string().into()))?;
            let behind = wanted.iter().any(|(topic, partition, end)| {
                let next = shown
                    .iter()
                    .find(|offset| *offset.topic == ***topic && offset.partition == *partition);
                next.map_or(0, |offset| offset.next) < *end
            });
            if !behind {
                return Ok(true);
            }
            if began.elapsed() > at_most || self.failure().is_some() {
                return Ok(false);
            }
            self.nap(Duration::from_millis(5));
        }
    }

    /// What the views lay out.
    pub(super) const fn shown_topics(&self) -> [&Arc<str>; 9] {
        let topics = &self.topics;
        [
            &topics.charging_events,
            &topics.account_events,
            &topics.charging_sessions,
            &topics.billing_invoices,
            &topics.billing_journal,
            &topics.billing_payments,
            &topics.event_outcomes,
            &topics.dead_letter,
            &topics.directory_tokens,
        ]
    }
}
