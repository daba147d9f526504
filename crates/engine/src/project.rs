//! The views worker: committed and durable records of the output topics, into SQL.

use crate::letters;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::reference::Kind;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Consumer, Log, LogError, Record, Visibility};
use wattledger_views::{
    Coordinates, DeadLetter, NextOffset, Recorded, Redriven, ViewError, ViewRecord, Views,
};
use wattledger_wire::DecodeError;
use wattledger_wire::topics as wire;

/// Records taken into SQL at once, per partition.
const BATCH: FetchLimit = FetchLimit {
    records: 2_000,
    bytes: 8 << 20,
};

type Read = fn(&Record) -> Result<Vec<ViewRecord>, DecodeError>;

/// Projects topics into views.
pub struct Projector {
    sources: Vec<Source>,
}

struct Source {
    topic: Arc<str>,
    consumer: Box<dyn Consumer>,
    positions: Vec<i64>,
    read: Read,
}

/// Why projecting stopped.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
}

impl Projector {
    /// Opens it where the views left off.
    ///
    /// # Errors
    /// [`ProjectError`].
    pub fn open(log: &Arc<dyn Log>, topics: &Topics, views: &Views) -> Result<Self, ProjectError> {
        let known: BTreeMap<(Box<str>, i32), i64> = views
            .offsets()?
            .into_iter()
            .map(|offset| ((offset.topic, offset.partition), offset.next))
            .collect();
        let listed: [(&Arc<str>, Read); 12] = [
            (&topics.charging_events, charging),
            (&topics.account_events, account),
            (&topics.charging_sessions, |record| {
                one(record, wire::rated::decode, |v| {
                    ViewRecord::Rated(Box::new(v))
                })
            }),
            (&topics.billing_invoices, |record| {
                one(record, wire::issued::decode, |v| {
                    ViewRecord::Issued(Box::new(v))
                })
            }),
            (&topics.billing_journal, |record| {
                one(record, wire::journal::decode, |v| {
                    ViewRecord::Entry(Box::new(v))
                })
            }),
            (&topics.billing_payments, |record| {
                one(record, wire::payment_fact::decode, |v| {
                    ViewRecord::Payment(Box::new(v))
                })
            }),
            (&topics.event_outcomes, |record| {
                one(record, wire::outcome::decode, |v| {
                    ViewRecord::Outcome(Box::new(v))
                })
            }),
            (&topics.charging_commands, |record| {
                one(record, wire::charging_command::decode, |v| {
                    ViewRecord::Command(Box::new(v))
                })
            }),
            (&topics.payment_commands, |record| {
                one(record, wire::payment_command::decode, |v| {
                    ViewRecord::PaymentCommand(Box::new(v))
                })
            }),
            (&topics.directory_tokens, |record| {
                one(record, wire::directory::decode, |v| {
                    ViewRecord::Token(Box::new(v))
                })
            }),
            (&topics.dead_letter, dead_letter),
            (&topics.control_events, |_| Ok(Vec::new())),
        ];
        let mut sources = Vec::new();
        for (topic, read) in listed {
            let positions = (0..log.partitions(topic)?)
                .map(|partition| {
                    let name: Box<str> = topic.as_ref().into();
                    let partition = i32::try_from(partition).unwrap_or(0);
                    known.get(&(name, partition)).copied().unwrap_or(0)
                })
                .collect();
            let consumer = log.consumer(topic, Visibility::Durable)?;
            sources.push(Source {
                topic: Arc::clone(topic),
                consumer,
                positions,
                read,
            });
        }
        Ok(Self { sources })
    }

    /// Takes what there is; `false` when there was nothing.
    ///
    /// # Errors
    /// [`ProjectError`].
    pub fn step(&mut self, views: &Views) -> Result<bool, ProjectError> {
        let mut rows = Vec::new();
        let mut offsets = Vec::new();
        for source in &mut self.sources {
            source.take(&mut rows, &mut offsets)?;
        }
        if offsets.is_empty() {
            return Ok(false);
        }
        views.apply(&rows, &offsets)?;
        Ok(true)
    }

    /// Moves on to the ends of partitions that hold nothing more to take, be there markers and gaps;
    /// whether everything has been taken.
    ///
    /// # Errors
    /// [`ProjectError`].
    pub fn prove(&mut self, views: &Views) -> Result<bool, ProjectError> {
        let mut offsets = Vec::new();
        let mut all = true;
        for source in &mut self.sources {
            let ends = source.consumer.ends()?;
            for ((partition, next), end) in (0_u32..).zip(&mut source.positions).zip(ends) {
                if end <= *next {
                    continue;
                }
                if !source.consumer.is_empty(partition, *next, end)? {
                    all = false;
                    continue;
                }
                *next = end;
                offsets.push(NextOffset {
                    topic: source.topic.as_ref().into(),
                    partition: i32::try_from(partition).unwrap_or(0),
                    next: end,
                });
            }
        }
        if !offsets.is_empty() {
            views.apply(&[], &offsets)?;
        }
        Ok(all)
    }

    /// Takes everything that there is.
    ///
    /// # Errors
    /// [`ProjectError`].
    pub fn catch_up(&mut self, views: &Views) -> Result<(), ProjectError> {
        loop {
            while self.step(views)? {}
            if self.prove(views)? {
                return Ok(());
            }
        }
    }

    /// Waits until something may be there.
    pub fn wait(&mut self, at_most: Duration) {
        if let Some(source) = self.sources.first_mut() {
            source.consumer.wait(at_most);
        }
    }
}

