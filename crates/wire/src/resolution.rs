//! Records of other versions of our schemas: read as the versions that this build is compiled with.
//!
//! A writer's schema is known by its fingerprint, for every version ever released, or by its id in a
//! schema registry. Invariant: what is given reads as the compiled schema, or is refused by name.

mod canonical;
mod shape;
mod transcode;

use crate::avro::DecodeError;
use crate::schema::{Framed, single_object, unframed};
use crate::topics::published;
use shape::{Shape, Type};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Every released version but the compiled ones, as committed under `schemas/`: when a record gets
/// a new version, its last one joins here, and its golden bytes are read for ever.
pub(crate) const RELEASED: &[&str] = &[
    include_str!("../../../schemas/accounts/session_bill.v1.avsc"),
    include_str!("../../../schemas/accounts/session_bill.v2.avsc"),
    include_str!("../../../schemas/accounts/session_bill.v3.avsc"),
    include_str!("../../../schemas/accounts/session_bill.v4.avsc"),
    include_str!("../../../schemas/accounts/session_decided.v1.avsc"),
    include_str!("../../../schemas/accounts/session_held.v1.avsc"),
    include_str!("../../../schemas/accounts/session_held.v2.avsc"),
    include_str!("../../../schemas/accounts/session_held.v3.avsc"),
    include_str!("../../../schemas/billing/invoice_draft.v1.avsc"),
    include_str!("../../../schemas/billing/issued_document.v1.avsc"),
    include_str!("../../../schemas/charging/review_decided.v1.avsc"),
    include_str!("../../../schemas/control/reference_recorded.v1.avsc"),
    include_str!("../../../schemas/control/reference_submitted.v1.avsc"),
    include_str!("../../../schemas/sessions/session_rated.v1.avsc"),
    include_str!("../../../schemas/sessions/session_rated.v2.avsc"),
    include_str!("../../../schemas/sessions/session_rated.v3.avsc"),
    include_str!("../../../schemas/sessions/session_rated.v4.avsc"),
];

/// Longer schemas are refused: no registry needs them.
const SCHEMA_BYTES_MAX: usize = 262_144;

/// The schema that a record was written by.
#[derive(Clone, Debug)]
pub struct Writer {
    fingerprint: u64,
    name: Box<str>,
    shape: Shape,
    /// It is the compiled one: its records need no resolution.
    is_compiled: bool,
}

impl Writer {
    /// Reads a schema's text.
    ///
    /// # Errors
    /// [`SchemaFault`] for what no record can have been written by.
    pub fn parse(text: &str) -> Result<Self, SchemaFault> {
        let mut writer = Self::read(text)?;
        let same = compiled().get(&writer.fingerprint);
        let same = same.filter(|same| same.shape.agrees_in_logical_types(&writer.shape));
        writer.is_compiled = same.is_some();
        Ok(writer)
    }

    fn read(text: &str) -> Result<Self, SchemaFault> {
        if text.len() > SCHEMA_BYTES_MAX {
            return Err(SchemaFault(format!("schema of {} bytes", text.len())));
        }
        let json = serde_json::from_str(text).map_err(|error| SchemaFault(error.to_string()))?;
        let shape = Shape::of(&json).map_err(SchemaFault)?;
        let Type::Named(name) = &shape.root else {
            return Err(SchemaFault("a schema without a name".to_owned()));
        };
        Ok(Self {
            fingerprint: canonical::fingerprint(&shape),
            name: name.clone(),
            shape,
            is_compiled: false,
        })
    }

    /// CRC-64-AVRO of its Parsing Canonical Form.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Its full name.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }
}

/// A text that is no schema of a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a record's schema: {0}")]
pub struct SchemaFault(pub String);

/// Where writers' schemas are found.
pub trait SchemaSource {
    /// The schema that a registry knows by this id.
    ///
    /// # Errors
    /// [`SourceFault`].
    fn by_id(&self, id: u32) -> Result<Arc<Writer>, SourceFault>;

    /// A version that was released once, by its fingerprint: those that are compiled in.
    fn by_fingerprint(&self, fingerprint: u64) -> Option<Arc<Writer>> {
        released().get(&fingerprint).cloned()
    }
}

/// Why an id gives no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// The registry has answered that it does not know it, or there is no registry.
    #[error("no such schema")]
    Unknown,
    /// The registry has not answered: ask again.
    #[error("schema registry is not reachable: {0}")]
    Unreachable(String),
    /// What it has answered is no schema of a record.
    #[error(transparent)]
    Unusable(#[from] SchemaFault),
}

/// No registry: every id is unknown.
pub struct NoRegistry;

impl SchemaSource for NoRegistry {
    fn by_id(&self, _: u32) -> Result<Arc<Writer>, SourceFault> {
        Err(SourceFault::Unknown)
    }
}

/// A record of either framing and any version of its schema as this build itself would have written
/// it: single-object framing, the compiled schema.
///
/// # Errors
/// [`DecodeError`] as the decoders of [`crate::topics`] have it for schemas; the body is only looked
/// at where it has to be resolved.
pub fn as_compiled(record: &[u8], source: &dyn SchemaSource) -> Result<Vec<u8>, DecodeError> {
    let (fingerprint, body) = current(unframed(record)?, source)?;
    Ok(single_object(fingerprint, &body))
}

/// A record's body in the compiled version of its schema, and that version's fingerprint.
pub(crate) fn current<'b>(
    framed: Framed<'b>,
    source: &dyn SchemaSource,
) -> Result<(u64, Cow<'b, [u8]>), DecodeError> {
    let (writer, body) = match framed {
        Framed::Fingerprint(known, body) if compiled().contains_key(&known) => {
            return Ok((known, Cow::Borrowed(body)));
        }
        Framed::Fingerprint(unknown, body) => {
            let writer = source.by_fingerprint(unknown);
            (writer.ok_or(DecodeError::UnknownSchema(unknown))?, body)
        }
        Framed::Id(id, body) => (by_id(source, id)?, body),
    };
    if writer.is_compiled {
        return Ok((writer.fingerprint, Cow::Borrowed(body)));
    }
    let mut readers = compiled().values();
    let reader = readers.find(|reader| reader.name == writer.name);
    let reader = reader.ok_or(DecodeError::UnknownSchema(writer.fingerprint))?;
    let body = transcode::transcode(&writer.shape, &reader.shape, body)?;
    Ok((reader.fingerprint, Cow::Owned(body)))
}

fn by_id(source: &dyn SchemaSource, id: u32) -> Result<Arc<Writer>, DecodeError> {
    source.by_id(id).map_err(|fault| match fault {
        SourceFault::Unknown => DecodeError::UnknownId(id),
        SourceFault::Unreachable(why) => DecodeError::Unreachable { id, why },
        SourceFault::Unusable(SchemaFault(why)) => {
            DecodeError::Unresolvable(format!("schema id {id}: {why}"))
        }
    })
}

fn compiled() -> &'static BTreeMap<u64, Writer> {
    static COMPILED: OnceLock<BTreeMap<u64, Writer>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let schemas = published().into_iter();
        let writers = schemas.filter_map(|known| Writer::read(&known.schema.to_string()).ok());
        writers.map(|writer| (writer.fingerprint, writer)).collect()
    })
}

fn released() -> &'static BTreeMap<u64, Arc<Writer>> {
    static KNOWN: OnceLock<BTreeMap<u64, Arc<Writer>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let writers = RELEASED.iter().filter_map(|text| Writer::parse(text).ok());
        let keyed = writers.map(|writer| (writer.fingerprint, Arc::new(writer)));
        keyed.collect()
    })
}

#[cfg(test)]
mod tests;
