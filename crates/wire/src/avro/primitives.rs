//! The values that listings are made of.

use super::{Avro, DecodeError, Input, Names, put_bytes, put_long};
use crate::wrapper;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain as domain;

impl Avro for i64 {
    fn schema(_: &mut Names) -> Value {
        "long".into()
    }
    fn write(&self, out: &mut Vec<u8>) {
        put_long(out, *self);
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.long()
    }
}

macro_rules! ints {
    ($($type:ty),*) => {$(
        impl Avro for $type {
            fn schema(_: &mut Names) -> Value {
                "int".into()
            }
            fn write(&self, out: &mut Vec<u8>) {
                put_long(out, i64::from(*self));
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Self::try_from(input.long()?)
                    .map_err(|_| DecodeError::Range { what: "a whole number" })
            }
        }
    )*};
}
ints!(i32, u16, u8);

impl Avro for u32 {
    fn schema(_: &mut Names) -> Value {
        "long".into()
    }
    fn write(&self, out: &mut Vec<u8>) {
        put_long(out, i64::from(*self));
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Self::try_from(input.long()?).map_err(|_| DecodeError::Range {
            what: "a whole number",
        })
    }
}

/// Exact costs: 128 bits, two's complement, big-endian, as a fixed type.
impl Avro for i128 {
    fn schema(names: &mut Names) -> Value {
        const NAME: &str = "wattledger.ExactCost";
        if !names.first(NAME) {
            return NAME.into();
        }
        json!({ "type": "fixed", "name": NAME, "size": 16,
            "doc": "Two's complement, big-endian, in 1/1,800,000,000,000,000 of the currency." })
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let bytes = input
            .take(16)?
            .try_into()
            .map_err(|_| DecodeError::Truncated)?;
        Ok(Self::from_be_bytes(bytes))
    }
}

impl Avro for Box<str> {
    fn schema(_: &mut Names) -> Value {
        "string".into()
    }
    fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.as_bytes());
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(input.text()?.into())
    }
}

/// Absent or there. Of a union it would be a union in a union, which Avro forbids: no published
/// record has one, a test sees to it.
impl<T: Avro> Avro for Option<T> {
    fn schema(names: &mut Names) -> Value {
        json!(["null", T::schema(names)])
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => put_long(out, 0),
            Some(value) => {
                put_long(out, 1);
                value.write(out);
            }
        }
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.long()? {
            0 => Ok(None),
            1 => T::read(input).map(Some),
            index => Err(DecodeError::Variant {
                name: "optional",
                index,
            }),
        }
    }
}

impl<T: Avro> Avro for Vec<T> {
    fn schema(names: &mut Names) -> Value {
        json!({ "type": "array", "items": T::schema(names) })
    }
    fn write(&self, out: &mut Vec<u8>) {
        if !self.is_empty() {
            put_long(out, i64::try_from(self.len()).unwrap_or(i64::MAX));
            self.iter().for_each(|item| item.write(out));
        }
        put_long(out, 0);
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let mut items = Self::new();
        loop {
            let count = input.long()?;
            if count == 0 {
                return Ok(items);
            }
            if count < 0 {
                input.long()?;
            }
            for _ in 0..input.items(count.saturating_abs())? {
                items.push(T::read(input)?);
            }
        }
    }
}

macro_rules! transparent {
    ($($pointer:ident),*) => {$(
        impl<T: Avro> Avro for $pointer<T> {
            fn schema(names: &mut Names) -> Value {
                T::schema(names)
            }
            fn write(&self, out: &mut Vec<u8>) {
                T::write(self, out);
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                T::read(input).map($pointer::new)
            }
        }
    )*};
}
transparent!(Box, Arc);

