//! When a replay's engine is quiet: every group has committed past the last record of its input that
//! a reader sees, in two equal passes.

use super::payments;
use crate::replay::{Ground, ReplayError, ReplayProcessor};
use crate::service::Service;
use crate::task::StageName;
use crate::topics::Topics;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_runtime::log::read;
use wattledger_runtime::{Consumer, Log, LogError, Record, Visibility};

/// How long between two looks.
const NAP: Duration = Duration::from_millis(3);
/// How often it is looked whether the processor still runs.
const LOOK: Duration = Duration::from_millis(200);

/// Judges by its own readers.
pub struct Quiet<'a> {
    log: &'a Arc<dyn Log>,
    service: &'a Service,
    inputs: Vec<Watched>,
}

struct Watched {
    group: Arc<str>,
    topic: Arc<str>,
    consumer: Box<dyn Consumer>,
    partitions: Vec<Seen>,
}

/// How far a partition has been read, and where its last record ends.
#[derive(Clone, Copy, Default)]
struct Seen {
    end: i64,
    past_last: i64,
}

impl<'a> Quiet<'a> {
    /// Watches the inputs of all stages and of the payments worker.
    ///
    /// # Errors
    /// When the log lacks a topic.
    pub fn new(
        log: &'a Arc<dyn Log>,
        topics: &Topics,
        service: &'a Service,
    ) -> Result<Self, LogError> {
        let stages = StageName::ALL.into_iter();
        let mut watched: Vec<(Arc<str>, &Arc<str>)> = stages
            .map(|stage| (stage.group(), stage.input(topics)))
            .collect();
        watched.push((payments::GROUP.into(), &topics.payment_commands));
        let inputs = watched.into_iter().map(|(group, topic)| {
            let committed = log.committed(&group, topic)?;
            let mut consumer = log.consumer(topic, Visibility::Process)?;
            // What has been committed was a record or lies before one; only later ones are looked for.
            let partitions = (0_u32..).zip(committed).map(|(partition, next)| {
                let next = next.unwrap_or(0).max(consumer.start(partition)?);
                Ok(Seen {
                    end: next,
                    past_last: next,
                })
            });
            Ok(Watched {
                partitions: partitions.collect::<Result<_, LogError>>()?,
                group,
                topic: Arc::clone(topic),
                consumer,
            })
        });
        Ok(Self {
            log,
            service,
            inputs: inputs.collect::<Result<_, LogError>>()?,
        })
    }

    /// One pass: whether all is committed, and where everything ended.
    fn pass(&mut self) -> Result<(bool, Vec<i64>), LogError> {
        let mut ends = Vec::new();
        let mut quiet = true;
        for input in &mut self.inputs {
            for (partition, seen) in (0_u32..).zip(&mut input.partitions) {
                // Records of a transaction that is still open are on their way.
                let end = input.consumer.undecided_end(partition)?;
                let visible = input.consumer.end(partition)?;
                quiet &= visible >= end;
                if visible > seen.end {
                    let consumer = input.consumer.as_mut();
                    let span = (seen.end, visible);
                    let mut last = seen.past_last;
                    read(consumer, partition, span, &mut |record: Record| {
                        last = record.offset.saturating_add(1);
                    })?;
                    *seen = Seen {
                        end: visible,
                        past_last: last,
                    };
                }
                ends.push(end);
            }
            if quiet {
                let committed = self.log.committed(&input.group, &input.topic)?;
                let mut each = committed.iter().zip(&input.partitions);
                quiet &= each.all(|(next, seen)| next.unwrap_or(0) >= seen.past_last);
            }
        }
        Ok((quiet, ends))
    }
}

impl Ground for Quiet<'_> {
    fn quiet(&mut self, processor: &mut dyn ReplayProcessor) -> Result<(), ReplayError> {
        let mut before: Option<Vec<i64>> = None;
        let mut looked = Instant::now();
        loop {
            if looked.elapsed() >= LOOK {
                if let Err(error) = processor.keep() {
                    tracing::warn!(%error, "the processor is away");
                }
                looked = Instant::now();
            }
            if let Some(reason) = self.service.failure() {
                return Err(ReplayError::Failed(reason));
            }
            let (quiet, ends) = self.pass()?;
            if quiet && before.as_ref() == Some(&ends) {
                return Ok(());
            }
            before = quiet.then_some(ends);
            if !quiet {
                self.service.nap(NAP);
            }
        }
    }

    fn settle(&mut self) -> Result<(), ReplayError> {
        Ok(())
    }
}
