//! A page of text, which is laid out only when the width of the terminal is known.

use std::fmt::Write as _;

use super::table::NamesTable;
use super::width::{Width, columns, cut};

/// How much of a list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Only what needs attention: checks that do not pass, patterns that are recent or close a target.
    Brief,
    /// All of it.
    All,
}

/// A text that is built part by part, and laid out when its width is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    parts: Vec<Part>,
}

/// A part of a page. `first` is a first column, to the left of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A line that stays as it is, unless a terminal is too narrow for it.
    Line(String),
    /// Prose, which is wrapped.
    Wrapped { first: String, text: String },
    /// A row of a table, which is cut if a terminal is too narrow.
    Columns { first: String, text: String },
    /// A table whose names are cut if a terminal is too narrow.
    Names(NamesTable),
    /// A command. If it is too long for a line of a terminal, it continues on the next line after a backslash.
    Command { first: String, words: Vec<String> },
    /// A line of a file. It is wrapped only if it is too long, because wrapping drops the spaces at its beginning.
    Quoted { first: String, text: String },
}

impl Page {
    /// Adds a line without wrapping it.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.parts.push(Part::Line(text.as_ref().trim_end().to_owned()));
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.line("");
    }

    /// Adds prose after a first column. It is wrapped, and later lines are indented to the prose.
    pub fn wrapped(&mut self, first: &str, text: &str) {
        self.parts.push(Part::Wrapped { first: first.to_owned(), text: text.to_owned() });
    }

    /// Adds a line of columns after a first column. On a terminal a long line is cut, not wrapped, so that columns
    /// stay aligned.
    pub fn columns(&mut self, first: &str, text: &str) {
        self.parts.push(Part::Columns { first: first.to_owned(), text: text.to_owned() });
    }

    /// Adds a table.
    pub(super) fn table(&mut self, table: NamesTable) {
        self.parts.push(Part::Names(table));
    }

    /// Adds a command that can be pasted into a shell. On a terminal, a long command continues after a backslash. An
    /// option stays on one line with its value.
    pub fn command(&mut self, first: &str, words: &[String]) {
        self.parts.push(Part::Command { first: first.to_owned(), words: words.to_vec() });
    }

    /// Adds a line of a file after a first column.
    pub fn quoted(&mut self, first: &str, text: &str) {
        self.parts.push(Part::Quoted { first: first.to_owned(), text: text.to_owned() });
    }

    /// Adds all of another page.
    pub fn page(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }

    /// Lays the page out: returns its text, each line with its line end.
    pub fn lay_out(&self, width: Width) -> String {
        let mut lines = LaidOut { out: String::new(), width };
        for part in &self.parts {
            match part {
                Part::Line(text) => lines.line(text),
                Part::Wrapped { first, text } => lines.wrap(first, text),
                Part::Columns { first, text } => lines.cut(first, text),
                Part::Names(table) => lines.table(table),
                Part::Command { first, words } => lines.command(first, words),
                Part::Quoted { first, text } if columns(first) + columns(text) > width.prose() => {
                    lines.wrap(first, text);
                }
                Part::Quoted { first, text } => lines.push(&format!("{first}{text}")),
            }
        }
        lines.out
    }
}

/// The lines of a page as they are laid out.
struct LaidOut {
    out: String,
    width: Width,
}

