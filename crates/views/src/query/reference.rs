//! Versions of reference documents.

use super::{row, rows};
use crate::error::ViewError;
use crate::store::Views;

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
        /// Logical time, ms since 1970.
        recorded_at: i64,
        /// SHA-256 of the text, hexadecimal.
        hash: String,
        /// Canonical JSON.
        document: String,
    }
}

impl Views {
    /// With an id every version of the document, in order; without one the newest version of each
    /// document of the kind, in order of ids.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn references(&self, kind: &str, id: Option<&str>) -> Result<Vec<ReferenceRow>, ViewError> {
        const ALL: &str = "SELECT * FROM reference_versions r WHERE kind = $1 AND version = \
                           (SELECT MAX(version) FROM reference_versions n \
                            WHERE n.kind = r.kind AND n.id = r.id) ORDER BY id";
        const ONE: &str = "SELECT * FROM reference_versions WHERE kind = $1 AND id = $2 \
                           ORDER BY version";
        self.read(async |connection| {
            Ok(match id {
                Some(id) => rows!(ReferenceRow, connection, ONE, kind, id)?,
                None => rows!(ReferenceRow, connection, ALL, kind)?,
            })
        })
    }
}
