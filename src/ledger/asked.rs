//! When this program last asked the ledger's remote for the ledger, and what the remote answered.
//!
//! Only this program's own question counts. If another program fetches, or touches the Git directory, that says nothing
//! about how recent the ledger is.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cache::AuthenticatedFile;
use crate::entry::Commit;
use crate::gate::RemoteAnswer;
use crate::git::{GitError, NewEntry, Repository, parent_of};
use crate::replay::Replay;
use crate::value::{CommitId, RecordId, Time};
use crate::verify::Unreadable;
use crate::workspace::Workspace;

/// An answer of the ledger's remote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The URL of the remote.
    pub url: String,
    /// The head of the remote's ledger; `None` if the remote has no ledger.
    pub head: Option<CommitId>,
    /// When the remote was asked.
    pub at: Time,
}

/// The stored form of an answer, with the id of the ledger that was asked for.
#[derive(Serialize, Deserialize)]
struct Stamp {
    ledger: RecordId,
    asked: Asked,
}

/// Why the ledger's remote gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The remote could not be asked.
    #[error("the ledger's remote {remote} could not be asked: {}", source.of_remote())]
    Silent {
        /// The name of the remote.
        remote: String,
        /// Why.
        source: GitError,
    },
    /// The remote had a ledger, and has none now.
    #[error("the ledger's remote {remote} had a ledger, and has none now")]
    Gone {
        /// The name of the remote.
        remote: String,
        /// The command that pushes the ledger to the remote again.
        share: String,
    },
    /// The remote's ledger no longer contains what this clone fetched before.
    #[error("the ledger of the remote {remote} has gone back: it lacks entries that it had")]
    WentBack {
        /// The name of the remote.
        remote: String,
        /// The command that accepts the remote's ledger as it is now.
        accept: String,
    },
    /// The remote's newest commit is not an entry, and hides entries that the remote had. A merge does that, for
    /// example, if its first parent does not lead to these entries.
    #[error("the ledger of the remote {remote} is broken: its newest commit, {commit}, {found}")]
    Hidden {
        /// The name of the remote.
        remote: String,
        /// The commit, abbreviated.
        commit: String,
        /// What is wrong with the commit, as a phrase that follows its name.
        found: String,
        /// The command that sets the branch back to what the remote had.
        back: String,
    },
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

fn file(workspace: &Workspace) -> AuthenticatedFile {
    AuthenticatedFile::new(workspace, "asked", "countersign asked 1\n".to_owned())
}

fn stamp(workspace: &Workspace) -> Option<Stamp> {
    let content = file(workspace).read().ok().flatten()?;
    let stamp: Stamp = postcard::from_bytes(&content).ok()?;
    (Some(stamp.asked.url.as_str()) == workspace.config.ledger_remote_url()).then_some(stamp)
}

/// What the names of all witness branches begin with, after `refs/heads/` or after the prefix of a remote's refs.
pub(super) const WITNESS_BRANCHES: &str = "ledger-witness/";

/// Asks the ledger's remote for the head of the ledger and for the notes of witnesses, and fetches what this clone
/// lacks. Returns `None` if the ledger has no remote. Asking takes at most `countersign.remoteTimeout`, and no step
/// takes longer than `within`.
pub fn ask(workspace: &Workspace, now: Time, within: Duration) -> Result<Option<Asked>, AskError> {
    let Some(url) = workspace.config.ledger_remote_url() else { return Ok(None) };
    let (repository, remote) = (&workspace.repository, workspace.config.ledger_remote());
    let timeout = workspace.config.remote_timeout().min(within);
    let within = workspace.config.transfer_timeout().min(within);
    let silent = |source| AskError::Silent { remote: remote.to_owned(), source };
    let (ledger, tracking) = (workspace.ledger_ref(), workspace.tracking_ref());
    let notes = format!("refs/heads/{WITNESS_BRANCHES}*");
    // The tracking ref is read before the remote is asked. If it were read later, another process of this clone could
    // share entries after the answer, and the answer would look like a rewind.
    let known = repository.ref_head(&tracking)?;
    let there = repository.remote_refs(remote, &[&ledger, &notes], timeout).map_err(silent)?;
    let head = there.get(&ledger).cloned();
    let mut wanted = Vec::new();
    match &head {
        None => {
            let had = known.is_some() || stamp(workspace).is_some_and(|stamp| stamp.asked.head.is_some());
            if had {
                return Err(AskError::Gone { remote: remote.to_owned(), share: workspace.share_command() });
            }
        }
        Some(head) if known.as_ref() == Some(head) => {}
        Some(head) => {
            // Only objects are fetched at first, so that a rewound ledger is refused before any ref is moved.
            repository.fetch(remote, &[&ledger], within).map_err(silent)?;
            // A commit that is not an entry may disappear from the remote again; the entries below it may not.
            if let Some(entry) = known.as_ref().map_or(Ok(None), |known| newest_entry(repository, known))?
                && !repository.is_on_chain(&entry, head, &|_| None)?
            {
                return Err(not_extended(workspace, &entry, head)?);
            }
            // The result is ignored: if the ref is not moved, another process has moved it meanwhile.
            repository.move_ref(&NewEntry::default(), &tracking, known.as_ref(), head)?;
        }
    }
    if has_new_notes(workspace, &there) {
        wanted.push(format!("+{notes}:refs/remotes/{remote}/{WITNESS_BRANCHES}*"));
    }
    if !wanted.is_empty() {
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        repository.fetch(remote, &wanted, within).map_err(silent)?;
    }
    Ok(Some(Asked { url: url.to_owned(), head, at: now }))
}

