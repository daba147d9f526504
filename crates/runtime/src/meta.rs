//! What a store stands for: written with every batch, so that data and offsets cannot part.

use crate::codec::{Input, put_bytes, put_varint};
use crate::link::{Position, Positions};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The key of the meta record in store and changelog.
pub const KEY: &[u8] = b"M";
const FORMAT: u64 = 1;

/// What a store stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The next input offset.
    pub input: i64,
    /// The next changelog offset; in the changelog itself it is not known yet and 0.
    pub changelog: i64,
    /// The last tick, milliseconds.
    pub logical_time: i64,
    /// The fold that wrote it.
    pub fold_version: u32,
    /// How many partitions the input has: keys must not move.
    pub partitions: u32,
    /// The epoch of our own links.
    pub epoch: u32,
    /// The number of the last link sent, per destination.
    pub sent: BTreeMap<(Arc<str>, u32), u64>,
    /// The last link seen, per source.
    pub seen: Positions,
}

impl Meta {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        put_varint(&mut out, FORMAT);
        put_varint(&mut out, self.input as u64);
        put_varint(&mut out, self.changelog as u64);
        put_varint(&mut out, self.logical_time as u64);
        put_varint(&mut out, u64::from(self.fold_version));
        put_varint(&mut out, u64::from(self.partitions));
        put_varint(&mut out, u64::from(self.epoch));
        put_varint(&mut out, self.sent.len() as u64);
        for ((topic, partition), sequence) in &self.sent {
            put_bytes(&mut out, topic.as_bytes());
            put_varint(&mut out, u64::from(*partition));
            put_varint(&mut out, *sequence);
        }
        put_varint(&mut out, self.seen.0.len() as u64);
        for (source, position) in &self.seen.0 {
            put_bytes(&mut out, source.as_bytes());
            put_varint(&mut out, u64::from(position.epoch));
            put_varint(&mut out, position.sequence);
            put_varint(&mut out, position.event.0 as u64);
            put_varint(&mut out, u64::from(position.event.1));
        }
        out
    }

    /// Reads its bytes back; `None` when they are not of this format.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes);
        if input.varint()? != FORMAT {
            return None;
        }
        let small = |value: u64| u32::try_from(value).ok();
        let mut meta = Self {
            input: input.signed()?,
            changelog: input.signed()?,
            logical_time: input.signed()?,
            fold_version: small(input.varint()?)?,
            partitions: small(input.varint()?)?,
            epoch: small(input.varint()?)?,
            ..Self::default()
        };
        for _ in 0..input.varint()? {
            let topic: Arc<str> = input.text()?.into();
            let partition = small(input.varint()?)?;
            meta.sent.insert((topic, partition), input.varint()?);
        }
        for _ in 0..input.varint()? {
            let source: Box<str> = input.text()?.into();
            let epoch = small(input.varint()?)?;
            let sequence = input.varint()?;
            let event = (input.signed()?, small(input.varint()?)?);
            meta.seen.0.insert(
                source,
                Position {
                    epoch,
                    sequence,
                    event,
                },
            );
        }
        Some(meta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_reads_back() {
        let mut meta = Meta {
            input: 7,
            changelog: 9,
            logical_time: -3,
            ..Meta::default()
        };
        meta.sent.insert(("topic".into(), 3), 12);
        let position = Position {
            epoch: 1,
            sequence: 5,
            event: (44, 2),
        };
        meta.seen.0.insert("stage/0".into(), position);
        assert_eq!(Meta::decode(&meta.encode()), Some(meta));
        assert_eq!(Meta::decode(&[9]), None);
    }
}