impl Source {
    fn take(
        &mut self,
        rows: &mut Vec<Recorded>,
        offsets: &mut Vec<NextOffset>,
    ) -> Result<(), LogError> {
        for (partition, next) in (0_u32..).zip(&mut self.positions) {
            let mut records = Vec::new();
            self.consumer.fetch(partition, *next, BATCH, &mut records)?;
            let Some(last) = records.last() else { continue };
            *next = last.offset.saturating_add(1);
            let partition = i32::try_from(partition).unwrap_or(0);
            for record in &records {
                match (self.read)(record) {
                    Ok(read) => rows.extend(read.into_iter().map(|view| Recorded {
                        coordinates: coordinates(&view, record, partition),
                        record: view,
                    })),
                    Err(error) => tracing::error!(
                        %error, topic = %record.topic, partition, offset = record.offset,
                        "a record cannot be shown"
                    ),
                }
            }
            offsets.push(NextOffset {
                topic: self.topic.as_ref().into(),
                partition,
                next: *next,
            });
        }
        Ok(())
    }
}

/// A dead letter is known by the record that was set aside.
fn coordinates(view: &ViewRecord, record: &Record, partition: i32) -> Coordinates {
    let own = || Coordinates {
        topic: record.topic.as_ref().into(),
        partition,
        offset: record.offset,
    };
    if !matches!(view, ViewRecord::DeadLetter(_) | ViewRecord::Redriven(_)) {
        return own();
    }
    let aside = || {
        let topic = header(record, "topic")?;
        let partition = header(record, "partition")?.parse().ok()?;
        Some(Coordinates {
            topic: topic.into(),
            partition,
            offset: header(record, "offset")?.parse().ok()?,
        })
    };
    aside().unwrap_or_else(own)
}

fn header<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    let (_, value) = record.headers.iter().find(|(known, _)| &**known == name)?;
    std::str::from_utf8(value).ok()
}

fn one<T>(
    record: &Record,
    decode: fn(&[u8]) -> Result<T, DecodeError>,
    view: fn(T) -> ViewRecord,
) -> Result<Vec<ViewRecord>, DecodeError> {
    record
        .value
        .as_deref()
        .map(|bytes| decode(bytes).map(view))
        .into_iter()
        .collect()
}

fn charging(record: &Record) -> Result<Vec<ViewRecord>, DecodeError> {
    let Some(bytes) = record.value.as_deref() else {
        return Ok(Vec::new());
    };
    // What intake let pass unread by the fold is told by its dead letter.
    let Ok(read) = wire::charging::decode(bytes) else {
        return Ok(Vec::new());
    };
    Ok(match read {
        ChargingRecord::Field(event) => vec![ViewRecord::Event(Box::new(event))],
        ChargingRecord::Reference(reference) => vec![ViewRecord::Reference(Box::new(reference))],
        ChargingRecord::HoldGranted(_)
        | ChargingRecord::AuthorizationRefused(_)
        | ChargingRecord::PayerResolved(_)
        | ChargingRecord::ReviewDecided(_)
        | ChargingRecord::Tick(_) => Vec::new(),
    })
}

fn account(record: &Record) -> Result<Vec<ViewRecord>, DecodeError> {
    let Some(bytes) = record.value.as_deref() else {
        return Ok(Vec::new());
    };
    let Ok(read) = wire::account::decode(bytes) else {
        return Ok(Vec::new());
    };
    Ok(match read {
        AccountRecord::AuthorizationPinned(pinned) => vec![ViewRecord::AuthorizationPinned(pinned)],
        AccountRecord::SessionOpened(opened) => vec![ViewRecord::SessionOpened(opened)],
        AccountRecord::RunningCost(cost) => vec![ViewRecord::RunningCost(cost)],
        AccountRecord::SessionHeld(held) => vec![ViewRecord::Held(held)],
        AccountRecord::SessionDecided(decided) => vec![ViewRecord::Decided(decided)],
        AccountRecord::PaymentOutcome(outcome) => vec![ViewRecord::PaymentOutcome(outcome)],
        AccountRecord::Reference(reference) => {
            let account = reference.document.content.kind() == Kind::Account;
            if account {
                vec![ViewRecord::Reference(reference)]
            } else {
                Vec::new()
            }
        }
        AccountRecord::SessionRated(_)
        | AccountRecord::SessionWithdrawn(_)
        | AccountRecord::InvoiceIssued(_)
        | AccountRecord::DraftRejected(_)
        | AccountRecord::Tick(_) => Vec::new(),
    })
}

fn dead_letter(record: &Record) -> Result<Vec<ViewRecord>, DecodeError> {
    let text = |name: &str| header(record, name).unwrap_or_default().into();
    let at = header(record, "logical-time").and_then(|at| at.parse().ok());
    let at = Timestamp(at.unwrap_or(0));
    if header(record, "code") == Some(letters::REDRIVEN) {
        return Ok(vec![ViewRecord::Redriven(Redriven {
            by: text("by"),
            reason: text("message"),
            at,
        })]);
    }
    let bytes = record.value.as_deref().map_or(0, <[u8]>::len);
    Ok(vec![ViewRecord::DeadLetter(DeadLetter {
        reason: text("code"),
        message: text("message"),
        stage: text("stage"),
        key: text("key"),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        lies_at: (i32::try_from(record.partition).unwrap_or(0), record.offset),
        at,
    })])
}
