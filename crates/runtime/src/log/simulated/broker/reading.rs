//! What readers see of a broker's partitions, and what is taken from their ends.

use super::{Broker, Entry};
use crate::log::simulated::Flavour;
use crate::log::{Cleanup, LogError, Visibility};
use crate::record::Record;
use std::collections::BTreeMap;

impl Broker {
    /// An accident that no log may have: the end of one partition is gone.
    pub(in crate::log::simulated) fn truncate(&mut self, topic: &str, partition: u32, end: i64) {
        if let Some(partition) = self.partition(topic, partition) {
            partition.records.retain(|record| record.offset < end);
            partition.next = partition.next.min(end);
            partition.durable = partition.durable.min(end);
        }
    }

    pub(in crate::log::simulated) fn trim(
        &mut self,
        topic: &str,
        partition: u32,
        before: i64,
    ) -> Result<i64, LogError> {
        if self.settings(topic)?.cleanup == Cleanup::Compact {
            return Ok(0);
        }
        let readers = self.groups.iter();
        let readers = readers.filter(|((_, of, number), _)| **of == *topic && *number == partition);
        let slowest = readers.map(|(_, next)| *next).min().unwrap_or(i64::MAX);
        let durable = self.end(topic, partition, Visibility::Durable)?;
        let start = self.start(topic, partition)?;
        let before = before.min(slowest).min(durable);
        if before > start {
            self.append(Entry::Trim {
                topic: topic.into(),
                partition,
                before,
            });
        }
        Ok(before.max(start))
    }

    pub(in crate::log::simulated) fn end(
        &mut self,
        topic: &str,
        partition: u32,
        visibility: Visibility,
    ) -> Result<i64, LogError> {
        let partition = self.existing(topic, partition)?;
        Ok(match visibility {
            Visibility::Durable => partition.durable,
            Visibility::Process => partition.next,
        })
    }

    pub(in crate::log::simulated) fn start(
        &mut self,
        topic: &str,
        partition: u32,
    ) -> Result<i64, LogError> {
        Ok(self.existing(topic, partition)?.start)
    }

    /// Records of a partition from `from` to before `end`; of a compacted topic each key's newest,
    /// on Kafka perhaps older ones too.
    pub(in crate::log::simulated) fn read(
        &mut self,
        topic: &str,
        partition: u32,
        from: i64,
        end: i64,
    ) -> Result<Vec<Record>, LogError> {
        let newest_only =
            self.flavour == Flavour::Embedded && self.settings(topic)?.cleanup == Cleanup::Compact;
        let records = &self.existing(topic, partition)?.records;
        let wanted = records.iter().filter(|record| record.offset < end);
        if newest_only {
            let newest: BTreeMap<&[u8], &Record> = wanted
                .map(|record| (record.key.as_slice(), record))
                .collect();
            let mut newest: Vec<&Record> = newest.into_values().collect();
            newest.sort_by_key(|record| record.offset);
            let newest = newest.into_iter().filter(|record| record.offset >= from);
            return Ok(newest.cloned().collect());
        }
        Ok(wanted
            .filter(|record| record.offset >= from)
            .cloned()
            .collect())
    }
}
