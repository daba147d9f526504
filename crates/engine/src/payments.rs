//! The payments worker: one attempt per command, its outcome and its offset in one transaction.
//!
//! Invariant: a command is durable before the processor is called, and its outcome is committed with
//! its offset. Killed in between, the same attempt is made again under the same key.

use crate::topics::{self, Topics};
use std::sync::Arc;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::payment::{PaymentCommand, PaymentOutcome};
use wattledger_runtime::log::{FetchLimit, GroupOffset};
use wattledger_runtime::{
    CommitError, Consumer, Log, LogError, Outgoing, Producer, Record, Visibility,
};
use wattledger_wire::topics as wire;

/// The group by which the worker commits.
pub const GROUP: &str = "wattledger.payments";

/// Whoever carries a command out.
pub trait Processor {
    /// One attempt; always an outcome.
    ///
    /// # Errors
    /// Only when the processor itself has to be brought back first; the attempt is made again.
    fn execute(&mut self, command: &PaymentCommand) -> Result<PaymentOutcome, ProcessorDown>;
}

/// The processor cannot be reached at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("processor cannot be reached: {0}")]
pub struct ProcessorDown(pub String);

/// Carries out `payment.commands`.
pub struct PaymentsWorker {
    log: Arc<dyn Log>,
    topics: Topics,
    consumer: Box<dyn Consumer>,
    producer: Box<dyn Producer>,
    positions: Vec<i64>,
}

/// Why the worker must stop.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The processor.
    #[error(transparent)]
    Processor(#[from] ProcessorDown),
}

impl PaymentsWorker {
    /// Opens it where it left off.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn open(log: &Arc<dyn Log>, topics: &Topics) -> Result<Self, LogError> {
        let topic = &topics.payment_commands;
        let committed = log.committed(GROUP, topic)?.into_iter();
        let positions = committed.map(Option::unwrap_or_default).collect();
        Ok(Self {
            log: Arc::clone(log),
            consumer: log.consumer(topic, Visibility::Process)?,
            producer: log.producer("payments/0")?,
            positions,
            topics: topics.clone(),
        })
    }

    /// Commands not carried out yet.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lag(&mut self) -> Result<i64, LogError> {
        let mut lag: i64 = 0;
        for (partition, next) in (0_u32..).zip(&self.positions) {
            lag = lag.saturating_add(self.consumer.end(partition)?.saturating_sub(*next));
        }
        Ok(lag)
    }

    /// Carries out the first command there is; `false` when there is none.
    ///
    /// # Errors
    /// [`WorkerError`]; the command is carried out again.
    pub fn step(&mut self, processor: &mut dyn Processor) -> Result<bool, WorkerError> {
        for (partition, place) in (0_u32..).zip(0..self.positions.len()) {
            let from = self.positions.get(place).copied().unwrap_or(0);
            let mut records = Vec::new();
            let limit = FetchLimit {
                records: 1,
                bytes: usize::MAX,
            };
            self.consumer.fetch(partition, from, limit, &mut records)?;
            if let Some(record) = records.first() {
                self.carry_out(record, processor)?;
                if let Some(position) = self.positions.get_mut(place) {
                    *position = record.offset.saturating_add(1);
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn carry_out(
        &mut self,
        record: &Record,
        processor: &mut dyn Processor,
    ) -> Result<(), WorkerError> {
        self.log.sync()?;
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
        self.producer.commit()?;
        Ok(())
    }
}

/// One attempt of a command that is durable; `None` for a record that is no command.
///
/// # Errors
/// When the processor cannot be reached at all.
pub fn attempt(
    record: &Record,
    processor: &mut dyn Processor,
) -> Result<Option<PaymentOutcome>, ProcessorDown> {
    match record.value.as_deref().map(wire::payment_command::decode) {
        Some(Ok(command)) => processor.execute(&command).map(Some),
        Some(Err(error)) => {
            tracing::error!(%error, offset = record.offset, "unreadable payment command");
            Ok(None)
        }
        None => Ok(None),
    }
}

/// An outcome as a record of its account.
#[must_use]
pub fn outcome_record(topics: &Topics, outcome: PaymentOutcome) -> Outgoing {
    let key = topics::key(outcome.account.as_str());
    let value = wire::account::encode(&AccountRecord::PaymentOutcome(Box::new(outcome)));
    Outgoing::keyed(&topics.account_events, key, value)
}
