//! A simulated morning billed by the engine on its embedded log, and its billing records published
//! to the shared broker once for all tests of this binary.

use crate::interpreter::{done, hex, with_kafka};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::OnceLock;
use wattledger_domain::document::{JournalEntry, Side};
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Record, Visibility};
use wattledger_tests_live::Place;
use wattledger_wire::topics as wire;

/// The registry's id of payment facts: they are published in Confluent's framing.
pub const FACT_ID: u8 = 7;
const TOPICS: [&str; 3] = ["billing.invoices", "billing.journal", "billing.payments"];
const PARTITIONS: u32 = 4;

/// What was published.
pub struct Billed {
    /// Where the lines for publish.py are.
    pub place: Place,
    /// How many records.
    pub records: usize,
    /// How many documents.
    pub documents: usize,
    entries: Vec<JournalEntry>,
}

impl Billed {
    /// The trial balance as the journal's bytes give it here, in ledger.py's words and order.
    pub fn trial_balance(&self) -> Value {
        let mut sums: BTreeMap<(&str, &str, &str), (i64, i64)> = BTreeMap::new();
        for entry in &self.entries {
            for posting in &entry.postings {
                let currency = posting.amount.currency.code();
                let account = (entry.book.as_str(), currency, &*posting.ledger);
                let (debit, credit) = sums.entry(account).or_default();
                match posting.side {
                    Side::Debit => *debit += posting.amount.minor,
                    Side::Credit => *credit += posting.amount.minor,
                }
            }
        }
        let lines = sums
            .into_iter()
            .map(|((book, currency, ledger), (debit, credit))| {
                json!({ "book": book, "ledger": ledger, "currency": currency, "debit": debit,
                    "credit": credit, "balance": debit - credit })
            });
        lines.collect()
    }
}

/// Bills and publishes, the first time.
pub fn billed() -> &'static Billed {
    static BILLED: OnceLock<Billed> = OnceLock::new();
    BILLED.get_or_init(|| {
        let billed = bill();
        done(&mut publishing(&billed));
        billed
    })
}

/// publish.py for all the records.
pub fn publishing(billed: &Billed) -> std::process::Command {
    let mut command = with_kafka("publish.py");
    command.args(["--partitions", &PARTITIONS.to_string()]);
    command.arg("--records").arg(billed.place.path("records"));
    command
}

fn bill() -> Billed {
    let place = Place::new();
    let summary = place.done(&["simulate", "--stations", "20", "--sessions", "60"]);
    assert!(summary.out.contains("clean"), "{summary:?}");
    let log = open(&EngineConfig::new(place.data()), None, b"there is one")
        .unwrap()
        .log;
    let mut records = Vec::new();
    for topic in TOPICS {
        let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
        let limit = FetchLimit {
            records: usize::MAX,
            bytes: usize::MAX,
        };
        for partition in 0..log.partitions(topic).unwrap() {
            consumer.fetch(partition, 0, limit, &mut records).unwrap();
        }
    }
    let mut file = std::fs::File::create(place.path("records")).unwrap();
    records
        .iter()
        .for_each(|record| writeln!(file, "{}", line(record)).unwrap());
    let of = |topic: &'static str| records.iter().filter(move |record| &*record.topic == topic);
    let entries = of("billing.journal").map(|record| {
        let value = record.value.as_deref().unwrap();
        wire::journal::decode(value).unwrap()
    });
    Billed {
        place,
        records: records.len(),
        documents: of("billing.invoices").count(),
        entries: entries.collect(),
    }
}

fn line(record: &Record) -> Value {
    let value = record.value.as_deref().unwrap();
    let value = if &*record.topic == "billing.payments" {
        [&[0, 0, 0, 0, FACT_ID], &value[10..]].concat()
    } else {
        value.to_vec()
    };
    json!({ "topic": &*record.topic, "partition": record.partition, "key": hex(&record.key),
        "value": hex(&value) })
}
