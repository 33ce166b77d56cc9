//! Imports failures reported by other programs as drafts of exceptions.
//!
//! The input is untrusted text: a refusal of the gate, the variables of a CI job, or a report of a test runner or of a
//! code analyser. A refusal and the variables give [`SourceFacts`], the facts that the source knows about one
//! exception. Reports give [`Failures`]; [`drafts`] makes a draft of an exception from each distinct failure.
//!
//! Custom XML entities are not expanded, all sizes are limited, and mistakes are reported with line and column. This
//! module does not read files, the clock or the environment, and does not decide whether something may be recorded.

pub mod ci;
mod drafts;
mod encoding;
mod failures;
mod format;
mod gate;
mod junit;
mod junit_counts;
mod location;
mod map;
mod said;
mod sarif;
mod sarif_log;
mod secret;
mod wording;

use std::borrow::Cow;

pub use format::{Malformed, ReportFormat};

pub use drafts::{ImportedDraft, drafts};
pub use failures::{Failures, ReportedFailure};
pub use gate::gate;
pub use map::{Map, MapRule};
pub use said::SourceFacts;
pub use secret::{REDACTED, Secret, redact, secrets};

/// Every format of reports, in the order of their options.
pub const FORMATS: &[ReportFormat] = &[junit::FORMAT, sarif::FORMAT];

/// Size of the largest file that is read, in bytes. The test reports of a day have a few megabytes. Without a limit, a
/// file without an end would fill the memory.
pub const FILE_BYTES: usize = 32 * 1024 * 1024;

/// Decodes a file of limited size, without the byte-order mark that some programs write.
pub fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    if bytes.len() > FILE_BYTES {
        let most = FILE_BYTES / (1024 * 1024);
        let message = format!("the file is larger than {most} MiB, the most that is read");
        return Err(Malformed { line: 1, column: 1, message });
    }
    encoding::decode(bytes)
}
