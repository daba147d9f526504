//! Rows gathered per table and written as few, prepared, many-row statements.

use crate::error::ViewError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Sqlite, query::Query};
use std::collections::BTreeMap;

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

/// What happens to a row whose key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The row that is there stays: records never change.
    Keep,
    /// The newer one stays: this key, and this column says which is newer. Such rows go one by one,
    /// since PostgreSQL refuses to touch a row twice in one statement.
    Newest(&'static str, &'static str),
}

/// A table that is written to.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub conflict: Conflict,
}

impl Table {
    fn sizes(&self) -> &'static [usize] {
        match self.conflict {
            Conflict::Keep => &[64, 8, 1],
            Conflict::Newest(..) => &[1],
        }
    }

    fn statement(&self, rows: usize) -> String {
        let mut place = 0_usize;
        let mut tuple = || {
            let numbered = self.columns.iter().map(|_| {
                place = place.saturating_add(1);
                format!("${place}")
            });
            let places: Vec<String> = numbered.collect();
            format!("({})", places.join(", "))
        };
        let tuples: Vec<String> = (0..rows).map(|_| tuple()).collect();
        let action = match self.conflict {
            Conflict::Keep => "ON CONFLICT DO NOTHING".to_owned(),
            Conflict::Newest(key, order) => {
                let sets: Vec<String> = self
                    .columns
                    .iter()
                    .map(|column| format!("{column} = excluded.{column}"))
                    .collect();
                let name = self.name;
                format!(
                    "ON CONFLICT ({key}) DO UPDATE SET {} WHERE excluded.{order} > {name}.{order}",
                    sets.join(", ")
                )
            }
        };
        let columns = self.columns.join(", ");
        format!(
            "INSERT INTO {} ({columns}) VALUES {} {action}",
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
            for &rows in table.sizes() {
                let wanted = rows.saturating_mul(table.columns.len());
                while rest.len() >= wanted {
                    let mut statement = sqlx::query(AssertSqlSafe(table.statement(rows)));
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
