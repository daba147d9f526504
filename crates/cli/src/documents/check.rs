//! Checks documents before anything is sent, so that a fault names its file and line.

use super::{Located, Place};
use std::collections::BTreeMap;
use std::fmt;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::reference::{Content, Kind};
use wattledger_pricing::CompiledTariff;
use wattledger_wire::documents::submission;

/// A document that can be read, with what names it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The document.
    pub located: Located,
    /// Its kind.
    pub kind: Kind,
    /// Its id; of a token the id in the file, since its own is a hash.
    pub id: String,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFault {
    /// Where.
    pub place: Place,
    /// The field, as a path from the document.
    pub path: String,
    /// What is wrong and what is expected.
    pub reason: String,
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}: {}", self.place, self.reason)
        } else {
            write!(f, "{}: {}: {}", self.place, self.path, self.reason)
        }
    }
}

/// Checks every document by itself and that none is given twice. In order of submission: policies
/// before sellers, sellers before sites, and so on.
///
/// # Errors
/// Every fault found, one a document at most.
pub fn check(documents: Vec<Located>) -> Result<Vec<Checked>, Vec<DocumentFault>> {
    let mut checked: Vec<Checked> = Vec::with_capacity(documents.len());
    let mut faults = Vec::new();
    let mut seen: BTreeMap<String, Place> = BTreeMap::new();
    for located in documents {
        match check_one(&located) {
            Err(fault) => faults.push(fault),
            Ok((kind, id, identity)) => {
                if let Some(first) = seen.get(&identity) {
                    let reason = format!("{} `{id}` stands at {first} already", kind.word());
                    faults.push(DocumentFault {
                        place: located.place,
                        path: "id".to_owned(),
                        reason,
                    });
                } else {
                    seen.insert(identity, located.place.clone());
                    checked.push(Checked { located, kind, id });
                }
            }
        }
    }
    if faults.is_empty() {
        checked.sort_by_key(|document| document.kind);
        Ok(checked)
    } else {
        Err(faults)
    }
}

/// Its kind, its id, and what no second document may be: kind, id and begin of validity.
fn check_one(located: &Located) -> Result<(Kind, String, String), DocumentFault> {
    let fault = |path: &str, reason: String| {
        let (path, reason) = one_path(path, &reason);
        DocumentFault {
            place: located.place_of(&path),
            path,
            reason,
        }
    };
    let read =
        submission(&located.value, &token_name).map_err(|read| fault(&read.path, read.reason))?;
    let content = &read.document.content;
    if let Content::Tariff(tariff) = content {
        CompiledTariff::compile(tariff, "UTC")
            .map_err(|found| fault(&format!("spec.{}", found.path), found.reason))?;
    }
    let kind = content.kind();
    let id = content.id().to_string();
    let identity = format!("{}/{id}/{:?}", kind.word(), read.valid_from);
    let stated = located.value.get("id").and_then(serde_json::Value::as_str);
    let shown = if kind == Kind::Token {
        stated.unwrap_or("token").to_owned()
    } else {
        id
    };
    Ok((kind, shown, identity))
}

/// Tells tokens apart here; the engine alone knows the secret of the hash that is kept.
fn token_name(token: &str) -> TokenHash {
    let mut name = [0; 16];
    for (place, byte) in name.iter_mut().zip(Digest::of(token.as_bytes()).0) {
        *place = byte;
    }
    TokenHash(name)
}

/// Joins the path of a document with the path inside its tariff: (`spec`, `$.elements[0]: is …`)
/// is (`spec.elements[0]`, `is …`).
fn one_path(path: &str, reason: &str) -> (String, String) {
    let inner = reason
        .strip_prefix('$')
        .and_then(|rest| rest.split_once(": "));
    match inner {
        Some((inner, reason)) => (format!("{path}{inner}"), reason.to_owned()),
        None => (path.to_owned(), reason.to_owned()),
    }
}
