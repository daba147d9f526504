//! The intake worker: `gateway.events`, in any form and partition, becomes `charging.events`.
//!
//! Invariant: each record but a tombstone leaves exactly one of two things, an event or a dead
//! letter, in one transaction with the offset after it.

use super::run::Edge;
use crate::directory::Directory;
use crate::intake::{self, Aside, Door, Share, Shares};
use crate::live::now;
use crate::service::Service;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::kafka::{Change, GroupInput, KafkaLog, Member};
use wattledger_runtime::log::{FetchLimit, GroupOffset};
use wattledger_runtime::{CommitError, Consumer as _, LogError, Outgoing, Producer, Record};

/// The group that its offsets are kept under.
pub const GROUP: &str = "wattledger.intake";
/// Records of one transaction.
const RECORDS_MAX: usize = 10_000;
/// How long records are gathered once the first has come.
const GATHER: Duration = Duration::from_millis(20);
/// How often tokens are looked up anew.
const REFRESH: Duration = Duration::from_millis(500);
/// How long an idle worker waits before it looks whether to stop.
const NAP: Duration = Duration::from_millis(100);
/// The code of what a station sends beyond its share.
const HOT: &str = "hot_station";

/// Takes events of gateways in.
pub struct IntakeWorker {
    member: Member,
    producer: Box<dyn Producer>,
    edge: Edge,
    topics: Topics,
    directory: Directory,
    shares: Shares,
    refreshed: Option<Instant>,
    /// The next offset of each partition of ours.
    positions: BTreeMap<u32, i64>,
}

impl IntakeWorker {
    /// Joins under a static name.
    ///
    /// # Errors
    /// When the cluster cannot be reached.
    pub fn join(
        edge: &Edge,
        name: &str,
        topics: &Topics,
        directory: Directory,
    ) -> Result<Self, LogError> {
        let input = GroupInput {
            group: GROUP.into(),
            topic: Arc::clone(&topics.gateway_events),
        };
        let member = edge.log.join(name, &[input])?;
        let producer = edge.producers(&member)()?;
        Ok(Self {
            member,
            producer,
            edge: edge.clone(),
            topics: topics.clone(),
            directory,
            shares: Shares::new(Share::UNANSWERED),
            refreshed: None,
            positions: BTreeMap::new(),
        })
    }

    /// Works until the service is told to stop.
    ///
    /// # Errors
    /// The worker must join anew; [`LogError::Fenced`] when another process has the name.
    pub fn run(&mut self, service: &Service) -> Result<(), LogError> {
        while !service.is_stopping_workers() {
            self.poll(NAP)?;
            let topic = &self.topics.gateway_events;
            let mut positions = self.positions.iter();
            if !positions.any(|(partition, next)| self.member.has_for(topic, *partition, *next)) {
                continue;
            }
            let began = Instant::now();
            while self.member.waiting_in_all() < RECORDS_MAX {
                let left = GATHER.saturating_sub(began.elapsed());
                if left.is_zero() {
                    break;
                }
                self.poll(left)?;
            }
            self.member.note_memberships();
            self.turn(service)?;
        }
        Ok(())
    }

    fn poll(&mut self, at_most: Duration) -> Result<(), LogError> {
        for change in self.member.poll(at_most, RECORDS_MAX)? {
            match change {
                Change::Assigned { topic, partition } => {
                    let next = committed(&self.edge.log, &topic, partition)?;
                    self.positions.insert(partition, next);
                    self.member.start(&topic, partition, next)?;
                }
                Change::Revoked { partition, .. } => {
                    self.positions.remove(&partition);
                }
            }
        }
        Ok(())
    }

    fn turn(&mut self, service: &Service) -> Result<(), LogError> {
        if self.refreshed.is_none_or(|last| last.elapsed() >= REFRESH) {
            self.directory.refresh()?;
            self.refreshed = Some(Instant::now());
        }
        let limit = FetchLimit {
            records: RECORDS_MAX,
            bytes: usize::MAX,
        };
        let mut records = Vec::new();
        let before = self.positions.clone();
        for (partition, next) in &mut self.positions {
            let taken = records.len();
            let input = self.member.consumer(&self.topics.gateway_events)?;
            let mut some = Vec::new();
            match &self.edge.framed {
                Some(framed) => {
                    framed
                        .reading(input)
                        .fetch(*partition, *next, limit, &mut some)?;
                }
                None => input.fetch(*partition, *next, limit, &mut some)?,
            }
            records.append(&mut some);
            if let Some(last) = records.get(taken..).and_then(<[Record]>::last) {
                *next = last.offset.saturating_add(1);
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        let received_at = now();
        let mut refused: u64 = 0;
        self.producer.begin()?;
        for record in &records {
            let (out, taken) = self.taken_in(record, received_at);
            refused = refused.saturating_add(u64::from(!taken));
            if let Some(out) = out {
                self.producer.send(out)?;
            }
        }
        for (partition, next) in &self.positions {
            if before.get(partition) != Some(next) {
                self.producer.send_offset(GroupOffset {
                    group: GROUP.into(),
                    topic: Arc::clone(&self.topics.gateway_events),
                    partition: *partition,
                    next: *next,
                })?;
            }
        }
        match self.producer.commit() {
            Ok(_) => {
                let taken = u64::try_from(records.len()).unwrap_or(0);
                service.taken(taken.saturating_sub(refused), refused);
                Ok(())
            }
            Err(CommitError::Aborted(error)) if !matches!(error, LogError::Fenced(_)) => {
                tracing::warn!(%error, "intake was not committed; the same records are read again");
                self.positions = before;
                Ok(())
            }
            Err(CommitError::Aborted(error)) | Err(CommitError::Indefinite(error)) => Err(error),
        }
    }

    /// Where a record goes: to its station, to the dead letters, or nowhere (a tombstone).
    fn taken_in(&mut self, record: &Record, received_at: Timestamp) -> (Option<Outgoing>, bool) {
        let door = Door {
            directory: &self.directory,
            received_at,
        };
        let read = door.record(record).and_then(|event| {
            let station = event.iter().map(|event| event.station.as_str());
            let share = self.shares.take(station, received_at);
            share.map_err(|station| Aside {
                code: HOT,
                message: format!("`{station}` sends more than a station may"),
            })?;
            Ok(event)
        });
        match read {
            Ok(event) => {
                let out = event.map(|event| intake::record(&self.topics, event));
                (out, true)
            }
            Err(aside) => {
                let out = intake::dead_letter(&self.topics, record, &aside, received_at);
                (Some(out), false)
            }
        }
    }
}

/// The next offset that a group has to read of a partition.
pub(super) fn committed_of(
    log: &KafkaLog,
    group: &str,
    topic: &str,
    partition: u32,
) -> Result<i64, LogError> {
    use wattledger_runtime::Log as _;
    let all = log.committed(group, topic)?;
    let place = usize::try_from(partition).unwrap_or(usize::MAX);
    Ok(all.get(place).copied().flatten().unwrap_or(0))
}

fn committed(log: &KafkaLog, topic: &str, partition: u32) -> Result<i64, LogError> {
    committed_of(log, GROUP, topic, partition)
}
