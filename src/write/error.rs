//! [`AppendError`]: why nothing was appended.

use crate::finding::{Code, Finding};
use crate::git::GitError;
use crate::key::KeyError;
use crate::ledger::LoadError;
use crate::store::StoreError;
use crate::value::{RecordId, limit};
use crate::verify::Unreadable;

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The ledger cannot be trusted, so nothing is appended to it.
    #[error("nothing can be appended to the ledger: {found}")]
    Untrusted {
        /// The rule.
        code: Code,
        /// What was found.
        found: String,
    },
    /// The key belongs to no member.
    #[error("the key {fingerprint} belongs to no member of the trust in force")]
    Stranger {
        /// The fingerprint of the key.
        fingerprint: String,
    },
    /// The record would be void, so the ledger was not changed.
    #[error("the record would be void: {}", describe(.0))]
    WouldBeVoid(Vec<Finding>),
    /// The entry would break the ledger, so the ledger was not changed.
    #[error("the entry would break the ledger: {}", describe(.0))]
    WouldBeBroken(Vec<Finding>),
    /// Others appended first in every attempt.
    #[error("others appended first {0} times in a row")]
    Overtaken(u32),
    /// The head has changed, and a receipt counts only on the head that it was decided on.
    #[error("somebody else appended while this was being decided")]
    DecideAgain,
    /// The records are already in the ledger.
    #[error("in the ledger already: {}", .0.iter().map(RecordId::short).collect::<Vec<_>>().join(", "))]
    Already(Vec<RecordId>),
    /// A record is larger than allowed.
    #[error("the record has {size} bytes; at most {} are allowed", limit::RECORD_BYTES)]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// The records were signed, and are kept in the outbox.
    #[error("{source}")]
    Kept {
        /// The records.
        ids: Vec<RecordId>,
        /// Why they could not be appended.
        source: Box<AppendError>,
    },
    /// The records are in the ledger, and something failed after that.
    #[error("{} in the ledger; {source}", are(ids))]
    InLedger {
        /// The records.
        ids: Vec<RecordId>,
        /// What failed.
        source: GitError,
    },
    /// The ledger could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Signing failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The outbox could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AppendError {
    /// Whether the records are in the ledger despite the error.
    pub fn is_in_ledger(&self) -> bool {
        matches!(self, Self::InLedger { .. })
    }
}

/// Returns the short ids of records, followed by `is` or `are`.
pub(crate) fn are(ids: &[RecordId]) -> String {
    let names = ids.iter().map(RecordId::short).collect::<Vec<_>>().join(", ");
    if ids.len() == 1 { format!("{names} is") } else { format!("{names} are") }
}

fn describe(findings: &[Finding]) -> String {
    let one = |finding: &Finding| format!("{}: {}", finding.code, finding.found);
    findings.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl From<Unreadable> for AppendError {
    fn from(error: Unreadable) -> Self {
        Self::Untrusted { code: Code::Incomplete, found: error.to_string() }
    }
}
