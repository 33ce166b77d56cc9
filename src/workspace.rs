//! Where a person stands: the repository, and where its ledger is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::git::{Config, GitError, Repository};

/// A repository with its configuration.
pub struct Workspace {
    /// The repository.
    pub repository: Repository,
    /// What the user has configured.
    pub config: Config,
    pub(crate) lost: Lost,
}

/// Whether something that was remembered is not what it was any more, and an answer may rest on it.
#[derive(Debug, Clone, Default)]
pub struct Lost(Arc<AtomicBool>);

impl Lost {
    /// What to say of it.
    pub const FOUND: &'static str =
        "what was remembered of the ledger is damaged, and is forgotten now: ask once more";

    /// Whether it is so.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, lost: bool) {
        self.0.store(lost, Ordering::Relaxed);
    }
}

impl Workspace {
    /// The repository that a directory lies in.
    pub fn discover(directory: &Path) -> Result<Self, GitError> {
        let repository = Repository::discover(directory)?;
        let config = Config::read(repository.git())?;
        Ok(Self { repository, config, lost: Lost::default() })
    }

    /// The repository of this Git directory.
    pub fn open(git_directory: &Path) -> Result<Self, GitError> {
        let repository = Repository::open(git_directory)?;
        let config = Config::read(repository.git())?;
        Ok(Self { repository, config, lost: Lost::default() })
    }

    /// Whether something that was remembered is not what it was any more, now and later.
    pub fn lost(&self) -> Lost {
        self.lost.clone()
    }

    /// The full name of the ledger's branch.
    pub fn ledger_ref(&self) -> String {
        format!("refs/heads/{}", self.config.ledger_branch())
    }

    /// The full name of what was fetched of the remote's ledger.
    pub fn tracking_ref(&self) -> String {
        format!("refs/remotes/{}/{}", self.config.ledger_remote(), self.config.ledger_branch())
    }

    /// The command that shares the ledger.
    pub fn share_command(&self) -> String {
        format!("git push {} {}", self.config.ledger_remote(), self.config.ledger_branch())
    }

    /// The command that fetches the ledger.
    pub fn fetch_command(&self) -> String {
        let branch = self.config.ledger_branch();
        format!("git fetch {} {branch}:{branch}", self.config.ledger_remote())
    }
}
