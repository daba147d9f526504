//! A whole engine in a folder, told things by one door or another.

use serde_json::{Value, json};
use std::sync::Arc;
use wattledger_domain::control::{ControlRecord, ControlTick, TickedStages};
use wattledger_domain::ids::TokenHash;
use wattledger_domain::reference::{BackDating, ReferenceSubmitted};
use wattledger_domain::time::Timestamp;
use wattledger_engine::directory::{Directory, TenantSecret};
use wattledger_engine::intake::{self, Door};
use wattledger_engine::letters::{Redrive, Redriven};
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::service::{Service, ServiceError};
use wattledger_engine::{live, topics};
use wattledger_runtime::{Outgoing, Record};
use wattledger_views::{LetterFilter, LetterRow, Waiting};
use wattledger_wire::{documents, topics as wire};

/// 2024-05-01T10:00:00Z.
pub const NOON: i64 = 1_714_557_600_000;

pub struct World {
    pub service: Arc<Service>,
    pipeline: Pipeline,
    views: Option<std::thread::JoinHandle<()>>,
    /// Records of gateway.events so far.
    sent: i64,
    _folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = EngineConfig::new(folder.path());
        let opened = open(&config, None, b"secret").unwrap();
        let pipeline = Pipeline::open(&opened.log, &opened.topics, &config.pipeline(0)).unwrap();
        let service = Arc::new(Service::new(opened, "test").unwrap());
        let views = Some(live::views_thread(&service).unwrap());
        let mut world = Self {
            service,
            pipeline,
            views,
            sent: 0,
            _folder: folder,
        };
        for document in configuration() {
            world.control(&ControlRecord::Submitted(Box::new(document)));
        }
        world.tick(0);
        world
    }

    fn append(&mut self, record: Outgoing) {
        let mut producer = self.service.log.producer("test").unwrap();
        producer.begin().unwrap();
        producer.send(record).unwrap();
        producer.commit().unwrap();
        self.settle();
    }

    fn control(&mut self, record: &ControlRecord) {
        let topic = Arc::clone(&self.service.topics.control_events);
        let value = wire::control::encode(record);
        self.append(Outgoing::keyed(&topic, topics::key("test"), value));
    }

    pub fn tick(&mut self, minute: i64) {
        self.control(&ControlRecord::Tick(ControlTick {
            at: at(minute),
            stages: TickedStages::All,
        }));
    }

    /// An event over HTTP.
    pub fn told(&mut self, event: &Value) {
        self.posted(event.to_string().as_bytes()).unwrap();
    }

    /// A body over HTTP, as one event.
    pub fn posted(&mut self, body: &[u8]) -> Result<(), ServiceError> {
        let taken = self.service.accept(at(70), |door| door.single(body));
        self.settle();
        taken.map(|count| assert_eq!(count, 1))
    }

    /// An event of an import.
    pub fn imported(&mut self, event: &Value, received_at: Timestamp) -> Result<(), ServiceError> {
        let taken = self
            .service
            .accept(received_at, |door| Ok(vec![door.event(event)?]));
        self.settle();
        taken.map(|count| assert_eq!(count, 1))
    }

    /// Folds all that there is.
    fn settle(&mut self) {
        while self.pipeline.step().unwrap() {}
        self.pipeline.settle().unwrap();
    }

    /// Bytes that a trusted gateway wrote where events are folded.
    pub fn written(&mut self, bytes: &[u8]) {
        let topic = Arc::clone(&self.service.topics.charging_events);
        self.append(Outgoing::keyed(
            &topic,
            topics::key("station"),
            bytes.into(),
        ));
    }

    /// A record of gateway.events, as intake reads it: what the door makes of it, and what comes of that.
    pub fn sent(&mut self, value: Option<Vec<u8>>) -> String {
        let Service { log, topics, .. } = &*self.service;
        let secret = TenantSecret::new("secret");
        let mut directory = Directory::open(log, topics, secret, None).unwrap();
        directory.refresh().unwrap();
        let record = Record {
            topic: Arc::clone(&topics.gateway_events),
            partition: 0,
            offset: self.sent,
            key: b"any".to_vec(),
            value,
            link: None,
            headers: Vec::new(),
        };
        let door = Door {
            directory: &directory,
            received_at: at(70),
        };
        let (said, out) = match door.record(&record) {
            Ok(None) => return "nothing".to_owned(),
            Ok(Some(event)) => ("taken".to_owned(), intake::record(topics, event)),
            Err(aside) => (
                format!("dead letter {}", aside.code),
                intake::dead_letter(topics, &record, &aside, at(70)),
            ),
        };
        self.sent += 1;
        self.append(out);
        said
    }

    /// A tombstone where events are folded.
    pub fn tombstone(&mut self) {
        let topic = Arc::clone(&self.service.topics.charging_events);
        let record = Outgoing::keyed(&topic, topics::key("station"), Vec::new());
        self.append(Outgoing {
            value: None,
            ..record
        });
    }

    /// What became of one session or event: why it waits, that its times were estimated, or what was
    /// said of its events.
    pub fn became(&self) -> String {
        let shown = self
            .service
            .wait_for_views(std::time::Duration::from_secs(30));
        assert!(shown.unwrap());
        let views = &self.service.views;
        if let Some(held) = views.held(None, 10).unwrap().first() {
            return format!("review {}", held.reasons);
        }
        if let Some(rated) = views.sessions(None, 10).unwrap().first() {
            let estimated = rated.flags.contains("clock_suspect");
            return if estimated { "estimated" } else { "billed" }.to_owned();
        }
        let outcomes = views.totals().unwrap().outcomes.into_iter();
        let said = outcomes.flat_map(|row| (0..row.count).map(move |_| row.reason.clone()));
        said.collect::<Vec<String>>().join(", ")
    }

    pub fn waiting(&self) -> Vec<LetterRow> {
        let shown = self
            .service
            .wait_for_views(std::time::Duration::from_secs(30));
        assert!(shown.unwrap());
        let filter = LetterFilter {
            only_waiting: Some(Waiting),
            ..LetterFilter::default()
        };
        self.service.views.letters(filter, 0, 1_000).unwrap().items
    }

    pub fn redrive(&mut self, letters: &[LetterRow], mended: Option<Value>) -> Redriven {
        let done = self.service.redrive(&Redrive {
            letters: letters.to_vec(),
            mended,
            by: "ada".into(),
            reason: "the gateway was mended".into(),
            at: at(90),
        });
        self.settle();
        done.unwrap()
    }

    /// Gross amounts of all documents.
    pub fn billed(&self) -> Vec<i64> {
        let shown = self
            .service
            .wait_for_views(std::time::Duration::from_secs(30));
        assert!(shown.unwrap());
        let found = self.service.views.invoices(None, 100).unwrap();
        found.into_iter().map(|invoice| invoice.gross).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.service.stop();
        self.views.take().map(std::thread::JoinHandle::join);
    }
}

