//! Talks to a remote: asks for refs, fetches and pushes, each with a time limit.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::GitError;
use super::program::stderr;
use super::repository::Repository;
use crate::value::CommitId;

/// The result of an attempt to move a branch of a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteMove {
    /// The branch points to the new commit.
    Landed,
    /// The branch does not point to the expected commit: another writer has moved it, or is about to.
    Overtaken,
}

/// Messages of a remote when two pushes move one ref at the same time (git-receive-pack, refs/files-backend.c).
const LOST: &[&str] = &[
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "incorrect old value",
    "reference already exists",
];

impl Repository {
    /// Asks a remote for the refs that match a pattern, and returns their full names with the ids that they hold. A
    /// pattern also matches the end of a longer name (git-ls-remote), so the answer may have more refs than were meant.
    pub fn remote_refs(
        &self,
        remote: &str,
        patterns: &[&str],
        within: Duration,
    ) -> Result<BTreeMap<String, CommitId>, GitError> {
        let text = self.git().talk(&[&["ls-remote", "--", remote], patterns].concat(), within)?;
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
    pub fn fetch(&self, remote: &str, refspecs: &[&str], within: Duration) -> Result<(), GitError> {
        const OPTIONS: &[&str] = &[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            // Only the refs that the refspecs name are moved.
            "--refmap=",
            "--",
        ];
        self.git().talk(&[OPTIONS, &[remote], refspecs].concat(), within)?;
        Ok(())
    }

    /// Moves a branch of a remote from `on` to `new`, and pushes the objects that the remote lacks. Without `on`, the
    /// branch is created. The `pre-push` hook of this repository is not run, and nothing else is pushed.
    ///
    /// The remote itself compares the branch with `on` (git-push, `--force-with-lease`), so a branch that another
    /// writer has moved, created or deleted stays as it is. That option alone would also let a branch be rewound, so
    /// `new` must descend from `on`: otherwise nothing is pushed, and the answer is [`RemoteMove::Overtaken`].
    pub fn push(
        &self,
        remote: &str,
        name: &str,
        on: Option<&CommitId>,
        new: &CommitId,
        within: Duration,
    ) -> Result<RemoteMove, GitError> {
        if let Some(on) = on
            && !self.is_on_chain(on, new, &|_| None)?
        {
            return Ok(RemoteMove::Overtaken);
        }
        let lease = format!("--force-with-lease={name}:{}", on.map_or("", CommitId::as_str));
        let refspec = format!("{new}:{name}");
        let arguments = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--no-recurse-submodules",
            &lease,
            "--",
            remote,
            &refspec,
        ];
        let output = self.git().talk_to_end(&arguments, within)?;
        if output.status.success() {
            return Ok(RemoteMove::Landed);
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let refused = said.lines().find_map(|line| line.strip_prefix("!\t")).unwrap_or_default();
        if refused.contains("[rejected]") || LOST.iter().any(|words| refused.contains(words)) {
            return Ok(RemoteMove::Overtaken);
        }
        let why = refused.split_once('\t').map_or("", |(_, why)| why);
        let said = [why.to_owned(), stderr(&output)];
        let stderr = said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        let command = format!("push {remote} {name}");
        if refused.is_empty() {
            return Err(GitError::Failed { command, stderr });
        }
        Err(GitError::Refused { command, stderr })
    }

    /// Whether a remote is pushed to the URL from which it is fetched (git-remote, `get-url`). It is an error if the
    /// remote has several push URLs, because one of them may accept a push that another refuses.
    pub fn pushes_where_it_asks(&self, remote: &str) -> Result<bool, GitError> {
        let asked = self.git().must_as_user(&["remote", "get-url", "--", remote])?;
        let pushed = self.git().must_as_user(&["remote", "get-url", "--push", "--all", "--", remote])?;
        if pushed.lines().count() > 1 {
            return Err(GitError::PushUrl { remote: remote.to_owned() });
        }
        Ok(asked == pushed)
    }

    /// Returns the blobs of the regular files that the commit `to` adds or changes, compared with the commit `from`
    /// (git-diff-tree). Without `from`, `to` adds all of its files.
    pub fn changed_blobs(&self, from: Option<&CommitId>, to: &CommitId) -> Result<Vec<CommitId>, GitError> {
        let from = match from {
            Some(from) => from.to_string(),
            // The empty tree takes the place of the commit `from`.
            None => self.git().must(&["hash-object", "-t", "tree", "/dev/null"])?.trim().to_owned(),
        };
        let line = [
            "--no-replace-objects",
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-abbrev",
            &from,
            to.as_str(),
        ];
        let text = self.git().must(&line)?;
        // `:100644 100644 ID ID M`, a NUL, the path, a NUL.
        let headers = text.split('\0').filter_map(|part| part.strip_prefix(':'));
        let blob = |header: &str| {
            let mut words = header.split(' ').skip(1);
            let (mode, new) = (words.next()?, words.nth(1)?);
            mode.starts_with("100").then(|| new.parse().ok()).flatten()
        };
        Ok(headers.filter_map(blob).collect())
    }

    /// Returns the commits that can be reached from `head` but not from `from`. Parents come before their children.
    pub fn commits_beyond(&self, head: &CommitId, from: &CommitId) -> Result<Vec<CommitId>, GitError> {
        let not = format!("^{from}");
        let range = [
            "--no-replace-objects",
            "-c",
            "core.commitGraph=false",
            "rev-list",
            "--topo-order",
            "--reverse",
            head.as_str(),
            &not,
        ];
        let text = self.git().must(&range)?;
        let parse = |line: &str| line.parse().map_err(|_| GitError::NoCommit { spec: line.to_owned() });
        text.lines().map(parse).collect()
    }
}