macro_rules! pairs {
    ($(($($type:ident : $field:ident),+)),*) => {$(
        /// A tuple is an anonymous record; for state only, where no schema is published.
        impl<$($type: Avro),+> Avro for ($($type,)+) {
            fn schema(names: &mut Names) -> Value {
                json!([$($type::schema(names)),+])
            }
            fn write(&self, out: &mut Vec<u8>) {
                let ($($field,)+) = self;
                $($field.write(out);)+
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Ok(($($type::read(input)?,)+))
            }
        }
    )*};
}
pairs!((A: a, B: b), (A: a, B: b, C: c), (A: a, B: b, C: c, D: d));

/// A map is an array of pairs, in order of keys; for state only.
impl<K: Avro + Ord, V: Avro> Avro for BTreeMap<K, V> {
    fn schema(names: &mut Names) -> Value {
        json!({ "type": "array", "items": [K::schema(names), V::schema(names)] })
    }
    fn write(&self, out: &mut Vec<u8>) {
        put_long(out, i64::try_from(self.len()).unwrap_or(i64::MAX));
        for (key, value) in self {
            key.write(out);
            value.write(out);
        }
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let count = input.long()?;
        (0..input.items(count)?)
            .map(|_| Ok((K::read(input)?, V::read(input)?)))
            .collect()
    }
}

/// A set is an array, in order; for state only.
impl<T: Avro + Ord> Avro for std::collections::BTreeSet<T> {
    fn schema(names: &mut Names) -> Value {
        <Vec<T>>::schema(names)
    }
    fn write(&self, out: &mut Vec<u8>) {
        put_long(out, i64::try_from(self.len()).unwrap_or(i64::MAX));
        self.iter().for_each(|item| item.write(out));
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let count = input.long()?;
        (0..input.items(count)?).map(|_| T::read(input)).collect()
    }
}

macro_rules! fixed {
    ($($type:ty, $name:literal, $size:literal, $doc:literal;)*) => {$(
        impl Avro for $type {
            fn schema(names: &mut Names) -> Value {
                if !names.first($name) {
                    return $name.into();
                }
                json!({ "type": "fixed", "name": $name, "size": $size, "doc": $doc })
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                input.take($size)?.try_into().map(Self).map_err(|_| DecodeError::Truncated)
            }
        }
    )*};
}
fixed! {
    domain::hash::Digest, "wattledger.Digest", 32, "SHA-256.";
    domain::ids::TokenHash, "wattledger.TokenHash", 16,
        "First 128 bits of HMAC-SHA-256 under the tenant's secret.";
}

impl Avro for domain::money::Currency {
    fn schema(_: &mut Names) -> Value {
        "string".into()
    }
    fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.code().as_bytes());
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Self::recorded(input.text()?).map_err(|_| DecodeError::Range { what: "currency" })
    }
}

wrapper! {
    domain::price::PriceE8 as i64,
    domain::price::TaxRate as i64,
    domain::price::ExactCost as i128,
    domain::quantity::MilliwattHours as i64,
    domain::quantity::Milliwatts as i64,
    domain::quantity::Milliamperes as i64,
    domain::quantity::Milliseconds as i64,
    domain::time::Timestamp as i64: "timestamp-millis",
    domain::ids::EvseId as i32,
}

macro_rules! texts {
    ($($type:ident),*) => {$(
        impl Avro for domain::ids::$type {
            fn schema(_: &mut Names) -> Value {
                "string".into()
            }
            fn write(&self, out: &mut Vec<u8>) {
                put_bytes(out, self.as_bytes());
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Ok(Self::new(input.text()?))
            }
        }
    )*};
}
texts!(
    StationId,
    SiteId,
    LegalEntityId,
    TariffId,
    MarketId,
    MarketPricesId,
    SiteOccupancyId,
    DeviceProfileId,
    PolicyId,
    CustomerGroup,
    AccountId,
    AuthorizationId,
    SessionId,
    TransactionId,
    PaymentId,
    CommandId,
    DraftId,
    InvoiceId,
    EntryId,
    BookId,
    SourceId,
    EventId,
    ProcessorId
);
