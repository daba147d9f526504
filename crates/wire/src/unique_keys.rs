//! JSON from outside, read so that no key of an object counts silently because it stands last.
//!
//! RFC 8259 §4 leaves open what a name that stands twice means, and readers differ: the sender of
//! `{"price": 0.39, "price": 0.93}` and we could bill by two different prices. Invariant: such an
//! object is refused with its path; everything else reads as `serde_json::Value` reads it.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// What is no JSON, or has a key twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct JsonFault {
    /// Where the key stands that is given twice, such as `data.samples[0].value`; empty for what is
    /// no JSON at all.
    pub path: String,
    /// What is wrong, with line and column.
    pub reason: String,
}

impl JsonFault {
    /// The path below `$`, as OCPI's faults have it.
    #[must_use]
    pub fn from_root(&self) -> String {
        match self.path.chars().next() {
            None => "$".to_owned(),
            Some('[') => format!("${}", self.path),
            Some(_) => format!("$.{}", self.path),
        }
    }
}

/// Reads a JSON text of any form.
///
/// # Errors
/// A [`JsonFault`] for what is no JSON, is followed by anything, or has a key twice.
pub fn read(bytes: &[u8]) -> Result<Value, JsonFault> {
    let found = RefCell::new(String::new());
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let seed = At {
        place: &Place::Root,
        found: Some(&found),
    };
    let value = seed.deserialize(&mut input);
    let read = value.and_then(|value| input.end().map(|()| value));
    read.map_err(|error| {
        let path = found.take();
        let reason = if path.is_empty() {
            format!("not JSON: {error}")
        } else {
            error.to_string()
        };
        JsonFault { path, reason }
    })
}

/// A value whose objects have each key once; the error of one that has not names its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique(pub Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seed = At {
            place: &Place::Root,
            found: None,
        };
        seed.deserialize(deserializer).map(Self)
    }
}

/// Where a value stands; written out only where something is wrong.
enum Place<'p> {
    Root,
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Place::Root, name) => f.write_str(name),
            Self::Field(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(outer, index) => write!(f, "{outer}[{index}]"),
        }
    }
}

#[derive(Clone, Copy)]
struct At<'p> {
    place: &'p Place<'p>,
    found: Option<&'p RefCell<String>>,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// How `serde_json` tells a number digit by digit: an object with this one key.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Visitor<'de> for At<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        loop {
            let place = Place::Item(self.place, read.len());
            let seed = At {
                place: &place,
                found: self.found,
            };
            match items.next_element_seed(seed)? {
                Some(item) => read.push(item),
                None => return Ok(Value::Array(read)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if name == NUMBER && read.is_empty() {
                let digits: String = fields.next_value()?;
                let number: Number = digits.parse().map_err(A::Error::custom)?;
                return Ok(Value::Number(number));
            }
            let place = Place::Field(self.place, &name);
            if read.contains_key(&name) {
                if let Some(found) = self.found {
                    *found.borrow_mut() = place.to_string();
                }
                return Err(A::Error::custom(format!("`{place}` is given twice")));
            }
            let seed = At {
                place: &place,
                found: self.found,
            };
            let value = fields.next_value_seed(seed)?;
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, path: &str) {
        let fault = read(text.as_bytes()).expect_err(text);
        assert_eq!(fault.path, path, "{}", fault.reason);
        assert!(
            fault
                .reason
                .contains(&format!("`{path}` is given twice at line 1")),
            "{}",
            fault.reason
        );
        let other = serde_json::from_str::<Unique>(text).expect_err(text);
        assert_eq!(other.to_string(), fault.reason);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_path() {
        check(r#"{"price": 0.39, "price": 0.93}"#, "price");
        check(r#"{"a": {"b": [1, {"c": 1, "d": 2, "c": 1}]}}"#, "a.b[1].c");
        check(r#"[{}, {"x": null, "x": null}]"#, "[1].x");
        // The same name, written otherwise.
        check(r#"{"price": 0.39, "\u0070rice": 0.93}"#, "price");
    }

    #[test]
    fn everything_else_reads_as_serde_json_reads_it() {
        for text in [
            "null",
            "true",
            "-0",
            "0.10",
            "1e400",
            "12345678901234567890123.450",
            "\"a\\u0000b\"",
            "[]",
            "{}",
            r#"{"a": {"a": [{"a": 1}, {"a": 1.0}]}, "b": "\ud83d\ude97"}"#,
        ] {
            let expect: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(text.as_bytes()), Ok(expect.clone()), "{text}");
            assert_eq!(
                read(text.as_bytes()).unwrap().to_string(),
                expect.to_string()
            );
        }
        for text in [
            "",
            "{",
            "[1,]",
            "{} {}",
            "\u{feff}{}",
            "NaN",
            "{\"a\":}",
            "nul",
        ] {
            let expect = serde_json::from_str::<Value>(text).unwrap_err();
            let fault = read(text.as_bytes()).unwrap_err();
            assert_eq!(fault.reason, format!("not JSON: {expect}"));
            assert_eq!((fault.path.as_str(), fault.from_root().as_str()), ("", "$"));
        }
    }

    #[test]
    fn no_depth_of_nesting_takes_the_stack() {
        let deep = "[".repeat(1_000_000);
        let fault = read(deep.as_bytes()).unwrap_err();
        assert!(fault.reason.contains("recursion limit"), "{fault}");
    }

    #[test]
    fn paths_under_the_root_are_written_as_ocpi_has_them() {
        let from_root = |path: &str| {
            JsonFault {
                path: path.to_owned(),
                reason: String::new(),
            }
            .from_root()
        };
        assert_eq!(from_root("a.b"), "$.a.b");
        assert_eq!(from_root("[1].x"), "$[1].x");
    }
}
