//! The database: opened, migrated, written in whole transactions, read in whole snapshots.
//!
//! Invariant: rows and the offsets they come from commit together or not at all.

use crate::error::ViewError;
use crate::insert::Rows;
use crate::project;
use crate::record::{NextOffset, Recorded};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;

/// The steps that make the schema, in order; step n makes version n. A step never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_tokens.sql"),
    include_str!("../migrations/0003_review.sql"),
    include_str!("../migrations/0004_letters.sql"),
    include_str!("../migrations/0005_taxes.sql"),
    include_str!("../migrations/0006_tax_report.sql"),
];

/// More than the different statements there are, so that each is prepared once.
const PREPARED_STATEMENTS: usize = 256;

/// SQLite's page cache per connection, in KiB as the pragma wants it: 64 MiB hold the inner pages
/// of all indexes of some million rows.
const CACHE_KIB: &str = "-65536";

/// The WAL goes into the database once it has this many pages of 4 KiB.
const CHECKPOINT_PAGES: &str = "8192";

/// How long a statement waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// The views. Every call blocks; call it from plain threads, never from within an async task.
///
/// One call writes at a time, and one reads at a time; writing and reading do not wait for each
/// other.
pub struct Views {
    runtime: Runtime,
    writer: Mutex<SqliteConnection>,
    reader: Mutex<SqliteConnection>,
}

impl Views {
    /// Opens the views in a SQLite file, making it when it is not there.
    ///
    /// # Errors
    /// [`ViewError::Database`], [`ViewError::NewerSchema`].
    pub fn open(path: &Path) -> Result<Self, ViewError> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", CACHE_KIB)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .statement_cache_capacity(PREPARED_STATEMENTS);
        let (writer, reader) = runtime.block_on(async {
            let mut writer = SqliteConnection::connect_with(&options).await?;
            migrate(&mut writer).await?;
            let reader = SqliteConnection::connect_with(&options.read_only(true)).await?;
            Ok::<_, ViewError>((Mutex::new(writer), Mutex::new(reader)))
        })?;
        Ok(Self {
            runtime,
            writer,
            reader,
        })
    }

    /// Lays out a batch and notes how far it has read, in one transaction. What is laid out already
    /// changes nothing, and an offset never goes back.
    ///
    /// # Errors
    /// [`ViewError`]; nothing of the batch is in the view then.
    pub fn apply(&self, batch: &[Recorded], offsets: &[NextOffset]) -> Result<(), ViewError> {
        let mut rows = Rows::default();
        for recorded in batch {
            project::project(recorded, &mut rows)?;
        }
        self.runtime.block_on(async {
            let mut connection = self.writer.lock().await;
            let mut transaction = connection.begin().await?;
            rows.write(&mut transaction).await?;
            for next in offsets {
                advance(&mut transaction, next).await?;
            }
            transaction.commit().await?;
            Ok(())
        })
    }

    /// How far each partition has been read into the view, in order of topic and partition.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn offsets(&self) -> Result<Vec<NextOffset>, ViewError> {
        const SQL: &str = "SELECT topic, partition_number, next_offset FROM view_offsets \
                           ORDER BY topic, partition_number";
        self.read(async |connection| {
            let rows = sqlx::query(SQL).fetch_all(connection).await?;
            rows.iter()
                .map(|row| {
                    Ok(NextOffset {
                        topic: row.try_get::<String, _>(0)?.into_boxed_str(),
                        partition: row.try_get(1)?,
                        next: row.try_get(2)?,
                    })
                })
                .collect()
        })
    }

    /// Runs a statement, to break things with.
    #[cfg(test)]
    pub(crate) fn execute(&self, sql: &'static str) -> Result<(), ViewError> {
        self.runtime.block_on(async {
            let mut connection = self.writer.lock().await;
            sqlx::raw_sql(sql).execute(&mut *connection).await?;
            Ok(())
        })
    }

    /// Runs queries that all see the same state.
    pub(crate) fn read<T>(
        &self,
        ask: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, ViewError>,
    ) -> Result<T, ViewError> {
        self.runtime.block_on(async {
            let mut connection = self.reader.lock().await;
            let mut snapshot = connection.begin().await?;
            let answer = ask(&mut snapshot).await?;
            snapshot.rollback().await?;
            Ok(answer)
        })
    }
}

impl fmt::Debug for Views {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Views")
    }
}

/// Notes how far a partition has been read.
async fn advance(connection: &mut SqliteConnection, to: &NextOffset) -> Result<(), ViewError> {
    const SQL: &str = "INSERT INTO view_offsets (topic, partition_number, next_offset) \
        VALUES ($1, $2, $3) ON CONFLICT (topic, partition_number) \
        DO UPDATE SET next_offset = excluded.next_offset \
        WHERE excluded.next_offset > view_offsets.next_offset";
    sqlx::query(SQL)
        .bind(&*to.topic)
        .bind(to.partition)
        .bind(to.next)
        .execute(connection)
        .await?;
    Ok(())
}

/// Brings the schema up to the newest version, each step in a transaction of its own.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), ViewError> {
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)";
    sqlx::raw_sql(table).execute(&mut *connection).await?;
    let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_version")
        .fetch_one(&mut *connection)
        .await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(ViewError::NewerSchema { found, known });
    }
    for (version, step) in (1_i64..).zip(MIGRATIONS) {
        if version > found {
            let mut transaction = connection.begin().await?;
            sqlx::raw_sql(*step).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
                .bind(version)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}
