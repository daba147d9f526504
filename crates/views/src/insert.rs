//! Rows gathered per table and written as few, prepared, many-row statements.

use crate::error::ViewError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Sqlite, query::Query};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of a column.
#[derive(Clone, Debug)]
pub enum Cell {
    Integer(i64),
    Text(String),
    Nothing,
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// How many rows a statement carries, largest first: few enough sizes to keep each prepared.
const ROWS_PER_STATEMENT: [usize; 3] = [64, 8, 1];

/// A table that is written to.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
}

impl Table {
    /// Inserts so many rows; one whose key is there already stays, since records never change.
    ///
    /// Places are plain `?` (PostgreSQL will want `$1`): SQLite looks up the name of a numbered
    /// place in a list, which at 2,000 places took 60 % of the time.
    fn statement(&self, rows: usize) -> String {
        let tuple = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let tuples = vec![&*tuple; rows];
        let columns = self.columns.join(", ");
        format!(
            "INSERT INTO {} ({columns}) VALUES {} ON CONFLICT DO NOTHING",
            self.name,
            tuples.join(", ")
        )
    }
}

/// Rows on their way into the database.
#[derive(Debug, Default)]
pub struct Rows {
    cells: BTreeMap<&'static str, (&'static Table, Vec<Cell>)>,
}

impl Rows {
    /// Adds a row; its cells are in the order of the table's columns.
    pub fn add<const COLUMNS: usize>(&mut self, table: &'static Table, row: [Cell; COLUMNS]) {
        debug_assert_eq!(COLUMNS, table.columns.len(), "a row of {}", table.name);
        let (_, cells) = self.cells.entry(table.name).or_insert((table, Vec::new()));
        cells.extend(row);
    }

    /// Writes everything within the open transaction of `connection`.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub async fn write(self, connection: &mut SqliteConnection) -> Result<(), ViewError> {
        for (table, cells) in self.cells.into_values() {
            let mut rest = cells.into_iter();
            for rows in ROWS_PER_STATEMENT {
                let wanted = rows.saturating_mul(table.columns.len());
                if rest.len() < wanted {
                    continue;
                }
                let sql: Arc<str> = table.statement(rows).into();
                while rest.len() >= wanted {
                    let mut statement = sqlx::query(AssertSqlSafe(Arc::clone(&sql)));
                    for cell in rest.by_ref().take(wanted) {
                        statement = bound(statement, cell);
                    }
                    statement.execute(&mut *connection).await?;
                }
            }
        }
        Ok(())
    }
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bound(statement: Statement<'_>, cell: Cell) -> Statement<'_> {
    match cell {
        Cell::Integer(value) => statement.bind(value),
        Cell::Text(value) => statement.bind(value),
        Cell::Nothing => statement.bind(Option::<i64>::None),
    }
}
