//! Tables that fit the terminal: columns of text wrap, columns of figures stay whole on the right.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

/// Columns when nobody looks: a pipe or a file.
const WIDTH_OF_PIPES: u16 = 160;
const WIDTH_LEAST: u16 = 60;
const WIDTH_MOST: u16 = 180;

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Text that may wrap.
    Text(&'static str),
    /// Text that stays on one line.
    Name(&'static str),
    /// Figures: on the right, on one line.
    Figure(&'static str),
}

impl Column {
    const fn title(self) -> &'static str {
        match self {
            Self::Text(title) | Self::Name(title) | Self::Figure(title) => title,
        }
    }
}

/// A table with a head.
#[must_use]
pub fn table(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    with_head(columns, rows, width())
}

/// Rows without a head, for lists of facts; a row of figures and texts a line.
#[must_use]
pub fn list(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    without_head(columns, rows, width())
}

fn with_head(columns: &[Column], rows: Vec<Vec<String>>, width: u16) -> String {
    let mut table = empty(width);
    table.load_preset("     ──            ");
    table.set_header(columns.iter().map(|column| {
        let alignment = match column {
            Column::Figure(_) => CellAlignment::Right,
            Column::Text(_) | Column::Name(_) => CellAlignment::Left,
        };
        Cell::new(column.title()).set_alignment(alignment)
    }));
    filled(table, columns, rows)
}

fn without_head(columns: &[Column], rows: Vec<Vec<String>>, width: u16) -> String {
    let mut table = empty(width);
    table.load_preset(presets::NOTHING);
    filled(table, columns, rows)
}

fn empty(width: u16) -> Table {
    let mut table = Table::new();
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table
}

fn filled(mut table: Table, columns: &[Column], rows: Vec<Vec<String>>) -> String {
    table.add_rows(rows);
    for (column, made) in columns.iter().zip(table.column_iter_mut()) {
        match column {
            Column::Text(_) => {}
            Column::Name(_) => {
                made.set_constraint(ColumnConstraint::ContentWidth);
            }
            Column::Figure(_) => {
                made.set_constraint(ColumnConstraint::ContentWidth);
                made.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table.trim_fmt()
}

/// Columns of the terminal.
fn width() -> u16 {
    let terminal = console::Term::stdout();
    if terminal.is_term() {
        let (_, columns) = terminal.size();
        columns.clamp(WIDTH_LEAST, WIDTH_MOST)
    } else {
        WIDTH_OF_PIPES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_on_the_right_and_texts_wrap() {
        let columns = [
            Column::Name("id"),
            Column::Figure("kWh"),
            Column::Text("why"),
        ];
        let why = "a reason that is too long for one line of this width";
        let rows = vec![vec!["a".to_owned(), "1.500".to_owned(), why.to_owned()]];
        let text = with_head(&columns, rows, 40);
        let expect = [
            " id     kWh   why",
            "────────────────────────────────────────",
            " a    1.500   a reason that is too long",
            "              for one line of this",
            "              width",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expect);
    }

    #[test]
    fn a_list_has_no_head() {
        let columns = [Column::Name(""), Column::Text("")];
        let rows = vec![vec!["Where".to_owned(), "Berlin".to_owned()]];
        assert_eq!(without_head(&columns, rows, 40), " Where  Berlin");
    }
}
