//! Making topics, and comparing them with what they should be.

use super::{PATIENCE, REQUEST, Shared, failed, patient};
use crate::log::LogError;
use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Its name.
    pub name: Box<str>,
    /// Fixed for ever.
    pub partitions: u32,
    /// Kafka's topic settings, such as `retention.ms`.
    pub settings: BTreeMap<&'static str, String>,
    /// Groups that read it: each begins at offset 0.
    pub groups: Vec<Arc<str>>,
}

/// How a topic differs from its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The topic.
    pub topic: Box<str>,
    /// What differs: `partitions`, a setting, `exists`, `offset of <group>`.
    pub what: Box<str>,
    /// As planned.
    pub wanted: Box<str>,
    /// As found.
    pub found: Box<str>,
}

/// Makes and compares topics.
pub struct TopicsAdmin {
    shared: Arc<Shared>,
    client: AdminClient<DefaultClientContext>,
}

impl TopicsAdmin {
    pub(super) fn new(shared: &Arc<Shared>) -> Result<Self, LogError> {
        let client = shared.settings.admin().create();
        Ok(Self {
            shared: Arc::clone(shared),
            client: client.map_err(|error| failed(&error))?,
        })
    }

    /// Makes the topics that are missing, and gives every group of every topic offset 0 where it has
    /// none; the names of those made.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub fn create(&self, plans: &[TopicPlan], replication: i32) -> Result<Vec<Box<str>>, LogError> {
        let existing = self.existing()?;
        let missing = plans
            .iter()
            .filter(|plan| !existing.contains_key(&plan.name));
        let missing: Vec<&TopicPlan> = missing.collect();
        let new: Vec<NewTopic<'_>> = missing
            .iter()
            .map(|plan| {
                let replicas = TopicReplication::Fixed(replication);
                let topic = NewTopic::new(&plan.name, plan.partitions as i32, replicas);
                let settings = plan.settings.iter();
                settings.fold(topic, |topic, (key, value)| topic.set(key, value))
            })
            .collect();
        let options = AdminOptions::new()
            .operation_timeout(Some(PATIENCE))
            .request_timeout(Some(PATIENCE));
        if !new.is_empty() {
            let made = block_on(self.client.create_topics(&new, &options));
            for result in made.map_err(|error| failed(&error))? {
                match result {
                    Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                    Err((topic, code)) => {
                        return Err(LogError::Storage(
                            format!("topic `{topic}` cannot be made: {code}").into(),
                        ));
                    }
                }
            }
        }
        for plan in plans {
            self.begin_groups(plan)?;
        }
        Ok(missing.iter().map(|plan| plan.name.clone()).collect())
    }

    /// How topics differ from their plans; nothing when all is well.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn check(&self, plans: &[TopicPlan]) -> Result<Vec<Difference>, LogError> {
        let existing = self.existing()?;
        let mut differences = Vec::new();
        let mut found = Vec::new();
        for plan in plans {
            let mut differ = |what: &str, wanted: &str, found: &str| {
                differences.push(Difference {
                    topic: plan.name.clone(),
                    what: what.into(),
                    wanted: wanted.into(),
                    found: found.into(),
                });
            };
            match existing.get(&plan.name) {
                None => differ("exists", "yes", "no"),
                Some(count) => {
                    if *count != plan.partitions {
                        differ(
                            "partitions",
                            &plan.partitions.to_string(),
                            &count.to_string(),
                        );
                    }
                    found.push(plan);
                }
            }
        }
        for plan in found {
            self.compare_settings(plan, &mut differences)?;
            for group in &plan.groups {
                let known = existing.get(&plan.name).copied().unwrap_or(0);
                let committed = self.shared.groups.committed(group, &plan.name, known)?;
                if committed.contains(&None) {
                    differences.push(Difference {
                        topic: plan.name.clone(),
                        what: format!("offset of {group}").into(),
                        wanted: "committed".into(),
                        found: "none".into(),
                    });
                }
            }
        }
        Ok(differences)
    }

    fn existing(&self) -> Result<BTreeMap<Box<str>, u32>, LogError> {
        let metadata = self.shared.metadata(None)?;
        let topics = metadata.topics().iter();
        Ok(topics
            .map(|topic| (topic.name().into(), topic.partitions().len() as u32))
            .collect())
    }

    fn compare_settings(
        &self,
        plan: &TopicPlan,
        differences: &mut Vec<Difference>,
    ) -> Result<(), LogError> {
        let options = AdminOptions::new().request_timeout(Some(PATIENCE));
        let resource = ResourceSpecifier::Topic(&plan.name);
        let described = block_on(self.client.describe_configs([&resource], &options));
        for resource in described.map_err(|error| failed(&error))? {
            let resource = resource.map_err(|code| LogError::Storage(code.to_string().into()))?;
            let entries = resource.entry_map();
            for (key, wanted) in &plan.settings {
                let found = entries.get(key).and_then(|entry| entry.value.as_deref());
                if found != Some(wanted) {
                    differences.push(Difference {
                        topic: plan.name.clone(),
                        what: (*key).into(),
                        wanted: wanted.as_str().into(),
                        found: found.unwrap_or("not set").into(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Offset 0 for every partition of which a group has none.
    fn begin_groups(&self, plan: &TopicPlan) -> Result<(), LogError> {
        for group in &plan.groups {
            let known = patient(|| {
                self.shared
                    .partitions(&plan.name)
                    .map_err(|_| rdkafka::error::KafkaError::Canceled)
            })?;
            let committed = self.shared.groups.committed(group, &plan.name, known)?;
            let mut list = TopicPartitionList::new();
            for (partition, offset) in (0..).zip(&committed) {
                if offset.is_none() {
                    list.add_partition_offset(&plan.name, partition, Offset::Offset(0))
                        .map_err(|error| failed(&error))?;
                }
            }
            if list.count() > 0 {
                let client = self.shared.settings.reader(group, REQUEST)?;
                patient(|| client.commit(&list, CommitMode::Sync))?;
            }
        }
        Ok(())
    }
}
