//! The refs that Git passes to a `pre-push` hook.

use crate::ask::DecideError;
use crate::finding::Code;
use crate::git::GitError;
use crate::ledger::AskError;
use crate::state::State;
use crate::value::{CommitId, RecordId};
use crate::verify::Unreadable;
use crate::write::{AppendError, are};

/// Why a push could not be decided.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Something that was verified before cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The input from Git is malformed.
    #[error("line {line} of the hook's input is not `<local ref> <local id> <remote ref> <remote id>`")]
    Input {
        /// The line number, from 1.
        line: usize,
    },
    /// Git's list of the pushed refs is longer than a hook reads.
    #[error("the push has too many refs: Git's list of them is too long to be read")]
    TooMany,
    /// Targets name more than `MOST_REFS` of the pushed refs.
    #[error("the push has more than {MOST_REFS} refs that targets name")]
    TooManyNamed,
    /// The ledger cannot be trusted.
    #[error("{code}: {found}")]
    Untrusted {
        /// The rule.
        code: Code,
        /// What was found.
        found: String,
    },
    /// The remote's ledger has entries that were not fetched.
    #[error("the remote's ledger has entries that are not here, so this decision could be wrong")]
    RemoteAhead,
    /// The ledger's remote gave no usable answer, so a deployment forward is refused.
    #[error("{reason}; a deployment forward needs the newest entries of the ledger")]
    RemoteSilent {
        /// Why, as a sentence.
        reason: String,
    },
    /// A remote gave no usable answer about its ledger, or Git failed.
    #[error(transparent)]
    Ask(AskError),
    /// The ledger itself is pushed. But the new commit is not an entry of the ledger that was loaded, or the push would
    /// take entries away from the remote or halt its ledger.
    #[error("the ledger is not pushed: {found}")]
    LedgerRefused {
        /// Why it is refused, as a sentence.
        found: String,
    },
    /// The push would delete the ledger.
    #[error("the ledger is not deleted: everything that was recorded would go with it")]
    LedgerDeleted,
    /// The ledger is pushed together with a ref of a target, before the receipt is recorded.
    #[error("the ledger is pushed with the branch, before the receipt is recorded")]
    LedgerWithBranch,
    /// The pusher has to record the receipt of a deployment forward, but cannot.
    #[error("the push of {} has to be recorded by whoever pushes, and {reason}", targets.join(", "))]
    NoTrail {
        /// The targets, at least one.
        targets: Vec<String>,
        /// Why it cannot be recorded, as a phrase.
        reason: &'static str,
    },
    /// The receipt could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The receipts are in the ledger of this clone, but that ledger could not be shared.
    #[error("{} in the ledger of this clone, which was not shared: {source}", are(receipts))]
    NotShared {
        /// The receipts, at least one.
        receipts: Vec<RecordId>,
        /// Why.
        source: AppendError,
    },
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl From<DecideError> for PushError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Git(error) => error.into(),
            DecideError::Unreadable(error) => error.into(),
        }
    }
}

/// A pushed ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRef {
    /// The object that the ref will point to; `None` if the push deletes the ref.
    pub new: Option<CommitId>,
    /// The full name of the ref at the remote.
    pub name: String,
    /// The object that the ref points to at the remote, as far as Git knows; `None` if the ref is new.
    pub old: Option<CommitId>,
}

/// Whose hook asks the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookOwner {
    /// The hook of one repository. Somebody installed it in that repository.
    Repository,
    /// A hook that runs for every repository of a user or a machine. Most of these repositories have no ledger.
    Everybody,
}

/// A push: its refs, and where they go.
#[derive(Debug, Clone, Copy)]
pub struct RefsPushed<'a> {
    /// The refs.
    pub refs: &'a [PushedRef],
    /// The remote, by its name or its URL, as Git passes it to the hook.
    pub remote: &'a str,
    /// The URL of the remote, as Git passes it to the hook.
    pub url: Option<&'a str>,
    /// Whose hook asks the gate.
    pub owner: HookOwner,
}

/// Whose refs a push moves.
#[derive(Debug, Clone, Copy)]
pub enum RefsOf<'a> {
    /// The refs of a remote, with its URL if that is known.
    Remote(Option<&'a str>),
    /// The refs of this repository. It receives the push.
    Here,
}

/// The refs that a push moves.
#[derive(Debug, Clone, Copy)]
pub struct RefsMoved<'a> {
    /// The refs.
    pub refs: &'a [PushedRef],
    /// Whose refs they are.
    pub of: RefsOf<'a>,
}

/// The largest number of refs in one push that targets may name. Refs that no target names cost nothing, and do not
/// count.
pub(super) const MOST_REFS: usize = 10_000;

/// Parses the input that Git writes to a `pre-push` hook.
pub fn parse_pushed(input: &[u8]) -> Result<Vec<PushedRef>, PushError> {
    let mut refs = Vec::new();
    // The name of a ref need not be UTF-8.
    for (index, line) in input.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
        let bad = || PushError::Input { line: index + 1 };
        // Split from the right: the local ref is what the person typed, and may contain spaces.
        let mut words = line.rsplitn(4, ' ');
        let (Some(old), Some(name), Some(new), Some(_)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad());
        };
        let object = |text: &str| -> Result<Option<CommitId>, PushError> {
            let id: CommitId = text.parse().map_err(|_| bad())?;
            Ok((!text.bytes().all(|byte| byte == b'0')).then_some(id))
        };
        refs.push(PushedRef { new: object(new)?, name: name.to_owned(), old: object(old)? });
    }
    Ok(refs)
}

/// Whether any target of the policy names a pushed ref.
pub(super) fn concerns_targets(state: &State, pushed: &[PushedRef]) -> bool {
    let named = |one: &PushedRef| state.policy.targets().iter().any(|rules| rules.names_ref(&one.name));
    pushed.iter().any(named)
}
