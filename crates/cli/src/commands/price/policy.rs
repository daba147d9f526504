//! The policy of `price --policy`: words, or a file with them.

use crate::error::CliError;
use serde_json::Value;
use std::path::Path;
use wattledger_domain::cost::{
    Half, Rounding, RoundingOrder, StartFee, StepRule, SuspendedByStation, UsageRules,
};
use wattledger_pricing::TaxLiability;
use wattledger_wire::unique_keys;

/// How records are priced where OCPI leaves it to the seller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePolicy {
    /// How totals are rounded.
    pub rounding: Rounding,
    /// What of a session counts.
    pub rules: UsageRules,
    /// Decimal places of totals; those of the currency where absent.
    pub places: Option<u32>,
    /// Who owes the tax.
    pub liability: TaxLiability,
}

impl Default for PricePolicy {
    fn default() -> Self {
        Self {
            rounding: Rounding::DEFAULT,
            rules: UsageRules::default(),
            places: None,
            liability: TaxLiability::Seller,
        }
    }
}

impl PricePolicy {
    /// Reads `net_first`, `gross_first,half=even,steps=off` and the like, or a JSON file: an object
    /// with these words as fields, or a Policy document, whose `rounding` and `usage` count.
    ///
    /// # Errors
    /// [`CliError::Refused`] with the word that is not known, [`CliError::Broken`] for a file that
    /// cannot be read.
    pub fn read(text: &str) -> Result<Self, CliError> {
        let path = Path::new(text);
        if path.is_file() {
            let name = path.display();
            let text = super::read(path)?;
            let value = unique_keys::read(text.as_bytes())
                .map_err(|fault| CliError::refused(format!("{name}: {fault}")))?;
            return Self::of_value(&value)
                .map_err(|reason| CliError::refused(format!("{name}: {reason}")));
        }
        let mut policy = Self::default();
        for word in text.split(',').filter(|word| !word.trim().is_empty()) {
            let (name, value) = word.trim().split_once('=').unwrap_or(("", word.trim()));
            policy
                .set(name, value)
                .map_err(|reason| CliError::refused(format!("--policy: {reason}")))?;
        }
        Ok(policy)
    }

    fn of_value(value: &Value) -> Result<Self, String> {
        let spec = value.get("spec").unwrap_or(value);
        let rounding = spec.get("rounding").filter(|inner| inner.is_object());
        let is_document = rounding.is_some() || value.get("kind").is_some();
        let fields = if is_document { rounding } else { Some(spec) };
        let fields = fields.map(|fields| fields.as_object().ok_or("expected an object"));
        let mut policy = Self::default();
        for (name, value) in fields.transpose()?.into_iter().flatten() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(format!("`{name}`: expected a word or a number"));
                }
            };
            policy.set(name, &text)?;
        }
        if is_document {
            policy.use_rules(spec.get("usage"))?;
        }
        Ok(policy)
    }

    /// The `usage` of a Policy document.
    fn use_rules(&mut self, usage: Option<&Value>) -> Result<(), String> {
        let fields = usage.and_then(Value::as_object).into_iter().flatten();
        for (name, value) in fields {
            let name = match name.as_str() {
                "startFee" => "start_fee",
                "suspendedByStation" => "suspended_by_station",
                other => return Err(format!("`usage.{other}` is not known")),
            };
            self.set(name, value.as_str().unwrap_or_default())?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let unknown = || format!("`{value}` is not a word of `{name}`");
        match (name, value) {
            ("" | "order" | "rounding", "net_first") => {
                self.rounding.order = RoundingOrder::NetFirst
            }
            ("" | "order" | "rounding", "gross_first") => {
                self.rounding.order = RoundingOrder::GrossFirst;
            }
            ("half", "up") | ("", "half_up") => self.rounding.half = Half::Up,
            ("half", "even") | ("", "half_even") => self.rounding.half = Half::Even,
            ("half", "down") | ("", "half_down") => self.rounding.half = Half::Down,
            ("steps", "once_per_session") => self.rounding.steps = StepRule::OncePerSession,
            ("steps", "off") | ("", "no_steps") => self.rounding.steps = StepRule::Off,
            ("start_fee", "always") => self.rules.start_fee = StartFee::Always,
            ("start_fee", "with_energy") => self.rules.start_fee = StartFee::WithEnergy,
            ("suspended_by_station", word) => {
                self.rules.suspended_by_station = match word {
                    "unbilled" => SuspendedByStation::Unbilled,
                    "time" => SuspendedByStation::Time,
                    "parking_time" => SuspendedByStation::ParkingTime,
                    _ => return Err(unknown()),
                }
            }
            ("tax", "seller") => self.liability = TaxLiability::Seller,
            ("tax", "buyer") | ("", "reverse_charge") => self.liability = TaxLiability::Buyer,
            ("", "default") => {}
            // Records are no bills: what is owed for them is not paid in cash.
            ("cashMinor", number) if number.parse::<u32>().is_ok() => {}
            ("places", number) => match number.parse() {
                Ok(places @ 0..=8) => self.places = Some(places),
                Ok(_) | Err(_) => return Err("`places` is 0 to 8".to_owned()),
            },
            ("", word) => {
                return Err(format!(
                    "`{word}` is not known; there are net_first, gross_first, half=up|even|down, \
                     steps=once_per_session|off, start_fee=always|with_energy, \
                     suspended_by_station=unbilled|time|parking_time, tax=seller|buyer, places=0..8"
                ));
            }
            ("order" | "half" | "steps" | "start_fee" | "tax" | "rounding", _) => {
                return Err(unknown());
            }
            _ => return Err(format!("`{name}` is not known")),
        }
        Ok(())
    }
}
