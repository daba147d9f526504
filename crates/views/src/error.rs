//! Why a view could not be written or asked.

/// Why a view could not be written or asked.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The database failed; the transaction was not committed.
    #[error("view database: {0}")]
    Database(#[from] sqlx::Error),
    /// The thread that drives the database could not be had.
    #[error("view database thread: {0}")]
    Thread(#[from] std::io::Error),
    /// A record names a time zone that the built-in database does not know.
    #[error("time zone `{0}` is not in the IANA database")]
    UnknownZone(String),
    /// A record carries an instant that has no calendar date.
    #[error("{0} ms since 1970 is outside the calendar")]
    OutsideCalendar(i64),
    /// The database was written by a newer version.
    #[error("the view has schema {found}; this version knows {known}")]
    NewerSchema {
        /// The schema version found.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// A stored story body is not JSON.
    #[error("stored story is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
}
