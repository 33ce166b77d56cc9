//! The user's Git configuration, as far as countersign reads it: signing key, identity, ledger branch and
//! remote.

use std::collections::HashMap;

use super::error::GitError;
use super::program::GitProgram;

/// The Git configuration values that countersign reads, by lower-case key.
#[derive(Debug, Clone, Default)]
pub struct Config {
    values: HashMap<String, String>,
}

/// The user's name and e-mail address for author and committer lines. No decision depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `user.name`.
    pub name: Option<String>,
    /// `user.email`.
    pub email: Option<String>,
}

impl Config {
    /// Reads the values with `git config`, which runs no configured command.
    pub fn read(git: &GitProgram) -> Result<Self, GitError> {
        let output = git.run(&["config", "--null", "--get-regexp", r"^(user|countersign|core|remote)\."])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('\n'));
        let values = pairs.map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned())).collect();
        Ok(Self { values })
    }

    /// The value of `countersign.ledgerBranch`, or `ledger`.
    pub fn ledger_branch(&self) -> &str {
        self.value("countersign.ledgerbranch").unwrap_or("ledger")
    }

    /// The value of `countersign.ledgerRemote`, or `origin`.
    pub fn ledger_remote(&self) -> &str {
        self.value("countersign.ledgerremote").unwrap_or("origin")
    }

    /// Whether a remote of this name is configured.
    pub fn has_remote(&self, name: &str) -> bool {
        self.value(&format!("remote.{}.url", name.to_ascii_lowercase())).is_some()
    }

    /// The value of `user.signingkey`.
    pub fn signing_key(&self) -> Option<&str> {
        self.value("user.signingkey")
    }

    /// The value of `core.hooksPath`, with a leading `~/` replaced by the user's home.
    pub fn hooks_path(&self) -> Option<std::path::PathBuf> {
        let path = self.value("core.hookspath")?;
        match path.strip_prefix("~/").zip(crate::environ::home()) {
            Some((rest, home)) => Some(home.join(rest)),
            None => Some(path.into()),
        }
    }

    /// The user's `user.name` and `user.email`.
    pub fn identity(&self) -> Identity {
        let owned = |key| self.value(key).map(str::to_owned);
        Identity { name: owned("user.name"), email: owned("user.email") }
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }
}
