//! A client of a schema registry (Confluent's REST API): writers' schemas by id, ours under their names.
//!
//! It blocks, and is not for async tasks. Invariant: no answer and no schema are two things: a registry
//! that does not answer makes a reader wait, one that answers "no such id" makes a record unreadable.

mod framed;
#[cfg(test)]
mod tests;

pub use framed::{FramedConsumer, FramedLog};

use reqwest::blocking::{Client, RequestBuilder};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use wattledger_wire::schema::confluent;
use wattledger_wire::topics::published;
use wattledger_wire::{SchemaFault, SchemaSource, SourceFault, Writer};

/// Longer answers are not read on: no schema of ours or a gateway's comes near.
const ANSWER_BYTES_MAX: u64 = 1_048_576;
/// What the registry's versions of a record must be to each other.
const COMPATIBILITY: &str = "FULL_TRANSITIVE";
const MEDIA: &str = "application/vnd.schemaregistry.v1+json";

/// A registry at an address.
pub struct Registry {
    client: Client,
    base: String,
    known: RwLock<BTreeMap<u32, Arc<Writer>>>,
}

/// Why the registry does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// It has not answered, or said that it cannot now: ask again.
    #[error("schema registry at {address} is not reachable: {why}")]
    Unreachable {
        /// What was asked.
        address: String,
        /// What happened.
        why: String,
    },
    /// It has answered no.
    #[error("schema registry refuses {address} with status {status}: {why}")]
    Refused {
        /// What was asked.
        address: String,
        /// The HTTP status.
        status: u16,
        /// What it says.
        why: String,
    },
    /// A new version of a record does not go with the versions that are registered already.
    #[error("schema of `{subject}` is not {COMPATIBILITY} with its registered versions: {why}")]
    Incompatible {
        /// The record.
        subject: String,
        /// What the registry says.
        why: String,
    },
    /// An answer that is not of Confluent's API.
    #[error("schema registry answers {address} with something else: {why}")]
    Answer {
        /// What was asked.
        address: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The newest version of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The id that records carry.
    pub id: u32,
    /// Counts the versions of the subject, from 1.
    pub version: u32,
    /// The schema's text.
    pub schema: String,
}

/// The registered ids of our schemas: what records are framed with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Framing(BTreeMap<u64, u32>);

impl Framing {
    /// Gives a record of ours Confluent's framing; anything else stays as it is.
    #[must_use]
    pub fn frame(&self, record: Vec<u8>) -> Vec<u8> {
        confluent(record, |fingerprint| self.0.get(&fingerprint).copied())
    }

    /// The id of a schema, by its fingerprint.
    #[must_use]
    pub fn id(&self, fingerprint: u64) -> Option<u32> {
        self.0.get(&fingerprint).copied()
    }
}

impl Registry {
    /// A client of the registry at `base`, such as `http://registry:8081`, that waits up to
    /// `timeout` for an answer. Nothing is asked yet.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`] when the system refuses a client.
    pub fn new(base: &str, timeout: Duration) -> Result<Self, RegistryError> {
        let base = base.trim_end_matches('/').to_owned();
        let client = Client::builder()
            .timeout(timeout)
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .map_err(|error| RegistryError::Unreachable {
                address: base.clone(),
                why: chain(&error),
            })?;
        let known = RwLock::default();
        Ok(Self {
            client,
            base,
            known,
        })
    }

    /// Registers every schema of ours under its record's name, each subject FULL_TRANSITIVE, and
    /// gives the ids. Done again it changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Incompatible`] when the registry has versions that ours does not go with.
    pub fn publish(&self) -> Result<Framing, RegistryError> {
        let mut framing = Framing::default();
        for known in published() {
            let text = known.schema.to_string();
            let id = self.register(&known.name, &text)?;
            framing.0.insert(known.fingerprint, id);
            if let Ok(writer) = Writer::parse(&text) {
                self.keep(id, writer);
            }
        }
        Ok(framing)
    }

