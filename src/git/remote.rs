//! Talks with a remote: asking for a ref, fetching and pushing, each within a deadline. `timeout` is how long a
//! question may take; a transfer may take longer.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::GitError;
use super::repository::Repository;
use crate::value::CommitId;

/// How much longer a fetch or a push may take than a question.
const TRANSFER: u32 = 20;

impl Repository {
    /// Asks a remote for refs, and returns the full name and the commit of each that matches a pattern. Git
    /// matches a pattern at the end of a name too, so there may be more than was asked for (git-ls-remote).
    pub fn remote_refs(
        &self,
        remote: &str,
        patterns: &[&str],
        timeout: Duration,
    ) -> Result<BTreeMap<String, CommitId>, GitError> {
        let text = self.git().talk(&[&["ls-remote", "--", remote], patterns].concat(), timeout)?;
        let rows = text.lines().filter_map(|line| line.split_once('\t'));
        let read = |(id, name): (&str, &str)| {
            let malformed = |_| GitError::Gix {
                action: "cannot read the answer of the remote",
                reason: format!("`{id}` is not an object id"),
            };
            Ok((name.to_owned(), id.parse().map_err(malformed)?))
        };
        rows.map(read).collect()
    }

    /// Fetches refspecs from a remote, and nothing else: no tags, no submodules.
    pub fn fetch(&self, remote: &str, refspecs: &[&str], timeout: Duration) -> Result<(), GitError> {
        const OPTIONS: &[&str] = &[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            // No ref moves but those that the refspecs name.
            "--refmap=",
            "--",
        ];
        self.git().talk(&[OPTIONS, &[remote], refspecs].concat(), timeout * TRANSFER)?;
        Ok(())
    }

    /// Pushes a refspec to a remote, without hooks.
    pub fn push(&self, remote: &str, refspec: &str, timeout: Duration) -> Result<(), GitError> {
        self.git().talk(&["push", "--quiet", "--no-verify", "--", remote, refspec], timeout * TRANSFER)?;
        Ok(())
    }
}
