//! Documents in: submitted, folded by control, and what became of each.

use super::{Service, ServiceError};
use crate::live::now;
use crate::replay::submitted_record;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use wattledger_catalog as catalog;
use wattledger_domain::control::ControlRecord;
use wattledger_domain::reference::{
    BackDating, Content, Kind, ReferenceSubmitted, Token, TokenEntry,
};
use wattledger_domain::state::State;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::LogError;
use wattledger_views::{OutcomeRow, ViewError};
use wattledger_wire::documents::{self, Submission};

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A version of it is in force, or will be.
    Recorded,
    /// It says what is in force already.
    Unchanged,
    /// It was refused.
    Refused(String),
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyFault {
    /// The log.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// Control did not answer.
    #[error("control has not folded the documents within {0} s; look at the engine's health")]
    NoAnswer(u64),
}

impl From<LogError> for ApplyFault {
    fn from(error: LogError) -> Self {
        Self::Service(error.into())
    }
}

impl Service {
    /// Reads a document in the operator's form; a token in plain text leaves as its keyed hash.
    ///
    /// # Errors
    /// A fault with the path and what is expected there.
    pub fn read_document(&self, value: &serde_json::Value) -> Result<Submission, documents::Fault> {
        let inlet = self.inlet();
        documents::submission(value, &|token| inlet.directory.hash(token))
    }

    /// Submits documents in the order of their kinds and waits for the answer.
    ///
    /// A document of an id that is new holds from the beginning of time; a change of one that is known
    /// holds from its `validFrom`, or as soon as every partition can see it.
    ///
    /// # Errors
    /// [`ApplyFault`].
    pub fn apply(&self, submissions: Vec<Submission>) -> Result<Vec<Applied>, ApplyFault> {
        self.wait_for_views(Duration::from_secs(10))?;
        let submitted = self.submitted(submissions)?;
        let mut names = Vec::with_capacity(submitted.len());
        for (kind, id, event) in submitted.iter().map(name) {
            let before = self.told(&event)?.len();
            names.push((kind, id, event, before));
        }
        let records = submitted
            .into_iter()
            .map(|one| submitted_record(&self.topics, one));
        let ends = self.inlet().append(self.log.as_ref(), records)?;
        self.log.sync()?;
        let control = &self.topics.control_events;
        let end = ends.iter().find(|end| end.topic == *control);
        self.await_control(end.map_or(0, |end| end.next))?;
        self.wait_for_views(Duration::from_secs(10))?;
        let applied = names.into_iter().map(|(kind, id, event, before)| {
            let told = self.told(&event)?;
            let newest = told.get(before..).and_then(<[_]>::last);
            let verdict = newest.map_or(Verdict::Recorded, verdict);
            Ok(Applied { kind, id, verdict })
        });
        applied.collect()
    }

    /// What control has told of a document so far; it tells nothing of one that it records.
    fn told(&self, event: &str) -> Result<Vec<OutcomeRow>, ViewError> {
        let report = self.views.event_outcome(catalog::OUTCOME_SOURCE, event)?;
        Ok(report.outcomes)
    }

    /// Whether a document of this id is known. A token is known by its hash.
    fn is_known(&self, content: &Content) -> Result<bool, ApplyFault> {
        if let Content::Token(token) = content {
            return Ok(self.newest(token)?.is_some());
        }
        let kind = content.kind().word();
        Ok(!self.views.references(kind, Some(&content.id()))?.is_empty())
    }

    fn newest(&self, token: &Token) -> Result<Option<TokenEntry>, LogError> {
        let mut inlet = self.inlet();
        inlet.directory.refresh()?;
        Ok(inlet.directory.newest(&token.hash).cloned())
    }

    fn submitted(
        &self,
        mut submissions: Vec<Submission>,
    ) -> Result<Vec<ReferenceSubmitted>, ApplyFault> {
        submissions.sort_by_key(|submission| submission.document.content.kind());
        let submitted_at = now();
        submissions
            .into_iter()
            .map(|submission| {
                let known = self.is_known(&submission.document.content)?;
                Ok(ReferenceSubmitted {
                    document: submission.document,
                    valid_from: submission.valid_from,
                    valid_to: submission.valid_to,
                    back_dating: if known {
                        BackDating::Refused
                    } else {
                        BackDating::Allowed
                    },
                    submitted_at,
                    submitted_by: "apply".into(),
                })
            })
            .collect()
    }

    fn await_control(&self, end: i64) -> Result<(), ApplyFault> {
        const SECONDS: u64 = 15;
        let began = Instant::now();
        loop {
            let control = &self.topics.control_events;
            let folded = self.log.committed("wattledger.control", control)?;
            if folded.first().copied().flatten().unwrap_or(0) >= end {
                return Ok(());
            }
            if began.elapsed().as_secs() >= SECONDS || self.failure().is_some() {
                return Err(ApplyFault::NoAnswer(SECONDS));
            }
            self.nap(Duration::from_millis(5));
        }
    }

