//! A page of text: lines with styles, wrapped to a width.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};

use super::escape::harmless;

/// How a word is meant; a terminal shows it by colour, and nothing needs the colour to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Good.
    Good,
    /// Bad.
    Bad,
    /// To be looked at.
    Warn,
    /// Beside the point.
    Dim,
    /// The point.
    Strong,
}

impl Style {
    fn ansi(self) -> Ansi {
        match self {
            Self::Plain => Ansi::new(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Dim => Ansi::new().dimmed(),
            Self::Strong => Ansi::new().bold(),
        }
    }

    /// A word in this style; the stream takes the codes out where they do not belong.
    pub fn paint(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            _ => format!("{}{text}{}", self.ansi().render(), self.ansi().render_reset()),
        }
    }
}

/// Lines that are being written.
#[derive(Debug, Default)]
pub struct Page {
    out: String,
}

/// Columns that a page keeps to.
const WIDTH: usize = 80;

impl Page {
    /// Adds a line as it is, but for what a CI system would take for a command.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(&harmless(text.as_ref().trim_end()));
        self.out.push('\n');
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.out.push('\n');
    }

    /// Adds prose behind a first column, wrapped so that later lines stand under the prose.
    pub fn wrapped(&mut self, first: &str, text: &str) {
        let indent = visible(first);
        let mut line = first.to_owned();
        let mut used = indent;
        for word in text.split(' ') {
            let width = word.chars().count();
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

    /// Adds a line of columns, cut where it is too long: its words stand under those of others.
    pub fn columns(&mut self, first: &str, text: &str) {
        let most = WIDTH.saturating_sub(visible(first));
        self.line(format!("{first}{}", cut(text, most)));
    }

    /// Adds a command that can be pasted; where it is too long it goes on behind a backslash, before an
    /// option where there is one.
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
        let indent = visible(first);
        let mut line = first.to_owned();
        let mut used = indent;
        for (index, part) in parts.iter().enumerate() {
            let width = part.chars().count();
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

    /// The text.
    pub fn finish(self) -> String {
        self.out
    }
}

impl std::fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.out.write_str(text)
    }
}

/// A word of a command, quoted for a POSIX shell where that is needed.
fn quoted(word: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./:=@%+,".contains(it);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        let mut out = String::new();
        let _ = write!(out, "'{}'", word.replace('\'', "'\\''"));
        out
    }
}

/// Columns that a text takes, without its colour codes.
fn visible(text: &str) -> usize {
    let mut count = 0;
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            _ => count += 1,
        }
    }
    count
}

/// At most so many characters, the last a dot-dot-dot where something was cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// `1 record`, `2 records`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) if number != 1 && !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if number != 1 => format!("{noun}s"),
        _ => noun.to_owned(),
    };
    format!("{number} {plural}")
}

/// The length of a list as a number.
pub(super) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
