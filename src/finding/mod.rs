//! Findings: violations of rules in a ledger. Each has a stable code.
//!
//! A finding is data, not an error: a report with twelve findings is a successful result. An error means
//! that the examination itself failed.

mod check_code;
mod code;
mod control;

use crate::value::{CommitId, RecordId};

pub use check_code::CheckCode;
pub use code::{Code, CodeGroup, Explanation};
pub use control::{Control, controls};

/// A broken rule and the place where it is broken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// Where it is broken.
    pub at: Place,
    /// What was found, as a phrase.
    pub found: String,
    /// What was expected instead, as a phrase; empty if the code says it clearly enough.
    pub expected: String,
}

/// A place in a ledger. A part that is unknown or does not apply is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The entry's commit.
    pub entry: Option<CommitId>,
    /// The record's position.
    pub position: Option<u64>,
    /// The record.
    pub record: Option<RecordId>,
    /// The field of the record, or the path of the file in the entry.
    pub field: Option<String>,
}
