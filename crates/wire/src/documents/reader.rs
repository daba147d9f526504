//! Reads an object's fields one by one, with paths in every fault, and refuses what is left over.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A document that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Fault {
    /// Where, as a JSON path from the document.
    pub path: String,
    /// What is wrong and what is expected.
    pub reason: String,
}

impl Fault {
    /// A fault of all of it.
    pub(super) const fn whole(reason: String) -> Self {
        Self {
            path: String::new(),
            reason,
        }
    }
}

/// An object being read.
pub struct Reader<'a> {
    fields: &'a Map<String, Value>,
    path: String,
    read: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    /// Over an object.
    pub fn new(value: &'a Value, path: &str) -> Result<Self, Fault> {
        let fields = value.as_object().ok_or_else(|| Fault {
            path: path.to_owned(),
            reason: "expected an object".to_owned(),
        })?;
        Ok(Self {
            fields,
            path: path.to_owned(),
            read: BTreeSet::new(),
        })
    }

    /// A fault at a field.
    pub fn fault(&self, name: &str, reason: impl Into<String>) -> Fault {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Fault {
            path,
            reason: reason.into(),
        }
    }

    /// A field that may be absent or null.
    pub fn optional(&mut self, name: &'static str) -> Option<&'a Value> {
        self.read.insert(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub fn required(&mut self, name: &'static str) -> Result<&'a Value, Fault> {
        self.optional(name)
            .ok_or_else(|| self.fault(name, "is required"))
    }

    /// A text that may be absent.
    pub fn optional_text(&mut self, name: &'static str) -> Result<Option<&'a str>, Fault> {
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        match value.as_str() {
            Some(text) if text.is_empty() || text.len() > 4_096 => {
                Err(self.fault(name, "expected 1 to 4096 characters"))
            }
            Some(text) => Ok(Some(text)),
            None => Err(self.fault(name, format!("expected a text, found `{value}`"))),
        }
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &'static str) -> Result<&'a str, Fault> {
        self.optional_text(name)?
            .ok_or_else(|| self.fault(name, "is required"))
    }

    /// A whole number within bounds, or its default.
    pub fn number(
        &mut self,
        name: &'static str,
        default: i64,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, Fault> {
        let Some(value) = self.optional(name) else {
            return Ok(default);
        };
        value
            .as_i64()
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| {
                let (low, high) = (bounds.start(), bounds.end());
                self.fault(
                    name,
                    format!("expected a whole number from {low} to {high}, found `{value}`"),
                )
            })
    }

    /// One of some words, or its default.
    pub fn word<T: Copy>(
        &mut self,
        name: &'static str,
        default: T,
        words: &[(&str, T)],
    ) -> Result<T, Fault> {
        let Some(value) = self.optional(name) else {
            return Ok(default);
        };
        let found = words.iter().find(|(word, _)| value.as_str() == Some(*word));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(name, format!("expected one of {known:?}, found {value}"))
        })
    }

    /// An object inside, if there is one.
    pub fn object(&mut self, name: &'static str) -> Result<Option<Reader<'a>>, Fault> {
        let path = self.fault(name, "").path;
        self.optional(name)
            .map(|value| Reader::new(value, &path))
            .transpose()
    }

    /// An object inside, or this one.
    pub fn object_or<'b>(
        &mut self,
        name: &'static str,
        otherwise: &'b Value,
    ) -> Result<Reader<'b>, Fault>
    where
        'a: 'b,
    {
        let path = self.fault(name, "").path;
        Reader::new(self.optional(name).unwrap_or(otherwise), &path)
    }

    /// An array, or an empty one.
    pub fn array(&mut self, name: &'static str) -> Result<&'a [Value], Fault> {
        match self.optional(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.fault(name, format!("expected an array, found `{other}`"))),
        }
    }

    /// Refuses what nobody has asked for.
    pub fn finish(self) -> Result<(), Fault> {
        let unknown = self
            .fields
            .keys()
            .find(|name| !self.read.contains(name.as_str()));
        match unknown {
            Some(name) => {
                let known: Vec<&str> = self.read.iter().copied().collect();
                Err(self.fault(name, format!("is not a field here; there are {known:?}")))
            }
            None => Ok(()),
        }
    }
}
