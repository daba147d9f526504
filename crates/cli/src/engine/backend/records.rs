//! Pages of a topic's records, decoded for people and pipes.

use super::{EngineBackend, invalid, most, parameter, whole};
use serde_json::{Value, json};
use std::time::Duration;
use wattledger_api::fault::Fault;
use wattledger_runtime::{LogError, Record};

impl EngineBackend {
    fn record(record: &Record) -> Value {
        let decoded = record.value.as_deref().map(wattledger_wire::json::render);
        let header = |name: &str| {
            let (_, value) = record.headers.iter().find(|(known, _)| &**known == name)?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        let (kind, data) = match decoded {
            Some(Ok(shown)) if record.headers.is_empty() => {
                (shown["type"].clone(), shown["data"].clone())
            }
            Some(_) if !record.headers.is_empty() => (
                "DeadLetter".into(),
                json!({ "code": header("code"), "message": header("message"), "stage": header("stage"),
                        "topic": header("topic"), "partition": header("partition"), "offset": header("offset"),
                        "bytes": record.value.as_ref().map_or(0, Vec::len) }),
            ),
            Some(_) => {
                let text = record.value.as_deref().map(String::from_utf8_lossy);
                let parsed = text
                    .as_deref()
                    .and_then(|text| serde_json::from_str(text).ok());
                ("other".into(), parsed.unwrap_or(Value::Null))
            }
            None => ("tombstone".into(), Value::Null),
        };
        let kind = kind.as_str().map_or_else(String::new, |name| {
            name.rsplit('.').next().unwrap_or(name).to_owned()
        });
        let mut shown = json!({
            "partition": record.partition,
            "offset": record.offset,
            "key": String::from_utf8_lossy(&record.key),
            "type": kind,
            "data": data,
        });
        if let Some(link) = &record.link {
            shown["link"] = format!("{}#{}", link.source, link.sequence).into();
        }
        shown
    }

    pub(super) fn page(
        &self,
        topic: &str,
        parameters: &[(String, String)],
    ) -> Result<Value, LogErrorOrFault> {
        let limit = usize::try_from(most(parameters, 500)?.min(5_000)).unwrap_or(500);
        let wait = u64::try_from(whole(parameters, "wait_ms", 0)?.clamp(0, 30_000)).unwrap_or(0);
        let ends = self.service.ends(topic)?;
        let named = parameter(parameters, "cursor").unwrap_or("earliest");
        let mut positions = positions(named, &ends)?;
        let waited = std::time::Instant::now();
        let mut shown = Vec::new();
        loop {
            for (partition, position) in (0_u32..).zip(&mut positions) {
                let left = limit.saturating_sub(shown.len());
                if left == 0 {
                    break;
                }
                for record in self.service.records(topic, partition, *position, left)? {
                    *position = record.offset.saturating_add(1);
                    shown.push(Self::record(&record));
                }
            }
            let over = waited.elapsed() >= Duration::from_millis(wait);
            if !shown.is_empty() || over || self.service.is_stopping() {
                break;
            }
            self.service.nap(Duration::from_millis(50));
        }
        let ends = self.service.ends(topic)?;
        let end = positions
            .iter()
            .zip(&ends)
            .all(|(position, end)| position >= end)
            || shown.is_empty();
        Ok(json!({ "records": shown, "cursor": cursor(&positions), "end": end }))
    }
}

/// A place in every partition, as a page names it.
pub fn cursor(positions: &[i64]) -> String {
    let places: Vec<String> = positions.iter().map(i64::to_string).collect();
    places.join(".")
}

/// Where a page begins, by partition: never past the end, where nothing would ever come.
pub(super) fn positions(text: &str, ends: &[i64]) -> Result<Vec<i64>, Fault> {
    let text = match text {
        "earliest" => return Ok(vec![0; ends.len()]),
        "latest" => return Ok(ends.to_vec()),
        text => text,
    };
    let read: Result<Vec<i64>, _> = text.split('.').map(str::parse).collect();
    let is_within = |read: &Vec<i64>| {
        let mut places = read.iter().zip(ends);
        read.len() == ends.len() && places.all(|(at, end)| (0..=*end).contains(at))
    };
    read.ok().filter(is_within).ok_or_else(|| {
        let reason = format!("`{text}` is not earliest, latest or a cursor of an earlier page");
        invalid("cursor", reason)
    })
}

/// Why there is no page.
pub enum LogErrorOrFault {
    /// The log.
    Log(LogError),
    /// The question.
    Fault(Fault),
}

impl From<LogError> for LogErrorOrFault {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<Fault> for LogErrorOrFault {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
