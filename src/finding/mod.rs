//! Findings: what was looked at and found to break a rule, each with a stable code.
//!
//! A finding is data, not an error: a report with twelve of them is a good report. An error says
//! that we could not look.

mod code;

use crate::value::{CommitId, RecordId};

pub use code::{CheckCode, Code, CodeGroup, Explanation};

/// A rule that is broken, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// Where.
    pub at: Place,
    /// What was found, as a phrase.
    pub found: String,
    /// What was expected instead, as a phrase; empty where the code says it all.
    pub expected: String,
}

/// Where in a ledger something is; what is not known or does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The entry's commit.
    pub entry: Option<CommitId>,
    /// The record's position.
    pub position: Option<u64>,
    /// The record.
    pub record: Option<RecordId>,
    /// The field of the record, or the path of the file.
    pub field: Option<String>,
}
