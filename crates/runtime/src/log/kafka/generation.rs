//! The generation of a group membership, which rdkafka keeps to itself.
//!
//! The broker lets a transactional commit of offsets pass unchecked when it carries no generation,
//! so a member that has none must not commit. Invariant: every pointer stays in this file.
#![allow(
    unsafe_code,
    reason = "rdkafka has no way to read the generation; this asks librdkafka itself"
)]

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka_sys as librdkafka;
use std::os::raw::c_void;

/// What librdkafka writes before the generation.
const MAGIC: &[u8] = b"CGMDv2:";

/// The generation as of now; `None` when there is no membership.
pub fn of<C: ConsumerContext>(client: &BaseConsumer<C>) -> Option<i32> {
    let native = client.client().native_ptr();
    let (mut buffer, mut size): (*mut c_void, usize) = (std::ptr::null_mut(), 0);
    // SAFETY: the client outlives the call; the metadata is ours until destroyed; `write` fills
    // `buffer` with `size` bytes of librdkafka's own allocation, freed by its own function after
    // they have been copied.
    let bytes = unsafe {
        let metadata = librdkafka::rd_kafka_consumer_group_metadata(native);
        if metadata.is_null() {
            return None;
        }
        let error =
            librdkafka::rd_kafka_consumer_group_metadata_write(metadata, &mut buffer, &mut size);
        librdkafka::rd_kafka_consumer_group_metadata_destroy(metadata);
        if !error.is_null() {
            librdkafka::rd_kafka_error_destroy(error);
            return None;
        }
        let bytes = std::slice::from_raw_parts(buffer.cast::<u8>(), size).to_vec();
        librdkafka::rd_kafka_mem_free(native, buffer);
        bytes
    };
    let (generation, _) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let generation = i32::from_ne_bytes(*generation);
    (generation >= 0).then_some(generation)
}
