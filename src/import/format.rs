//! A kind of report that holds failures, and what can be wrong with one.

use super::failures::Failures;

/// A kind of report that holds failures.
#[derive(Debug)]
pub struct ReportFormat {
    /// Its option, without the dashes.
    pub option: &'static str,
    /// The help of that option.
    pub help: &'static str,
    /// Adds every failure of a report.
    pub read: fn(&str, &mut Failures) -> Result<(), Malformed>,
}

/// Text of another program is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl Malformed {
    /// Something is wrong at a byte of a text.
    pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, message: message.into() }
    }

    /// What the reader of JSON found, which says its place itself.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Self { line, column, message: message.strip_suffix(&place).unwrap_or(&message).to_owned() }
    }
}
