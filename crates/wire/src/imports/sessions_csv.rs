//! Plain CSV files with one session a row, read by a mapping of columns.

use super::recorded::{self, Charged, Session};
use super::{Imported, Refused};
use crate::times;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;
use std::io::Read;
use std::str::FromStr;
use wattledger_domain::quantity::Milliseconds;

/// How a file's columns are to be read.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Names the sessions: `import:csv` unless given.
    pub source: String,
    /// Field separator.
    pub delimiter: u8,
    /// What stands for a missing value, such as `NA`.
    pub missing: String,
    /// Decimal separator.
    pub decimal: char,
    /// IANA zone of the wall-clock times.
    pub zone: String,
    /// How times are written, in strftime's letters.
    pub time_format: String,
    /// Columns of the session's name; several joined with `+`.
    pub session: String,
    /// Columns of the station; several joined with `+`, missing ones left out; of those between `|`
    /// the first that is not missing.
    pub station: String,
    /// Column of the token.
    pub token: Option<String>,
    /// Column of the start.
    pub start: String,
    /// Column of the end.
    pub end: String,
    /// Column of the energy in kWh.
    pub energy: String,
    /// Column of the length in hours, to be compared with the ends.
    pub duration: Option<String>,
}

/// Reads a file.
///
/// # Errors
/// When the file cannot be read or lacks a mapped column.
pub fn read(input: impl Read, columns: &Columns) -> std::io::Result<Imported> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(columns.delimiter)
        .flexible(true)
        .from_reader(input);
    let names = reader.headers()?.clone();
    let places: BTreeMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(place, name)| (name.trim_start_matches('\u{feff}'), place))
        .collect();
    for name in columns.named() {
        if !places.contains_key(name) {
            let known: Vec<&str> = places.keys().copied().collect();
            return Err(std::io::Error::other(format!(
                "no column `{name}`; there are {known:?}"
            )));
        }
    }
    let mut imported = Imported::default();
    let mut sessions = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let row = index.saturating_add(2);
        let outcome = record
            .map_err(|error| (None, error.to_string()))
            .and_then(|record| {
                let row = Row {
                    record: &record,
                    places: &places,
                    columns,
                };
                row.session()
                    .map_err(|reason| (row.joined(&columns.session), reason))
            });
        match outcome {
            Ok(session) => sessions.push(session),
            Err((name, reason)) => {
                let refused = Refused::new(row, name.as_deref(), &reason);
                imported.refused.push(refused);
            }
        }
    }
    recorded::tell(&columns.source, sessions, &mut imported);
    Ok(imported.sorted())
}

impl Columns {
    fn named(&self) -> Vec<&str> {
        let mut names: Vec<&str> = vec![&self.start, &self.end, &self.energy];
        names.extend(self.session.split(['+', '|']));
        names.extend(self.station.split(['+', '|']));
        names.extend(self.token.as_deref());
        names.extend(self.duration.as_deref());
        names
    }
}

struct Row<'a> {
    record: &'a csv::StringRecord,
    places: &'a BTreeMap<&'a str, usize>,
    columns: &'a Columns,
}

impl Row<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let text = self.record.get(*self.places.get(name)?)?.trim();
        (!text.is_empty() && text != self.columns.missing).then_some(text)
    }

    fn joined(&self, names: &str) -> Option<String> {
        let parts: Vec<&str> = names
            .split('+')
            .filter_map(|names| names.split('|').find_map(|name| self.value(name)))
            .collect();
        (!parts.is_empty()).then(|| parts.join("-"))
    }

    fn time(&self, name: &str) -> Result<Option<wattledger_domain::time::Timestamp>, String> {
        let Some(text) = self.value(name) else {
            return Ok(None);
        };
        times::parse_local(text, &self.columns.time_format, &self.columns.zone)
            .map(Some)
            .map_err(|reason| format!("{name} `{text}`: {reason}"))
    }

    /// A decimal number, in thousandths.
    fn thousandths(&self, name: &str, stated: &str) -> Result<Decimal, String> {
        Decimal::from_str(&stated.replace(self.columns.decimal, "."))
            .ok()
            .and_then(|number| number.checked_mul(Decimal::ONE_THOUSAND))
            .ok_or_else(|| format!("{name} `{stated}` is not a number"))
    }

    fn length(&self) -> Result<Option<Milliseconds>, String> {
        let Some(name) = self.columns.duration.as_deref() else {
            return Ok(None);
        };
        let Some(stated) = self.value(name) else {
            return Ok(None);
        };
        let hours = self.thousandths(name, stated)?;
        let length = hours.checked_mul(Decimal::from(3_600));
        let length = length.and_then(|length| length.round().to_i64());
        let length = length.ok_or_else(|| format!("{name} `{stated}` is too large"))?;
        Ok(Some(Milliseconds(length)))
    }

    fn session(&self) -> Result<Session, String> {
        let columns = self.columns;
        let name = self
            .joined(&columns.session)
            .ok_or("it has no session name")?;
        let station = self.joined(&columns.station).ok_or("it has no station")?;
        let stated = self.value(&columns.energy).ok_or("it has no energy");
        let started_at = self.time(&columns.start)?.ok_or("it has no start")?;
        let ended_at = self.time(&columns.end)?;
        let energy = self.thousandths(&columns.energy, stated?)?;
        let token = columns.token.as_deref().and_then(|token| self.value(token));
        let session = Session {
            name,
            station,
            zone: Some(columns.zone.clone()),
            token: token.map(str::to_owned),
            started_at,
            charged: Charged::NotKnown,
            ended_at,
            length: self.length()?,
            energy_wh: energy.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero),
        };
        session.check()?;
        Ok(session)
    }
}
