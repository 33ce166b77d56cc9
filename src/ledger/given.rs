//! What a verifier supplies from outside the ledger, and what can fail before the ledger can be verified.

use std::path::PathBuf;

use super::asked::Asked;
use crate::git::GitError;
use crate::sshsig::PublicKey;
use crate::store::StoreError;
use crate::value::{CommitId, FormError, MemberName, RecordId};
use crate::verify::{AtLeast, Past, PinError, Unreadable};

/// What accompanies a replay that starts from the first entry. It is called each time that more entries were replayed.
pub(crate) type Accompany<'a> = &'a mut dyn FnMut(&Past) -> Result<(), Unreadable>;

/// A progress callback. Its arguments are the number of steps done, and the number of all steps.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Why a ledger could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The pin could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pin is damaged.
    #[error("{} is damaged", path.display())]
    Pin {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PinError,
    },
    /// There is a pin that cannot be read, so nothing says which ledger is the right one.
    #[error("the pin cannot be read")]
    PinUnread(#[source] StoreError),
    /// `COUNTERSIGN_AT_LEAST` is not a lower bound.
    #[error("COUNTERSIGN_AT_LEAST: {0}")]
    Bound(FormError),
    /// `COUNTERSIGN_LEDGER_ID` is not a ledger id.
    #[error("COUNTERSIGN_LEDGER_ID is not a ledger id: expected 64 digits 0-9a-f")]
    Variable,
    /// A part of what an earlier run verified cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Which heads of a ledger are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LedgerView {
    /// The head of the local branch, and the head of the remote's branch as last fetched.
    #[default]
    Both,
    /// Only the head of the remote's branch as last fetched. Its ledger is the one that others have.
    Remote,
}

/// The role of a repository for its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HostRole {
    /// A clone, which may have a remote.
    #[default]
    Clone,
    /// The server to which others push. It has no remote that could have more entries.
    Server,
    /// The server, while it receives a push that would move the ledger's branch to this head. Nothing is cached,
    /// because the push may still be refused.
    Receiving(CommitId),
}

/// What a verifier supplies from outside the ledger.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The ledger id.
    pub ledger_id: Option<RecordId>,
    /// A lower bound on the ledger.
    pub at_least: Option<AtLeast>,
    /// The verifier's own witnesses, with their keys.
    pub witnesses: Vec<(MemberName, PublicKey)>,
    /// Whether to verify from the first entry on, without the cache.
    pub full: bool,
    /// What the ledger's remote answered in this run.
    pub asked: Option<Asked>,
    /// Which heads are read.
    pub view: LedgerView,
    /// The role of this repository for the ledger.
    pub role: HostRole,
}

/// Where the ledger id came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorSource {
    /// `--ledger-id`.
    Option,
    /// `COUNTERSIGN_LEDGER_ID`.
    Variable,
    /// The pin.
    Pin,
}

impl AnchorSource {
    /// Returns the source as messages name it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Option => "`--ledger-id`",
            Self::Variable => "`COUNTERSIGN_LEDGER_ID`",
            Self::Pin => "the pin (the file countersign/pin in the Git directory)",
        }
    }
}

/// Whether a ledger id was supplied from outside the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchored {
    /// One was supplied.
    By {
        /// The id.
        id: RecordId,
        /// Where it came from.
        source: AnchorSource,
    },
    /// The ids from these two sources differ.
    Disagreeing(AnchorSource, AnchorSource),
    /// None was supplied.
    No,
}

impl Anchored {
    /// Returns the ledger id that was supplied; `None` if none was supplied, or if the supplied ids differ.
    pub fn id(&self) -> Option<RecordId> {
        match self {
            Self::By { id, .. } => Some(*id),
            Self::Disagreeing(..) | Self::No => None,
        }
    }
}
