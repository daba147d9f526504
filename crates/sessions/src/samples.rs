//! The readings of a session, sorted and small: about 8 bytes each.
//!
//! Invariant: entries are in strict order of (time, what, value); the same one is kept once.

use smallvec::SmallVec;
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;

/// What a session keeps of what it was told, at an instant. The order of the variants decides among
/// entries of one instant: power and current are known before the register closes their stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The transaction's charging state, as a code.
    State,
    /// The charging state that a connector's status implies, as a code.
    StatusState,
    /// Power over all phases, mW.
    Power,
    /// Current over all phases, mA.
    Current,
    /// Energy since the previous interval, mWh.
    Interval,
    /// Net energy register, mWh.
    Net,
    /// Energy register of phase 1, mWh.
    PhaseOne,
    /// Energy register of phase 2, mWh.
    PhaseTwo,
    /// Energy register of phase 3, mWh.
    PhaseThree,
    /// Energy register over all phases, mWh.
    Total,
}

impl What {
    const ALL: [Self; 10] = [
        Self::State,
        Self::StatusState,
        Self::Power,
        Self::Current,
        Self::Interval,
        Self::Net,
        Self::PhaseOne,
        Self::PhaseTwo,
        Self::PhaseThree,
        Self::Total,
    ];

    const fn tag(self) -> u8 {
        match self {
            Self::State => 0,
            Self::StatusState => 1,
            Self::Power => 2,
            Self::Current => 3,
            Self::Interval => 4,
            Self::Net => 5,
            Self::PhaseOne => 6,
            Self::PhaseTwo => 7,
            Self::PhaseThree => 8,
            Self::Total => 9,
        }
    }
}

/// One thing that a session was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The value, in the unit of `what`.
    pub value: i64,
}

/// The code of a charging state in an entry.
#[must_use]
pub const fn state_code(state: ChargingState) -> i64 {
    match state {
        ChargingState::Connected => 0,
        ChargingState::Charging => 1,
        ChargingState::SuspendedByVehicle => 2,
        ChargingState::SuspendedByStation => 3,
        ChargingState::Idle => 4,
    }
}

/// The charging state of a code.
#[must_use]
pub const fn state_of(code: i64) -> ChargingState {
    match code {
        0 => ChargingState::Connected,
        2 => ChargingState::SuspendedByVehicle,
        3 => ChargingState::SuspendedByStation,
        4 => ChargingState::Idle,
        _ => ChargingState::Charging,
    }
}

/// So many bytes are kept without an allocation: some more than a session keeps with itself.
const INLINE: usize = 96;

/// The entries of a session: per entry the step in time, the kind, and the value (total registers
/// as the step since the last), all as variable-length integers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    /// The encoded entries. The newest few of a session lie with it: a reading touches no other line.
    bytes: SmallVec<[u8; INLINE]>,
    /// The last entry. Follows from the bytes.
    last: Option<Entry>,
    /// The last total register; 0 before the first. Follows from the bytes.
    last_total: i64,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Added {
    /// It was there.
    Known,
    /// It is the last one now.
    Last,
    /// It stands before others.
    Between,
}

