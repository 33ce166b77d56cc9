//! What other programs say went wrong, read into drafts of exceptions.
//!
//! Text comes in that anybody may have written: a refused gate's answer, the variables of a CI job, a
//! report of tests or of an analyser. Out come [`SourceFacts`], what a source knows of one exception, or
//! [`Failures`], the distinct failures of reports, which [`drafts`] makes exceptions of. Nothing is
//! expanded, everything is bounded, and what is wrong is said with its line and column. Nothing here
//! reads a file, a clock or the environment, or decides whether something may be recorded.

pub mod ci;
mod drafts;
mod failures;
mod format;
mod gate;
mod junit;
mod map;
mod said;
mod sarif;
mod wording;

pub use format::{Malformed, ReportFormat};

pub use drafts::{ImportedDraft, drafts};
pub use failures::{Failures, ReportedFailure};
pub use gate::gate;
pub use map::{Map, MapRule};
pub use said::SourceFacts;

/// Every kind of report, in the order of their options.
pub const FORMATS: &[ReportFormat] = &[junit::FORMAT, sarif::FORMAT];

/// Largest file that is read, in bytes: the reports of a day's tests have some megabytes, and a file without
/// an end must not fill the memory.
pub const FILE_BYTES: usize = 32 * 1024 * 1024;

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