/// Returns the newest commit that has the form of an entry. The search starts at `from`, and follows first parents.
fn newest_entry(repository: &Repository, from: &CommitId) -> Result<Option<CommitId>, GitError> {
    let mut next = Some(from.clone());
    while let Some(commit) = next {
        let bytes = repository.commit(&commit)?;
        if Commit::parse(&bytes, repository.object_format()).is_ok() {
            return Ok(Some(commit));
        }
        next = parent_of(&bytes, repository.object_format());
    }
    Ok(None)
}

/// Returns the error for a remote ledger that does not extend what this clone fetched before. Either the ledger was
/// rewound, or its newest commit is not an entry and hides the earlier entries.
fn not_extended(workspace: &Workspace, known: &CommitId, head: &CommitId) -> Result<AskError, GitError> {
    let (repository, remote) = (&workspace.repository, workspace.config.ledger_remote().to_owned());
    let (ledger, tracking) = (workspace.ledger_ref(), workspace.tracking_ref());
    let bytes = repository.commit(head)?;
    let parsed = Commit::parse(&bytes, repository.object_format());
    match parsed {
        Err(error) if repository.contains(head, known)? => {
            let lease = format!("--force-with-lease={ledger}:{head}");
            let back = format!("git push --no-verify {lease} {remote} {known}:{ledger}");
            Ok(AskError::Hidden { remote, commit: head.short().to_owned(), found: error.to_string(), back })
        }
        Ok(_) | Err(_) => {
            let accept = format!("git fetch {remote} +{ledger}:{tracking}");
            Ok(AskError::WentBack { remote, accept })
        }
    }
}

/// Whether the remote has a witness's note that this clone lacks. A witness cosigns a head only after the head was
/// shared, so a note is often the only thing that is new at the remote.
fn has_new_notes(workspace: &Workspace, there: &BTreeMap<String, CommitId>) -> bool {
    let remote = workspace.config.ledger_remote();
    there.iter().any(|(name, commit)| {
        let Some(branch) = name.strip_prefix("refs/heads/").filter(|name| name.starts_with(WITNESS_BRANCHES))
        else {
            return false;
        };
        let known = workspace.repository.ref_head(&format!("refs/remotes/{remote}/{branch}"));
        known.ok().flatten().as_ref() != Some(commit)
    })
}

/// Returns what the ledger's remote answered in this run. If it was not asked in this run, the stored answer of an
/// earlier run counts, provided that it is about this ledger. If the remote's head is not among the entries that were
/// read, the result is [`RemoteAnswer::OtherHead`].
pub(super) fn answer(
    workspace: &Workspace,
    asked: Option<&Asked>,
    replay: &Replay,
) -> Result<RemoteAnswer, Unreadable> {
    if workspace.config.ledger_remote_url().is_none() {
        return Ok(RemoteAnswer::NoRemote);
    }
    let ledger = replay.past().ledger_id();
    let of_ledger = |stamp: Stamp| (Some(stamp.ledger) == ledger).then_some(stamp.asked);
    Ok(match asked.cloned().or_else(|| stamp(workspace).and_then(of_ledger)) {
        None => RemoteAnswer::NeverAsked,
        Some(Asked { head: None, at, .. }) => RemoteAnswer::NoLedger(at),
        Some(Asked { head: Some(head), at, .. }) if replay.size_at(&head)?.is_some() => RemoteAnswer::At(at),
        Some(Asked { head: Some(_), .. }) => RemoteAnswer::OtherHead,
    })
}

/// Returns the stored answer of the ledger's remote, with the time of the question. `None` if no answer is stored for
/// the remote's present URL.
pub fn last_asked(workspace: &Workspace) -> Option<Asked> {
    stamp(workspace).map(|stamp| stamp.asked)
}

/// Whether this clone has a stored answer of a remote, whatever the URL of that remote.
pub(super) fn had_remote(workspace: &Workspace) -> bool {
    file(workspace).read().ok().flatten().is_some()
}

/// Stores an answer of the ledger's remote for later runs. If that fails, for lack of a key for example, the answer
/// counts in this run only.
pub(super) fn leave_stamp(workspace: &Workspace, asked: &Asked, ledger: RecordId) {
    let stamp = Stamp { ledger, asked: asked.clone() };
    if let Ok(content) = postcard::to_allocvec(&stamp) {
        _ = file(workspace).write(&content);
    }
}
