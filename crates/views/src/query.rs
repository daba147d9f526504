//! Questions and their answers: plain structs, whole numbers, in a fixed order.

pub mod event;
pub mod invoice;
pub mod journal;
pub mod letter;
pub mod reference;
pub mod report;
pub mod rerating;
pub mod review;
pub mod session;
pub mod story;
pub mod tax;
pub mod totals;

/// Most rows that one page holds.
pub const PAGE_ROWS_MAX: i64 = 1_000;

/// Declares a struct that is read from a row, each field from the column of its name.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $kind:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        pub struct $name { $($(#[$doc])* pub $field: $kind,)+ }

        impl $name {
            pub(crate) fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok(Self { $($field: row.try_get(stringify!($field))?,)+ })
            }
        }
    };
}
pub(crate) use row;

/// The rows of a statement, as structs.
macro_rules! rows {
    ($kind:ty, $connection:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        sqlx::query($sql)
            $(.bind($bind))*
            .try_map(|row: sqlx::sqlite::SqliteRow| <$kind>::read(&row))
            .fetch_all(&mut *$connection)
            .await
    };
}
pub(crate) use rows;
