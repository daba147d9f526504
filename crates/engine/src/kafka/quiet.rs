//! When a replay's engine is quiet: every group has committed past the last record of its input that
//! a reader sees, in two equal passes.

use super::payments;
use crate::replay::{Ground, ReplayError, ReplayProcessor};
use crate::service::Service;
use crate::task::StageName;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_runtime::log::kafka::{KafkaLog, Range, TopicWatch};
use wattledger_runtime::{Log as _, LogError};

/// How long between two looks.
const NAP: Duration = Duration::from_millis(3);
/// How often it is looked whether the processor still runs.
const LOOK: Duration = Duration::from_millis(200);

/// Judges by its own readers.
pub struct Quiet<'a> {
    log: &'a KafkaLog,
    service: &'a Service,
    inputs: Vec<Watched>,
}

struct Watched {
    group: Arc<str>,
    topic: Arc<str>,
    watch: TopicWatch,
    /// Ranges that have been seen to be empty, by partition.
    empty: BTreeMap<u32, Range>,
}

impl<'a> Quiet<'a> {
    /// Watches the inputs of all stages and of the payments worker.
    ///
    /// # Errors
    /// When the cluster lacks a topic.
    pub fn new(log: &'a KafkaLog, topics: &Topics, service: &'a Service) -> Result<Self, LogError> {
        let stages = StageName::ALL.into_iter();
        let stages = stages.map(|stage| (stage.group(), stage.input(topics)));
        let payments = (payments::GROUP.into(), &topics.payment_commands);
        let inputs = stages.chain([payments]).map(|(group, topic)| {
            Ok(Watched {
                group,
                topic: Arc::clone(topic),
                watch: log.watch(topic)?,
                empty: BTreeMap::new(),
            })
        });
        Ok(Self {
            log,
            service,
            inputs: inputs.collect::<Result<_, LogError>>()?,
        })
    }

    /// One pass: where everything ended, when all is committed. The inputs are looked at side by side.
    fn pass(&mut self) -> Result<Option<Vec<i64>>, LogError> {
        let log = self.log;
        std::thread::scope(|scope| {
            let inputs = self.inputs.iter_mut();
            let looking: Vec<_> = inputs
                .map(|input| scope.spawn(move || input.pass(log)))
                .collect();
            let mut ends = Some(Vec::new());
            for look in looking {
                let panicked = || LogError::Storage("a look at the cluster panicked".into());
                match look.join().map_err(|_| panicked())?? {
                    Some(found) => ends.iter_mut().for_each(|ends| ends.extend(&found)),
                    None => ends = None,
                }
            }
            Ok(ends)
        })
    }
}

impl Watched {
    fn pass(&mut self, log: &KafkaLog) -> Result<Option<Vec<i64>>, LogError> {
        let found = self.watch.ends()?;
        // A transaction that is open is on its way.
        if found.iter().any(|(visible, there)| visible != there) {
            return Ok(None);
        }
        let committed = log.committed(&self.group, &self.topic)?;
        let mut unsure = BTreeMap::new();
        for ((partition, next), (end, _)) in (0_u32..).zip(committed).zip(&found) {
            let range = (next.unwrap_or(0), *end);
            if range.0 < range.1 && self.empty.get(&partition) != Some(&range) {
                unsure.insert(partition, range);
            }
        }
        if !self.watch.are_empty(&unsure)? {
            return Ok(None);
        }
        self.empty.extend(unsure);
        Ok(Some(found.into_iter().map(|(_, end)| end).collect()))
    }
}

impl Ground for Quiet<'_> {
    fn quiet(&mut self, processor: &mut dyn ReplayProcessor) -> Result<(), ReplayError> {
        let mut before: Option<Vec<i64>> = None;
        let mut looked = Instant::now();
        let began = Instant::now();
        let mut passes = 0_u32;
        loop {
            passes = passes.saturating_add(1);
            if looked.elapsed() >= LOOK {
                if let Err(error) = processor.keep() {
                    tracing::warn!(%error, "the processor is away");
                }
                looked = Instant::now();
            }
            if let Some(reason) = self.service.failure() {
                return Err(ReplayError::Failed(reason));
            }
            match self.pass()? {
                Some(ends) if before.as_ref() == Some(&ends) => {
                    let micros = began.elapsed().as_micros();
                    tracing::debug!(passes, micros, "quiet");
                    return Ok(());
                }
                Some(ends) => before = Some(ends),
                None => {
                    before = None;
                    self.service.nap(NAP);
                }
            }
        }
    }

    fn settle(&mut self) -> Result<(), ReplayError> {
        Ok(())
    }
}
