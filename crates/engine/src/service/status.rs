//! How far everything has come: partitions of the stages by the instance that folds them, and workers.
//!
//! Read from the log, so it is told alike of an engine that runs, that restores, and that nobody runs.

use super::Service;
use crate::pipeline::Standing;
use crate::task::StageName;
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_runtime::{LogError, Visibility};

/// Where an engine stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// Those that fold, each with its own partitions.
    pub instances: Vec<Instance>,
    /// Partitions that nobody folds.
    pub unowned: Vec<PartitionStatus>,
    /// Those that act outside or lay out.
    pub workers: Vec<WorkerStatus>,
}

/// One process of an engine.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name among the others.
    pub name: String,
    /// What it folds, in flow order.
    pub partitions: Vec<PartitionStatus>,
}

/// How far a partition of a stage is folded.
#[derive(Clone, Debug)]
pub struct PartitionStatus {
    /// The stage.
    pub stage: &'static str,
    /// Its input topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: u32,
    /// The first offset that is not folded.
    pub position: i64,
    /// The first offset that is not written.
    pub end: i64,
    /// What its task says of itself; absent while its store is restored or nobody folds it.
    pub standing: Option<Standing>,
}

/// How far a worker has come.
#[derive(Clone, Debug)]
pub struct WorkerStatus {
    /// Its name.
    pub worker: &'static str,
    /// Records that it has yet to deal with.
    pub lag: i64,
}

impl PartitionStatus {
    /// Records not folded yet.
    #[must_use]
    pub const fn lag(&self) -> i64 {
        self.end.saturating_sub(self.position)
    }
}

impl Service {
    /// Where the engine stands; `instance` is the name of this process when it folds.
    ///
    /// # Errors
    /// When log or views cannot be read.
    pub fn status(&self, instance: Option<&str>) -> Result<Status, LogError> {
        let mut partitions = Vec::new();
        let standings = self.standings();
        for stage in StageName::ALL {
            let topic = stage.input(&self.topics);
            let behind = self.behind(&stage.group(), topic)?;
            for (partition, (position, lag)) in (0_u32..).zip(behind) {
                let found = standings.iter().find(|one| {
                    *one.task.stage == *stage.word() && one.task.partition == partition
                });
                partitions.push(PartitionStatus {
                    stage: stage.word(),
                    topic: Arc::clone(topic),
                    partition,
                    position,
                    end: position.saturating_add(lag),
                    standing: found.cloned(),
                });
            }
        }
        let (instances, unowned) = match instance {
            Some(name) => {
                let name = name.to_owned();
                (vec![Instance { name, partitions }], Vec::new())
            }
            None => (Vec::new(), partitions),
        };
        Ok(Status {
            instances,
            unowned,
            workers: self.workers()?,
        })
    }

    /// How far the workers are behind.
    ///
    /// # Errors
    /// When log or views cannot be read.
    pub fn workers(&self) -> Result<Vec<WorkerStatus>, LogError> {
        let commands = &self.topics.payment_commands;
        let behind = self.behind(crate::payments::GROUP, commands)?.into_iter();
        let payments = behind.fold(0, |sum: i64, (_, lag)| sum.saturating_add(lag));
        let shown: BTreeMap<(String, i32), i64> = self
            .views
            .offsets()
            .map_err(|error| LogError::Storage(error.to_string().into()))?
            .into_iter()
            .map(|offset| ((offset.topic.into_string(), offset.partition), offset.next))
            .collect();
        let mut views: i64 = 0;
        for topic in self.shown_topics() {
            for (partition, end) in (0_i32..).zip(self.ends(topic)?) {
                let next = shown.get(&(topic.to_string(), partition)).copied();
                views = views.saturating_add(end.saturating_sub(next.unwrap_or(0)));
            }
        }
        Ok(vec![
            WorkerStatus {
                worker: "payments",
                lag: payments,
            },
            WorkerStatus {
                worker: "views",
                lag: views,
            },
        ])
    }

    /// Per partition of a topic the next offset of a group, and how many offsets it is behind;
    /// markers and gaps at the end do not count.
    fn behind(&self, group: &str, topic: &str) -> Result<Vec<(i64, i64)>, LogError> {
        let mut consumer = self.log.consumer(topic, Visibility::Process)?;
        let committed = self.log.committed(group, topic)?;
        let ends = consumer.ends()?;
        let of = |((partition, next), end): ((u32, Option<i64>), i64)| {
            let next = next.unwrap_or(0);
            let is_done = end <= next || consumer.is_empty(partition, next, end)?;
            Ok((next, if is_done { 0 } else { end.saturating_sub(next) }))
        };
        (0_u32..).zip(committed).zip(ends).map(of).collect()
    }
}
