//! What the user has configured: the signing key, the identity, and where the ledger is.

use std::collections::HashMap;

use super::error::GitError;
use super::program::GitProgram;

/// The entries of Git's configuration that countersign reads.
#[derive(Debug, Clone, Default)]
pub struct Config {
    values: HashMap<String, String>,
}

/// Who the user is, for the author and committer lines; it decides nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `user.name`.
    pub name: Option<String>,
    /// `user.email`.
    pub email: Option<String>,
}

impl Config {
    /// Asks `git config`, which runs nothing that is configured.
    pub fn read(git: &GitProgram) -> Result<Self, GitError> {
        let output = git.run(&["config", "--null", "--get-regexp", r"^(user|countersign|core|remote)\."])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('\n'));
        let values = pairs.map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned())).collect();
        Ok(Self { values })
    }

    /// `countersign.ledgerBranch`, else `ledger`.
    pub fn ledger_branch(&self) -> &str {
        self.value("countersign.ledgerbranch").unwrap_or("ledger")
    }

    /// `countersign.ledgerRemote`, else `origin`.
    pub fn ledger_remote(&self) -> &str {
        self.value("countersign.ledgerremote").unwrap_or("origin")
    }

    /// Whether a remote of this name is configured.
    pub fn has_remote(&self, name: &str) -> bool {
        self.value(&format!("remote.{}.url", name.to_ascii_lowercase())).is_some()
    }

    /// `user.signingkey`.
    pub fn signing_key(&self) -> Option<&str> {
        self.value("user.signingkey")
    }

    /// `core.hooksPath`, with `~/` as the user's home.
    pub fn hooks_path(&self) -> Option<std::path::PathBuf> {
        let path = self.value("core.hookspath")?;
        match path.strip_prefix("~/").zip(crate::environ::home()) {
            Some((rest, home)) => Some(home.join(rest)),
            None => Some(path.into()),
        }
    }

    /// Who the user is.
    pub fn identity(&self) -> Identity {
        let owned = |key| self.value(key).map(str::to_owned);
        Identity { name: owned("user.name"), email: owned("user.email") }
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }
}
