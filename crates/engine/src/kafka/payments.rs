//! The payments worker as a member of its group: the partitions' commands, one attempt each.
//!
//! Invariant: as of [`crate::payments`]: an outcome and its command's offset commit together. Two
//! workers that hold a partition for a moment make the same attempt under the same key.

use super::intake::committed_of;
use super::run::Edge;
pub(super) use crate::payments::GROUP;
use crate::payments::{Processor, ProcessorDown, WorkerError, attempt, outcome_record};
use crate::service::Service;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_runtime::log::kafka::{Change, GroupInput, Member};
use wattledger_runtime::log::{FetchLimit, GroupOffset};
use wattledger_runtime::{CommitError, Consumer as _, LogError, Producer, Record};

/// How long an idle worker waits before it looks whether to stop.
const NAP: Duration = Duration::from_millis(100);
/// How long commands are carried out before the groups are asked again.
const STINT: Duration = Duration::from_secs(5);
/// How long a processor that is away is left alone.
const AWAY: Duration = Duration::from_secs(1);

/// Carries out `payment.commands`.
pub struct PaymentsMember {
    member: Member,
    producer: Box<dyn Producer>,
    edge: Edge,
    topics: Topics,
    positions: BTreeMap<u32, i64>,
}

impl PaymentsMember {
    /// Joins under a static name.
    ///
    /// # Errors
    /// When the cluster cannot be reached.
    pub fn join(edge: &Edge, name: &str, topics: &Topics) -> Result<Self, LogError> {
        let input = GroupInput {
            group: GROUP.into(),
            topic: Arc::clone(&topics.payment_commands),
        };
        let member = edge.log.join(name, &[input])?;
        let producer = edge.producers(&member)()?;
        Ok(Self {
            member,
            producer,
            edge: edge.clone(),
            topics: topics.clone(),
            positions: BTreeMap::new(),
        })
    }

    /// Works until the service is told to stop.
    ///
    /// # Errors
    /// The worker must join anew.
    pub fn run(
        &mut self,
        service: &Service,
        processor: &mut dyn Processor,
    ) -> Result<(), WorkerError> {
        while !service.is_stopping_workers() {
            for change in self.member.poll(NAP, 1_000)? {
                self.change(change)?;
            }
            self.member.note_memberships();
            match self.step(processor) {
                Ok(()) => {}
                Err(WorkerError::Processor(ProcessorDown(reason))) => {
                    tracing::warn!(reason, "the processor is down; trying again");
                    service.nap(AWAY);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), LogError> {
        match change {
            Change::Assigned { topic, partition } => {
                let next = committed_of(&self.edge.log, GROUP, &topic, partition)?;
                self.positions.insert(partition, next);
                self.member.start(&topic, partition, next)
            }
            Change::Revoked { partition, .. } => {
                self.positions.remove(&partition);
                Ok(())
            }
        }
    }

    /// Carries out what has come; a slow processor does not keep us from our groups for long.
    fn step(&mut self, processor: &mut dyn Processor) -> Result<(), WorkerError> {
        let began = Instant::now();
        for partition in self.positions.keys().copied().collect::<Vec<_>>() {
            let commands = Arc::clone(&self.topics.payment_commands);
            while began.elapsed() < STINT {
                let next = self.positions.get(&partition).copied().unwrap_or(0);
                if !self.member.has_for(&commands, partition, next) {
                    break;
                }
                let limit = FetchLimit {
                    records: 1,
                    bytes: usize::MAX,
                };
                let mut records = Vec::new();
                let input = self.member.consumer(&self.topics.payment_commands)?;
                match &self.edge.framed {
                    Some(framed) => {
                        framed
                            .reading(input)
                            .fetch(partition, next, limit, &mut records)?;
                    }
                    None => input.fetch(partition, next, limit, &mut records)?,
                }
                let Some(record) = records.first() else { break };
                if !self.carry_out(record, processor)? {
                    break;
                }
                self.positions
                    .insert(partition, record.offset.saturating_add(1));
            }
        }
        Ok(())
    }

    /// Whether its outcome is committed.
    fn carry_out(
        &mut self,
        record: &Record,
        processor: &mut dyn Processor,
    ) -> Result<bool, WorkerError> {
        let outcome = attempt(record, processor)?;
        self.producer.begin()?;
        if let Some(outcome) = outcome {
            self.producer.send(outcome_record(&self.topics, outcome))?;
        }
        self.producer.send_offset(GroupOffset {
            group: GROUP.into(),
            topic: Arc::clone(&self.topics.payment_commands),
            partition: record.partition,
            next: record.offset.saturating_add(1),
        })?;
        match self.producer.commit() {
            Ok(_) => Ok(true),
            Err(CommitError::Aborted(error)) if !matches!(error, LogError::Fenced(_)) => {
                tracing::warn!(%error, "an outcome was not committed; the attempt is made again under its key");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
