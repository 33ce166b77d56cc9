//! The exit codes, which are the same five for every command.

use std::process::ExitCode;

/// How the program exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allowed, or sound. Used only after the whole answer has been written.
    Good,
    /// Refused.
    Refused,
    /// Wrong usage, or bad input.
    Usage,
    /// The ledger cannot be trusted.
    Untrusted,
    /// The environment failed (no repository, no network, no disk), or the program has a bug.
    Environment,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Good => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Untrusted => 3,
            Exit::Environment => 4,
        })
    }
}
