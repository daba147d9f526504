//! Fields of OCPI objects, with paths.

use super::Fault;
use crate::times;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;
use std::str::FromStr;
use wattledger_domain::time::Timestamp;

/// A JSON value and where it stands.
#[derive(Clone)]
pub struct At<'a> {
    pub value: &'a Value,
    pub path: String,
}

impl<'a> At<'a> {
    pub fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: "$".to_owned(),
        }
    }

    pub fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    pub fn field(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self {
            value,
            path: format!("{}.{name}", self.path),
        })
    }

    pub fn required(&self, name: &str) -> Result<Self, Fault> {
        self.field(name)
            .ok_or_else(|| self.fault(format!("`{name}` is required")))
    }

    pub fn items(&self) -> Result<Vec<Self>, Fault> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.fault("expected an array"))?;
        let at = |(index, value)| At {
            value,
            path: format!("{}[{index}]", self.path),
        };
        Ok(items.iter().enumerate().map(at).collect())
    }

    pub fn text(&self) -> Result<&'a str, Fault> {
        self.value
            .as_str()
            .ok_or_else(|| self.fault("expected a text"))
    }

    pub fn time(&self) -> Result<Timestamp, Fault> {
        let text = self.text()?;
        times::parse(text).ok_or_else(|| self.fault(format!("`{text}` is not an RFC 3339 time")))
    }

    pub fn decimal(&self) -> Result<Decimal, Fault> {
        let text = match self.value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(self.fault("expected a number"));
            }
        };
        Decimal::from_str(&text)
            .or_else(|_| Decimal::from_scientific(&text))
            .map_err(|_| self.fault(format!("`{text}` is not a decimal number")))
    }

    /// A number in units of 10^-places, rounded half up there.
    pub fn scaled(&self, places: u32) -> Result<i64, Fault> {
        let scale = Decimal::from(10_u64.checked_pow(places).unwrap_or(1));
        let scaled = self.decimal()?.checked_mul(scale);
        let whole = scaled
            .map(|scaled| scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero));
        whole
            .and_then(|whole| whole.to_i64())
            .ok_or_else(|| self.fault("is too large"))
    }

    /// An optional number in units of 10^-places.
    pub fn optional_scaled(&self, name: &str, places: u32) -> Result<Option<i64>, Fault> {
        self.field(name)
            .map(|field| field.scaled(places))
            .transpose()
    }
}