pub const fn at(minute: i64) -> Timestamp {
    Timestamp(NOON + minute * 60_000)
}

fn configuration() -> Vec<ReferenceSubmitted> {
    let secret = TenantSecret::new("secret");
    let hash: &dyn Fn(&str) -> TokenHash = &|token| secret.hash(token);
    [
        json!({ "kind": "Policy", "id": "default", "spec": {} }),
        json!({ "kind": "LegalEntity", "id": "seller", "spec": { "name": "Seller", "country": "DE",
            "timeZone": "Europe/Berlin", "currency": "EUR", "policy": "default" } }),
        json!({ "kind": "Site", "id": "site", "spec": { "timeZone": "Europe/Berlin", "legalEntity": "seller" } }),
        json!({ "kind": "Station", "id": "station", "spec": { "site": "site",
            "evses": [{ "id": 1, "maxPowerW": 22000 }] } }),
        json!({ "kind": "Tariff", "id": "tariff", "spec": { "id": "tariff", "currency": "EUR", "elements": [
            { "price_components": [{ "type": "ENERGY", "price": 0.50, "vat": 19.0, "step_size": 1 }] }] } }),
        json!({ "kind": "TariffAssignment", "id": "all", "spec": { "tariff": "tariff" } }),
        json!({ "kind": "Account", "id": "driver", "spec": {} }),
        json!({ "kind": "Token", "spec": { "token": "CARD-1", "account": "driver" } }),
    ]
    .iter()
    .map(|value| ReferenceSubmitted {
        document: documents::submission(value, hash).unwrap().document,
        valid_from: None,
        valid_to: None,
        back_dating: BackDating::Allowed,
        submitted_at: Timestamp(0),
        submitted_by: "test".into(),
    })
    .collect()
}

pub fn event(kind: &str, id: &str, minute: i64, data: Value) -> Value {
    json!({ "specversion": "1.0", "type": format!("wattledger.charging.{kind}.v1"),
        "source": "gateway", "id": id, "subject": "station", "time": at(minute).to_string(),
        "data": data })
}

pub fn start() -> Value {
    let data = json!({ "evse": 1, "transaction": 11, "token": "CARD-1", "meterStart": 1000 });
    event("session_started", "1", 0, data)
}

pub fn end() -> Value {
    let data = json!({ "evse": 1, "transaction": 11, "meterStop": 11000 });
    event("session_ended", "2", 60, data)
}
