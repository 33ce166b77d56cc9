//! The pager for long answers on a terminal. It is chosen and run as in Git (git(1), `GIT_PAGER`; git-config,
//! `core.pager`), except that a pager in a repository's own configuration is never run.

use std::io::{self, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::environ;

/// The pager that the user has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PagerChoice {
    /// Words for a POSIX shell.
    command: String,
}

impl PagerChoice {
    /// Returns the first pager that is set in `GIT_PAGER`, in `core.pager` outside the repository (`configured`), or
    /// in `PAGER`; `less` if none is set. Returns `None` if that pager is empty or `cat`, or if `TERM` is `dumb` or not
    /// set.
    pub(crate) fn of(configured: Option<&str>) -> Option<Self> {
        let text = |name| environ::variable(name).map(|value| value.to_string_lossy().into_owned());
        if text("TERM").is_none_or(|terminal| terminal == "dumb") {
            return None;
        }
        // An empty `GIT_PAGER` means no pager, and overrides `core.pager` and `PAGER`.
        if environ::is_blank("GIT_PAGER") {
            return None;
        }
        let chosen = text("GIT_PAGER").or_else(|| configured.map(str::to_owned)).or_else(|| text("PAGER"));
        let command = chosen.unwrap_or_else(|| "less".to_owned());
        let is_none = command.trim().is_empty() || command == "cat";
        (!is_none).then_some(Self { command })
    }

    /// Starts the pager. As in Git, `LESS` and `LV` are set if the user has not set them. With these settings `less`
    /// exits at once if the answer fits on one screen, and `less` and `lv` keep colours.
    pub(crate) fn start(&self) -> io::Result<Pager> {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(&self.command).stdin(Stdio::piped());
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if environ::variable(name).is_none() {
                shell.env(name, value);
            }
        }
        let mut child = shell.spawn()?;
        let input = child.stdin.take();
        Ok(Pager { child, input })
    }
}

/// A running pager.
#[derive(Debug)]
pub(crate) struct Pager {
    child: Child,
    input: Option<ChildStdin>,
}

impl Pager {
    /// Writes more of the answer to the pager. Does not fail if the user has quit the pager.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        let Some(input) = &mut self.input else { return Ok(()) };
        match input.write_all(text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.input = None;
                Ok(())
            }
            result => result,
        }
    }

    /// Ends the answer, and waits until the user quits the pager. Fails if the shell could not run the pager.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        drop(self.input.take());
        let status = self.child.wait()?;
        // The exit codes of a shell that cannot run a command (POSIX.1-2017, XCU 2.8.2).
        match status.code() {
            Some(code @ (126 | 127)) => Err(io::Error::other(format!(
                "the pager cannot be run (exit code {code}); --no-pager does without it"
            ))),
            _ => Ok(()),
        }
    }
}
