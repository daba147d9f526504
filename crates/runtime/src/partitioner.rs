//! Which partition a key belongs to: murmur2 as in Kafka's Java producer, on every log.

/// The partition of a key among `partitions` (above 0).
#[must_use]
pub fn partition(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// Kafka's 32-bit murmur2, seed 0x9747b28c (`org.apache.kafka.common.utils.Utils`).
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ (data.len() as u32);
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let mut word = chunk
            .iter()
            .rev()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        word = word.wrapping_mul(M);
        word ^= word >> 24;
        hash = hash.wrapping_mul(M) ^ word.wrapping_mul(M);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        hash ^= rest
            .iter()
            .rev()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of Kafka's `UtilsTest`.
    #[track_caller]
    fn check(key: &str, hash: i32, of_12: u32, of_64: u32) {
        assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        assert_eq!(partition(key.as_bytes(), 12), of_12, "{key}");
        assert_eq!(partition(key.as_bytes(), 64), of_64, "{key}");
    }

    #[test]
    fn keys_land_where_kafkas_own_producer_puts_them() {
        check("21", -973_932_308, 0, 44);
        check("foobar", -790_332_482, 6, 62);
        check("a-little-bit-long-string", -985_981_536, 8, 32);
        check("a-little-bit-longer-string", -1_486_304_829, 11, 3);
        check(
            "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
            -58_897_971,
            5,
            13,
        );
        check("abc", 479_470_107, 3, 27);
    }
}
