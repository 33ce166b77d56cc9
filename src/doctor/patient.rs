//! What is examined: a repository, its ledger, and who signs there.

use std::sync::Arc;

use crate::ledger::Loaded;
use crate::state::State;
use crate::value::{MemberName, Time};
use crate::workspace::Workspace;

/// Who signs here.
#[derive(Debug, Clone)]
pub enum SignsAs {
    /// A member of the trust in force, or of an open trust proposal.
    Member(MemberName),
    /// There is a key, but it belongs to no member.
    Stranger,
    /// No key can be used. The fields are the reason, and hints on what to do.
    NoKey(String, Vec<String>),
}

/// A repository that is examined.
pub struct Patient<'a> {
    /// The repository.
    pub workspace: &'a Workspace,
    /// Its ledger.
    pub loaded: &'a Loaded,
    /// The state of the ledger; `None` if the ledger is not founded, or cannot be read.
    pub state: Option<Arc<State>>,
    /// Who signs.
    pub identity: SignsAs,
    /// The time.
    pub now: Time,
    /// Whether the remote may be asked.
    pub asks: Asks,
}

/// Whether an examination may talk to the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// It may.
    TheRemote,
    /// It may not, because `--offline` was given.
    Nobody,
}

impl Patient<'_> {
    /// Whether the repository is on a server to which others push. A bare repository counts as one.
    pub(super) fn is_server(&self) -> bool {
        self.workspace.repository.work_tree().is_none()
    }
}
