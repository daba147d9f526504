//! Fields of OCPI objects, with paths that are written out only where something is wrong.

use super::Fault;
use super::number::Number;
use crate::json_tree::Json;
use crate::times;
use rust_decimal::Decimal;
use std::fmt::Write as _;
use std::str::FromStr;
use wattledger_domain::time::Timestamp;

/// A JSON value and where it stands.
#[derive(Clone, Copy)]
pub struct At<'a, 'p> {
    pub value: Json<'a>,
    place: Place<'p>,
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place<'p> {
    Root(&'p str),
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl<'a, 'p> At<'a, 'p> {
    pub fn root(value: Json<'a>) -> Self {
        Self::under(value, "$")
    }

    /// A value that is part of a larger text, under its path there.
    pub fn under(value: Json<'a>, path: &'p str) -> Self {
        Self {
            value,
            place: Place::Root(path),
        }
    }

    pub fn path(&self) -> String {
        let mut path = String::new();
        write_path(&self.place, &mut path);
        path
    }

    pub fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            path: self.path(),
            reason: reason.into(),
        }
    }

    /// A field that is there and not null.
    pub fn field<'q>(&'q self, name: &'q str) -> Option<At<'a, 'q>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(At {
            value,
            place: Place::Field(&self.place, name),
        })
    }

    /// The first of two names that is there.
    pub fn either<'q>(&'q self, one: &'q str, other: &'q str) -> Option<At<'a, 'q>> {
        self.field(one).or_else(|| self.field(other))
    }

    pub fn required<'q>(&'q self, name: &'q str) -> Result<At<'a, 'q>, Fault> {
        self.field(name)
            .ok_or_else(|| self.fault(format!("`{name}` is required")))
    }

    pub fn items<'q>(&'q self) -> Result<impl Iterator<Item = At<'a, 'q>>, Fault> {
        let items = self
            .value
            .items()
            .ok_or_else(|| self.fault("expected an array"))?;
        let at = |(index, value)| At {
            value,
            place: Place::Item(&self.place, index),
        };
        Ok(items.enumerate().map(at))
    }

    pub fn text(&self) -> Result<&'a str, Fault> {
        self.value
            .text()
            .ok_or_else(|| self.fault("expected a text"))
    }

    pub fn time(&self) -> Result<Timestamp, Fault> {
        let text = self.text()?;
        times::parse(text).ok_or_else(|| self.fault(format!("`{text}` is not an RFC 3339 time")))
    }

    pub fn flag(&self) -> Result<bool, Fault> {
        self.value
            .flag()
            .ok_or_else(|| self.fault("expected true or false"))
    }

    pub fn decimal(&self) -> Result<Decimal, Fault> {
        let text = self.number_text()?;
        Decimal::from_str(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_err(|_| self.fault(format!("`{text}` is not a decimal number")))
    }

    /// A number in units of 10^-places, rounded half away from zero there.
    pub fn scaled(&self, places: u32) -> Result<i64, Fault> {
        self.number()?
            .scaled(1, places)
            .ok_or_else(|| self.fault("is too large"))
    }

    /// Hours as milliseconds, rounded half away from zero.
    pub fn hours(&self) -> Result<i64, Fault> {
        let milliseconds = self
            .number()?
            .scaled(3_600_000, 0)
            .ok_or_else(|| self.fault("is too large"))?;
        if milliseconds < 0 {
            return Err(self.fault("is below zero"));
        }
        Ok(milliseconds)
    }

    /// An optional number in units of 10^-places.
    pub fn optional_scaled(&self, name: &str, places: u32) -> Result<Option<i64>, Fault> {
        self.field(name)
            .map(|field| field.scaled(places))
            .transpose()
    }

    fn number(&self) -> Result<Number, Fault> {
        let text = self.number_text()?;
        Number::parse(text).ok_or_else(|| self.fault(format!("`{text}` is not a decimal number")))
    }

    fn number_text(&self) -> Result<&'a str, Fault> {
        let written = self.value.digits();
        written
            .or_else(|| self.value.text().map(str::trim))
            .ok_or_else(|| self.fault("expected a number"))
    }
}

fn write_path(place: &Place<'_>, path: &mut String) {
    match place {
        Place::Root(root) => path.push_str(root),
        Place::Field(parent, name) => {
            write_path(parent, path);
            path.push('.');
            path.push_str(name);
        }
        Place::Item(parent, index) => {
            write_path(parent, path);
            // Writing to a String does not fail.
            let _ = write!(path, "[{index}]");
        }
    }
}
