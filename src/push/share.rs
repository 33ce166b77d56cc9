//! The ledger of its remote: how it relates to the local one, and pushing what it lacks.

use crate::git::GitError;
use crate::ledger::{AskError, Asked, Loaded};
use crate::value::CommitId;
use crate::workspace::Workspace;

/// How the ledger of its remote relates to the local one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// The ledger has no remote.
    NoRemote,
    /// The remote could not be asked, for this reason.
    Silent(String),
    /// The remote has no ledger.
    NoRemoteLedger,
    /// It ends at this commit, which is an entry of the ledger that was loaded here.
    Known(CommitId),
    /// It has entries that are not here, so decisions made here may be wrong.
    Ahead,
}

impl Sharing {
    /// Compares the answer of the remote with the ledger that was loaded.
    pub(super) fn new(answer: &Result<Option<Asked>, AskError>, loaded: &Loaded) -> Self {
        match answer {
            Err(error) => {
                let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
                Self::Silent(format!("{error}{}", cause.unwrap_or_default()))
            }
            Ok(None) => Self::NoRemote,
            Ok(Some(Asked { head: None, .. })) => Self::NoRemoteLedger,
            Ok(Some(Asked { head: Some(head), .. })) if loaded.has_read(head) => Self::Known(head.clone()),
            Ok(Some(Asked { head: Some(_), .. })) => Self::Ahead,
        }
    }
}

/// What the remote lacks of the local ledger.
pub(super) enum Lacks {
    /// All of it.
    All,
    /// What comes after this entry.
    From(CommitId),
}

/// Pushes the ledger to its remote, unless the remote already has all of it.
pub(super) fn push_ledger(workspace: &Workspace, lacks: &Lacks) -> Result<(), GitError> {
    let name = workspace.ledger_ref();
    let Some(local) = workspace.repository.ref_head(&name)? else { return Ok(()) };
    if let Lacks::From(there) = lacks
        && (local == *there || !workspace.repository.is_on_chain(there, &local, &|_| None)?)
    {
        // The remote has all of it, or entries that this branch lacks, so there is nothing to push on top of them.
        return Ok(());
    }
    let timeout = workspace.config.remote_timeout();
    workspace.repository.push(workspace.config.ledger_remote(), &format!("{name}:{name}"), timeout)
}
