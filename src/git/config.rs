//! The user's Git configuration, as far as countersign reads it: signing key, identity, ledger branch and
//! remote.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::error::GitError;
use super::program::{GitProgram, describe, stderr};

/// The Git configuration values that countersign reads, by key. Git writes a key with its section and its name in
/// lower case; what stands between, such as the name of a remote, is as it was written (git-config).
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `countersign.*` and `remote.*`, from the repository's own configuration files alone.
    own: HashMap<String, String>,
    /// `user.*` and `core.*`, as Git resolves them.
    user: HashMap<String, String>,
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

/// Whether commands that write share what they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareMode {
    /// At once.
    Auto,
    /// When somebody says so.
    Manual,
}

impl Config {
    /// Reads the values with `git config`, which runs no configured command.
    ///
    /// Where the ledger is found is decided by the repository's own files, without includes: neither the
    /// environment nor a file of a commit chooses another branch or remote.
    pub fn read(git: &GitProgram, common_directory: &Path) -> Result<Self, GitError> {
        let (mut user, mut signing, mut pager) = (HashMap::new(), SigningPrograms::default(), None);
        let text = listed(git, &["--show-scope", "--get-regexp", r"^(user|core|gpg\.ssh)\."])?;
        let mut parts = text.split('\0');
        while let Some((scope, pair)) = parts.next().zip(parts.next()) {
            let (key, value) = key_and_value(pair);
            signing.take(scope, key, value);
            if key == "core.pager" && is_users(scope) {
                pager = Some(value.to_owned());
            }
            user.insert(key.to_owned(), value.to_owned());
        }
        let read_own = |directory: &Path, name: &str| -> Result<_, GitError> {
            let file = directory.join(name).display().to_string();
            let pattern = r"^(countersign|remote|extensions)\.";
            values(git, &["--file", &file, "--no-includes", "--get-regexp", pattern])
        };
        let mut own = read_own(common_directory, "config")?;
        let per_work_tree = own.get("extensions.worktreeconfig").map(String::as_str);
        if per_work_tree.is_some_and(|value| !matches!(value, "false" | "no" | "off" | "0")) {
            own.extend(read_own(git.git_directory(), "config.worktree")?);
        }
        Ok(Self { own, user, signing, pager })
    }

    /// The value of `countersign.ledgerBranch`, or `ledger`.
    pub fn ledger_branch(&self) -> &str {
        value(&self.own, "countersign.ledgerbranch").unwrap_or("ledger")
    }

    /// The value of `countersign.ledgerRemote`, or `origin`.
    pub fn ledger_remote(&self) -> &str {
        value(&self.own, "countersign.ledgerremote").unwrap_or("origin")
    }

    /// How long a remote may take to answer a question: `countersign.remoteTimeout`, in seconds, or 30.
    pub fn remote_timeout(&self) -> Duration {
        let seconds = value(&self.own, "countersign.remotetimeout").and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(30))
    }

    /// How long a transfer from or to a remote may take: 20 times as long as a question.
    pub fn transfer_timeout(&self) -> Duration {
        self.remote_timeout() * 20
    }

    /// How long a command that writes goes on trying to share what it wrote: `countersign.shareTimeout`, in seconds,
    /// or 120.
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

    /// The value of `user.signingkey`.
    pub fn signing_key(&self) -> Option<&str> {
        value(&self.user, "user.signingkey")
    }

    /// The programs of the user's own that sign, or name the key.
    pub fn signing_programs(&self) -> &SigningPrograms {
        &self.signing
    }

    /// The value of `core.pager` in the user's or the system's own configuration, never a repository's.
    pub fn pager(&self) -> Option<&str> {
        self.pager.as_deref()
    }

    /// The value of `core.hooksPath`, with a leading `~/` replaced by the user's home.
    pub fn hooks_path(&self) -> Option<std::path::PathBuf> {
        let path = value(&self.user, "core.hookspath")?;
        match path.strip_prefix("~/").zip(crate::environ::home()) {
            Some((rest, home)) => Some(home.join(rest)),
            None => Some(path.into()),
        }
    }

    /// The user's `user.name` and `user.email`.
    pub fn identity(&self) -> Identity {
        let owned = |key| value(&self.user, key).map(str::to_owned);
        Identity { name: owned("user.name"), email: owned("user.email") }
    }
}

/// Runs `git config`, and returns the values by key; of several, the last.
fn values(git: &GitProgram, arguments: &[&str]) -> Result<HashMap<String, String>, GitError> {
    let text = listed(git, arguments)?;
    let pairs = text.split('\0').map(key_and_value).filter(|(key, _)| !key.is_empty());
    Ok(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

/// Splits what `git config --null` says of one value. A key without a value is a switch that is on.
fn key_and_value(pair: &str) -> (&str, &str) {
    pair.split_once('\n').unwrap_or((pair, "true"))
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

fn value<'a>(values: &'a HashMap<String, String>, key: &str) -> Option<&'a str> {
    values.get(key).map(String::as_str).filter(|value| !value.is_empty())
}
