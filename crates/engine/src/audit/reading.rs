//! Reading a cut: every committed record of the topics up to their ends now.

use super::{Check, Cut, Finding};
use crate::topics::Topics;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::document::{InvoiceRecord, Movement};
use wattledger_domain::ids::SessionId;
use wattledger_runtime::log::read;
use wattledger_runtime::{Log, LogError, Record, Visibility};
use wattledger_wire::topics as wire;

/// What became of the inputs.
pub struct Inputs {
    /// Field events that can be read.
    pub events: u64,
    /// Coordinates of records that cannot be read.
    pub unreadable: Vec<String>,
    /// Coordinates of dead letters.
    pub dead: BTreeSet<String>,
    /// (stage, partition, not folded yet).
    pub behind: Vec<(String, u32, i64)>,
    /// Links out of order: (topic/partition/offset).
    pub broken_links: Vec<String>,
    /// Records with links.
    pub linked: u64,
}

impl Inputs {
    /// Notes a record that is no word of its topic; what people ordered about parked units is one of
    /// every topic.
    fn unread(&mut self, record: &Record) {
        let bytes = record.value.as_deref().unwrap_or_default();
        if wire::parking::decode(bytes).is_err() {
            self.unreadable.push(coordinates(record));
        }
    }

    /// The promises about inputs.
    pub fn checks(&self) -> Vec<Check> {
        let mut unread = Finding::of("every unreadable record is among the dead letters");
        unread.checked = self.events;
        for coordinates in &self.unreadable {
            unread.look(self.dead.contains(coordinates), || {
                format!("{coordinates} vanished")
            });
        }
        let mut links = Finding::of("records between stages are neither lost, doubled nor foreign");
        links.checked = self.linked;
        links.offender = self.broken_links.first().cloned();
        vec![unread.done(), links.done()]
    }

    /// What is not folded yet.
    pub fn in_flight(&self) -> Vec<String> {
        self.behind
            .iter()
            .filter(|(_, _, lag)| *lag > 0)
            .map(|(stage, partition, lag)| format!("{stage}/{partition} has {lag} records to fold"))
            .collect()
    }
}

/// What invoices had not folded when the reading began: the journal may or may not have it.
#[derive(Default)]
pub struct Moving {
    /// Payment facts: payment, operation, movement.
    pub facts: BTreeSet<(Box<str>, i32, Movement)>,
    /// Sessions with a draft or fact among them.
    pub sessions: BTreeSet<SessionId>,
}

impl Moving {
    fn take(&mut self, record: &InvoiceRecord) {
        match record {
            InvoiceRecord::Draft(draft) => {
                self.sessions.insert(draft.supply.session.clone());
            }
            InvoiceRecord::PaymentFact(fact) => {
                self.sessions.extend(fact.session.clone());
                let payment = fact.payment.as_str().into();
                self.facts.insert((payment, fact.op, fact.movement));
            }
            InvoiceRecord::Reference(_) | InvoiceRecord::Tick(_) => {}
        }
    }
}

