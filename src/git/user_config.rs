//! The user's Git configuration, as far as countersign reads it: signing key, identity and pager.

use std::collections::HashMap;

use super::config_value::value;
use super::error::GitError;
use super::program::{GitProgram, describe, stderr};

/// The values of `user.*`, `core.*` and `gpg.ssh.*`, as Git resolves them. Git writes a key with its section and its name
/// in lower case (git-config).
#[derive(Debug, Clone, Default)]
pub struct UserConfig {
    values: HashMap<String, String>,
    signing: SigningPrograms,
    pager: Option<String>,
}

/// Programs of the user's own that sign, or name the key. They are run, so only the user's and the system's own
/// configuration names them, never a repository's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SigningPrograms {
    /// `gpg.ssh.program`, unless it is plain `ssh-keygen`.
    pub signs: Option<String>,
    /// `gpg.ssh.defaultKeyCommand`.
    pub names_key: Option<String>,
    /// Whether the repository's own configuration names a program, which is not run.
    pub is_passed_over: bool,
}

impl SigningPrograms {
    /// Takes a value of one of them from a scope of Git's configuration (git-config, "SCOPES").
    fn take(&mut self, scope: &str, key: &str, value: &str) {
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        match key {
            "gpg.ssh.program" if is_users(scope) => {
                self.signs = value.filter(|program| program != "ssh-keygen");
            }
            "gpg.ssh.defaultkeycommand" if is_users(scope) => self.names_key = value,
            "gpg.ssh.program" | "gpg.ssh.defaultkeycommand" => self.is_passed_over = true,
            _ => {}
        }
    }
}

/// Whether a scope of Git's configuration is the user's or the system's own, so that it may name programs to run.
fn is_users(scope: &str) -> bool {
    matches!(scope, "global" | "system")
}

/// The user's name and e-mail address for author and committer lines. No decision depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `user.name`.
    pub name: Option<String>,
    /// `user.email`.
    pub email: Option<String>,
}

impl UserConfig {
    /// Reads the values with `git config`, which runs no configured command.
    pub(super) fn read(git: &GitProgram) -> Result<Self, GitError> {
        let mut user = Self::default();
        let text = listed(git, &["--show-scope", "--get-regexp", r"^(user|core|gpg\.ssh)\."])?;
        let mut parts = text.split('\0');
        while let Some((scope, pair)) = parts.next().zip(parts.next()) {
            // A key without a value is a switch that is on.
            let (key, value) = pair.split_once('\n').unwrap_or((pair, "true"));
            user.signing.take(scope, key, value);
            if key == "core.pager" && is_users(scope) {
                user.pager = Some(value.to_owned());
            }
            user.values.insert(key.to_owned(), value.to_owned());
        }
        Ok(user)
    }

    /// The value of `user.signingkey`.
    pub fn signing_key(&self) -> Option<&str> {
        value(&self.values, "user.signingkey")
    }

    /// The programs of the user's own that sign, or name the key.
    pub fn signing_programs(&self) -> &SigningPrograms {
        &self.signing
    }

    /// Whether `core.hooksPath` is set, wherever.
    pub fn has_hooks_path(&self) -> bool {
        self.values.contains_key("core.hookspath")
    }

    /// The value of `core.pager` in the user's or the system's own configuration, never a repository's.
    pub fn pager(&self) -> Option<&str> {
        self.pager.as_deref()
    }

    /// The user's `user.name` and `user.email`.
    pub fn identity(&self) -> Identity {
        let owned = |key| value(&self.values, key).map(str::to_owned);
        Identity { name: owned("user.name"), email: owned("user.email") }
    }
}

/// Runs `git config`, and returns what it lists, each part with a NUL behind it.
fn listed(git: &GitProgram, arguments: &[&str]) -> Result<String, GitError> {
    let arguments = [&["config", "--null"], arguments].concat();
    let output = git.run(&arguments)?;
    // 1: there are none. Anything else says nothing about what is configured.
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(GitError::Failed { command: describe(&arguments), stderr: stderr(&output) });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