impl LaidOut {
    fn push(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn line(&mut self, line: &str) {
        let too_narrow = self.width.row().is_some_and(|row| columns(line) > row);
        if !too_narrow || line.contains('\n') {
            return self.push(line);
        }
        let text = line.trim_start_matches(' ');
        self.wrap(&" ".repeat(line.len() - text.len()), text);
    }

    fn wrap(&mut self, first: &str, text: &str) {
        let indent = columns(first);
        let mut line = first.to_owned();
        let mut used = indent;
        // If the first column leaves too little room, later lines begin further left.
        let hanging = if indent + MIN_PROSE > self.width.prose() { HANGING.min(indent) } else { indent };
        let mut begins = indent;
        for word in text.split(' ') {
            let width = columns(word);
            if (used > begins || hanging < begins) && used + 1 + width > self.width.prose() {
                self.push(&line);
                line = " ".repeat(hanging);
                (used, begins) = (hanging, hanging);
            } else if used > begins {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += width;
        }
        self.push(&line);
    }

    fn cut(&mut self, first: &str, text: &str) {
        let Some(row) = self.width.row() else { return self.push(&format!("{first}{text}")) };
        let room = row.saturating_sub(columns(first));
        if room < MIN_CELL && columns(text) > room {
            self.wrap("", first.trim_end());
            let indent = " ".repeat(HANGING);
            return self.push(&format!("{indent}{}", cut(text, row.saturating_sub(HANGING))));
        }
        self.push(&format!("{first}{}", cut(text, room)));
    }

    fn table(&mut self, table: &NamesTable) {
        for (row, line) in table.rows.iter().zip(table.lines(self.width)) {
            self.cut("", &line);
            if let Some((first, text)) = &row.below {
                self.wrap(first, text);
            }
        }
    }

    fn command(&mut self, first: &str, words: &[String]) {
        let mut parts: Vec<String> = Vec::new();
        for word in words {
            let word = quoted(word);
            match parts.last_mut() {
                Some(part) if !word.starts_with('-') && part.starts_with('-') && !part.contains(' ') => {
                    part.push(' ');
                    part.push_str(&word);
                }
                _ => parts.push(word),
            }
        }
        let indent = columns(first);
        let mut line = first.to_owned();
        let mut used = indent;
        for (index, part) in parts.iter().enumerate() {
            let width = columns(part);
            // A command stays on one line in a pipe: a reader may add a prefix to each line, as Git does with the
            // output of a server, and then a command on several lines could not be pasted.
            let may_break = index > 0 && self.width != Width::Pipe;
            if may_break && used + 1 + width > self.width.prose() - 2 {
                self.push(&format!("{line} \\"));
                line = " ".repeat(indent + 4);
                used = indent + 4;
            } else if index > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(part);
            used += width;
        }
        self.push(&line);
    }
}

/// The room that prose needs beside a first column.
const MIN_PROSE: usize = 24;
/// The room that the last column of a table needs beside the others. With less room, it gets a line of its own.
const MIN_CELL: usize = 12;
/// The indentation of later lines if the first column leaves too little room.
const HANGING: usize = 4;

/// Quotes a word for a POSIX shell if it needs quotes.
pub(super) fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        let mut out = String::new();
        let _ = write!(out, "'{}'", word.replace('\'', "'\\''"));
        out
    }
}

/// Returns the length of a list as a `u64`.
pub(super) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let mut page = Page::default();
        page.wrapped(
            "  plan-review  ",
            "every rule of the plan was read by somebody else, and is in force now",
        );
        page.columns(
            "  1a2b3c4d  ",
            "a row of a table that is a good deal wider than forty columns, and whole in a pipe",
        );
        let words =
            ["countersign", "record", "redesign", "--workflow", "vendor-import", "--root-cause", "feed-late"];
        page.command("  next: ", &words.map(str::to_owned));
        page.quoted("  ", "kind    =  \"plan\"");
        page
    }

    #[test]
    fn a_page_fits_its_terminal_and_a_pipe_gets_whole_rows() {
        for terminal in [40, 80, 120, 200] {
            let text = page().lay_out(Width::of_terminal(terminal));
            for line in text.lines() {
                assert!(columns(line) <= terminal, "{terminal}: {line}");
            }
            assert!(text.contains("kind    =  \"plan\""), "{text}");
        }
        let text = page().lay_out(Width::Pipe);
        assert!(text.contains("and whole in a pipe"), "{text}");
        assert!(text.contains("--workflow vendor-import --root-cause feed-late"), "{text}");
        let is_whole = |line: &str| ["1a2b3c4d", "next: "].iter().any(|word| line.contains(word));
        let prose = text.lines().filter(|line| !is_whole(line));
        prose.for_each(|line| assert!(columns(line) <= 80, "{line}"));
    }

    #[test]
    fn a_command_stays_one_command_for_a_shell_at_every_width() {
        for terminal in 20..200 {
            let text = page().lay_out(Width::of_terminal(terminal));
            let from = text.find("countersign").unwrap();
            let command = &text[from..text.find("  kind").unwrap()];
            let words = shell_words::split(&command.replace("\\\n", " ")).unwrap();
            assert_eq!(words.len(), 7, "{terminal}: {command}");
        }
    }
}