    /// Registers a version of a subject, which is FULL_TRANSITIVE from then on; gives its id, the
    /// same one when it is registered already.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        self.demand_compatibility(subject)?;
        let path = format!("/subjects/{subject}/versions");
        let body = json!({ "schema": schema, "schemaType": "AVRO" });
        let answer = match self.ask(&path, self.post(&path, &body)) {
            Err(RegistryError::Refused {
                status: 409, why, ..
            }) => {
                return Err(RegistryError::Incompatible {
                    subject: subject.to_owned(),
                    why,
                });
            }
            answered => answered?,
        };
        let id = number(&answer["id"]).ok_or_else(|| self.strange(&path, &answer))?;
        self.demand_compatibility(subject)?;
        Ok(id)
    }

    /// The newest version of a subject; `None` when it has none.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn latest(&self, subject: &str) -> Result<Option<Latest>, RegistryError> {
        let path = format!("/subjects/{subject}/versions/latest");
        let answer = match self.ask(&path, self.get(&path)) {
            Err(RegistryError::Refused { status: 404, .. }) => return Ok(None),
            answered => answered?,
        };
        let latest = number(&answer["id"]).zip(number(&answer["version"]));
        let latest = latest.zip(answer["schema"].as_str());
        let ((id, version), schema) = latest.ok_or_else(|| self.strange(&path, &answer))?;
        let schema = schema.to_owned();
        Ok(Some(Latest {
            id,
            version,
            schema,
        }))
    }

    /// A schema that has been asked for or registered before.
    fn known(&self, id: u32) -> Option<Arc<Writer>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).map(Arc::clone)
    }

    fn keep(&self, id: u32, writer: Writer) -> Arc<Writer> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(id).or_insert_with(|| Arc::new(writer)))
    }

    /// Before a version is registered, so that the first of ours meets it too, and after it, for
    /// registries that only know subjects with a version.
    fn demand_compatibility(&self, subject: &str) -> Result<(), RegistryError> {
        let path = format!("/config/{subject}");
        let body = json!({ "compatibility": COMPATIBILITY });
        let request = self.client.put(format!("{}{path}", self.base));
        match self.ask(&path, with_body(request, &body)) {
            Ok(_) | Err(RegistryError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        with_body(self.client.post(format!("{}{path}", self.base)), body)
    }

    /// One attempt. Only a client's fault is a no; anything else may pass.
    fn ask(&self, path: &str, request: RequestBuilder) -> Result<Value, RegistryError> {
        let address = format!("{}{path}", self.base);
        let unreachable = |why: String| RegistryError::Unreachable {
            address: address.clone(),
            why,
        };
        let request = request.header("Accept", format!("{MEDIA}, application/json"));
        let answer = request.send().map_err(|error| unreachable(chain(&error)))?;
        let status = answer.status().as_u16();
        let mut bytes = Vec::new();
        let read = answer.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes);
        let length = read.map_err(|error| unreachable(error.to_string()))?;
        if u64::try_from(length).unwrap_or(u64::MAX) >= ANSWER_BYTES_MAX {
            let why = format!("an answer of {ANSWER_BYTES_MAX} bytes or more");
            return Err(RegistryError::Refused {
                address,
                status,
                why,
            });
        }
        let body = serde_json::from_slice::<Value>(&bytes);
        match status {
            200..=299 => body.map_err(|error| RegistryError::Answer {
                address,
                why: error.to_string(),
            }),
            404 | 409 | 422 => {
                let body = body.unwrap_or_default();
                let why = body["message"].as_str().unwrap_or("no reason given");
                Err(RegistryError::Refused {
                    address,
                    status,
                    why: why.chars().take(500).collect(),
                })
            }
            _ => Err(unreachable(format!("status {status}"))),
        }
    }

    fn strange(&self, path: &str, answer: &Value) -> RegistryError {
        RegistryError::Answer {
            address: format!("{}{path}", self.base),
            why: answer.to_string().chars().take(200).collect(),
        }
    }

    fn fetched(&self, id: u32) -> Result<Writer, SourceFault> {
        let path = format!("/schemas/ids/{id}");
        let answer = match self.ask(&path, self.get(&path)) {
            // Confluent's registry says 40403; an address that is no registry says 404 too.
            Err(RegistryError::Refused { status: 404, .. }) if self.is_there()? => {
                return Err(SourceFault::Unknown);
            }
            Err(RegistryError::Refused {
                status: 200..300,
                why,
                ..
            }) => return Err(SchemaFault(why).into()),
            Err(error) => return Err(SourceFault::Unreachable(error.to_string())),
            Ok(answer) => answer,
        };
        let kind = answer["schemaType"].as_str().unwrap_or("AVRO");
        if kind != "AVRO" {
            let fault = SchemaFault(format!("schema id {id} is of type {kind}"));
            return Err(fault.into());
        }
        let Some(text) = answer["schema"].as_str() else {
            let error = self.strange(&path, &answer);
            return Err(SourceFault::Unreachable(error.to_string()));
        };
        Ok(Writer::parse(text)?)
    }

    /// Whether a registry is at the address at all: a proxy before it may answer 404 while it is
    /// gone, and nothing may be set aside for that.
    fn is_there(&self) -> Result<bool, SourceFault> {
        let answer = self.ask("/subjects", self.get("/subjects"));
        let answer = answer.map_err(|error| SourceFault::Unreachable(error.to_string()))?;
        Ok(answer.is_array())
    }
}

impl SchemaSource for Registry {
    fn by_id(&self, id: u32) -> Result<Arc<Writer>, SourceFault> {
        match self.known(id) {
            Some(writer) => Ok(writer),
            None => Ok(self.keep(id, self.fetched(id)?)),
        }
    }
}

fn with_body(request: RequestBuilder, body: &Value) -> RequestBuilder {
    let request = request.header("Content-Type", MEDIA);
    request.body(body.to_string())
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// An error with its causes: reqwest's own text does not say why.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
