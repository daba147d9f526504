//! The keys of the embedded log. A table byte is never used again for something else.

/// Topics: name → number, partition count.
pub const TOPIC: u8 = b't';
/// Records: topic, partition, offset → record.
pub const RECORD: u8 = b'r';
/// Compacted records: topic, partition, key → offset, record.
pub const NEWEST: u8 = b'c';
/// Next offset to be written.
pub const END: u8 = b'e';
/// First offset kept.
pub const START: u8 = b's';
/// Next offset a group has to read.
pub const GROUP: u8 = b'g';
/// Marks: topic, partition, wall time → the next offset then.
pub const MARK: u8 = b'm';
/// Deletions of a compacted topic: topic, partition, offset → key.
pub const DELETION: u8 = b'd';
/// The offset before which deletions are gone.
pub const PURGED: u8 = b'p';
/// What is known of the wall clock.
pub const CLOCK: u8 = b'w';

/// Topic and partition, as they stand at the end of a group's key.
pub fn partition_suffix(topic: u16, partition: u32) -> [u8; 6] {
    let mut suffix = [0; 6];
    suffix[..2].copy_from_slice(&topic.to_be_bytes());
    suffix[2..].copy_from_slice(&partition.to_be_bytes());
    suffix
}

fn of(table: u8, topic: u16, partition: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(15);
    key.push(table);
    key.extend_from_slice(&partition_suffix(topic, partition));
    key
}

/// A record's key.
pub fn record(topic: u16, partition: u32, offset: i64) -> Vec<u8> {
    let mut key = of(RECORD, topic, partition);
    key.extend_from_slice(&offset.to_be_bytes());
    key
}

/// A compacted record's key.
pub fn newest(topic: u16, partition: u32, key: &[u8]) -> Vec<u8> {
    let mut full = of(NEWEST, topic, partition);
    full.extend_from_slice(key);
    full
}

/// Where the end of a partition is kept.
pub fn end(topic: u16, partition: u32) -> Vec<u8> {
    of(END, topic, partition)
}

/// Where the start of a partition is kept.
pub fn start(topic: u16, partition: u32) -> Vec<u8> {
    of(START, topic, partition)
}

/// Where a group's next offset is kept.
pub fn group(group: &str, topic: u16, partition: u32) -> Vec<u8> {
    let mut key = vec![GROUP];
    key.extend_from_slice(group.as_bytes());
    key.push(0);
    key.extend_from_slice(&partition_suffix(topic, partition));
    key
}

/// A mark's key; times are after 1970, so their bytes are in order of time.
pub fn mark(topic: u16, partition: u32, at: i64) -> Vec<u8> {
    let mut key = of(MARK, topic, partition);
    key.extend_from_slice(&at.to_be_bytes());
    key
}

/// Where a deletion of a compacted topic is noted.
pub fn deletion(topic: u16, partition: u32, offset: i64) -> Vec<u8> {
    let mut key = of(DELETION, topic, partition);
    key.extend_from_slice(&offset.to_be_bytes());
    key
}

/// Where the offset is kept before which deletions are gone.
pub fn purged(topic: u16, partition: u32) -> Vec<u8> {
    of(PURGED, topic, partition)
}

/// The number at the end of a key: an offset or a time.
pub fn number(key: &[u8]) -> Option<i64> {
    key.last_chunk::<8>()
        .map(|bytes| i64::from_be_bytes(*bytes))
}
