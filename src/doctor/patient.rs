//! What is examined: a repository with its ledger, and who works in it.

use std::sync::Arc;

use crate::ledger::Loaded;
use crate::state::State;
use crate::value::{MemberName, Time};
use crate::workspace::Workspace;

/// Who signs here.
#[derive(Debug, Clone)]
pub enum SignsAs {
    /// A member of the ledger.
    Member(MemberName),
    /// There is a key, but it belongs to no member.
    Stranger,
    /// No key can be used: the reason, and hints on what to do.
    NoKey(String, Vec<String>),
}

/// A repository that is examined.
pub struct Patient<'a> {
    /// The repository.
    pub workspace: &'a Workspace,
    /// Its ledger.
    pub loaded: &'a Loaded,
    /// The state of the ledger, if it has one.
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
    /// It may not: `--offline`.
    Nobody,
}

impl Patient<'_> {
    /// Whether it is a server to which others push: a bare repository.
    pub(super) fn is_server(&self) -> bool {
        self.workspace.repository.work_tree().is_none()
    }
}
