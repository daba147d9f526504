//! The engine behind the api: its answers as JSON, its faults as HTTP statuses.

use super::child::LedgerSource;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use wattledger_api::backend::{ApplyMode, Backend, EventForm, Health};
use wattledger_api::fault::{Fault, FaultKind};
use wattledger_domain::reference::Kind;
use wattledger_domain::tariff::LocalDate;
use wattledger_engine::live;
use wattledger_engine::service::{Applied, ApplyFault, Service, ServiceError, Verdict};
use wattledger_payments::{Connector, SimulatedConnector};
use wattledger_runtime::LogError;
use wattledger_views::{By, Period, ViewError};
use wattledger_wire::documents;

mod records;

use records::LogErrorOrFault;

/// The api's view of an engine.
pub struct EngineBackend {
    /// The engine.
    pub service: Arc<Service>,
    /// Checks and reads a processor's notices.
    pub connector: Option<SimulatedConnector>,
    /// Where the processor's ledger is to be had.
    pub ledger: Mutex<LedgerSource>,
    /// Whether an engine runs, or is about to, behind it.
    pub is_online: bool,
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Unavailable, "broken", error.to_string())
}

fn of_service(error: ServiceError) -> Fault {
    match error {
        ServiceError::Event(fault) => {
            let kind = if fault.code == "json" {
                FaultKind::Invalid
            } else {
                FaultKind::Refused
            };
            Fault::new(kind, fault.code, fault.reason).at(fault.index, Some(fault.path))
        }
        ServiceError::Busy => Fault::new(FaultKind::Busy, "busy", error.to_string()),
        ServiceError::Log(_) | ServiceError::Commit(_) => broken(error),
    }
}

fn of_view(error: ViewError) -> Fault {
    broken(error)
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(broken)
}

fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

fn invalid(name: &str, reason: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Invalid, "parameter", reason).at(None, Some(name.to_owned()))
}

fn whole(parameters: &[(String, String)], name: &str, default: i64) -> Result<i64, Fault> {
    match parameter(parameters, name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| invalid(name, format!("`{text}` is not a whole number"))),
    }
}

/// How many rows at most: at least one.
fn most(parameters: &[(String, String)], default: i64) -> Result<i64, Fault> {
    match whole(parameters, "limit", default)? {
        limit if limit < 1 => Err(invalid("limit", format!("`{limit}` is less than 1"))),
        limit => Ok(limit),
    }
}

fn date(parameters: &[(String, String)], name: &str) -> Result<Option<LocalDate>, Fault> {
    use chrono::Datelike as _;
    let Some(text) = parameter(parameters, name) else {
        return Ok(None);
    };
    let read = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|date| {
            let (month, day) = (
                u8::try_from(date.month()).ok()?,
                u8::try_from(date.day()).ok()?,
            );
            Some(LocalDate {
                year: date.year(),
                month,
                day,
            })
        });
    read.map(Some)
        .ok_or_else(|| invalid(name, format!("`{text}` is not a date such as 2026-11-25")))
}

fn by(parameters: &[(String, String)]) -> Result<By, Fault> {
    match parameter(parameters, "by").unwrap_or("day") {
        "station" => Ok(By::Station),
        "site" => Ok(By::Site),
        "day" => Ok(By::Day),
        "hour" => Ok(By::Hour),
        other => Err(invalid(
            "by",
            format!("`{other}` is not station, site, day or hour"),
        )),
    }
}

impl EngineBackend {
    /// From now on the processor's ledger is there.
    pub fn ledger_at(&self, source: LedgerSource) {
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }

