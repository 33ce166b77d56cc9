//! A page of text: styled lines, wrapped or cut to 80 columns.

use std::fmt::Write as _;

use super::width::{columns, cut};

/// How much of a list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Only what needs attention: checks that do not pass, patterns that are recent or close a target.
    Brief,
    /// All of it.
    All,
}

/// A text that is built line by line.
#[derive(Debug, Default)]
pub struct Page {
    out: String,
}

/// The width of a page, in columns.
const WIDTH: usize = 80;

impl Page {
    /// Adds a line without wrapping it.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(text.as_ref().trim_end());
        self.out.push('\n');
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.out.push('\n');
    }

    /// Adds prose after a first column. It is wrapped, and later lines are indented to the prose.
    pub fn wrapped(&mut self, first: &str, text: &str) {
        let indent = columns(first);
        let mut line = first.to_owned();
        let mut used = indent;
        for word in text.split(' ') {
            let width = columns(word);
            if used > indent && used + 1 + width > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                used = indent;
            } else if used > indent {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += width;
        }
        self.line(&line);
    }

    /// Adds a line of columns after a first column. A long line is cut, not wrapped, so that columns stay
    /// aligned.
    pub fn columns(&mut self, first: &str, text: &str) {
        let most = WIDTH.saturating_sub(columns(first));
        self.line(format!("{first}{}", cut(text, most)));
    }

    /// Adds a command that can be pasted into a shell. A long one continues after a backslash; an option
    /// stays on one line with its value.
    pub fn command(&mut self, first: &str, words: &[String]) {
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
            if index > 0 && used + 1 + width > WIDTH - 2 {
                self.line(format!("{line} \\"));
                line = " ".repeat(indent + 4);
                used = indent + 4;
            } else if index > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(part);
            used += width;
        }
        self.line(&line);
    }

    /// Returns the text.
    pub fn finish(self) -> String {
        self.out
    }
}

impl std::fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.out.write_str(text)
    }
}

/// Quotes a word for a POSIX shell if it needs quotes.
fn quoted(word: &str) -> String {
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
