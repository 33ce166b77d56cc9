//! Runs the hook that was there before ours, as its caller would run it: Git (githooks(5), run-command.c) or Husky.
//! The hook gets the name, arguments and input that its caller would give it, and one environment variable more. Git
//! runs a script with `sh` if its first line names no program, and does not run a file that is not executable.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::hook::Hook;
use super::place::Caller;
use super::program::is_same_managers;
use super::script::{MOVED_ASIDE, link, moved_aside};
use crate::store;

/// A hook that was there before ours.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// Which hook it is.
    pub hook: Hook,
    /// The path at which it is now.
    pub path: &'a Path,
    /// Who used to run it.
    pub caller: Caller,
    /// The value of [`Before::UNDER_WAY`] for the hook. If the hook calls this program for the same push, the gate is
    /// not asked a second time.
    pub under_way: &'a str,
}

/// Why the hook that was there before ours did not pass.
#[derive(Debug, thiserror::Error)]
pub enum BeforeError {
    /// It could not be run.
    #[error("cannot run the hook {}", path.display())]
    Run {
        /// The hook.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// It refused.
    #[error("the hook {} refused the push", path.display())]
    Refused {
        /// The hook.
        path: PathBuf,
    },
}

/// `ENOEXEC`: the file has no format that the system can run.
const NO_FORMAT: i32 = 8;

/// The shells that can read a script from the file that was moved aside, and run it under the name that it had before.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash"];

impl Before<'_> {
    /// The environment variable that names the push about which the gate is being asked.
    pub const UNDER_WAY: &'static str = "COUNTERSIGN_HOOK";

    /// Runs the hook, if it is there and its caller would run it. A script of a hook manager is not run if a script of
    /// the same manager is at its old path.
    ///
    /// # Errors
    ///
    /// If the hook cannot be run, or refuses.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Result<(), BeforeError> {
        if !self.caller.runs(self.path) || is_same_managers(self.path, self.hook)? {
            return Ok(());
        }
        let failed = |source| BeforeError::Run { path: self.path.to_owned(), source };
        let mut child = self.start(arguments).map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A hook need not read its input.
            let _ = stdin.write_all(input);
        }
        if child.wait().map_err(failed)?.success() {
            return Ok(());
        }
        Err(BeforeError::Refused { path: self.path.to_owned() })
    }

    fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> std::io::Result<Child> {
        let spawn = |mut command: Command| {
            let command = command.args(arguments).env(Self::UNDER_WAY, self.under_way);
            command.stdin(Stdio::piped()).spawn()
        };
        let head = store::read_head(self.path, 1 << 16).map_err(|error| error.source)?.unwrap_or_default();
        match self.interpreter(&head) {
            Some(words) => spawn(self.by_shell(&words)),
            None if head.starts_with(b"#!") => {
                let link = Some(link(self.path, self.hook)).filter(|link| link.exists());
                let link = link.filter(|_| self.own_name().is_some());
                link.iter().for_each(|link| self.link_siblings(link));
                spawn(Command::new(link.as_deref().unwrap_or(self.path)))
            }
            None => {
                let mut command = Command::new(self.path);
                command.arg0(self.own_name().as_deref().unwrap_or(self.path));
                match spawn(command) {
                    Err(error) if error.raw_os_error() == Some(NO_FORMAT) => {
                        spawn(self.by_shell(&["sh".to_owned()]))
                    }
                    other => other,
                }
            }
        }
    }

    /// Returns the words that start the shell of a script; `None` if the script is not written for a known shell, or
    /// has to be run from its own file.
    fn interpreter(&self, head: &[u8]) -> Option<Vec<String>> {
        if self.caller == Caller::Husky {
            return Some(vec!["sh".to_owned(), "-e".to_owned()]);
        }
        let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
        let line = std::str::from_utf8(line).ok()?.trim_matches([' ', '\t']);
        // The system passes everything after the name of the program as one argument.
        let (program, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let words: Vec<String> = [program, rest.trim()].into_iter().map(str::to_owned).collect();
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let shell = if name(program) == "env" {
            let is_shell = |word: &&str| !word.starts_with('-') && !word.contains('=');
            name(rest.split_whitespace().find(is_shell)?)
        } else {
            name(program)
        };
        // If the options in the first line end with `-` or `--`, the shell would not take our `-c` as an option. And
        // if a script runs, reads or resolves its own path, that path has to be the file of the script.
        let ends_options = rest.split_whitespace().any(|word| matches!(word, "-" | "--"));
        let asks = asks_for_itself(&String::from_utf8_lossy(head));
        let is_known = SHELLS.contains(&shell.as_str()) && !ends_options && !asks;
        is_known.then(|| words.into_iter().filter(|word| !word.is_empty()).collect())
    }

    /// Makes links to the files beside the hook. The links are in the directory of `link`, from which the hook is run,
    /// because hooks call the files beside them.
    fn link_siblings(&self, link: &Path) {
        let (Some(here), Some(there)) = (self.path.parent(), link.parent()) else { return };
        let here = if here.as_os_str().is_empty() { Path::new(".") } else { here };
        for entry in std::fs::read_dir(here).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_own = there.file_name() == Some(&name) || Some(name.as_os_str()) == link.file_name();
            if !is_own {
                // A file that has this name there already stays. If a link cannot be made, only a hook that needs it
                // fails.
                _ = std::os::unix::fs::symlink(Path::new("..").join(&name), there.join(&name));
            }
        }
    }

    /// Returns a shell that reads the script. If the hook was moved aside, `$0` is the path that it had before, because
    /// many hooks use the name or the directory in `$0` to find what they run.
    fn by_shell(&self, words: &[String]) -> Command {
        let mut words = words.iter();
        let mut command = Command::new(words.next().map_or("sh", String::as_str));
        command.args(words);
        match self.own_name() {
            Some(name) => command.arg("-c").arg(format!(". \"$0{MOVED_ASIDE}\"")).arg(name),
            None => command.arg(self.path),
        };
        command
    }

    /// Returns the path of the hook before it was moved aside, always with a slash; `None` if it was not moved aside.
    fn own_name(&self) -> Option<PathBuf> {
        let path = self.path.with_file_name(self.hook.name());
        let path = if path.components().count() > 1 { path } else { Path::new(".").join(path) };
        let is_aside = self.path.file_name() == moved_aside(&path, self.hook).file_name();
        is_aside.then_some(path)
    }
}

/// Whether a script seems to do more with its own path than take the name or the directory from it. It may run or read
/// itself, or resolve the link under which it runs. Such a script is run from its own file.
fn asks_for_itself(text: &str) -> bool {
    let has = |line: &str, parts: &[&str]| parts.iter().any(|part| line.contains(part));
    let is_plain = |line: &str| has(line, &["dirname", "basename", "echo", "printf", "${0##", "${0%"]);
    let follows = |line: &str| has(line, &["BASH_SOURCE", "readlink", "realpath"]);
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    lines.into_iter().any(|line| follows(line) || (has(line, &["$0", "${0"]) && !is_plain(line)))
}
