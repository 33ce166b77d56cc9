//! The number of columns that a text occupies on a terminal: a wide character, such as a Chinese one or an emoji, takes
//! two (Unicode Standard Annex #11).

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The width for which a page is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// The page goes to a program or a file: prose is wrapped at 80 columns, and rows of tables are never cut.
    Pipe,
    /// The page goes to a terminal with this many columns.
    Terminal(usize),
}

impl Width {
    /// The widest line of prose that is easy to read.
    const MAX_PROSE: usize = 100;
    /// The narrowest page. A narrower terminal wraps its lines.
    const MIN: usize = 20;

    /// The width of a terminal with `columns` columns.
    pub fn of_terminal(columns: usize) -> Self {
        Self::Terminal(columns.max(Self::MIN))
    }

    /// The number of columns at which prose and commands are wrapped.
    pub(super) fn prose(self) -> usize {
        match self {
            Self::Pipe => 80,
            Self::Terminal(columns) => columns.min(Self::MAX_PROSE),
        }
    }

    /// The number of columns at which a row of a table is cut; `None` if rows are not cut.
    pub(super) fn row(self) -> Option<usize> {
        match self {
            Self::Pipe => None,
            Self::Terminal(columns) => Some(columns),
        }
    }
}

/// Returns the number of columns of a text, without its colour codes.
pub fn columns(text: &str) -> usize {
    if !text.contains('\u{1b}') {
        return text.width();
    }
    let mut plain = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            _ => plain.push(character),
        }
    }
    plain.width()
}

/// Cuts a text to at most `most` columns. A cut text ends with an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used + 1 > most {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

/// Cuts a text to at most `most` columns, and pads it with spaces to exactly that many.
pub(super) fn cell(text: &str, most: usize) -> String {
    let short = cut(text, most);
    let spaces = most.saturating_sub(short.width());
    short + &" ".repeat(spaces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_its_columns_whatever_the_script() {
        for text in
            ["", "plain", "支払いが二重になった理由", "🚒 fire", "ä", "e\u{301}", "한국어", "a支払", "支a払"]
        {
            for most in 1..14 {
                let cell = cell(text, most);
                assert_eq!(cell.width(), most, "{text:?} in {most}: {cell:?}");
                assert!(cell.trim_end() == text || cell.contains('…') || text.is_empty(), "{cell:?}");
            }
        }
        assert_eq!(columns("\u{1b}[1m支払\u{1b}[0m"), 4);
    }
}
