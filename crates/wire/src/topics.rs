//! What each topic carries: which schema, by fingerprint, reads into which word.

mod families;
mod field;

pub use families::{
    AnalyticsRecord, account, analytics, charging, charging_command, control, directory, invoice,
    issued, journal, outcome, parking, payment_command, payment_fact, rated,
};
pub use field::FieldEnvelope;

use crate::avro::{DecodeError, Input};
use crate::resolution::{self, SchemaSource};
use crate::schema::{self, Framed};
use serde_json::Value;

/// A schema of ours: its name, itself, its fingerprint.
#[derive(Clone, Debug)]
pub struct Published {
    /// Full name; the family is the second part.
    pub name: String,
    /// The schema.
    pub schema: Value,
    /// CRC-64-AVRO of its Parsing Canonical Form.
    pub fingerprint: u64,
}

/// Every schema that a topic carries, in order of name.
#[must_use]
pub fn published() -> Vec<Published> {
    let mut all: Vec<Published> = families::schemas()
        .into_iter()
        .map(|(schema, fingerprint)| {
            let name = schema["name"].as_str().unwrap_or_default().to_owned();
            Published {
                name,
                schema,
                fingerprint,
            }
        })
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all.dedup_by(|one, other| one.name == other.name);
    all
}

/// Reads a record's body.
type Reader<T> = fn(&mut Input<'_>) -> Result<T, DecodeError>;

/// Reads a record of one of several schemas: at once where its writer has the compiled one, else
/// resolved to it.
pub(crate) fn read_one_of<T>(
    bytes: &[u8],
    source: &dyn SchemaSource,
    readers: &[(u64, Reader<T>)],
) -> Result<T, DecodeError> {
    let framed = schema::unframed(bytes)?;
    let find = |fingerprint| readers.iter().find(|(known, _)| *known == fingerprint);
    if let Framed::Fingerprint(fingerprint, body) = framed
        && let Some((_, read)) = find(fingerprint)
    {
        return whole(*read, body);
    }
    let (fingerprint, body) = resolution::current(framed, source)?;
    let (_, read) = find(fingerprint).ok_or(DecodeError::UnknownSchema(fingerprint))?;
    whole(*read, &body)
}

fn whole<T>(read: Reader<T>, body: &[u8]) -> Result<T, DecodeError> {
    let mut input = Input::new(body);
    let value = read(&mut input)?;
    input.finish()?;
    Ok(value)
}
