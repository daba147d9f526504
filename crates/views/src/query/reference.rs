//! Versions of reference documents, and whose tokens are.

use super::{row, rows};
use crate::error::ViewError;
use crate::store::Views;
use serde_json::json;

row! {
    /// A version of a document.
    ReferenceRow {
        /// `Tariff`, `Site`, …
        kind: String,
        /// Its id within the kind.
        id: String,
        /// From 1.
        version: i64,
        /// First instant at which it holds, ms since 1970.
        valid_from: i64,
        /// First instant at which it no longer holds.
        valid_to: Option<i64>,
        /// Logical time, ms since 1970; absent for a token.
        recorded_at: Option<i64>,
        /// SHA-256 of the text, hexadecimal; absent for a token.
        hash: Option<String>,
        /// Canonical JSON.
        document: String,
    }
}

row! {
    /// A span of a token.
    TokenRow {
        /// Its keyed hash, hexadecimal.
        token: String,
        /// From 1, in order of time.
        ordinal: i64,
        /// Who pays.
        account: String,
        /// The customer group, the account's where the token has none.
        customer_group: Option<String>,
        /// First instant at which it holds, ms since 1970.
        valid_from: i64,
        /// First instant at which it no longer holds.
        valid_to: Option<i64>,
    }
}

impl TokenRow {
    /// In the form of the document that would say it. The token itself is known to nobody here.
    fn into_reference(self) -> ReferenceRow {
        let mut spec = json!({ "account": self.account, "hash": self.token });
        if let Some(group) = self.customer_group {
            spec["group"] = group.into();
        }
        ReferenceRow {
            kind: TOKEN.to_owned(),
            document: json!({ "id": self.token, "spec": spec }).to_string(),
            id: self.token,
            version: self.ordinal,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            recorded_at: None,
            hash: None,
        }
    }
}

/// The kind that its directory tells of.
const TOKEN: &str = "Token";

impl Views {
    /// With an id every version of the document, in order; without one the newest version of each
    /// document of the kind, in order of ids. A token's id is its keyed hash.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn references(&self, kind: &str, id: Option<&str>) -> Result<Vec<ReferenceRow>, ViewError> {
        const ALL: &str = "SELECT * FROM reference_versions r WHERE kind = $1 AND version = \
                           (SELECT MAX(version) FROM reference_versions n \
                            WHERE n.kind = r.kind AND n.id = r.id) ORDER BY id";
        // A token has one key, so one partition, and its newest record says all of it.
        macro_rules! tokens {
            ($condition:literal) => {
                concat!(
                    "SELECT * FROM token_spans t WHERE record_offset = (SELECT MAX(record_offset) \
                     FROM token_spans n WHERE n.token = t.token)",
                    $condition,
                    " ORDER BY token, ordinal"
                )
            };
        }
        const TOKENS: &str = tokens!(
            " AND ordinal = (SELECT MAX(ordinal) FROM token_spans n \
              WHERE n.token = t.token AND n.record_offset = t.record_offset)"
        );
        const ONE_TOKEN: &str = tokens!(" AND token = $1");
        const ONE: &str = "SELECT * FROM reference_versions WHERE kind = $1 AND id = $2 \
                           ORDER BY version";
        self.read(async |connection| {
            if kind == TOKEN {
                let found = match id {
                    Some(id) => rows!(TokenRow, connection, ONE_TOKEN, id)?,
                    None => rows!(TokenRow, connection, TOKENS)?,
                };
                return Ok(found.into_iter().map(TokenRow::into_reference).collect());
            }
            Ok(match id {
                Some(id) => rows!(ReferenceRow, connection, ONE, kind, id)?,
                None => rows!(ReferenceRow, connection, ALL, kind)?,
            })
        })
    }
}
