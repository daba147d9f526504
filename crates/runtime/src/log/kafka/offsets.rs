//! Groups' committed offsets, and what proves a membership to a commit.

use super::settings::KafkaSettings;
use super::told::Told;
use super::{REQUEST, failed, patient};
use crate::log::{GroupOffset, LogError};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Clients that ask for groups' offsets; members of none.
pub struct Groups {
    settings: KafkaSettings,
    clients: Arc<Mutex<Clients>>,
}

/// By group.
type Clients = BTreeMap<Box<str>, Arc<BaseConsumer<Told>>>;

/// What proves the memberships of a producer's groups.
pub trait Memberships: Send {
    /// The proof for a group, as of the last poll.
    ///
    /// # Errors
    /// When there is none: nothing may be committed then.
    fn proof(&self, group: &str) -> Result<Arc<ConsumerGroupMetadata>, LogError>;
}

impl Groups {
    pub fn new(settings: KafkaSettings) -> Self {
        Self {
            settings,
            clients: Arc::default(),
        }
    }

    fn client(&self, group: &str) -> Result<Arc<BaseConsumer<Told>>, LogError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(group) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(self.settings.reader(group, REQUEST)?);
        clients.insert(group.into(), Arc::clone(&client));
        Ok(client)
    }

    /// The committed offset of every partition. The broker is asked for stable ones: it waits for
    /// transactions that are being decided.
    pub fn committed(
        &self,
        group: &str,
        topic: &str,
        partitions: u32,
    ) -> Result<Vec<Option<i64>>, LogError> {
        let client = self.client(group)?;
        let found = patient(|| {
            let mut asked = TopicPartitionList::new();
            asked.add_partition_range(topic, 0, partitions as i32 - 1);
            let found = client.committed_offsets(asked, REQUEST)?;
            for element in found.elements() {
                element.error()?;
            }
            Ok(found)
        })?;
        let of = |partition: u32| {
            let element = found.find_partition(topic, partition as i32)?;
            match element.offset() {
                Offset::Offset(next) => Some(next),
                Offset::Beginning
                | Offset::End
                | Offset::Stored
                | Offset::Invalid
                | Offset::OffsetTail(_) => None,
            }
        };
        Ok((0..partitions).map(of).collect())
    }

    /// For producers outside all groups, fenced by their transactional id alone.
    pub fn anonymous(&self) -> Box<dyn Memberships> {
        Box::new(Anonymous(Self {
            settings: self.settings.clone(),
            clients: Arc::clone(&self.clients),
        }))
    }
}

struct Anonymous(Groups);

impl Memberships for Anonymous {
    fn proof(&self, group: &str) -> Result<Arc<ConsumerGroupMetadata>, LogError> {
        let client = self.0.client(group)?;
        client
            .group_metadata()
            .map(Arc::new)
            .ok_or_else(|| LogError::Storage(format!("no metadata of group {group}").into()))
    }
}

/// Offsets as a list, by group.
pub fn by_group(offsets: &[GroupOffset]) -> Result<Vec<(Arc<str>, TopicPartitionList)>, LogError> {
    let mut lists: BTreeMap<Arc<str>, TopicPartitionList> = BTreeMap::new();
    for offset in offsets {
        lists
            .entry(Arc::clone(&offset.group))
            .or_default()
            .add_partition_offset(
                &offset.topic,
                offset.partition as i32,
                Offset::Offset(offset.next),
            )
            .map_err(|error| failed(&error))?;
    }
    Ok(lists.into_iter().collect())
}
