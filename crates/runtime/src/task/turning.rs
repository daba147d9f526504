//! A task's part of a turn: fetch, check, fire, fold; then outputs, changelog and offset into the
//! transaction.

use super::parking::panicked;
use super::{Task, TaskError, TurnReport};
use crate::fold::{Class, Fold, Refusal, Turn};
use crate::link::Arrival;
use crate::log::{Consumer, FetchLimit, GroupOffset, PartitionEnd, Producer};
use crate::meta;
use crate::partitioner;
use crate::record::{Destination, Link, Outgoing, Record, Urgency};
use crate::timers::Timer;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something urgent ends a turn once this many records are folded, and after every so many the clock is
/// looked at: that takes about a millisecond, and a backlog in which much is urgent is not cut into turns
/// of one.
const URGENT_AFTER: usize = 256;

/// At most this many bytes of input in a turn.
const TURN_BYTES: usize = 8 << 20;

/// What made the fold panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poison {
    /// A record, by its offset, before its class was known.
    Unclassified(i64),
    /// A record, by its offset.
    Record(i64),
    /// A timer.
    Timer(Timer),
}

/// What a turn has to commit besides the overlay.
#[derive(Default)]
pub struct Batch {
    pub(super) outputs: Vec<Outgoing>,
    timers: BTreeMap<Vec<u8>, bool>,
    pub(super) parking: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    announced: Vec<(Box<str>, u32)>,
    fault: Option<Box<str>>,
    /// What is being folded, in case it panics.
    current: Option<Poison>,
    /// Outputs before the current record, for numbering within it.
    numbered: usize,
}

impl<F: Fold> Task<F> {
    /// Folds up to `records_max` records of its input, and stops sooner once `at_most` has gone by: a
    /// state that is not in memory yet makes a record cost ten times as much. What comes of them waits
    /// for its commit.
    ///
    /// # Errors
    /// The task must be opened again, or its cause mended first; see [`TaskError`].
    pub fn fold(
        &mut self,
        input: &mut dyn Consumer,
        records_max: usize,
        at_most: Duration,
    ) -> Result<TurnReport, TaskError> {
        self.check_failed()?;
        if self.pending.is_some() {
            return Err(self.failure());
        }
        let limit = FetchLimit {
            records: records_max,
            bytes: TURN_BYTES,
        };
        let mut fetched = std::mem::take(&mut self.fetched);
        if !self.goes_on(&fetched) {
            fetched.clear();
            self.folded = 0;
            self.fetch(input, limit, &mut fetched)?;
        }
        self.failed = true;
        let rest = fetched.get(self.folded..).unwrap_or_default();
        let report = self.turn_over(rest.get(..records_max).unwrap_or(rest), at_most);
        self.failed = report.is_err();
        self.folded += report.as_ref().map_or(0, |report| report.records);
        self.fetched = fetched;
        report
    }

    /// Whether what an urgent turn left of the fetched records begins at the position.
    pub(super) fn goes_on(&self, fetched: &[Record]) -> bool {
        let last = self
            .folded
            .checked_sub(1)
            .and_then(|place| fetched.get(place));
        self.folded < fetched.len() && last.is_some_and(|last| last.offset + 1 == self.meta.input)
    }

    /// Fetches from the position on.
    fn fetch(
        &mut self,
        input: &mut dyn Consumer,
        limit: FetchLimit,
        fetched: &mut Vec<Record>,
    ) -> Result<(), TaskError> {
        let (partition, position) = (self.config.partition, self.meta.input);
        Ok(input.fetch(partition, position, limit, fetched)?)
    }

    fn turn_over(
        &mut self,
        fetched: &[Record],
        at_most: Duration,
    ) -> Result<TurnReport, TaskError> {
        if fetched.is_empty() {
            return Ok(TurnReport::default());
        }
        let began = Instant::now();
        let mut batch = Batch::default();
        let mut report = TurnReport::default();
        for record in fetched {
            let folded = catch_unwind(AssertUnwindSafe(|| self.one(record, &mut batch)));
            let Ok(folded) = folded else {
                let poison = batch
                    .current
                    .take()
                    .unwrap_or(Poison::Record(record.offset));
                tracing::error!(?poison, stage = %self.config.stage, "the fold panicked");
                self.poisons.push(poison);
                self.reopen()?;
                return Ok(TurnReport::default());
            };
            folded?;
            if let Some(detail) = batch.fault.take() {
                let (stage, partition) = (Arc::clone(&self.config.stage), self.config.partition);
                return Err(TaskError::Turn {
                    stage,
                    partition,
                    detail,
                });
            }
            for (source, epoch) in batch.announced.drain(..) {
                self.meta.seen.announce(&source, epoch);
            }
            let before = batch.numbered;
            self.number(record.offset, &mut batch)?;
            self.meta.input = record.offset + 1;
            report.records += 1;
            let mut new = batch.outputs.iter().skip(before);
            report.urgent |= new.any(|output| output.urgency == Urgency::Urgent);
            if report.urgent && report.records >= URGENT_AFTER {
                break;
            }
            if report.records.is_multiple_of(URGENT_AFTER) && began.elapsed() >= at_most {
                break;
            }
        }
        self.counters.fold_micros += began.elapsed().as_micros() as u64;
        self.counters.records += report.records as u64;
        self.pending = Some(batch);
        Ok(report)
    }

