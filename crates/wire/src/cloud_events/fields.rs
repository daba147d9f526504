//! Fields of an event's objects, with paths and bounds.

use super::EventFault;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value};
use std::str::FromStr;

/// The longest text of an event (reliability §8.1).
pub const TEXT_BYTES_MAX: usize = 4_096;

/// An object of an event.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    pub fn new(value: &'a Value, path: &str) -> Result<Self, EventFault> {
        let object = value.as_object().ok_or_else(|| EventFault {
            index: None,
            path: if path.is_empty() {
                "$".to_owned()
            } else {
                path.to_owned()
            },
            code: "field",
            reason: "expected an object".to_owned(),
        })?;
        Ok(Self {
            object,
            path: path.to_owned(),
        })
    }

    pub fn fault(&self, name: &str, code: &'static str, reason: impl Into<String>) -> EventFault {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        EventFault {
            index: None,
            path,
            code,
            reason: reason.into(),
        }
    }

    pub fn optional(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub fn required(&self, name: &str) -> Result<&'a Value, EventFault> {
        self.optional(name)
            .ok_or_else(|| self.fault(name, "field", "is required"))
    }

    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, EventFault> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() || text.len() > TEXT_BYTES_MAX => {
                Err(self.fault(
                    name,
                    "field",
                    format!("expected 1 to {TEXT_BYTES_MAX} bytes"),
                ))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                Err(self.fault(name, "field", format!("expected a text, found {other}")))
            }
        }
    }

    pub fn text(&self, name: &str) -> Result<&'a str, EventFault> {
        self.optional_text(name)?
            .ok_or_else(|| self.fault(name, "field", "is required"))
    }

    /// A text, or a whole number as its text (OCPP 1.6 transaction ids are numbers).
    pub fn optional_word(&self, name: &str) -> Result<Option<String>, EventFault> {
        match self.optional(name) {
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            _ => Ok(self.optional_text(name)?.map(str::to_owned)),
        }
    }

    pub fn optional_whole(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, EventFault> {
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        let whole = value.as_i64().filter(|whole| bounds.contains(whole));
        whole.map(Some).ok_or_else(|| {
            let (low, high) = (bounds.start(), bounds.end());
            self.fault(
                name,
                "field",
                format!("expected a whole number from {low} to {high}, found {value}"),
            )
        })
    }

    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, EventFault> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.fault(
                name,
                "field",
                format!("expected true or false, found {other}"),
            )),
        }
    }

    /// A decimal number or text, times a power of ten, as a whole number.
    pub fn optional_decimal(&self, name: &str, power: i64) -> Result<Option<i64>, EventFault> {
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(self.fault(name, "field", format!("expected a number, found {value}")));
            }
        };
        let number =
            Decimal::from_str(text.trim()).or_else(|_| Decimal::from_scientific(text.trim()));
        let number = number
            .map_err(|_| self.fault(name, "number", format!("`{text}` is not a decimal number")))?;
        scaled(number, power)
            .map(Some)
            .ok_or_else(|| self.fault(name, "number", format!("`{text}` is out of range")))
    }

    pub fn child(&self, name: &str) -> Result<Option<Fields<'a>>, EventFault> {
        let path = self.fault(name, "field", "").path;
        self.optional(name)
            .map(|value| Fields::new(value, &path))
            .transpose()
    }

    pub fn children(&self, name: &str, at_most: usize) -> Result<Vec<Fields<'a>>, EventFault> {
        let Some(value) = self.optional(name) else {
            return Ok(Vec::new());
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.fault(name, "field", "expected an array"))?;
        if items.len() > at_most {
            let reason = format!("has {} items, at most {at_most} are read", items.len());
            return Err(self.fault(name, "field", reason));
        }
        let path = self.fault(name, "field", "").path;
        items
            .iter()
            .enumerate()
            .map(|(index, item)| Fields::new(item, &format!("{path}[{index}]")))
            .collect()
    }

    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, EventFault> {
        let Some(text) = self.optional_text(name)? else {
            return Ok(None);
        };
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(name, "word", format!("`{text}` is not one of {known:?}"))
        })
    }
}

/// `number × 10^power`, rounded half away from zero to a whole number.
pub fn scaled(number: Decimal, power: i64) -> Option<i64> {
    let magnitude = u32::try_from(power.unsigned_abs())
        .ok()
        .filter(|power| *power <= 18)?;
    let factor = Decimal::from(10_u64.checked_pow(magnitude)?);
    let moved = if power >= 0 {
        number.checked_mul(factor)?
    } else {
        number.checked_div(factor)?
    };
    moved
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
}
