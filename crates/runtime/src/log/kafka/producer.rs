//! The transactional producer.
//!
//! librdkafka's own flush waits a tenth of a second whenever anything is in flight, and its abort
//! waits for reports that nobody polls: both are preceded by a loop of our own that drains them. It
//! sleeps between its looks: a poll that waits turns idly for the last millisecond.
//!
//! Invariant: after a result that says nothing for sure the producer does nothing more.

use super::offsets::{Memberships, by_group};
use super::told::Deliveries;
use super::{PATIENCE, REQUEST, Shared, failed, headers};
use crate::log::{CommitError, GroupOffset, LogError, PartitionEnd, Producer};
use crate::partitioner;
use crate::record::{Destination, Outgoing};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait before something that was refused is asked for again.
const MOMENT: Duration = Duration::from_millis(1);
/// How long the drain loop sleeps before it looks again: reports come by the batch, each some hundred
/// microseconds after the one before.
const LULL: Duration = Duration::from_micros(250);

/// A transactional producer.
pub struct KafkaProducer {
    shared: Arc<Shared>,
    id: Box<str>,
    producer: BaseProducer<Deliveries>,
    memberships: Box<dyn Memberships>,
    state: State,
    offsets: Vec<GroupOffset>,
    /// The open transaction has not taken every record: it must not be committed.
    refused: bool,
    /// Records of an aborted transaction were thrown away: the sequence numbers that the client goes on
    /// with have a gap, over which the next transactions would fail.
    worn: bool,
    destinations: Destinations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Open,
    /// Of no use any more: a newer one has its id, or nobody knows what became of a commit.
    Lost,
}

/// Numbers (topic, partition) pairs, so that a delivery report need not name them.
#[derive(Default)]
struct Destinations {
    slots: FxHashMap<(Arc<str>, u32), usize>,
    names: Vec<(Arc<str>, u32)>,
}

impl Destinations {
    fn slot(&mut self, topic: &Arc<str>, partition: u32) -> usize {
        let key = (Arc::clone(topic), partition);
        if let Some(slot) = self.slots.get(&key) {
            return *slot;
        }
        let slot = self.names.len();
        self.names.push(key.clone());
        self.slots.insert(key, slot);
        slot
    }
}

/// What goes into one record.
struct Sent<'a> {
    topic: &'a Arc<str>,
    partition: u32,
    key: &'a [u8],
    value: Option<&'a [u8]>,
    headers: Option<OwnedHeaders>,
}

impl KafkaProducer {
    /// Makes one and fences older ones of its id; what they left open is aborted first.
    pub fn new(
        shared: &Arc<Shared>,
        id: &str,
        memberships: Box<dyn Memberships>,
    ) -> Result<Self, LogError> {
        Ok(Self {
            shared: Arc::clone(shared),
            id: id.into(),
            producer: client(shared, id)?,
            memberships,
            state: State::Idle,
            offsets: Vec::new(),
            refused: false,
            worn: false,
            destinations: Destinations::default(),
        })
    }

    /// The client for another transaction.
    fn renew(&mut self) -> Result<(), LogError> {
        if std::mem::take(&mut self.worn) {
            self.producer = client(&self.shared, &self.id).inspect_err(|_| self.worn = true)?;
        }
        Ok(())
    }

    fn check_open(&self) -> Result<(), LogError> {
        match self.state {
            State::Open => Ok(()),
            State::Idle => Err(LogError::Transaction("no transaction is open")),
            State::Lost => Err(self.lost()),
        }
    }

    fn lost(&self) -> LogError {
        match self.fatal() {
            Some(error) => error,
            None => LogError::Transaction("the producer is of no use any more: make a new one"),
        }
    }

    /// What has made the client useless, if something has.
    fn fatal(&self) -> Option<LogError> {
        let (code, text) = self.producer.client().fatal_error()?;
        Some(if fenced(code) {
            LogError::Fenced(self.id.clone())
        } else {
            LogError::Storage(text.into())
        })
    }

