//! What the api needs of the engine behind it.

use crate::fault::Fault;
use serde_json::Value;

/// The engine, as the api sees it. Every call may block: the api calls it off its own threads.
pub trait Backend: Send + Sync + 'static {
    /// Takes one CloudEvent or a batch; returns only when all of it is durable.
    ///
    /// # Errors
    /// A fault that names the event's index and field; nothing of the batch is taken then.
    fn accept(&self, body: &[u8], form: EventForm) -> Result<Value, Fault>;

    /// Takes a notification of a payment processor, with its headers, after checking its signature.
    ///
    /// # Errors
    /// `Unauthorized` without a valid signature.
    fn webhook(
        &self,
        processor: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Value, Fault>;

    /// What became of an event.
    ///
    /// # Errors
    /// `NotFound` when it has never been seen.
    fn event(&self, source: &str, id: &str) -> Result<Value, Fault>;

    /// Submits reference documents and waits until they are in force or refused.
    ///
    /// # Errors
    /// A fault that names the document and field.
    fn apply(&self, documents: &Value, mode: ApplyMode) -> Result<Value, Fault>;

    /// A query of the views: `sessions`, `session`, `invoices`, `invoice`, `usage`, `revenue`,
    /// `journal`, `reference`, `totals`, with its parameters; and `price` of a session that runs, from
    /// the state of the fold itself.
    ///
    /// # Errors
    /// `NotFound` or `Invalid`.
    fn query(&self, name: &str, parameters: &[(String, String)]) -> Result<Value, Fault>;

    /// Carries out what a person orders: `decide` about a session, `rerate` sessions (which only tells
    /// what would come of it unless it is to be applied), `redrive` dead letters, `release` or `skip` a
    /// parked unit. `parameters` name what it is about, the body says what is ordered.
    ///
    /// # Errors
    /// A fault that names the field; a conflict when what it is about is no longer so.
    fn order(
        &self,
        name: &str,
        parameters: &[(String, String)],
        body: &Value,
    ) -> Result<Value, Fault>;

    /// A page of decoded records of a topic.
    ///
    /// # Errors
    /// `NotFound` for an unknown topic.
    fn records(&self, topic: &str, parameters: &[(String, String)]) -> Result<Value, Fault>;

    /// Takes a cut and checks every promise on it.
    ///
    /// # Errors
    /// `Broken` when the cut cannot be read.
    fn audit(&self) -> Result<Value, Fault>;

    /// The instances of the engine, what each of them folds, and how far.
    ///
    /// # Errors
    /// `Broken` when the log cannot be read.
    fn status(&self) -> Result<Value, Fault>;

    /// Where the engine stands.
    fn health(&self) -> Health;

    /// Prometheus text.
    ///
    /// # Errors
    /// `Starting` before there is an engine.
    fn metrics(&self) -> Result<String, Fault>;
}

/// How events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventForm {
    /// `application/cloudevents+json`: one event.
    Single,
    /// `application/cloudevents-batch+json`: an array.
    Batch,
}

/// Whether `apply` changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyMode {
    /// Submit.
    Apply,
    /// Check only.
    DryRun,
}

/// Where an engine stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Opening its directory.
    Starting,
    /// Rolling stores forward.
    Restoring,
    /// Folding; replaying history when the text says so.
    Ready(String),
    /// Stopped, and why.
    Broken(String),
}
