//! The user's Git configuration, as far as countersign reads it: signing key, identity and pager.

use std::collections::HashMap;

use super::config_value::value;
use super::error::GitError;
use super::program::{GitProgram, describe, stderr};

/// The values of `user.*`, `core.*` and `gpg.ssh.*`, as Git resolves them. Git writes the section and the name of a key
/// in lower case (git-config).
#[derive(Debug, Clone, Default)]
pub struct UserConfig {
    values: HashMap<String, String>,
    signing: SigningPrograms,
    pager: Option<String>,
}

/// The user's programs that sign, or that print the key to use. Because they are run, they are taken from the user's
/// and the system's own configuration only, never from a repository's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SigningPrograms {
    /// `gpg.ssh.program`, unless it is plain `ssh-keygen`.
    pub signs: Option<String>,
    /// `gpg.ssh.defaultKeyCommand`.
    pub names_key: Option<String>,
    /// Whether a configuration that is neither the user's nor the system's names a program. That program is not run.
    pub is_passed_over: bool,
}

impl SigningPrograms {
    /// Takes over a value if its key names one of these programs and its scope (git-config, "SCOPES") is the user's or
    /// the system's. If a value for such a key has another scope, only notes that it was passed over.
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
            // A key without a value means true.
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

    /// The user's programs that sign, or that print the key to use.
    pub fn signing_programs(&self) -> &SigningPrograms {
        &self.signing
    }

    /// Whether `core.hooksPath` is set in any scope.
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

/// Runs `git config`, and returns what it lists, each part followed by a NUL.
fn listed(git: &GitProgram, arguments: &[&str]) -> Result<String, GitError> {
    let arguments = [&["config", "--null"], arguments].concat();
    let output = git.run(&arguments)?;
    // Status 1: no key matches. After any other failure, it is not known what is configured.
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(GitError::Failed { command: describe(&arguments), stderr: stderr(&output) });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
