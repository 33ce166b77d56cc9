//! The workspace: a repository with its configuration, and the refs of its ledger.

use std::path::Path;

use crate::git::{Config, GitError, ObjectQuarantine, Repository};

/// A repository with its configuration.
pub struct Workspace {
    /// The repository.
    pub repository: Repository,
    /// The configuration.
    pub config: Config,
}

impl Workspace {
    /// Opens the workspace of the repository that contains a directory.
    pub fn discover(directory: &Path) -> Result<Self, GitError> {
        Self::of(Repository::discover(directory)?)
    }

    /// Opens the workspace of a Git directory.
    pub fn open(git_directory: &Path) -> Result<Self, GitError> {
        Self::of(Repository::open(git_directory)?)
    }

    /// Opens the workspace of a Git directory that receives a push. If Git keeps the pushed objects in quarantine for
    /// the hook that this process runs in, the repository has these objects too.
    pub fn receiving(git_directory: &Path) -> Result<Self, GitError> {
        let repository = Repository::open(git_directory)?;
        Self::of(match ObjectQuarantine::of_hook() {
            Some(quarantine) => repository.seeing(&quarantine)?,
            None => repository,
        })
    }

    fn of(repository: Repository) -> Result<Self, GitError> {
        let config = Config::read(repository.git(), repository.common_directory())?;
        Ok(Self { repository, config })
    }

    /// Returns the full name of the ledger's branch.
    pub fn ledger_ref(&self) -> String {
        format!("refs/heads/{}", self.config.ledger_branch())
    }

    /// Returns the full name of the remote-tracking ref of the ledger.
    pub fn tracking_ref(&self) -> String {
        format!("refs/remotes/{}/{}", self.config.ledger_remote(), self.config.ledger_branch())
    }

    /// Returns the command that shares the ledger.
    pub fn share_command(&self) -> String {
        format!("git push {} {}", self.config.ledger_remote(), self.ledger_ref())
    }

    /// Returns the command that fetches the ledger.
    pub fn fetch_command(&self) -> String {
        let name = self.ledger_ref();
        format!("git fetch {} {name}:{name}", self.config.ledger_remote())
    }
}
