//! Parking: a record whose fold panics holds back its unit, not its partition.

use super::turning::Batch;
use super::{Task, TaskError};
use crate::codec::{Input, put_bytes};
use crate::fold::Fold;
use crate::record::Record;
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
}