    /// Checks a record's link, if it has one.
    fn arrives(&mut self, record: &Record) -> Result<Arrival, TaskError> {
        let Some(link) = &record.link else {
            return Ok(Arrival::Next);
        };
        self.meta
            .seen
            .arrive(link)
            .map_err(|fault| TaskError::Link {
                stage: Arc::clone(&self.config.stage),
                partition: self.config.partition,
                offset: record.offset,
                fault,
            })
    }

    fn one(&mut self, record: &Record, batch: &mut Batch) -> Result<(), TaskError> {
        if self.arrives(record)? == Arrival::Again {
            self.counters.duplicates += 1;
            return Ok(());
        }
        batch.current = Some(Poison::Unclassified(record.offset));
        let class = if self.panicked_on(&Poison::Unclassified(record.offset)) {
            Class::Unreadable(panicked())
        } else {
            self.fold.classify(record)
        };
        batch.current = Some(Poison::Record(record.offset));
        match class {
            Class::Nothing => {}
            Class::Unreadable(refusal) => self.dead_letter(record, &refusal, batch),
            Class::Tick(at) => {
                self.meta.logical_time = self.meta.logical_time.max(at);
                self.fire_due(batch);
                if self.panicked_on(&Poison::Record(record.offset)) {
                    self.dead_letter(record, &panicked(), batch);
                } else {
                    self.fold_one(record, batch);
                }
            }
            Class::Data { routing, unit } => {
                self.fire_of(&routing, batch);
                let poisoned = self.panicked_on(&Poison::Record(record.offset));
                if poisoned || self.parked.contains_key(&unit) {
                    self.park(batch, &unit, record)?;
                } else {
                    self.fold_one(record, batch);
                }
                if self.config.timers_per_record > 0 {
                    self.fire_due(batch);
                }
            }
            Class::Release(unit) if self.panicked_on(&Poison::Record(record.offset)) => {
                tracing::error!(?unit, "a released unit panics again and stays parked");
            }
            Class::Release(unit) => {
                for held in self.unpark(batch, &unit)? {
                    self.fold.classify(&held);
                    self.fold_one(&held, batch);
                }
            }
            Class::Skip(unit) => {
                let skipped = Refusal {
                    code: "skipped",
                    message: "skipped by an operator".into(),
                };
                for held in self.unpark(batch, &unit)? {
                    self.dead_letter(&held, &skipped, batch);
                }
            }
        }
        batch.current = None;
        Ok(())
    }

    /// Whether this has made the fold panic since the last commit.
    fn panicked_on(&self, poison: &Poison) -> bool {
        self.poisons.contains(poison)
    }

    fn fold_one(&mut self, record: &Record, batch: &mut Batch) {
        let (fold, mut turn) = self.split(batch);
        if let Err(refusal) = fold.fold(record, &mut turn) {
            self.dead_letter(record, &refusal, batch);
        }
    }

    /// Fires what is due, in order, at most as many as the configuration says.
    fn fire_due(&mut self, batch: &mut Batch) {
        let mut fired = 0;
        while self.config.timers_per_record == 0 || fired < self.config.timers_per_record {
            let Some(timer) = self.timers.first_due(self.meta.logical_time) else {
                return;
            };
            self.fire(&timer, batch);
            fired += 1;
        }
    }

    /// Fires everything due of a routing key: before its next record.
    fn fire_of(&mut self, routing: &[u8], batch: &mut Batch) {
        while let Some(timer) = self.timers.first_due_of(routing, self.meta.logical_time) {
            self.fire(&timer, batch);
        }
    }

