//! The engine behind the api: its answers as JSON, its faults as HTTP statuses.

use super::child::LedgerSource;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use wattledger_api::backend::{ApplyMode, Backend, EventForm, Health};
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_domain::parking::ParkingAction;
use wattledger_domain::reference::Kind;
use wattledger_domain::time::Timestamp;
use wattledger_engine::live;
use wattledger_engine::service::{Applied, ApplyFault, Service, ServiceError, Verdict};
use wattledger_payments::{Connector, SimulatedConnector};
use wattledger_runtime::LogError;
use wattledger_views::{JournalFilter, Period, ViewError};
use wattledger_wire::documents;

mod desk;
mod letters;
mod parameters;
mod parked;
mod pricing;
mod records;
mod reports;
mod rerate;
mod status;

use parameters::{date, invalid, most, parameter, whole};
use records::LogErrorOrFault;
pub use records::cursor;

/// The api's view of an engine.
pub struct EngineBackend {
    /// The engine.
    pub service: Arc<Service>,
    /// Checks and reads a processor's notices.
    pub connector: Option<SimulatedConnector>,
    /// Where the processor's ledger is to be had.
    pub ledger: Mutex<LedgerSource>,
    /// The directory, where no engine runs on it and nothing can be ordered; `None` where one runs, or is about to.
    pub unattended: Option<PathBuf>,
    /// Since when.
    pub since: Timestamp,
}

impl EngineBackend {
    /// Whatever is ordered is carried out by an engine that runs.
    fn attended(&self) -> Result<(), Fault> {
        let Some(directory) = &self.unattended else {
            return Ok(());
        };
        // A cluster that was named once is remembered in the directory.
        let command = format!("wattledger run --data-dir {}", directory.display());
        let elsewhere = match &self.service.kafka {
            Some(_) => "; if one runs on another machine, say it there",
            None => "",
        };
        let reason = format!(
            "no engine runs on this directory, which would carry it out: start one with `{command}`, then say the \
             same again{elsewhere}"
        );
        Err(Fault::new(Code::NoEngine, reason))
    }
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::new(Code::Broken, format!("{error:#}"))
}

fn of_service(error: ServiceError) -> Fault {
    match error {
        ServiceError::Event(fault) => {
            let code = Code::of_word(fault.code).unwrap_or(Code::Field);
            Fault::new(code, fault.reason).at(fault.index, Some(fault.path))
        }
        ServiceError::Busy => Fault::new(Code::Busy, error.to_string()),
        ServiceError::Hot(_) => Fault::new(Code::HotStation, error.to_string()),
        ServiceError::Log(_) | ServiceError::Commit(_) => broken(error),
    }
}

fn of_view(error: ViewError) -> Fault {
    broken(error)
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(broken)
}

impl EngineBackend {
    /// `live`, and which partitions of this process cannot go on while the others do.
    fn live_detail(&self) -> String {
        let stopped = self.service.stopped_partitions().into_iter();
        stopped.fold("live".to_owned(), |told, ((stage, partition), reason)| {
            format!("{told}; {}/{partition} has stopped: {reason}", stage.word())
        })
    }

    /// From now on the processor's ledger is there.
    pub fn ledger_at(&self, source: LedgerSource) {
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }

    /// What is changed waits until the stores are up to the log.
    fn ready(&self) -> Result<(), Fault> {
        match self.health() {
            Health::Starting | Health::Restoring => {
                let reason = "the engine restores its stores; send again in a second";
                Err(Fault::new(Code::Restoring, reason))
            }
            Health::Ready(_) | Health::Broken(_) => Ok(()),
        }
    }

    fn journal(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let filter = JournalFilter {
            period: Period {
                from: date(parameters, "from")?,
                to: date(parameters, "to")?,
            },
            legal_entity: parameter(parameters, "entity"),
        };
        let at = whole(parameters, "after_entered_at", i64::MIN)?;
        let after = parameter(parameters, "after").map(|entry| (at, entry));
        let page = self.service.views.journal(filter, after).map_err(of_view)?;
        let next = page.next.as_ref();
        let next = next.map(|(at, entry)| json!({ "after_entered_at": at, "after": entry }));
        Ok(json!({ "entries": to_json(&page.entries)?, "next": next }))
    }

