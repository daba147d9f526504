//! Avro binary, written and read by listings: one line a field, no schema walked at run time.
//!
//! [`record!`](crate::record), [`symbols!`](crate::symbols) and [`union!`](crate::union) list a
//! type once and give its schema (with docs), its writer and its reader. Invariant: reading is
//! bounded by the bytes there are, and never panics.

mod macros;
mod primitives;

use serde_json::Value;
use std::collections::BTreeSet;

/// A value with an Avro schema of its own.
pub trait Avro: Sized {
    /// Its schema; a named type is written out once and then named.
    fn schema(names: &mut Names) -> Value;
    /// Appends its binary form.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads its binary form.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that no writer of this schema writes.
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError>;
}

/// A record: its fields can also stand inside another record.
pub trait AvroRecord: Avro {
    /// Its fields' schemas, with docs.
    fn fields(names: &mut Names) -> Vec<Value>;
}

/// Named types that a schema has written out already.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<&'static str>);

impl Names {
    /// `true` the first time.
    pub fn first(&mut self, name: &'static str) -> bool {
        self.0.insert(name)
    }
}

/// The schema of a field, found through the field itself.
pub fn field_schema<R, T: Avro>(_: impl for<'a> Fn(&'a R) -> &'a T, names: &mut Names) -> Value {
    T::schema(names)
}

/// The schema of a variant's field.
pub fn variant_schema<R, T: Avro>(
    _: impl for<'a> Fn(&'a R) -> Option<&'a T>,
    names: &mut Names,
) -> Value {
    T::schema(names)
}

/// Bytes still to be read.
#[derive(Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Over these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.0.len()
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A zigzag varint of at most 64 bits.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`], or [`DecodeError::Varint`] for more than 10 bytes.
    pub fn long(&mut self) -> Result<i64, DecodeError> {
        let mut bits = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(DecodeError::Truncated)?;
            self.0 = rest;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(DecodeError::Varint);
            }
            bits |= low << shift;
            if byte & 0x80 == 0 {
                let half = i64::from_ne_bytes((bits >> 1).to_ne_bytes());
                return Ok(if bits & 1 == 0 { half } else { !half });
            }
        }
        Err(DecodeError::Varint)
    }

    /// A length and that many bytes.
    ///
    /// # Errors
    /// [`DecodeError::Length`] for a negative one, [`DecodeError::Truncated`].
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.long()?;
        let length = usize::try_from(length).map_err(|_| DecodeError::Length(length))?;
        self.take(length)
    }

    /// A length and that much UTF-8.
    ///
    /// # Errors
    /// As [`Input::bytes`], or [`DecodeError::Text`].
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::Text)
    }

    /// A count of items that could be there: each takes at least one byte.
    ///
    /// # Errors
    /// [`DecodeError::Length`] for a negative count or one beyond the bytes left.
    pub fn items(&self, count: i64) -> Result<usize, DecodeError> {
        let possible = usize::try_from(count)
            .ok()
            .filter(|items| *items <= self.left());
        possible.ok_or(DecodeError::Length(count))
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`].
    pub const fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing(self.0.len()))
        }
    }
}

/// Appends a zigzag varint.
pub fn put_long(out: &mut Vec<u8>, value: i64) {
    let mut bits = u64::from_ne_bytes(((value << 1) ^ (value >> 63)).to_ne_bytes());
    while bits >= 0x80 {
        let [low, ..] = bits.to_le_bytes();
        out.push(low | 0x80);
        bits >>= 7;
    }
    let [low, ..] = bits.to_le_bytes();
    out.push(low);
}

/// Appends a length and the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_long(out, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    out.extend_from_slice(bytes);
}

/// Bytes that are not what a schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Too few bytes.
    #[error("record ends too early")]
    Truncated,
    /// Bytes after the end.
    #[error("{0} bytes follow the end of the record")]
    Trailing(usize),
    /// A number of more than 64 bits.
    #[error("number of more than 64 bits")]
    Varint,
    /// A length below zero or beyond the record.
    #[error("length {0} is impossible")]
    Length(i64),
    /// Not UTF-8.
    #[error("text is not UTF-8")]
    Text,
    /// No such variant of a union or enum.
    #[error("`{name}` has no variant {index}")]
    Variant {
        /// The type.
        name: &'static str,
        /// The index found.
        index: i64,
    },
    /// A value outside its type.
    #[error("{what} is outside its range")]
    Range {
        /// Which value.
        what: &'static str,
    },
    /// An empty or unknown framing.
    #[error("record begins with {0:02x?}, neither Avro single-object nor Confluent framing")]
    Framing(Vec<u8>),
    /// A schema that this build does not know.
    #[error("schema fingerprint {0:016x} is not known: deploy readers before writers")]
    UnknownSchema(u64),
    /// A Confluent schema id without a registry that knows it.
    #[error("schema id {0} is not known")]
    UnknownId(u32),
    /// A Confluent schema id, and a registry that has not answered what it stands for: not the
    /// record's fault, ask again.
    #[error("schema id {id} cannot be asked for: {why}")]
    Unreachable {
        /// The id.
        id: u32,
        /// What the registry's client says.
        why: String,
    },
    /// A writer's schema whose records cannot be read as ours.
    #[error("written by another schema: {0}")]
    Unresolvable(String),
    /// Larger than any record may be.
    #[error("record of {0} bytes is larger than 262144")]
    Oversize(usize),
    /// A document inside the record that cannot be read.
    #[error("document: {0}")]
    Document(String),
}

impl DecodeError {
    /// Whether the same bytes may be read later: such a record is waited for, never set aside.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated => "WIRE-001",
            Self::Trailing(_) => "WIRE-002",
            Self::Varint => "WIRE-003",
            Self::Length(_) => "WIRE-004",
            Self::Text => "WIRE-005",
            Self::Variant { .. } => "WIRE-006",
            Self::Range { .. } => "WIRE-007",
            Self::Framing(_) => "WIRE-008",
            Self::UnknownSchema(_) => "WIRE-009",
            Self::UnknownId(_) => "WIRE-010",
            Self::Oversize(_) => "WIRE-011",
            Self::Document(_) => "WIRE-012",
            Self::Unreachable { .. } => "WIRE-013",
            Self::Unresolvable(_) => "WIRE-014",
        }
    }
}