    /// What would become of documents, without submitting them.
    ///
    /// # Errors
    /// [`ApplyFault`].
    pub fn dry_run(&self, submissions: Vec<Submission>) -> Result<Vec<Applied>, ApplyFault> {
        let now = now();
        let mut state = Scratch {
            now,
            entities: BTreeMap::new(),
            timers: BTreeSet::new(),
        };
        for kind in Kind::ALL {
            for row in self.views.references(kind.word(), None)? {
                let json = serde_json::to_value(&row).unwrap_or_default();
                let text = json["document"]
                    .as_str()
                    .map_or_else(|| json["document"].to_string(), str::to_owned);
                if let Ok(content) = documents::content(kind, &text) {
                    let hash = wattledger_domain::hash::Digest::of(text.as_bytes());
                    let document = wattledger_domain::reference::Document {
                        text: text.into(),
                        hash,
                        content,
                    };
                    fold_one(
                        &mut state,
                        ReferenceSubmitted {
                            document,
                            valid_from: None,
                            valid_to: None,
                            back_dating: BackDating::Allowed,
                            submitted_at: now,
                            submitted_by: "known".into(),
                        },
                    );
                }
            }
        }
        let submitted = self.submitted(submissions)?;
        let applied = submitted.into_iter().map(|one| {
            let (kind, id, _) = name(&one);
            let verdict = match self.says_the_same(&one)? {
                true => Verdict::Unchanged,
                false => fold_one(&mut state, one),
            };
            Ok(Applied { kind, id, verdict })
        });
        applied.collect()
    }

    /// Whether a token's newest entry says what is submitted; the views hold no hash of its document.
    fn says_the_same(&self, submitted: &ReferenceSubmitted) -> Result<bool, LogError> {
        let Content::Token(token) = &submitted.document.content else {
            return Ok(false);
        };
        Ok(self.newest(token)?.is_some_and(|entry| {
            let times = (
                submitted.valid_from.unwrap_or(entry.from),
                submitted.valid_to,
            );
            (&entry.account, &entry.group) == (&token.account, &token.group)
                && (entry.from, entry.to) == times
        }))
    }
}

fn verdict(told: &OutcomeRow) -> Verdict {
    if told.outcome.eq_ignore_ascii_case("duplicate") {
        Verdict::Unchanged
    } else {
        Verdict::Refused(told.detail.clone())
    }
}

fn name(submitted: &ReferenceSubmitted) -> (Kind, String, String) {
    let content = &submitted.document.content;
    let event = format!(
        "{}/{}@{}",
        content.kind().word(),
        content.id(),
        submitted.document.hash
    );
    (content.kind(), content.id().into(), event)
}

fn fold_one(state: &mut Scratch, submitted: ReferenceSubmitted) -> Verdict {
    let mut effects = Vec::new();
    if let Err(error) = catalog::fold(
        state,
        &ControlRecord::Submitted(Box::new(submitted)),
        &mut effects,
    ) {
        return Verdict::Refused(error.to_string());
    }
    let outcome = effects.iter().find_map(|effect| match effect {
        catalog::Effect::Outcome(outcome) => Some(outcome),
        catalog::Effect::BroadcastToSessions(_)
        | catalog::Effect::BroadcastToInvoices(_)
        | catalog::Effect::ToAccount { .. }
        | catalog::Effect::Directory(_)
        | catalog::Effect::PayerResolved(_)
        | catalog::Effect::Tick { .. } => None,
    });
    match outcome {
        None => Verdict::Recorded,
        Some(outcome) if outcome.outcome == wattledger_domain::outcome::Outcome::Duplicate => {
            Verdict::Unchanged
        }
        Some(outcome) => Verdict::Refused(outcome.detail.to_string()),
    }
}

/// A state in memory, thrown away after a dry run.
struct Scratch {
    now: Timestamp,
    entities: BTreeMap<catalog::Key, catalog::Value>,
    timers: BTreeSet<(Timestamp, catalog::Timer)>,
}

impl State for Scratch {
    type Key = catalog::Key;
    type Value = catalog::Value;
    type Timer = catalog::Timer;

    fn now(&self) -> Timestamp {
        self.now
    }
    fn get(&mut self, key: &catalog::Key) -> Option<&catalog::Value> {
        self.entities.get(key)
    }
    fn take(&mut self, key: &catalog::Key) -> Option<catalog::Value> {
        self.entities.remove(key)
    }
    fn put(&mut self, key: catalog::Key, value: catalog::Value) {
        self.entities.insert(key, value);
    }
    fn remove(&mut self, key: &catalog::Key) {
        self.entities.remove(key);
    }
    fn wake(&mut self, at: Timestamp, timer: catalog::Timer) {
        self.timers.insert((at, timer));
    }
    fn cancel(&mut self, at: Timestamp, timer: &catalog::Timer) {
        self.timers.remove(&(at, *timer));
    }
}
