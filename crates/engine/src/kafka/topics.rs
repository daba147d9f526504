//! The topics as Kafka is told to make them, from the one table of [`crate::topics`].

use crate::task::StageName;
use crate::topics::{Topics, settings};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_runtime::Cleanup;
use wattledger_runtime::log::kafka::TopicPlan;

const DAY: i64 = 86_400_000;

/// Every topic for `partitions` of those that scale, kept on `replication` brokers.
#[must_use]
pub fn plans(partitions: u32, replication: u32) -> Vec<TopicPlan> {
    let names = Topics::default();
    settings(partitions)
        .into_iter()
        .map(|(name, topic)| TopicPlan {
            name: name.into(),
            partitions: topic.partitions,
            settings: kafka_settings(topic.cleanup, replication),
            groups: groups(&names, name),
        })
        .collect()
}

fn kafka_settings(cleanup: Cleanup, replication: u32) -> BTreeMap<&'static str, String> {
    let mut settings = BTreeMap::new();
    match cleanup {
        Cleanup::Retain(ms) => {
            settings.insert("cleanup.policy", "delete".to_owned());
            settings.insert("retention.ms", ms.to_string());
        }
        Cleanup::Compact => {
            settings.insert("cleanup.policy", "compact".to_owned());
            settings.insert("delete.retention.ms", DAY.to_string());
        }
    }
    // As the producer has compressed it: compressing again would cost the broker more than it saves.
    settings.insert("compression.type", "producer".to_owned());
    let in_sync = if replication >= 3 { 2 } else { 1 };
    settings.insert("min.insync.replicas", in_sync.to_string());
    settings
}

/// The groups that read a topic.
fn groups(names: &Topics, topic: &str) -> Vec<Arc<str>> {
    let stages = StageName::ALL.into_iter();
    let mut groups: Vec<Arc<str>> = stages
        .filter(|stage| **stage.input(names) == *topic)
        .map(StageName::group)
        .collect();
    if *topic == *names.payment_commands {
        groups.push(super::payments::GROUP.into());
    }
    if *topic == *names.gateway_events {
        groups.push(super::intake::GROUP.into());
    }
    groups
}
