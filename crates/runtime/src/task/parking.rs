//! Parking: a record whose fold panics holds back its unit, not its partition. Dead letters: what
//! cannot be folded at all.

use super::turning::Batch;
use super::{Task, TaskError};
use crate::codec::{Input, put_bytes};
use crate::fold::{Fold, Refusal};
use crate::record::{Destination, Outgoing, Record, Urgency};
use std::sync::Arc;

/// Table of parked units: unit → records held back.
pub const UNIT: u8 = b'P';
/// Table of records held back: unit, offset → key and value.
pub const QUEUE: u8 = b'Q';

fn queue_key(unit: &[u8], offset: i64) -> Vec<u8> {
    let mut key = vec![QUEUE];
    put_bytes(&mut key, unit);
    key.extend_from_slice(&offset.to_be_bytes());
    key
}

impl<F: Fold> Task<F> {
    /// Holds a record back until its unit is released.
    pub(super) fn park(
        &mut self,
        batch: &mut Batch,
        unit: &[u8],
        record: &Record,
    ) -> Result<(), TaskError> {
        let mut body = Vec::new();
        put_bytes(&mut body, &record.key);
        put_bytes(&mut body, record.value.as_deref().unwrap_or_default());
        batch
            .parking
            .insert(queue_key(unit, record.offset), Some(body));
        let count = self.parked.entry(unit.into()).or_insert(0);
        *count += 1;
        let count = *count;
        batch
            .parking
            .insert([&[UNIT], unit].concat(), Some(count.to_be_bytes().to_vec()));
        self.counters.parked += 1;
        let parked: u64 = self.parked.values().sum();
        if parked > self.config.parked_max as u64 {
            let (stage, partition) = (Arc::clone(&self.config.stage), self.config.partition);
            return Err(TaskError::Parked {
                stage,
                partition,
                parked,
            });
        }
        Ok(())
    }

    /// Takes a unit's records out, in order of their offsets.
    pub(super) fn unpark(
        &mut self,
        batch: &mut Batch,
        unit: &[u8],
    ) -> Result<Vec<Record>, TaskError> {
        if self.parked.remove(unit).is_none() {
            return Ok(Vec::new());
        }
        batch.parking.insert([&[UNIT], unit].concat(), None);
        let mut prefix = vec![QUEUE];
        put_bytes(&mut prefix, unit);
        let mut held = std::collections::BTreeMap::new();
        self.store.scan(&prefix, &mut |key, value| {
            held.insert(key.to_vec(), Some(value.to_vec()));
        })?;
        for changes in [&self.parking_unstored, &batch.parking] {
            let changed = changes.range(prefix.clone()..);
            for (key, value) in changed.take_while(|(key, _)| key.starts_with(&prefix)) {
                held.insert(key.clone(), value.clone());
            }
        }
        let mut records = Vec::new();
        for (key, value) in held {
            let offset = key
                .last_chunk::<8>()
                .map_or(0, |bytes| i64::from_be_bytes(*bytes));
            let read = value.as_deref().and_then(|body| {
                let mut input = Input(body);
                Some((input.bytes()?.to_vec(), input.bytes()?.to_vec()))
            });
            if let Some((routing, value)) = read {
                records.push(Record {
                    topic: Arc::clone(&self.config.input),
                    partition: self.config.partition,
                    offset,
                    key: routing,
                    value: Some(value),
                    link: None,
                    headers: Vec::new(),
                });
                batch.parking.insert(key, None);
            }
        }
        Ok(records)
    }

    /// Puts a record aside for good, with where it came from and why.
    pub(super) fn dead_letter(&mut self, record: &Record, refusal: &Refusal, batch: &mut Batch) {
        self.counters.dead_letters += 1;
        let coordinates = format!("{}/{}/{}", record.topic, record.partition, record.offset);
        let header = |name: &str, value: &[u8]| (Box::from(name), value.to_vec());
        batch.outputs.push(Outgoing {
            topic: Arc::clone(&self.config.dead_letter),
            to: Destination::Key,
            key: coordinates.into_bytes(),
            value: Some(F::kept(record.value.as_deref().unwrap_or_default())),
            link: None,
            headers: vec![
                header("topic", record.topic.as_bytes()),
                header("partition", record.partition.to_string().as_bytes()),
                header("offset", record.offset.to_string().as_bytes()),
                header("key", &F::kept(&record.key)),
                header("stage", self.config.stage.as_bytes()),
                header("code", refusal.code.as_bytes()),
                header("message", &F::kept(refusal.message.as_bytes())),
                header(
                    "logical-time",
                    self.meta.logical_time.to_string().as_bytes(),
                ),
            ],
            urgency: Urgency::Normal,
        });
    }
}

/// Why a record is put aside that no fold can take.
pub(super) fn panicked() -> Refusal {
    Refusal {
        code: "panicked",
        message: "the fold panicked on it".into(),
    }
}
