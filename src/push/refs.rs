//! The refs that Git tells a `pre-push` hook about.

use crate::finding::Code;
use crate::git::GitError;
use crate::state::State;
use crate::value::CommitId;
use crate::write::AppendError;

/// Why a push could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// What Git wrote to the hook is not of its form.
    #[error("line {line} of the hook's input is not `<local ref> <local id> <remote ref> <remote id>`")]
    Input {
        /// The line, from 1.
        line: usize,
    },
    /// More refs than anybody pushes.
    #[error("the push has more than {MOST_REFS} refs")]
    TooMany,
    /// The ledger cannot be trusted.
    #[error("{code}: {found}")]
    Untrusted {
        /// Which rule.
        code: Code,
        /// What was found.
        found: String,
    },
    /// The remote's ledger has entries that are not here.
    #[error("the remote's ledger has entries that are not here, so this decision could be wrong")]
    RemoteAhead {
        /// The command that fetches them.
        fetch: String,
    },
    /// The ledger is pushed together with a branch that a target names.
    #[error("the ledger is pushed with the branch, and the receipt is still to come")]
    LedgerWithBranch {
        /// The command that shares the ledger.
        share: String,
    },
    /// The receipt could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// A ref that is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRef {
    /// What it will point to; none if it is deleted.
    pub new: Option<CommitId>,
    /// Its full name there.
    pub name: String,
    /// What it points to there, as Git knows; none if it is new.
    pub old: Option<CommitId>,
}

/// Bound of what a hook reads.
const MOST_REFS: usize = 10_000;

/// Reads what Git writes to a `pre-push` hook.
pub fn parse_pushed(input: &str) -> Result<Vec<PushedRef>, PushError> {
    let mut refs = Vec::new();
    for (index, line) in input.lines().enumerate() {
        if index >= MOST_REFS {
            return Err(PushError::TooMany);
        }
        let bad = || PushError::Input { line: index + 1 };
        // From the right: what a person typed as the local ref may hold spaces.
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

/// Whether any target of the policy names a ref that is pushed.
pub(super) fn concerns_targets(state: &State, pushed: &[PushedRef]) -> bool {
    let named = |one: &PushedRef| {
        let mut refs = state.policy.targets().iter().flat_map(|rules| rules.refs.iter());
        refs.any(|pattern| pattern.matches(one.name.as_bytes()))
    };
    pushed.iter().any(named)
}
