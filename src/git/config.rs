//! The repository's own Git configuration, as far as countersign reads it: the ledger's branch and remote, timeouts,
//! and whether commands share what they write.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use super::config_value::value;
use super::error::GitError;
use super::own_config::read_own;
use super::program::GitProgram;
use super::user_config::UserConfig;

/// The configuration of a repository.
#[derive(Debug, Clone)]
pub struct Config {
    /// `countersign.*`, `remote.*` and `extensions.*`, from the repository's own configuration files alone.
    own: HashMap<String, String>,
    git: GitProgram,
    /// The settings that Git resolves for the user, read on first use.
    user: OnceLock<UserConfig>,
}

/// When commands that write share what they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareMode {
    /// At once.
    Auto,
    /// When the user asks for it.
    Manual,
}

impl Config {
    /// Reads the repository's own configuration files: `config`, and `config.worktree` if the repository uses it.
    ///
    /// Only these files, without includes, decide where the ledger is. So neither the environment nor a file in a
    /// commit can choose another branch or remote.
    pub fn read(git: &GitProgram, common_directory: &Path) -> Result<Self, GitError> {
        let mut own = read_own(&common_directory.join("config"))?;
        let per_work_tree = own.get("extensions.worktreeconfig").map(String::as_str);
        if per_work_tree.is_some_and(|value| !matches!(value, "false" | "no" | "off" | "0")) {
            own.extend(read_own(&git.git_directory().join("config.worktree"))?);
        }
        Ok(Self { own, git: git.clone(), user: OnceLock::new() })
    }

    /// Returns the settings that Git resolves for the user: signing key, identity, pager. Git is run only when they are
    /// first needed, because most commands do not use them.
    pub fn user(&self) -> Result<&UserConfig, GitError> {
        if let Some(known) = self.user.get() {
            return Ok(known);
        }
        let read = UserConfig::read(&self.git)?;
        Ok(self.user.get_or_init(|| read))
    }

    /// The value of `countersign.ledgerBranch`; `ledger` if it is not set.
    pub fn ledger_branch(&self) -> &str {
        value(&self.own, "countersign.ledgerbranch").unwrap_or("ledger")
    }

    /// The value of `countersign.ledgerRemote`; `origin` if it is not set.
    pub fn ledger_remote(&self) -> &str {
        value(&self.own, "countersign.ledgerremote").unwrap_or("origin")
    }

    /// How long a remote may take to answer a question: as many seconds as `countersign.remoteTimeout` says, or 30 if
    /// that is not set or is no whole number.
    pub fn remote_timeout(&self) -> Duration {
        let seconds = value(&self.own, "countersign.remotetimeout").and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(30))
    }

    /// How long a transfer from or to a remote may take: 20 times as long as a question.
    pub fn transfer_timeout(&self) -> Duration {
        self.remote_timeout() * 20
    }

    /// How long a command that writes keeps trying to share what it wrote: as many seconds as
    /// `countersign.shareTimeout` says, or 120 if that is not set or is no whole number.
    pub fn share_timeout(&self) -> Duration {
        let seconds = value(&self.own, "countersign.sharetimeout").and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(120))
    }

    /// The value of `countersign.share`: whether commands that write share at once.
    pub fn sharing(&self) -> Result<ShareMode, GitError> {
        match value(&self.own, "countersign.share") {
            None | Some("auto") => Ok(ShareMode::Auto),
            Some("manual") => Ok(ShareMode::Manual),
            Some(other) => Err(GitError::Setting {
                name: "countersign.share",
                value: other.to_owned(),
                expected: "auto or manual",
            }),
        }
    }

    /// The URL of the ledger's remote; `None` if it is not configured.
    pub fn ledger_remote_url(&self) -> Option<&str> {
        value(&self.own, &format!("remote.{}.url", self.ledger_remote()))
    }
}