    fn produce(&mut self, sent: Sent<'_>) -> Result<(), LogError> {
        self.check_open()?;
        let Sent {
            topic,
            partition,
            key,
            value,
            headers,
        } = sent;
        let slot = self.destinations.slot(topic, partition);
        let mut record = BaseRecord::with_opaque_to(topic, slot)
            .partition(partition as i32)
            .key(key);
        record.payload = value;
        record.headers = headers;
        let began = Instant::now();
        loop {
            let Err((error, back)) = self.producer.send(record) else {
                return Ok(());
            };
            if error.rdkafka_error_code() == Some(RDKafkaErrorCode::State) {
                // The transaction has failed behind our back. Why, says its commit, which undoes it.
                self.refused = true;
                return Ok(());
            }
            let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if !full || began.elapsed() > PATIENCE {
                return Err(self.fatal().unwrap_or_else(|| failed(&error)));
            }
            self.producer.poll(MOMENT);
            record = back;
        }
    }

    /// Waits until every record has its report.
    fn drain(&mut self) -> Result<(), LogError> {
        let began = Instant::now();
        loop {
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() == 0 {
                break;
            }
            std::thread::sleep(LULL);
            if began.elapsed() > PATIENCE {
                return Err(LogError::Storage(
                    "records were not delivered in time".into(),
                ));
            }
        }
        let failed = self.producer.context().look().failed.take();
        self.worn |= failed.is_some();
        match failed {
            None => Ok(()),
            Some(detail) => Err(self
                .fatal()
                .unwrap_or_else(|| LogError::Storage(detail.into()))),
        }
    }

    /// Everything up to the commit itself: a failure here has committed nothing.
    ///
    /// Offsets go last, when every record has been delivered. A group that rebalances refuses them, and
    /// librdkafka throws away what it has not delivered by then.
    fn prepare(&mut self) -> Result<(), LogError> {
        let began = Instant::now();
        self.drain()?;
        let delivered = began.elapsed();
        let groups = self.offsets.len();
        for (group, list) in by_group(&std::mem::take(&mut self.offsets))? {
            let proof = self.memberships.proof(&group)?;
            self.asked(|producer| producer.send_offsets_to_transaction(&list, &proof, REQUEST))
                .map_err(|error| self.fatal().unwrap_or_else(|| failed(&error)))?;
        }
        let (all, offsets) = (began.elapsed(), began.elapsed() - delivered);
        tracing::debug!(producer = %self.id, groups, ?offsets, ?all, "prepared");
        if self.refused {
            return Err(LogError::Storage(
                "the transaction had failed before it was committed".into(),
            ));
        }
        Ok(())
    }

    /// Asks again while librdkafka says that asking again is safe.
    fn asked(
        &self,
        ask: impl Fn(&BaseProducer<Deliveries>) -> Result<(), KafkaError>,
    ) -> Result<(), KafkaError> {
        let began = Instant::now();
        loop {
            match ask(&self.producer) {
                Err(KafkaError::Transaction(error))
                    if error.is_retriable() && began.elapsed() < PATIENCE => {}
                other => return other,
            }
            self.producer.poll(MOMENT);
        }
    }

    /// Gives an open transaction back; whether that is certain.
    fn undone(&mut self) -> Result<(), LogError> {
        // A failed drain leaves records that the abort itself throws away.
        let _ = self.drain();
        let aborted = self.asked(|producer| producer.abort_transaction(REQUEST));
        self.producer.poll(Duration::ZERO);
        self.producer.context().look().failed = None;
        aborted.map_err(|error| {
            self.state = State::Lost;
            self.fatal().unwrap_or_else(|| failed(&error))
        })?;
        self.state = State::Idle;
        Ok(())
    }

