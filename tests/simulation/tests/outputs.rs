//! What a run has published: whole records, read from its log, and what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use wattledger_domain::document::{DocumentKind, EntryCause, IssuedDocument};
use wattledger_engine::opening::{EngineConfig, Opened, open};
use wattledger_engine::topics::{PUBLIC, settings};
use wattledger_runtime::log::read;
use wattledger_runtime::{Log, Record, Visibility};
use wattledger_wire::topics as wire;

/// What others read, and what stages and the payments worker read.
fn compared() -> impl Iterator<Item = &'static str> {
    PUBLIC.into_iter().chain([
        "control.events",
        "charging.events",
        "account.events",
        "invoice.events",
        "payment.commands",
    ])
}

fn opened(directory: &Path, partitions: u32) -> Opened {
    let config = EngineConfig {
        partitions,
        ..EngineConfig::new(directory)
    };
    open(&config, None, b"not used: the directory has one").unwrap()
}

/// Where every partition of every topic ends, in a directory that nothing runs on.
pub fn ends(directory: &Path, partitions: u32) -> Vec<(&'static str, Vec<i64>)> {
    let log = opened(directory, partitions).log;
    let topics = settings(partitions).into_iter();
    topics
        .map(|(topic, settings)| {
            let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
            let ends = (0..settings.partitions).map(|partition| consumer.end(partition).unwrap());
            (topic, ends.collect())
        })
        .collect()
}

/// The records of one run, by topic, partition and offset.
pub struct Outputs(Vec<Record>);

/// What the issued documents come to; a credit note counts against its invoice.
#[derive(Debug, Default)]
pub struct Sums {
    /// How many invoices.
    pub invoices: i64,
    /// Milliwatt-hours.
    pub energy: i64,
    /// Minor units.
    pub net: i64,
    /// Minor units.
    pub tax: i64,
    /// Minor units.
    pub gross: i64,
}

impl Outputs {
    /// Reads the log of a directory that nothing runs on.
    pub fn read(directory: &Path, partitions: u32) -> Self {
        Self::of(opened(directory, partitions).log.as_ref())
    }

    /// Reads a log.
    pub fn of(log: &dyn Log) -> Self {
        let mut records = Vec::new();
        for topic in compared() {
            let mut consumer = log.consumer(topic, Visibility::Process).unwrap();
            for (partition, end) in (0..).zip(consumer.ends().unwrap()) {
                let mut take = |record| records.push(record);
                read(consumer.as_mut(), partition, (0, end), &mut take).unwrap();
            }
        }
        Self(records)
    }

    /// Compares two runs record by record; panics at the first that differs.
    pub fn assert_same(&self, other: &Self, what: &str) {
        for (one, two) in self.0.iter().zip(&other.0) {
            let place = (&one.topic, one.partition, one.offset);
            assert!(one == two, "{what}: {place:?} differs:\n{one:?}\n{two:?}");
        }
        assert_eq!(self.counts(), other.counts(), "{what}: one has more");
    }

    /// How many records each topic holds, those without any left out.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for record in &self.0 {
            *counts.entry(&*record.topic).or_insert(0) += 1;
        }
        counts
    }

    fn decoded<T, E: std::fmt::Debug>(
        &self,
        topic: &str,
        decode: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Vec<T> {
        let records = self.0.iter().filter(|record| &*record.topic == topic);
        records
            .map(|record| decode(record.value.as_deref().unwrap()).unwrap())
            .collect()
    }

    fn documents(&self) -> Vec<IssuedDocument> {
        self.decoded("billing.invoices", wire::issued::decode)
    }

    /// Sessions, drafts, movements of money and postings, without places, numbers and their order.
    pub fn bills(&self) -> BTreeSet<String> {
        let mut bills = BTreeSet::new();
        for rated in self.decoded("charging.sessions", wire::rated::decode) {
            bills.insert(format!("{rated:?}"));
        }
        let mut drafts = BTreeMap::new();
        for document in self.documents() {
            bills.insert(format!("{:?}", document.draft));
            drafts.insert(document.invoice, document.draft.draft);
        }
        for fact in self.decoded("billing.payments", wire::payment_fact::decode) {
            bills.insert(format!("{fact:?}"));
        }
        for entry in self.decoded("billing.journal", wire::journal::decode) {
            let cause = match &entry.cause {
                EntryCause::Document(invoice) => format!("{:?}", drafts[invoice]),
                EntryCause::Payment { .. } => format!("{:?}", entry.cause),
            };
            bills.insert(format!("{cause}: {:?} {:?}", entry.book, entry.postings));
        }
        bills
    }

    /// The chargers' own names of the sessions that invoices stand for.
    pub fn billed_names(&self) -> BTreeSet<String> {
        let documents = self.documents();
        let billed: BTreeSet<_> = documents
            .iter()
            .map(|document| &document.draft.supply.session)
            .collect();
        let rated = self.decoded("charging.sessions", wire::rated::decode);
        rated
            .into_iter()
            .filter(|rated| billed.contains(&rated.session))
            .filter_map(|rated| Some(rated.transaction?.to_string()))
            .collect()
    }

    /// Adds up the issued documents.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for IssuedDocument { draft, .. } in self.documents() {
            let sign = match draft.kind {
                DocumentKind::Invoice => 1,
                DocumentKind::CreditNote { .. } => -1,
            };
            sums.invoices += i64::from(sign > 0);
            sums.energy += sign * draft.supply.energy.0;
            sums.net += sign * draft.net.minor;
            sums.tax += sign * draft.tax.minor;
            sums.gross += sign * draft.gross.minor;
        }
        sums
    }
}
