//! Inputs near the committed ones, by a seed: what stands in for a fuzzer where none is built.

use crate::bytes::mixed;

/// Pieces that readers stumble over.
const PIECES: &[&[u8]] = &[
    b"null",
    b"-1",
    b"1e400",
    b"1e-400",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"0.1234567890123456789012345678901",
    b"\"\"",
    b"\"NaN\"",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"\xff\xfe",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"9999-12-31T23:59:60Z",
    b"0000-00-00T00:00:00+99:99",
    b"2026-03-29T02:30:00",
    b"\\ud800",
    b"\0",
    b"\r\n",
    b";\"",
];

/// Chance that is the same for the same seed.
pub struct Chance(u64);

impl Chance {
    /// Of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(mixed(self.0) % bound).unwrap()
    }

    /// An input near one of these: up to eight changes, at most 64 KiB.
    pub fn near(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            self.change(&mut bytes, corpus);
        }
        bytes.truncate(65_536);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let to = (at + self.below(1 + 32_usize.min(bytes.len() - at))).min(bytes.len());
        match self.below(7) {
            0 => drop(bytes.splice(at..to, [])),
            1 => {
                let copy = bytes[at..to].repeat(1 + self.below(8));
                drop(bytes.splice(at..at, copy));
            }
            2 => {
                let piece = PIECES[self.below(PIECES.len())];
                drop(bytes.splice(at..to, piece.iter().copied()));
            }
            3 => {
                let other = &corpus[self.below(corpus.len())];
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            4 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap(),
            5 if at < bytes.len() => {
                bytes[at] = b"0123456789-.eE{}[]\",:;T Z"[self.below(25)];
            }
            _ if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            _ => {}
        }
    }
}
