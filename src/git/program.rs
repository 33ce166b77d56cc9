//! Runs the user's own `git`, found once in PATH and called by its absolute path.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::error::GitError;
use crate::environ;

/// The program `git`, bound to one repository.
#[derive(Debug, Clone)]
pub struct GitProgram {
    program: PathBuf,
    git_directory: PathBuf,
}

/// Environment variables that local commands of `git` receive; all others are cleared.
const KEPT: &[&str] =
    &["HOME", "XDG_CONFIG_HOME", "PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];
/// Environment variables removed from commands that talk to a remote. A surrounding `git` sets them, and they
/// would redirect the command to another repository.
const DROPPED: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
];

impl GitProgram {
    /// Finds `git` in PATH, to be run on this Git directory.
    pub fn new(git_directory: PathBuf) -> Result<Self, GitError> {
        let program = environ::program("git").ok_or(GitError::NoProgram)?;
        Ok(Self { program, git_directory })
    }

    /// The absolute path of `git`.
    pub fn path(&self) -> &std::path::Path {
        &self.program
    }

    /// Runs a local command in a cleared environment. The exit status is left to the caller.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output, GitError> {
        let mut command = self.command();
        command.env_clear();
        for name in KEPT {
            if let Some(value) = environ::variable(name) {
                command.env(name, value);
            }
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        finish(command.args(arguments), arguments)
    }

    /// Runs a command that talks to a remote, in the user's environment. The exit status is left to the
    /// caller.
    pub fn run_with_remote<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output, GitError> {
        let mut command = self.command();
        DROPPED.iter().for_each(|name| _ = command.env_remove(name));
        finish(command.args(arguments), arguments)
    }

    /// Runs a local command as [`GitProgram::run`] does and returns its standard output; a failure is an
    /// error.
    pub fn must<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, GitError> {
        let output = self.run(arguments)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(GitError::Failed { command: describe(arguments), stderr: stderr(&output) })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--git-dir").arg(&self.git_directory).stdin(Stdio::null());
        command
    }
}

/// The standard error of `git`, on one line.
pub(super) fn stderr(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Renders a command for an error message, without leading `-c name=value` options.
pub(super) fn describe<S: AsRef<OsStr>>(arguments: &[S]) -> String {
    let mut words = arguments.iter().map(|word| word.as_ref().to_string_lossy().into_owned());
    let mut shown = Vec::new();
    while let Some(word) = words.next() {
        if word == "-c" && shown.is_empty() {
            words.next();
        } else {
            shown.push(word);
        }
    }
    shown.join(" ")
}

fn finish<S: AsRef<OsStr>>(command: &mut Command, arguments: &[S]) -> Result<Output, GitError> {
    command.output().map_err(|source| GitError::Run { command: describe(arguments), source })
}
