//! Numbers out of bytes: zeros once there are none left.

/// Bytes still to be used.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number of up to eight bytes; the first byte says how many.
    pub fn number(&mut self) -> i64 {
        let count = self.byte() % 9;
        let number = (0..count).fold(0_u64, |number, _| number << 8 | u64::from(self.byte()));
        number.cast_signed()
    }

    /// A number from 0 to below a bound.
    pub fn below(&mut self, bound: i64) -> i64 {
        self.number().rem_euclid(bound)
    }
}

/// Any number as one that looks like chance (the finalizer of splitmix64).
pub const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