impl Samples {
    /// Entries from their encoded form; `None` when it is not one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut entries = Entries::of(bytes);
        let mut last = None;
        for entry in entries.by_ref() {
            if last.is_some_and(|last| last >= entry) {
                return None;
            }
            last = Some(entry);
        }
        let (whole, last_total) = (entries.rest.is_empty(), entries.total);
        whole.then(|| Self {
            bytes: SmallVec::from_slice(bytes),
            last,
            last_total,
        })
    }

    /// The encoded entries.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The first entry.
    #[must_use]
    pub fn first(&self) -> Option<Entry> {
        self.iter().next()
    }

    /// The last entry.
    #[must_use]
    pub const fn last(&self) -> Option<Entry> {
        self.last
    }

    /// Adds an entry at its place.
    pub fn add(&mut self, entry: Entry) -> Added {
        if self.last.is_none_or(|last| last < entry) {
            self.append(entry);
            return Added::Last;
        }
        if self.last == Some(entry) {
            return Added::Known;
        }
        let mut entries: Vec<Entry> = self.iter().collect();
        match entries.binary_search(&entry) {
            Ok(_) => Added::Known,
            Err(place) => {
                entries.insert(place, entry);
                *self = Self::default();
                for entry in entries {
                    self.append(entry);
                }
                Added::Between
            }
        }
    }

    /// Adds entries that all come after its own.
    pub fn extend(&mut self, later: &Self) {
        for entry in later.iter() {
            self.append(entry);
        }
    }

    /// The entries in order.
    #[must_use]
    pub fn iter(&self) -> Entries<'_> {
        Entries::of(&self.bytes)
    }

    fn append(&mut self, entry: Entry) {
        let before = self.last.map_or(0, |last| last.at.0);
        put(&mut self.bytes, entry.at.0.wrapping_sub(before));
        self.bytes.push(entry.what.tag());
        if entry.what == What::Total {
            put(&mut self.bytes, entry.value.wrapping_sub(self.last_total));
            self.last_total = entry.value;
        } else {
            put(&mut self.bytes, entry.value);
        }
        self.last = Some(entry);
    }
}

/// Reads entries back, in order.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
    at: i64,
    total: i64,
}

impl<'a> Entries<'a> {
    const fn of(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            at: 0,
            total: 0,
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let step = take(&mut self.rest)?;
        let (tag, rest) = self.rest.split_first()?;
        self.rest = rest;
        let what = *What::ALL.get(usize::from(*tag))?;
        let mut value = take(&mut self.rest)?;
        self.at = self.at.wrapping_add(step);
        if what == What::Total {
            value = self.total.wrapping_add(value);
            self.total = value;
        }
        Some(Entry {
            at: Timestamp(self.at),
            what,
            value,
        })
    }
}

/// A signed integer, small ones in few bytes: zigzag, then seven bits a byte.
fn put(out: &mut SmallVec<[u8; INLINE]>, value: i64) {
    let mut bits = (value.wrapping_shl(1) ^ value.wrapping_shr(63)).cast_unsigned();
    while bits >= 0x80 {
        out.push(u8::try_from(bits & 0x7f).unwrap_or(0) | 0x80);
        bits >>= 7;
    }
    out.push(u8::try_from(bits).unwrap_or(0));
}

fn take(input: &mut &[u8]) -> Option<i64> {
    let mut bits = 0_u64;
    let mut shift = 0_u32;
    loop {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        bits |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            let half = (bits >> 1).cast_signed();
            return Some(if bits & 1 == 0 { half } else { !half });
        }
        shift = shift.checked_add(7)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let entry = (any::<i64>(), 0..10_usize, any::<i64>()).prop_map(|(at, what, value)| Entry {
            at: Timestamp(at),
            what: *What::ALL.get(what).unwrap(),
            value,
        });
        proptest::collection::vec(entry, 0..40)
    }

    proptest! {
        #[test]
        fn whatever_was_added_reads_back_sorted_and_once(added in entries()) {
            let mut samples = Samples::default();
            for entry in &added {
                samples.add(*entry);
                prop_assert_eq!(samples.add(*entry), Added::Known);
            }
            let mut expect = added;
            expect.sort_unstable();
            expect.dedup();
            prop_assert_eq!(samples.iter().collect::<Vec<_>>(), expect);
            prop_assert_eq!(Samples::read(samples.bytes()), Some(samples));
        }
    }

    #[test]
    fn a_minutely_register_takes_8_bytes_or_less() {
        let mut samples = Samples::default();
        samples.add(Entry {
            at: Timestamp(1_760_000_000_000),
            what: What::Total,
            value: 7_000_000_000,
        });
        let first = samples.bytes.len();
        for minute in 1..=100_i64 {
            let at = Timestamp(1_760_000_000_000 + minute * 60_000);
            samples.add(Entry {
                at,
                what: What::Total,
                value: 7_000_000_000 + minute * 183_333,
            });
        }
        assert!(
            samples.bytes.len() - first <= 800,
            "{}",
            samples.bytes.len() - first
        );
    }
}
