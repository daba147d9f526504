//! State values as bytes: a version, then the fields in order.
//!
//! What `wire` can write (domain values) is stored as it is sent; the folds' own entities are listed
//! here, one line each. Invariant: what is written is read back equal.

mod accounts;
mod control;
mod domain;
mod invoices;
mod session;
pub(crate) mod sessions;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wattledger_wire::avro::{DecodeError, Input, put_bytes, put_long};

/// A value that can be part of a state.
pub trait Stored: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads it.
    ///
    /// # Errors
    /// [`DecodeError`] for bytes that were not put by this version.
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError>;
}

/// The version of everything listed here.
const VERSION: u8 = 6;

/// A state value's bytes.
pub fn encode<T: Stored>(value: &T, out: &mut Vec<u8>) {
    out.push(VERSION);
    value.put(out);
}

/// Reads a state value.
///
/// # Errors
/// [`DecodeError`] for another version or other bytes.
pub fn decode<T: Stored>(bytes: &[u8]) -> Result<T, DecodeError> {
    let Some((&VERSION, body)) = bytes.split_first() else {
        return Err(DecodeError::Range {
            what: "version of a state value",
        });
    };
    let mut input = Input::new(body);
    let value = T::take(&mut input)?;
    input.finish()?;
    Ok(value)
}

/// Lists structs: `stored! { Type { field, field } }`.
macro_rules! stored {
    ($($type:ty { $($field:ident),* $(,)? })*) => {$(
        impl $crate::stored::Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                let _ = &out;
                $($crate::stored::Stored::put($field, out);)*
            }
            fn take(
                input: &mut wattledger_wire::avro::Input<'_>,
            ) -> Result<Self, wattledger_wire::avro::DecodeError> {
                let _ = &input;
                $(let $field = $crate::stored::Stored::take(input)?;)*
                Ok(Self { $($field),* })
            }
        }
    )*};
}

/// Lists enums: `stored_enum! { Type { 0 => Unit, 1 => Struct { field }, 2 => Tuple(inner, other) } }`.
macro_rules! stored_enum {
    ($($type:ty { $(
        $index:literal => $variant:ident $({ $($field:ident),* $(,)? })? $(( $($inner:ident),* ))?
    ),* $(,)? })*) => {$(
        impl $crate::stored::Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                type This = $type;
                match self {$(
                    This::$variant $({ $($field),* })? $(( $($inner),* ))? => {
                        wattledger_wire::avro::put_long(out, $index);
                        $($($crate::stored::Stored::put($field, out);)*)?
                        $($($crate::stored::Stored::put($inner, out);)*)?
                    }
                )*}
            }
            fn take(
                input: &mut wattledger_wire::avro::Input<'_>,
            ) -> Result<Self, wattledger_wire::avro::DecodeError> {
                type This = $type;
                match input.long()? {
                    $($index => {
                        $($(let $field = $crate::stored::Stored::take(input)?;)*)?
                        $($(let $inner = $crate::stored::Stored::take(input)?;)*)?
                        Ok(This::$variant $({ $($field),* })? $(( $($inner),* ))?)
                    })*
                    index => Err(wattledger_wire::avro::DecodeError::Variant {
                        name: stringify!($type),
                        index,
                    }),
                }
            }
        }
    )*};
}

/// Lists values that are stored as `wire` sends them.
macro_rules! stored_as_sent {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::stored::Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                wattledger_wire::Avro::write(self, out);
            }
            fn take(
                input: &mut wattledger_wire::avro::Input<'_>,
            ) -> Result<Self, wattledger_wire::avro::DecodeError> {
                wattledger_wire::Avro::read(input)
            }
        }
    )*};
}

pub(crate) use {stored, stored_as_sent, stored_enum};

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.put(out);
            }
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.take(1)? {
            [0] => Ok(None),
            [1] => T::take(input).map(Some),
            _ => Err(DecodeError::Range { what: "presence" }),
        }
    }
}

macro_rules! stored_pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Stored> Stored for $pointer<T> {
            fn put(&self, out: &mut Vec<u8>) {
                T::put(self, out);
            }
            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                T::take(input).map($pointer::new)
            }
        }
    )*};
}
stored_pointers!(Box, Arc);

fn length(input: &mut Input<'_>) -> Result<i64, DecodeError> {
    let count = input.long()?;
    let left = i64::try_from(input.left()).unwrap_or(i64::MAX);
    if (0..=left).contains(&count) {
        Ok(count)
    } else {
        Err(DecodeError::Length(count))
    }
}

fn put_length(out: &mut Vec<u8>, count: usize) {
    put_long(out, i64::try_from(count).unwrap_or(i64::MAX));
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(out, self.len());
        self.iter().for_each(|item| item.put(out));
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        (0..length(input)?).map(|_| T::take(input)).collect()
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(out, self.len());
        self.iter().for_each(|item| item.put(out));
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        (0..length(input)?).map(|_| T::take(input)).collect()
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(out, self.len());
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        (0..length(input)?)
            .map(|_| Ok((K::take(input)?, V::take(input)?)))
            .collect()
    }
}

macro_rules! stored_tuples {
    ($(($($type:ident $value:ident),+))*) => {$(
        impl<$($type: Stored),+> Stored for ($($type,)+) {
            fn put(&self, out: &mut Vec<u8>) {
                let ($($value,)+) = self;
                $($value.put(out);)+
            }
            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Ok(($($type::take(input)?,)+))
            }
        }
    )*};
}
stored_tuples! { (A a, B b) (A a, B b, C c) (A a, B b, C c, D d) }

impl Stored for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.as_bytes());
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(input.text()?.into())
    }
}

impl Stored for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(input.take(1)? == [1])
    }
}

impl Stored for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let bytes = input
            .take(8)?
            .try_into()
            .map_err(|_| DecodeError::Truncated)?;
        Ok(Self::from_le_bytes(bytes))
    }
}