    fn kind(word: &str) -> Result<Kind, Fault> {
        let found = Kind::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word));
        found.ok_or_else(|| {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
            Fault::new(
                FaultKind::NotFound,
                "kind",
                format!("`{word}` is not one of {known:?}"),
            )
        })
    }

    fn sessions(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let views = &self.service.views;
        let limit = most(parameters, 100)?;
        let held = match parameter(parameters, "held").unwrap_or("false") {
            "true" => true,
            "false" => false,
            other => return Err(invalid("held", format!("`{other}` is not true or false"))),
        };
        if held {
            let after = parameter(parameters, "after");
            return Ok(json!({ "items": to_json(&views.held(after, limit).map_err(of_view)?)? }));
        }
        let started = whole(parameters, "after_started_at", i64::MIN)?;
        let after = parameter(parameters, "after").map(|session| (started, session));
        Ok(json!({ "items": to_json(&views.sessions(after, limit).map_err(of_view)?)? }))
    }

    fn invoices(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let limit = most(parameters, 100)?;
        let issued = whole(parameters, "after_issued_at", i64::MIN)?;
        let after = parameter(parameters, "after").map(|invoice| (issued, invoice));
        let found = self.service.views.invoices(after, limit).map_err(of_view)?;
        Ok(json!({ "items": to_json(&found)? }))
    }

    fn named(&self, name: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let views = &self.service.views;
        let missing = |what: &str, id: &str| {
            Fault::new(
                FaultKind::NotFound,
                what,
                format!("there is no {what} `{id}`"),
            )
        };
        match name {
            "session" => {
                let id = parameter(parameters, "id").unwrap_or_default();
                let story = views.session_story(id).map_err(of_view)?;
                to_json(&story.ok_or_else(|| missing("session", id))?)
            }
            "invoice" => {
                let number = parameter(parameters, "number").unwrap_or_default();
                let stories = views.invoice_story(number).map_err(of_view)?;
                if stories.is_empty() {
                    return Err(missing("invoice", number));
                }
                Ok(json!({ "invoices": to_json(&stories)? }))
            }
            "reference" => {
                let kind = Self::kind(parameter(parameters, "kind").unwrap_or_default())?;
                let id = parameter(parameters, "id");
                let found = views.references(kind.word(), id).map_err(of_view)?;
                match id {
                    Some(id) if found.is_empty() => Err(missing(kind.word(), id)),
                    _ => Ok(json!({ "documents": to_json(&found)? })),
                }
            }
            other => Err(missing("query", other)),
        }
    }
}

impl Backend for EngineBackend {
    fn accept(&self, body: &[u8], form: EventForm) -> Result<Value, Fault> {
        let accepted = self.service.accept(live::now(), |door| match form {
            EventForm::Single => door.single(body),
            EventForm::Batch => door.batch(body),
        });
        let count = accepted.map_err(of_service)?;
        Ok(json!({ "accepted": count }))
    }

