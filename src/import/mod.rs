//! What other programs say went wrong, read into drafts of exceptions.
//!
//! Text comes in that anybody may have written: a refused gate's answer, the variables of a CI job, a
//! report of tests or of an analyser. Out come [`Said`], what a source knows of one exception, or
//! [`Failures`], the distinct failures of reports, which [`drafts`] makes exceptions of. Nothing is
//! expanded, everything is bounded, and what is wrong is said with its line and column. Nothing here
//! reads a file, a clock or the environment, or decides whether something may be recorded.

pub mod ci;
mod drafts;
mod failures;
mod gate;
mod junit;
mod map;
mod said;
mod sarif;
mod wording;

pub use drafts::{Drafted, drafts};
pub use failures::{Failure, Failures};
pub use gate::gate;
pub use map::{Map, Rule};
pub use said::Said;

/// A kind of report that holds failures.
#[derive(Debug)]
pub struct Format {
    /// Its option, without the dashes.
    pub option: &'static str,
    /// The help of that option.
    pub help: &'static str,
    /// Adds every failure of a report.
    pub read: fn(&str, &mut Failures) -> Result<(), Malformed>,
}

/// Every kind of report, in the order of their options.
pub const FORMATS: &[Format] = &[junit::FORMAT, sarif::FORMAT];

/// Largest file that is read, in bytes: the reports of a day's tests have some megabytes, and a file without
/// an end must not fill the memory.
pub const FILE_BYTES: usize = 32 * 1024 * 1024;

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
    fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, message: message.into() }
    }

    /// What the reader of JSON found, which says its place itself.
    fn json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Self { line, column, message: message.strip_suffix(&place).unwrap_or(&message).to_owned() }
    }
}

/// The text of a file: UTF-8, not too long, without the byte-order mark that some programs begin with.
pub fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    let malformed = |message: String| Malformed { line: 1, column: 1, message };
    if bytes.len() > FILE_BYTES {
        let most = FILE_BYTES / (1024 * 1024);
        return Err(malformed(format!("the file has more than the {most} MiB that are read")));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(malformed("the file is UTF-16; expected UTF-8".to_owned()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let good = std::str::from_utf8(good).unwrap_or_default();
            Err(Malformed::at(good, good.len(), "is not UTF-8"))
        }
    }
}