    fn ends(&self) -> Vec<PartitionEnd> {
        let mut delivered = self.producer.context().look();
        let ends = std::mem::take(&mut delivered.ends).into_iter();
        ends.zip(&self.destinations.names)
            .filter(|(next, _)| *next > 0)
            .map(|(next, (topic, partition))| PartitionEnd {
                topic: Arc::clone(topic),
                partition: *partition,
                next,
            })
            .collect()
    }
}

/// A client that has fenced older ones of its id.
fn client(shared: &Shared, id: &str) -> Result<BaseProducer<Deliveries>, LogError> {
    let client = shared.settings.producer(id)?;
    super::patient(|| {
        let done = client.init_transactions(REQUEST);
        client.poll(Duration::ZERO);
        done
    })?;
    Ok(client)
}

fn fenced(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::Fenced
            | RDKafkaErrorCode::ProducerFenced
            | RDKafkaErrorCode::InvalidProducerEpoch
    )
}

impl Producer for KafkaProducer {
    fn begin(&mut self) -> Result<(), LogError> {
        match self.state {
            State::Open => return Err(LogError::Transaction("a transaction is open already")),
            State::Lost => return Err(self.lost()),
            State::Idle => {}
        }
        self.renew()?;
        let mut delivered = self.producer.context().look();
        delivered.ends.clear();
        delivered.failed = None;
        drop(delivered);
        self.offsets.clear();
        self.refused = false;
        self.producer.begin_transaction().map_err(|error| {
            self.state = State::Lost;
            self.fatal().unwrap_or_else(|| failed(&error))
        })?;
        self.state = State::Open;
        Ok(())
    }

    fn send(&mut self, record: Outgoing) -> Result<(), LogError> {
        let partitions = self.shared.partitions(&record.topic)?;
        let partition = match record.to {
            Destination::Partition(partition) => partition,
            Destination::Key => partitioner::partition(&record.key, partitions),
        };
        if partition >= partitions {
            return Err(LogError::Transaction("no such partition"));
        }
        self.produce(Sent {
            topic: &record.topic,
            partition,
            key: &record.key,
            value: record.value.as_deref(),
            headers: headers::written(record.link.as_ref(), &record.headers),
        })
    }

    fn change(
        &mut self,
        topic: &Arc<str>,
        partition: u32,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), LogError> {
        self.produce(Sent {
            topic,
            partition,
            key,
            value,
            headers: None,
        })
    }

    fn send_offset(&mut self, offset: GroupOffset) -> Result<(), LogError> {
        self.check_open()?;
        self.offsets.push(offset);
        Ok(())
    }

    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        self.check_open().map_err(CommitError::Aborted)?;
        if let Err(error) = self.prepare() {
            return Err(match (error, self.undone()) {
                (LogError::Fenced(id), _) => {
                    self.state = State::Lost;
                    CommitError::Aborted(LogError::Fenced(id))
                }
                (error, Ok(())) => CommitError::Aborted(error),
                (error, Err(_)) => CommitError::Indefinite(error),
            });
        }
        let began = Instant::now();
        let committed = self.producer.commit_transaction(PATIENCE);
        tracing::debug!(producer = %self.id, took = ?began.elapsed(), "committed");
        let Err(error) = committed else {
            self.state = State::Idle;
            return Ok(self.ends());
        };
        let abort = matches!(&error, KafkaError::Transaction(error) if error.txn_requires_abort());
        if abort && self.undone().is_ok() {
            return Err(CommitError::Aborted(failed(&error)));
        }
        self.state = State::Lost;
        Err(match self.fatal() {
            Some(LogError::Fenced(id)) => CommitError::Aborted(LogError::Fenced(id)),
            other => CommitError::Indefinite(other.unwrap_or_else(|| failed(&error))),
        })
    }

    fn abort(&mut self) {
        if self.state == State::Open
            && let Err(error) = self.undone()
        {
            tracing::warn!(%error, producer = %self.id, "a transaction could not be aborted: it ends by its timeout");
        }
    }
}