    fn webhook(
        &self,
        processor: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Value, Fault> {
        let connector = self.connector.as_ref().filter(|_| processor == "simulated");
        let connector = connector.ok_or_else(|| {
            Fault::new(
                FaultKind::NotFound,
                "processor",
                format!("no processor `{processor}` is configured"),
            )
        })?;
        connector
            .verify_webhook(headers, body, live::now())
            .map_err(|fault| Fault::new(FaultKind::Unauthorized, "signature", fault.to_string()))?;
        let outcomes = connector
            .parse_webhook(body)
            .map_err(|fault| Fault::new(FaultKind::Invalid, "webhook", fault.to_string()))?;
        let count = self.service.outcomes(outcomes).map_err(of_service)?;
        Ok(json!({ "accepted": count }))
    }

    fn event(&self, source: &str, id: &str) -> Result<Value, Fault> {
        let report = self
            .service
            .views
            .event_outcome(source, id)
            .map_err(of_view)?;
        let report = to_json(&report)?;
        let unseen = report["fate"].to_string().to_lowercase().contains("not");
        if unseen && report["arrivals"].as_array().is_none_or(Vec::is_empty) {
            let reason = format!("no event `{id}` of `{source}` has been seen");
            return Err(Fault::new(FaultKind::NotFound, "event", reason));
        }
        Ok(report)
    }

    fn apply(&self, documents: &Value, mode: ApplyMode) -> Result<Value, Fault> {
        let items = documents
            .as_array()
            .ok_or_else(|| invalid("$", "expected an array of documents"))?;
        if mode == ApplyMode::Apply && !self.is_online {
            let reason = "no engine runs on this directory: start one with `wattledger run`";
            return Err(Fault::new(FaultKind::Conflict, "no_engine", reason));
        }
        let mut submissions = Vec::new();
        let mut rows = Vec::new();
        let mut places = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let read = self.service.read_document(item);
            match read {
                Ok(submission) => {
                    let content = &submission.document.content;
                    places.push((content.kind(), index));
                    submissions.push(submission);
                }
                Err(documents::Fault { path, reason }) => rows.push(json!({
                    "index": index, "kind": item["kind"], "id": item["id"], "result": "refused",
                    "field": path, "reason": reason,
                })),
            }
        }
        if rows.is_empty() {
            let applied = match mode {
                ApplyMode::Apply => self.service.apply(submissions),
                ApplyMode::DryRun => self.service.dry_run(submissions),
            };
            let applied = applied.map_err(|fault| match fault {
                ApplyFault::Service(error) => of_service(error),
                ApplyFault::Views(error) => of_view(error),
                ApplyFault::NoAnswer(_) => broken(fault),
            })?;
            // Both in the order of kinds, and of the request within one.
            places.sort_by_key(|(kind, _)| *kind);
            for (Applied { kind, id, verdict }, (_, index)) in applied.into_iter().zip(places) {
                let mut row = json!({ "index": index, "kind": kind.word(), "id": id });
                match verdict {
                    Verdict::Recorded => row["result"] = "recorded".into(),
                    Verdict::Unchanged => row["result"] = "unchanged".into(),
                    Verdict::Refused(reason) => {
                        row["result"] = "refused".into();
                        row["reason"] = reason.into();
                    }
                }
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| row["index"].as_u64());
        Ok(json!({ "documents": rows }))
    }

    fn query(&self, name: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let views = &self.service.views;
        match name {
            "sessions" => self.sessions(parameters),
            "invoices" => self.invoices(parameters),
            "totals" => to_json(&views.totals().map_err(of_view)?),
            "usage" | "revenue" => {
                let period = Period {
                    from: date(parameters, "from")?,
                    to: date(parameters, "to")?,
                };
                let by = by(parameters)?;
                let rows = if name == "usage" {
                    to_json(&views.report_usage(by, period).map_err(of_view)?)?
                } else {
                    to_json(&views.report_revenue(by, period).map_err(of_view)?)?
                };
                Ok(json!({ "rows": rows }))
            }
            other => self.named(other, parameters),
        }
    }

    fn records(&self, topic: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        self.page(topic, parameters).map_err(|error| match error {
            LogErrorOrFault::Fault(fault) => fault,
            LogErrorOrFault::Log(LogError::UnknownTopic(topic)) => Fault::new(
                FaultKind::NotFound,
                "topic",
                format!("there is no topic `{topic}`"),
            ),
            LogErrorOrFault::Log(other) => broken(other),
        })
    }

    fn audit(&self) -> Result<Value, Fault> {
        let source = self
            .ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let ledger = source.read().map_err(broken)?;
        let report = self.service.audit(ledger.as_ref()).map_err(broken)?;
        Ok(report.json())
    }

    fn health(&self) -> Health {
        let is_live = self.service.live.load(std::sync::atomic::Ordering::Relaxed);
        match self.service.failure() {
            Some(reason) => Health::Broken(reason),
            None if is_live => Health::Ready("live".to_owned()),
            None if self.is_online => Health::Restoring,
            None => Health::Ready("offline".to_owned()),
        }
    }

    fn metrics(&self) -> String {
        self.service.metrics()
    }
}