/// Reads everything. A running engine goes on meanwhile, so the order is: how far invoices are, what
/// they issued and posted, and only then what it came from.
pub fn cut(log: &Arc<dyn Log>, topics: &Topics) -> Result<Cut, LogError> {
    let mut inputs = Inputs {
        events: 0,
        unreadable: Vec::new(),
        dead: BTreeSet::new(),
        behind: Vec::new(),
        broken_links: Vec::new(),
        linked: 0,
    };
    let folded = log.committed("wattledger.invoices", &topics.invoice_events)?;
    let mut moving = Moving::default();
    let documents = all(log, &topics.billing_invoices, wire::issued::decode)?;
    let entries = all(log, &topics.billing_journal, wire::journal::decode)?;
    let facts = all(log, &topics.billing_payments, wire::payment_fact::decode)?;
    let mut rated: BTreeMap<_, i32> = BTreeMap::new();
    each(log, &topics.charging_sessions, &mut |record| {
        if let Some(Ok(session)) = record.value.as_deref().map(wire::rated::decode) {
            let newest = rated.entry(session.session).or_insert(0);
            *newest = session.version.max(*newest);
        }
    })?;
    let (mut drafts, mut rejected) = (BTreeMap::new(), BTreeMap::new());
    let mut links = Links::default();
    each(log, &topics.invoice_events, &mut |record| {
        links.look(record, &mut inputs);
        let read = record.value.as_deref().map(wire::invoice::decode);
        let place = usize::try_from(record.partition).unwrap_or(usize::MAX);
        let next = folded.get(place).copied().flatten().unwrap_or(0);
        if let Some(Ok(read)) = read.as_ref().filter(|_| record.offset >= next) {
            moving.take(read);
        }
        match read {
            Some(Ok(InvoiceRecord::Draft(draft))) => {
                drafts.insert(draft.draft.clone(), draft.supply.session.clone());
            }
            Some(Err(_)) => inputs.unread(record),
            Some(Ok(_)) | None => {}
        }
    })?;
    each(log, &topics.account_events, &mut |record| {
        links.look(record, &mut inputs);
        match record.value.as_deref().map(wire::account::decode) {
            Some(Ok(AccountRecord::DraftRejected(refused))) => {
                rejected.insert(refused.draft.clone(), refused.session.clone());
            }
            Some(Err(_)) => inputs.unread(record),
            Some(Ok(_)) | None => {}
        }
    })?;
    each(log, &topics.charging_events, &mut |record| {
        links.look(record, &mut inputs);
        match record.value.as_deref().map(wire::charging::decode) {
            Some(Ok(ChargingRecord::Field(_))) => inputs.events = inputs.events.saturating_add(1),
            Some(Err(_)) => inputs.unread(record),
            Some(Ok(_)) | None => {}
        }
    })?;
    each(log, &topics.dead_letter, &mut |record| {
        inputs
            .dead
            .insert(String::from_utf8_lossy(&record.key).into_owned());
    })?;
    inputs.behind = behind(log, topics)?;
    Ok(Cut {
        rated,
        documents,
        entries,
        facts,
        rejected,
        drafts,
        moving,
        inputs,
    })
}

fn coordinates(record: &Record) -> String {
    format!("{}/{}/{}", record.topic, record.partition, record.offset)
}

fn behind(log: &Arc<dyn Log>, topics: &Topics) -> Result<Vec<(String, u32, i64)>, LogError> {
    let mut behind = Vec::new();
    for (stage, topic) in [
        ("control", &topics.control_events),
        ("sessions", &topics.charging_events),
        ("accounts", &topics.account_events),
        ("invoices", &topics.invoice_events),
        ("payments", &topics.payment_commands),
    ] {
        let mut consumer = log.consumer(topic, Visibility::Process)?;
        let committed = log.committed(&format!("wattledger.{stage}"), topic)?;
        for (partition, next) in (0_u32..).zip(committed) {
            let (next, end) = (next.unwrap_or(0), consumer.end(partition)?);
            let lag = if consumer.is_empty(partition, next, end)? {
                0
            } else {
                end.saturating_sub(next)
            };
            behind.push((stage.to_owned(), partition, lag));
        }
    }
    Ok(behind)
}

fn all<T>(
    log: &Arc<dyn Log>,
    topic: &Arc<str>,
    decode: fn(&[u8]) -> Result<T, wattledger_wire::DecodeError>,
) -> Result<Vec<T>, LogError> {
    let mut found = Vec::new();
    each(log, topic, &mut |record| {
        if let Some(Ok(value)) = record.value.as_deref().map(decode) {
            found.push(value);
        }
    })?;
    Ok(found)
}

/// Calls back for every record of a topic that is kept, partition by partition, to their ends now.
fn each(
    log: &Arc<dyn Log>,
    topic: &Arc<str>,
    call: &mut dyn FnMut(&Record),
) -> Result<(), LogError> {
    let mut consumer = log.consumer(topic, Visibility::Process)?;
    for partition in 0..log.partitions(topic)? {
        let cut = (consumer.start(partition)?, consumer.end(partition)?);
        read(consumer.as_mut(), partition, cut, &mut |record| {
            call(&record)
        })?;
    }
    Ok(())
}

/// The next number expected per (topic, partition, source).
#[derive(Default)]
struct Links(BTreeMap<(Arc<str>, u32, Box<str>), u64>);

impl Links {
    fn look(&mut self, record: &Record, inputs: &mut Inputs) {
        let Some(link) = &record.link else { return };
        inputs.linked = inputs.linked.saturating_add(1);
        let key = (
            Arc::clone(&record.topic),
            record.partition,
            link.source.clone(),
        );
        let expected = self.0.get(&key).copied();
        // Without an expectation (records before were trimmed) the first seen is taken.
        if expected.is_some_and(|expected| expected != link.sequence) {
            inputs.broken_links.push(format!(
                "{}: number {} of {} where {} was expected",
                coordinates(record),
                link.sequence,
                link.source,
                expected.unwrap_or(0)
            ));
        }
        self.0.insert(key, link.sequence.saturating_add(1));
    }
}
