//! How the remote's ledger relates to the local one.

use crate::git::one_line;
use crate::ledger::{AskError, Asked, Loaded};
use crate::verify::Unreadable;

/// How the remote's ledger relates to the local one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// The ledger has no remote.
    NoRemote,
    /// The remote gave no usable answer, for this reason: it could not be asked, or its ledger is broken.
    Silent(String),
    /// The remote has no ledger.
    NoRemoteLedger,
    /// All entries that the remote has are in the ledger that was loaded here.
    Known,
    /// The remote has entries that are not here, so decisions made here may be wrong.
    Ahead,
}

impl Sharing {
    /// Compares the answer of the remote with the ledger that was loaded.
    pub(super) fn new(answer: &Result<Option<Asked>, AskError>, loaded: &Loaded) -> Result<Self, Unreadable> {
        Ok(match answer {
            Err(error) => Self::Silent(one_line(error)),
            Ok(None) => Self::NoRemote,
            Ok(Some(Asked { head: None, .. })) => Self::NoRemoteLedger,
            Ok(Some(Asked { head: Some(head), .. })) if loaded.has_read(head)? => Self::Known,
            Ok(Some(Asked { head: Some(_), .. })) => Self::Ahead,
        })
    }
}