    fn kind(word: &str) -> Result<Kind, Fault> {
        let found = Kind::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word));
        found.ok_or_else(|| {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
            Fault::new(Code::Kind, format!("`{word}` is not one of {known:?}"))
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
        let missing = |code: Code, what: &str, id: &str| {
            Fault::new(code, format!("there is no {what} `{id}`"))
        };
        match name {
            "session" => {
                let id = parameter(parameters, "id").unwrap_or_default();
                let story = views.session_story(id).map_err(of_view)?;
                to_json(&story.ok_or_else(|| missing(Code::Session, "session", id))?)
            }
            "invoice" => {
                let number = parameter(parameters, "number").unwrap_or_default();
                let stories = views.invoice_story(number).map_err(of_view)?;
                if stories.is_empty() {
                    return Err(missing(Code::Invoice, "invoice", number));
                }
                Ok(json!({ "invoices": to_json(&stories)? }))
            }
            "reference" => {
                let kind = Self::kind(parameter(parameters, "kind").unwrap_or_default())?;
                let id = parameter(parameters, "id");
                let found = views.references(kind.word(), id).map_err(of_view)?;
                match id {
                    Some(id) if found.is_empty() => Err(missing(Code::Document, kind.word(), id)),
                    _ => Ok(json!({ "documents": to_json(&found)? })),
                }
            }
            other => Err(missing(Code::Path, "query", other)),
        }
    }
}

impl Backend for EngineBackend {
    fn accept(&self, body: &[u8], form: EventForm) -> Result<Value, Fault> {
        self.ready()?;
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
            let reason = format!("no processor `{processor}` is configured");
            Fault::new(Code::Processor, reason)
        })?;
        connector
            .verify_webhook(headers, body, live::now())
            .map_err(|fault| Fault::new(Code::Signature, fault.to_string()))?;
        let outcomes = connector
            .parse_webhook(body)
            .map_err(|fault| Fault::new(Code::Webhook, fault.to_string()))?;
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
            return Err(Fault::new(Code::Event, reason));
        }
        Ok(report)
    }

    fn apply(&self, documents: &Value, mode: ApplyMode) -> Result<Value, Fault> {
        let items = documents
            .as_array()
            .ok_or_else(|| invalid("$", "expected an array of documents"))?;
        if mode == ApplyMode::Apply {
            self.attended()?;
            self.ready()?;
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
            "journal" => self.journal(parameters),
            "review" => self.review(parameters),
            "waiting" => self.waiting(parameters),
            "review_case" => self.review_case(parameter(parameters, "id").unwrap_or_default()),
            "letters" => self.letters(parameters),
            "letter" => self.letter(parameters),
            "parked" => Ok(self.parked_units()),
            "price" => self.running_price(parameters),
            "totals" => to_json(&views.totals().map_err(of_view)?),
            "usage" | "revenue" | "taxes" => reports::report(views, name, parameters),
            other => self.named(other, parameters),
        }
    }

    fn order(
        &self,
        name: &str,
        parameters: &[(String, String)],
        body: &Value,
    ) -> Result<Value, Fault> {
        match name {
            "decide" => self.decide(parameter(parameters, "session").unwrap_or_default(), body),
            "redrive" => self.redrive(body),
            "rerate" => self.rerate(body),
            "release" => self.order_parked(ParkingAction::Release, body),
            "skip" => self.order_parked(ParkingAction::Skip, body),
            other => Err(Fault::new(
                Code::Path,
                format!("there is no order `{other}`"),
            )),
        }
    }

    fn records(&self, topic: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        self.page(topic, parameters).map_err(|error| match error {
            LogErrorOrFault::Fault(fault) => fault,
            LogErrorOrFault::Log(LogError::UnknownTopic(topic)) => {
                Fault::new(Code::Topic, format!("there is no topic `{topic}`"))
            }
            LogErrorOrFault::Log(other) => broken(other),
        })
    }

    fn audit(&self) -> Result<Value, Fault> {
        let source = self
            .ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let report = self.service.audit(|| source.read()).map_err(broken)?;
        Ok(report.json())
    }

    fn health(&self) -> Health {
        let is_live = self.service.live.load(std::sync::atomic::Ordering::Relaxed);
        match self.service.failure() {
            Some(reason) => Health::Broken(reason),
            None if is_live => Health::Ready(self.live_detail()),
            None if self.unattended.is_none() => Health::Restoring,
            None => Health::Ready("offline".to_owned()),
        }
    }

    fn status(&self) -> Result<Value, Fault> {
        self.shown_status()
    }

    fn metrics(&self) -> Result<String, Fault> {
        Ok(self.service.metrics())
    }
}