    fn fire(&mut self, timer: &Timer, batch: &mut Batch) {
        self.timers.remove(timer);
        batch.timers.insert(timer.key(), false);
        self.counters.timers += 1;
        if self.panicked_on(&Poison::Timer(timer.clone())) {
            tracing::error!(?timer, "a timer that panicked is dropped");
            return;
        }
        let before = batch.current.replace(Poison::Timer(timer.clone()));
        let (fold, mut turn) = self.split(batch);
        fold.fire(timer, &mut turn);
        batch.current = before;
    }

    fn split<'a>(&'a mut self, batch: &'a mut Batch) -> (&'a mut F, Turn<'a, F>) {
        let turn = Turn {
            overlay: &mut self.overlay,
            store: self.store.as_ref(),
            timers: &mut self.timers,
            timer_changes: &mut batch.timers,
            outputs: &mut batch.outputs,
            announced: &mut batch.announced,
            logical_time: self.meta.logical_time,
            fault: &mut batch.fault,
        };
        (&mut self.fold, turn)
    }

    /// Gives the current record's outputs their partition and link.
    fn number(&mut self, offset: i64, batch: &mut Batch) -> Result<(), TaskError> {
        for (index, output) in batch.outputs.iter_mut().skip(batch.numbered).enumerate() {
            let partition = match output.to {
                Destination::Partition(partition) => partition,
                Destination::Key => {
                    let known = self.destinations.get(&output.topic).copied();
                    let partitions = match known {
                        Some(partitions) => partitions,
                        None => {
                            let partitions = self.log.partitions(&output.topic)?;
                            self.destinations
                                .insert(Arc::clone(&output.topic), partitions);
                            partitions
                        }
                    };
                    partitioner::partition(&output.key, partitions)
                }
            };
            output.to = Destination::Partition(partition);
            let sent = self
                .meta
                .sent
                .entry((Arc::clone(&output.topic), partition))
                .or_insert(0);
            *sent += 1;
            output.link = Some(Link {
                source: format!("{}/{}", self.config.stage, self.config.partition).into(),
                epoch: self.meta.epoch,
                sequence: *sent,
                event: (offset, index as u32),
            });
        }
        batch.numbered = batch.outputs.len();
        Ok(())
    }

    /// Adds what has been folded to an open transaction: outputs, changelog, input offset. It is kept,
    /// for another transaction, until one has [committed](Task::committed).
    ///
    /// # Errors
    /// When the log refuses; the task must be opened again.
    pub fn send(&mut self, producer: &mut dyn Producer) -> Result<(), TaskError> {
        let Some(batch) = self.pending.take() else {
            return Ok(());
        };
        let sent = self.send_batch(producer, &batch);
        self.pending = Some(batch);
        sent
    }

    fn send_batch(&mut self, producer: &mut dyn Producer, batch: &Batch) -> Result<(), TaskError> {
        for output in &batch.outputs {
            producer.send(output.clone())?;
        }
        let partition = self.config.partition;
        let changelog = self.config.changelog.as_ref();
        let mut change = |key: &[u8], value: Option<&[u8]>| match changelog {
            Some(topic) => producer.change(topic, partition, key, value),
            None => Ok(()),
        };
        self.overlay
            .encode_turn(F::encode, F::memory, &mut change)?;
        for (key, set) in &batch.timers {
            change(key, set.then_some(&[]))?;
        }
        for (key, value) in &batch.parking {
            change(key, value.as_deref())?;
        }
        change(meta::KEY, Some(&self.meta.encode()))?;
        producer.send_offset(GroupOffset {
            group: Arc::clone(&self.config.group),
            topic: Arc::clone(&self.config.input),
            partition,
            next: self.meta.input,
        })?;
        Ok(())
    }

    /// What has been folded is committed: the store may take it once that is durable.
    pub fn committed(&mut self, ends: &[PartitionEnd], took: Duration) {
        let Some(batch) = self.pending.take() else {
            return;
        };
        let (changelog, partition) = (self.config.changelog.as_deref(), self.config.partition);
        let ours =
            |end: &&PartitionEnd| Some(&*end.topic) == changelog && end.partition == partition;
        if let Some(end) = ends.iter().find(ours) {
            self.meta.changelog = end.next;
        }
        self.poisons.clear();
        self.overlay.turn_done();
        self.timers_unstored.extend(batch.timers);
        self.parking_unstored.extend(batch.parking);
        self.stored = false;
        self.counters.turns += 1;
        self.counters.outputs += batch.outputs.len() as u64;
        self.counters.commit_micros += took.as_micros() as u64;
    }
}
