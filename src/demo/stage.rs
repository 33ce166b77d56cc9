//! The stage of the demo: runs the commands of the actors, and reports each shown command and its output.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::environ;

/// The reason why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The directory is not empty.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A program that the demo needs is not in PATH.
    #[error("the program `{0}` is not in PATH")]
    NoProgram(&'static str),
    /// A file could not be read or written, or a command could not be run.
    #[error("cannot {action}")]
    Io {
        /// The action that failed, as a phrase.
        action: String,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// A command did not end with the expected exit code.
    #[error("`{command}` ended with {status}; expected {expected}:\n{output}")]
    Surprise {
        /// The command.
        command: String,
        /// Its exit status.
        status: String,
        /// The expected exit code.
        expected: i32,
        /// The output of the command. If the command was not to be shown, only its standard output.
        output: String,
    },
    /// The JSON output of a command lacks a field.
    #[error("the output of `{command}` has no `{field}`")]
    Answer {
        /// The command.
        command: String,
        /// The field.
        field: &'static str,
    },
}

/// An event of the demo, to be shown.
#[derive(Debug)]
pub enum Event<'a> {
    /// A sentence of the narration.
    Say(&'a str),
    /// A command that is about to run.
    Command {
        /// The actor who runs it.
        who: &'a str,
        /// The command line.
        line: &'a str,
    },
    /// The output of a command.
    Output(&'a str),
}

/// What the demo leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// Alice's clone.
    pub clone: PathBuf,
    /// Alice's home, which contains her key.
    pub home: PathBuf,
    /// The ledger id.
    pub ledger: String,
}

/// Runs the commands of the script. All of them work below one directory.
pub(super) struct Stage<'a> {
    pub(super) root: PathBuf,
    pub(super) program: PathBuf,
    pub(super) tell: &'a mut dyn FnMut(Event<'_>),
}

/// A person who runs commands: a name, a home and a working directory.
#[derive(Clone)]
pub(super) struct Actor {
    pub(super) name: &'static str,
    pub(super) home: PathBuf,
    pub(super) directory: PathBuf,
}

impl Stage<'_> {
    pub(super) fn say(&mut self, sentence: &str) {
        (self.tell)(Event::Say(sentence));
    }

    /// Runs a command and reports it with its output; any exit code but the expected one is an error.
    pub(super) fn run(&mut self, actor: &Actor, words: &[&str], expected: i32) -> Result<(), DemoError> {
        let line = words.iter().map(|word| shown(word)).collect::<Vec<_>>().join(" ");
        (self.tell)(Event::Command { who: actor.name, line: &line });
        // Both streams go to one file, so that their lines keep the order in which they were written.
        let mut file = self.scratch()?;
        let (stdout, stderr) = (self.shared(&file)?, self.shared(&file)?);
        let text = self.finish(actor, words, expected, stdout, stderr, || read_back(&mut file))?;
        (self.tell)(Event::Output(&text));
        Ok(())
    }

    /// Runs a command without reporting it, and returns its standard output; a failure is an error.
    pub(super) fn quietly(&mut self, actor: &Actor, words: &[&str]) -> Result<String, DemoError> {
        let (mut answer, stderr) = (self.scratch()?, self.scratch()?);
        let stdout = self.shared(&answer)?;
        self.finish(actor, words, 0, stdout, stderr, || read_back(&mut answer))
    }

    fn scratch(&self) -> Result<File, DemoError> {
        let io = |source| DemoError::Io { action: "create a temporary file".to_owned(), source };
        tempfile::tempfile_in(&self.root).map_err(io)
    }

    fn shared(&self, file: &File) -> Result<File, DemoError> {
        let io = |source| DemoError::Io { action: "share a temporary file".to_owned(), source };
        file.try_clone().map_err(io)
    }

    /// Runs a command with the given output streams and returns `text()`; any exit code but the expected one
    /// is an error.
    fn finish(
        &self,
        actor: &Actor,
        words: &[&str],
        expected: i32,
        stdout: File,
        stderr: File,
        text: impl FnOnce() -> std::io::Result<String>,
    ) -> Result<String, DemoError> {
        let line = words.join(" ");
        let io = |source| DemoError::Io { action: format!("run `{line}`"), source };
        let status = self.command(actor, words)?.stdout(stdout).stderr(stderr).status().map_err(io)?;
        let output = text().map_err(io)?;
        if status.code() == Some(expected) {
            return Ok(output);
        }
        Err(DemoError::Surprise { command: line, status: status.to_string(), expected, output })
    }

    fn command(&self, actor: &Actor, words: &[&str]) -> Result<Command, DemoError> {
        let (name, arguments) = words.split_first().unwrap_or((&"git", &[]));
        let program = match *name {
            "countersign" => self.program.clone(),
            "git" => environ::program("git").ok_or(DemoError::NoProgram("git"))?,
            _ => environ::program("ssh-keygen").ok_or(DemoError::NoProgram("ssh-keygen"))?,
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&actor.directory).env_clear().stdin(Stdio::null());
        if let Some(path) = environ::variable("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", &actor.home).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C.UTF-8");
        command.env("GIT_TERMINAL_PROMPT", "0").env("NO_COLOR", "1");
        Ok(command)
    }

    pub(super) fn write(&self, path: &Path, text: &str) -> Result<(), DemoError> {
        let io = |source| DemoError::Io { action: format!("write {}", path.display()), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(io)?;
        }
        std::fs::write(path, text).map_err(io)
    }

    pub(super) fn read(&self, path: &Path) -> Result<String, DemoError> {
        let io = |source| DemoError::Io { action: format!("read {}", path.display()), source };
        std::fs::read_to_string(path).map_err(io)
    }
}

fn read_back(file: &mut File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn shown(word: &str) -> String {
    if word.chars().all(|character| character.is_ascii_alphanumeric() || "-_./:=@".contains(character)) {
        word.to_owned()
    } else {
        format!("\"{}\"", word.replace(['"', '\\', '$', '`'], ""))
    }
}
