//! Runs the user's own `git`, found once in PATH and called by its absolute path.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::error::GitError;
use crate::environ;

/// The program `git`, bound to one repository.
#[derive(Debug, Clone)]
pub struct GitProgram {
    program: PathBuf,
    git_directory: PathBuf,
    /// Environment variables that every command is given.
    variables: Vec<(&'static str, OsString)>,
}

/// Environment variables that local commands of `git` receive; all others are cleared.
const INHERITED_VARIABLES: &[&str] =
    &["HOME", "XDG_CONFIG_HOME", "PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];
/// Environment variables that are removed from commands that run in the user's environment. A surrounding `git` sets
/// them, and they would redirect the command to another repository.
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
        Ok(Self { program, git_directory, variables: Vec::new() })
    }

    /// Sets the environment variables that every command is given.
    pub(super) fn with_variables(self, variables: Vec<(&'static str, OsString)>) -> Self {
        Self { variables, ..self }
    }

    /// The Git directory that the program is bound to.
    pub(super) fn git_directory(&self) -> &Path {
        &self.git_directory
    }

    /// Whether Git, as the user runs it, trusts this repository: because of who owns it, or because `safe.directory`
    /// lists it (git-config). If `--git-dir` names a repository, Git does not check the owner. So Git is run in a
    /// directory from which it finds the repository itself.
    pub(super) fn is_trusted(&self) -> bool {
        let above =
            Some(&self.git_directory).filter(|path| path.ends_with(".git")).and_then(|path| path.parent());
        // In the Git directory of a linked work tree, the file `gitdir` says where the work tree is
        // (gitrepository-layout).
        let linked = std::fs::read_to_string(self.git_directory.join("gitdir")).ok();
        let linked = linked.as_deref().and_then(|text| Path::new(text.trim_end()).parent());
        let found = self.found_from(linked.or(above).unwrap_or(&self.git_directory));
        found.is_some() && found == self.git_directory.canonicalize().ok()
    }

    /// Whether Git finds a repository when it is run in a directory, and accepts that repository.
    pub(super) fn opens_from(&self, directory: &Path) -> bool {
        self.found_from(directory).is_some()
    }

    /// Returns the Git directory that Git finds when it is run in `directory`; `None` if Git finds none, or does not
    /// accept it.
    fn found_from(&self, directory: &Path) -> Option<PathBuf> {
        let mut command = Command::new(&self.program);
        DROPPED.iter().for_each(|name| _ = command.env_remove(name));
        let command = command.arg("-C").arg(directory).args(["rev-parse", "--absolute-git-dir"]);
        let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
        let found = String::from_utf8_lossy(&output.stdout);
        Path::new(found.trim_end_matches('\n')).canonicalize().ok()
    }

    /// The absolute path of `git`.
    pub fn path(&self) -> &Path {
        &self.program
    }

    /// Runs a local command in a cleared environment. It is no error if the command fails: the caller checks the exit
    /// status.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output, GitError> {
        let mut command = self.command();
        command.env_clear();
        for name in INHERITED_VARIABLES {
            if let Some(value) = environ::variable(name) {
                command.env(name, value);
            }
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        finish(command.args(arguments), arguments)
    }

    /// Runs a command in the user's environment. It is no error if the command fails: the caller checks the exit
    /// status.
    pub fn run_as_user<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output, GitError> {
        finish(self.as_user().args(arguments), arguments)
    }

    /// Runs a command that talks to a remote, in the user's environment, and returns its standard output. It is an
    /// error if the command fails. A command that does not end within `deadline` is killed, which is an error too.
    pub(super) fn talk<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        deadline: Duration,
    ) -> Result<String, GitError> {
        let output = self.talk_to_end(arguments, deadline)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(GitError::Failed { command: describe(arguments), stderr: stderr(&output) })
    }

    /// Runs a command as [`GitProgram::talk`] does, but it is no error if the command fails: the caller checks the exit
    /// status.
    pub(super) fn talk_to_end<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        deadline: Duration,
    ) -> Result<Output, GitError> {
        finish_within(self.as_user().args(arguments), arguments, deadline)
    }

    fn as_user(&self) -> Command {
        let mut command = self.command();
        DROPPED.iter().for_each(|name| _ = command.env_remove(name));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a local command as [`GitProgram::run`] does, and returns its standard output. It is an error if the command
    /// fails.
    pub fn must<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, GitError> {
        let output = self.run(arguments)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(GitError::Failed { command: describe(arguments), stderr: stderr(&output) })
    }

    /// Runs a local command in the user's environment, and returns its standard output. It is an error if the command
    /// fails.
    pub(super) fn must_as_user<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, GitError> {
        let output = self.run_as_user(arguments)?;
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

/// Returns the standard error of `git`, on one line. If `git` was killed and wrote none, the text says that it was
/// killed.
pub(super) fn stderr(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    if text.trim().is_empty() && output.status.code().is_none() {
        return "it was killed".to_owned();
    }
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

/// At most this many bytes are read from the standard output of a command that talks to a remote, and as many from its
/// standard error.
const MOST_OUTPUT: u64 = 4 << 20;

fn finish_within<S: AsRef<OsStr>>(
    command: &mut Command,
    arguments: &[S],
    deadline: Duration,
) -> Result<Output, GitError> {
    let failed = |source| GitError::Run { command: describe(arguments), source };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (stdout, stderr) = (read_aside(child.stdout.take()), read_aside(child.stderr.take()));
    // The elapsed time is the sum of the pauses, so no clock is needed.
    let (mut pause, mut waited) = (Duration::from_millis(1), Duration::ZERO);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if waited >= deadline {
            // Errors are ignored: the child may have ended just now.
            _ = child.kill();
            _ = child.wait();
            return Err(GitError::Deadline { command: describe(arguments), seconds: deadline.as_secs() });
        }
        std::thread::sleep(pause);
        waited += pause;
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    // The wait is bounded, because a process that Git left in the background may keep the pipes open.
    let read = |from: Receiver<Vec<u8>>| from.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
    Ok(Output { status, stdout: read(stdout), stderr: read(stderr) })
}

/// Reads a pipe in a thread of its own, up to a limit.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // If reading fails, the bytes that were read before are kept, because they may say why the command failed.
            _ = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
        }
        _ = sender.send(bytes);
    });
    receiver
}
