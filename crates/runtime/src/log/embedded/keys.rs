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
