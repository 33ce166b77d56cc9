//! A table whose first columns hold names. On a narrow terminal, the names are cut.

use super::width::{Width, cell, columns};

/// The minimum width of a column of names.
const MIN_NAME: usize = 8;

/// A table whose rows consist of names and a text. Names are cut to make room for the text. The text is never cut to
/// make room for names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamesTable {
    pub(super) rows: Vec<NamesRow>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamesRow {
    /// The names, one for each of the first columns.
    pub(super) names: Vec<String>,
    /// The text after the names.
    pub(super) rest: String,
    /// A first column and prose, on lines of their own below the row.
    pub(super) below: Option<(String, String)>,
}

impl NamesTable {
    /// Returns the text of each row. If a terminal is too narrow, the widest column of names is cut first.
    pub(super) fn lines(&self, width: Width) -> Vec<String> {
        let widest = |of: &dyn Fn(&NamesRow) -> usize| self.rows.iter().map(of).max().unwrap_or(0);
        let number = widest(&|row| row.names.len());
        let name = |row: &NamesRow, index: usize| row.names.get(index).map_or(0, |name| columns(name));
        let mut widths: Vec<usize> =
            (0..number).map(|index| widest(&|row| name(row, index)).max(MIN_NAME)).collect();
        let rest = widest(&|row| columns(&row.rest));
        if let Some(room) = width.row() {
            let is_too_wide = |widths: &[usize]| widths.iter().sum::<usize>() + number + rest > room;
            while is_too_wide(&widths)
                && let Some(most) = widths.iter_mut().max().filter(|most| **most > MIN_NAME)
            {
                *most -= 1;
            }
        }
        let line = |row: &NamesRow| {
            let names = row.names.iter().zip(&widths).map(|(name, width)| cell(name, *width) + " ");
            names.collect::<String>() + &row.rest
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> NamesTable {
        let row = |workflow: &str, cause: &str| NamesRow {
            names: vec![workflow.to_owned(), cause.to_owned()],
            rest: "▁▂▃  12  timeout".to_owned(),
            below: None,
        };
        NamesTable {
            rows: vec![
                row("import", "feed-late"),
                row(&"w".repeat(60), "the-vendor-sends-files-twice-a-day"),
            ],
        }
    }

    #[test]
    fn names_are_whole_where_there_is_room_and_only_they_are_cut() {
        for terminal in [50, 80, 200] {
            for line in table().lines(Width::of_terminal(terminal)) {
                assert!(columns(&line) <= terminal && line.ends_with("12  timeout"), "{terminal}: {line}");
            }
        }
        for width in [Width::Pipe, Width::of_terminal(200)] {
            assert!(table().lines(width).concat().contains(&"w".repeat(60)));
        }
        let narrow = table().lines(Width::of_terminal(80)).concat();
        assert!(narrow.contains('…') && narrow.contains("feed-late"), "{narrow}");
    }
}
