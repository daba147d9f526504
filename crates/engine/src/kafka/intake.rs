//! The intake worker: `gateway.events`, in any form and partition, becomes `charging.events`.
//!
//! Invariant: each record leaves exactly one of two things, an event or a dead letter, in one
//! transaction with the offset after it.

use super::run::Edge;
use crate::directory::Directory;
use crate::intake::{self, Door};
use crate::live::now;
use crate::service::Service;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_domain::charging::{ChargingRecord, FieldBody, FieldEvent, PayerRequest};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::kafka::{Change, GroupInput, KafkaLog, Member};
use wattledger_runtime::log::{FetchLimit, GroupOffset};
use wattledger_runtime::{
    CommitError, Consumer as _, Destination, LogError, Outgoing, Producer, Record, Urgency,
};
use wattledger_wire::card_numbers;
use wattledger_wire::json;
use wattledger_wire::topics::charging;

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
/// The code of what holds a card number.
const CARD: &str = "card_data_refused";
/// A larger record is no event (docs/gateways.md).
const BYTES_MAX: usize = 256 << 10;

/// Takes events of gateways in.
pub struct IntakeWorker {
    member: Member,
    producer: Box<dyn Producer>,
    edge: Edge,
    topics: Topics,
    directory: Directory,
    refreshed: Option<Instant>,
    /// The next offset of each partition of ours.
    positions: BTreeMap<u32, i64>,
}

/// Why a record is set aside.
struct Aside {
    code: &'static str,
    message: String,
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
            let out = match self.read(record, received_at) {
                Ok(event) => intake::record(&self.topics, event),
                Err(aside) => {
                    refused = refused.saturating_add(1);
                    self.dead_letter(record, &aside, received_at)
                }
            };
            self.producer.send(out)?;
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

    /// CloudEvents JSON or Avro, told apart by the first byte.
    fn read(&self, record: &Record, received_at: Timestamp) -> Result<FieldEvent, Aside> {
        let bytes = record.value.as_deref().unwrap_or_default();
        if bytes.len() > BYTES_MAX {
            let message = format!("{} bytes; an event has at most {BYTES_MAX}", bytes.len());
            return Err(Aside {
                code: "oversize",
                message,
            });
        }
        match bytes.first() {
            None => Err(Aside {
                code: "unreadable",
                message: "the record is empty".to_owned(),
            }),
            Some(0xC3 | 0x00) => self.avro(bytes, received_at),
            Some(_) => self.json(bytes, received_at),
        }
    }

    fn json(&self, bytes: &[u8], received_at: Timestamp) -> Result<FieldEvent, Aside> {
        let door = Door {
            directory: &self.directory,
            received_at,
        };
        let read = door.single(bytes).map_err(|fault| Aside {
            code: fault.code,
            message: fault.to_string(),
        })?;
        read.into_iter().next().ok_or_else(|| Aside {
            code: "unreadable",
            message: "no event in it".to_owned(),
        })
    }

    fn avro(&self, bytes: &[u8], received_at: Timestamp) -> Result<FieldEvent, Aside> {
        let aside = |error: wattledger_wire::DecodeError| Aside {
            code: error.code(),
            message: error.to_string(),
        };
        let rendered = json::render(bytes).map_err(aside)?;
        if let Some((path, masked)) = card_numbers::find_in(&rendered, "") {
            return Err(Aside {
                code: CARD,
                message: format!("{path} holds a card number ({masked})"),
            });
        }
        let ChargingRecord::Field(event) = charging::decode(bytes).map_err(aside)? else {
            return Err(Aside {
                code: "unreadable",
                message: "a gateway may only send what chargers tell".to_owned(),
            });
        };
        Ok(self.resolved(FieldEvent {
            received_at,
            ..event
        }))
    }

    /// The same with its token resolved at its time.
    fn resolved(&self, mut event: FieldEvent) -> FieldEvent {
        let at = event.occurred_at;
        let token = match &mut event.body {
            FieldBody::AuthorizationRequested(asked) => match &mut asked.payer {
                PayerRequest::Token(token) => Some(token),
                PayerRequest::Account(_) | PayerRequest::Method(_) => None,
            },
            FieldBody::SessionStarted(started) => started.token.as_mut(),
            FieldBody::SessionEnded(ended) => ended.token.as_mut(),
            FieldBody::SessionUpdated(_)
            | FieldBody::ConnectorStatusChanged(_)
            | FieldBody::StationBooted(_) => None,
        };
        if let Some(token) = token {
            *token = self.directory.resolve_hash(token.hash, at);
        }
        event
    }

    /// Original bytes but for a card number, with where they came from and why.
    fn dead_letter(&self, record: &Record, aside: &Aside, at: Timestamp) -> Outgoing {
        let coordinates = format!("{}/{}/{}", record.topic, record.partition, record.offset);
        let header = |name: &str, value: &[u8]| (Box::from(name), value.to_vec());
        let mut bytes = record.value.clone().unwrap_or_default();
        if aside.code == CARD {
            bytes = card_numbers::masked(&bytes);
        }
        Outgoing {
            topic: Arc::clone(&self.topics.dead_letter),
            to: Destination::Key,
            key: coordinates.into_bytes(),
            value: Some(bytes),
            link: None,
            headers: vec![
                header("topic", record.topic.as_bytes()),
                header("partition", record.partition.to_string().as_bytes()),
                header("offset", record.offset.to_string().as_bytes()),
                header("key", &record.key),
                header("stage", b"intake"),
                header("code", aside.code.as_bytes()),
                header("message", aside.message.as_bytes()),
                header("logical-time", at.0.to_string().as_bytes()),
            ],
            urgency: Urgency::Normal,
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
