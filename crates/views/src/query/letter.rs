//! Records that were set aside: what, where, why, and whether they were driven in again.

use super::{PAGE_ROWS_MAX, row, rows};
use crate::error::ViewError;
use crate::store::Views;
use serde::Serialize;

row! {
    /// A record that was set aside.
    LetterRow {
        /// Where it stood.
        topic: String,
        /// Where it stood.
        partition_number: i64,
        /// Where it stood.
        record_offset: i64,
        /// Who set it aside: a stage, or `intake`.
        stage: String,
        /// The code of the reason.
        reason: String,
        /// For people.
        message: String,
        /// When, ms since 1970.
        set_aside_at: i64,
        /// Its key.
        record_key: String,
        /// How many bytes it has.
        bytes: i64,
        /// Where it lies among the dead letters.
        letter_partition: i64,
        /// Where it lies among the dead letters.
        letter_offset: i64,
        /// When it was driven in again, ms since 1970.
        redriven_at: Option<i64>,
        /// By whom.
        redriven_by: Option<String>,
        /// Why.
        redriven_because: Option<String>,
    }
}

row! {
    /// How many of one kind.
    LetterCount {
        /// The code of the reason.
        reason: String,
        /// Who set them aside.
        stage: String,
        /// Set aside in all.
        letters: i64,
        /// Of them, driven in again.
        redriven: i64,
    }
}

/// Which dead letters.
#[derive(Clone, Copy, Debug, Default)]
pub struct LetterFilter<'a> {
    /// Of this reason.
    pub reason: Option<&'a str>,
    /// From this topic.
    pub topic: Option<&'a str>,
    /// Set aside by this stage.
    pub stage: Option<&'a str>,
    /// Only those not driven in again yet.
    pub only_waiting: Option<Waiting>,
}

/// That a letter was not driven in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting;

/// A page of dead letters and the sums of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LetterList {
    /// Oldest first.
    pub items: Vec<LetterRow>,
    /// By reason and stage.
    pub totals: Vec<LetterCount>,
}

/// Dead letters with what became of them, by a condition.
macro_rules! letters_sql {
    ($where:literal) => {
        concat!(
            "SELECT d.*, r.redriven_at, r.redriven_by, r.reason AS redriven_because \
             FROM dead_letters d LEFT JOIN redrives r ON r.topic = d.topic \
             AND r.partition_number = d.partition_number \
             AND r.record_offset = d.record_offset WHERE ",
            $where
        )
    };
}

impl Views {
    /// A page of dead letters, oldest first, and the sums of all.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn letters(
        &self,
        filter: LetterFilter<'_>,
        skip: i64,
        limit: i64,
    ) -> Result<LetterList, ViewError> {
        const LIST: &str = letters_sql!(
            "($1 IS NULL OR d.reason = $1) AND ($2 IS NULL OR d.topic = $2) \
             AND ($3 IS NULL OR d.stage = $3) AND ($4 = 0 OR r.redriven_at IS NULL) \
             ORDER BY d.set_aside_at, d.topic, d.partition_number, d.record_offset, d.reason \
             LIMIT $5 OFFSET $6"
        );
        const TOTALS: &str = "SELECT d.reason, d.stage, COUNT(*) AS letters, \
            COUNT(r.redriven_at) AS redriven FROM dead_letters d LEFT JOIN redrives r \
            ON r.topic = d.topic AND r.partition_number = d.partition_number \
            AND r.record_offset = d.record_offset GROUP BY d.reason, d.stage \
            ORDER BY d.reason, d.stage";
        let waiting = i64::from(filter.only_waiting.is_some());
        let limit = limit.clamp(0, PAGE_ROWS_MAX);
        self.read(async |connection| {
            Ok(LetterList {
                items: rows!(
                    LetterRow,
                    connection,
                    LIST,
                    filter.reason,
                    filter.topic,
                    filter.stage,
                    waiting,
                    limit,
                    skip.max(0)
                )?,
                totals: rows!(LetterCount, connection, TOTALS)?,
            })
        })
    }

    /// The dead letters of the record that stood at a place; none when it was not set aside.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn letter(
        &self,
        topic: &str,
        partition: i64,
        offset: i64,
    ) -> Result<Vec<LetterRow>, ViewError> {
        const SQL: &str = letters_sql!(
            "d.topic = $1 AND d.partition_number = $2 AND d.record_offset = $3 \
             ORDER BY d.set_aside_at, d.reason"
        );
        self.read(async |connection| {
            Ok(rows!(LetterRow, connection, SQL, topic, partition, offset)?)
        })
    }
}
