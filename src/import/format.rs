//! The formats of failure reports, and the error for malformed input.

use super::failures::Failures;

/// A format of failure reports.
#[derive(Debug)]
pub struct ReportFormat {
    /// The command-line option, without the two dashes at its beginning.
    pub option: &'static str,
    /// The help text of the option.
    pub help: &'static str,
    /// Parses a report and adds its failures.
    pub read: fn(&str, &mut Failures) -> Result<(), Malformed>,
}

/// Why a text cannot be read. The text is a report, an answer of the gate, or a map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong; often also what was expected.
    pub message: String,
}

impl Malformed {
    /// Makes an error for a byte offset in a text.
    pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, message: message.into() }
    }

    /// Converts a JSON error. The message of that error ends with line and column; that part is removed.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Self { line, column, message: message.strip_suffix(&place).unwrap_or(&message).to_owned() }
    }
}
