//! Dead letters taken up again: the record as it was, or mended, and a mark that it was, together.
//!
//! Invariant: a letter is driven in again at most once: the mark commits with the record, and the next
//! look sees it. Should two processes of a cluster do it in the same moment, the folds drop the second.

use crate::service::{Service, ServiceError};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{Destination, Outgoing, Record, Urgency};
use wattledger_views::{LetterRow, ViewError};
use wattledger_wire::topics::charging;

/// The code of the mark that a letter was driven in again.
pub const REDRIVEN: &str = "redriven";
/// The code of letters whose bytes are not whole: a card number in them was masked.
const MASKED: &str = "card_data_refused";
/// How long the views may take to show all marks.
const VIEWS: Duration = Duration::from_secs(30);

/// What is to be driven in again, by whom, and why.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// The letters.
    pub letters: Vec<LetterRow>,
    /// A CloudEvent that stands in place of the bytes of all of them; only for what chargers tell.
    pub mended: Option<Value>,
    /// By whom.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// When.
    pub at: Timestamp,
}

/// What was driven in again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// How many.
    pub redriven: u64,
    /// Coordinates of those that were not, and why.
    pub left: Vec<(String, String)>,
}

/// Why nothing was driven in again.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// The log, or mended bytes that cannot be taken.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The views do not follow the log.
    #[error("the views do not follow the log: nothing was driven in again")]
    ViewsBehind,
}

impl Service {
    /// The record that a letter is, while it is kept.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn letter(&self, row: &LetterRow) -> Result<Option<Record>, ServiceError> {
        let partition = u32::try_from(row.letter_partition).unwrap_or(u32::MAX);
        if row.letter_partition < 0 {
            return Ok(None);
        }
        let topic = Arc::clone(&self.topics.dead_letter);
        let found = self.records(&topic, partition, row.letter_offset, 1)?;
        let found = found.into_iter().next();
        Ok(found.filter(|record| record.offset == row.letter_offset))
    }

    /// Drives letters in again, all in one transaction with their marks.
    ///
    /// # Errors
    /// [`RedriveError`]; nothing was driven in again then.
    pub fn redrive(&self, asked: &Redrive) -> Result<Redriven, RedriveError> {
        let _alone = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.wait_for_views(VIEWS)? {
            return Err(RedriveError::ViewsBehind);
        }
        let mut done = Redriven::default();
        let mut records = Vec::new();
        let mut seen = BTreeSet::new();
        for row in &asked.letters {
            let place = coordinates(row);
            if !seen.insert(place.clone()) {
                continue;
            }
            match self.taken_up(row, asked)? {
                Ok(pair) => {
                    records.extend(pair);
                    done.redriven = done.redriven.saturating_add(1);
                }
                Err(why) => done.left.push((place, why.to_owned())),
            }
        }
        if !records.is_empty() {
            self.append(records.into_iter())?;
        }
        Ok(done)
    }

    /// The record and its mark, or why not.
    fn taken_up(
        &self,
        row: &LetterRow,
        asked: &Redrive,
    ) -> Result<Result<[Outgoing; 2], &'static str>, RedriveError> {
        let (partition, offset) = (row.partition_number, row.record_offset);
        let newest = self.views.letter(&row.topic, partition, offset)?;
        if newest.iter().any(|known| known.redriven_at.is_some()) {
            return Ok(Err("it was driven in again before"));
        }
        if row.reason == MASKED && asked.mended.is_none() {
            return Ok(Err(
                "its bytes are not whole, a card number in it was masked: mend it",
            ));
        }
        let Some(letter) = self.letter(row)? else {
            return Ok(Err("it is no longer kept"));
        };
        let topics = [
            &self.topics.gateway_events,
            &self.topics.charging_events,
            &self.topics.account_events,
            &self.topics.invoice_events,
            &self.topics.control_events,
        ];
        let Some(topic) = topics.into_iter().find(|topic| ***topic == *row.topic) else {
            return Ok(Err("nobody reads the topic that it comes from"));
        };
        let value = match &asked.mended {
            None => letter.value.clone().unwrap_or_default(),
            Some(mended) if *topic == self.topics.charging_events => {
                charging::encode(&self.field_event(mended, asked.at)?)
            }
            Some(mended) if *topic == self.topics.gateway_events => {
                // Read here as it will be there, so that a fault is told now.
                self.field_event(mended, asked.at)?;
                mended.to_string().into_bytes()
            }
            Some(_) => return Ok(Err("only what chargers tell can be mended")),
        };
        let of = |name: &str| letter.headers.iter().find(|(known, _)| &**known == name);
        let key = of("key").map_or_else(Vec::new, |(_, key)| key.clone());
        let record = Outgoing {
            topic: Arc::clone(topic),
            to: Destination::Partition(u32::try_from(partition).unwrap_or(0)),
            key,
            value: Some(value),
            link: None,
            headers: Vec::new(),
            urgency: Urgency::Normal,
        };
        Ok(Ok([record, self.mark(row, asked)]))
    }

    fn mark(&self, row: &LetterRow, asked: &Redrive) -> Outgoing {
        let header = |name: &str, value: &str| (Box::from(name), value.as_bytes().to_vec());
        Outgoing {
            topic: Arc::clone(&self.topics.dead_letter),
            to: Destination::Key,
            key: format!("{REDRIVEN}/{}", coordinates(row)).into_bytes(),
            value: Some(Vec::new()),
            link: None,
            headers: vec![
                header("topic", &row.topic),
                header("partition", &row.partition_number.to_string()),
                header("offset", &row.record_offset.to_string()),
                header("code", REDRIVEN),
                header("message", &asked.reason),
                header("by", &asked.by),
                header("logical-time", &asked.at.0.to_string()),
            ],
            urgency: Urgency::Normal,
        }
    }
}

/// `topic/partition/offset` of the record that was set aside.
#[must_use]
pub fn coordinates(row: &LetterRow) -> String {
    format!(
        "{}/{}/{}",
        row.topic, row.partition_number, row.record_offset
    )
}
