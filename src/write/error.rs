//! Why nothing was appended.

use crate::finding::{Code, Finding};
use crate::git::GitError;
use crate::key::KeyError;
use crate::ledger::LoadError;
use crate::value::{RecordId, limit};

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The ledger cannot be built on.
    #[error("the ledger cannot be built on: {found}")]
    Untrusted {
        /// Which rule.
        code: Code,
        /// What was found.
        found: String,
    },
    /// The key is no member's.
    #[error("the key {fingerprint} is no member's in the trust in force")]
    Stranger {
        /// The key.
        fingerprint: String,
    },
    /// It would be void: nothing was written.
    #[error("the record would be void: {}", describe(.0))]
    WouldBeVoid(Vec<Finding>),
    /// It would break the ledger: nothing was written.
    #[error("the entry would break the ledger: {}", describe(.0))]
    WouldBeBroken(Vec<Finding>),
    /// Others were faster each time.
    #[error("others appended first {0} times in a row")]
    Overtaken(u32),
    /// A receipt is good only on the head that it judged.
    #[error("somebody appended while this was decided")]
    DecideAgain,
    /// They are there already.
    #[error("in the ledger already: {}", .0.iter().map(RecordId::short).collect::<Vec<_>>().join(", "))]
    Already(Vec<RecordId>),
    /// A record is larger than allowed.
    #[error("the record has {size} bytes; at most {} are allowed", limit::RECORD_BYTES)]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// It was signed, and waits in the outbox.
    #[error("{source}")]
    Kept {
        /// The records.
        ids: Vec<RecordId>,
        /// Why they could not be appended.
        source: Box<AppendError>,
    },
    /// The ledger could not be looked at.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Git could not write.
    #[error(transparent)]
    Git(#[from] GitError),
    /// There is no signature.
    #[error(transparent)]
    Key(#[from] KeyError),
}

fn describe(findings: &[Finding]) -> String {
    let one = |finding: &Finding| format!("{}: {}", finding.code, finding.found);
    findings.iter().map(one).collect::<Vec<_>>().join("; ")
}
