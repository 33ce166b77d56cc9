//! What a verifier brings from elsewhere, and what can go wrong before there is anything to verify.

use std::path::PathBuf;

use crate::git::GitError;
use crate::sshsig::PublicKey;
use crate::store::StoreError;
use crate::value::{FormError, MemberName, RecordId};
use crate::verify::{AtLeast, PinError};

/// Told how many of how many entries are done.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Why a ledger could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Git could not be asked.
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
        /// How.
        #[source]
        source: PinError,
    },
    /// `COUNTERSIGN_AT_LEAST` is no lower bound.
    #[error("COUNTERSIGN_AT_LEAST: {0}")]
    Bound(FormError),
    /// `COUNTERSIGN_LEDGER_ID` is no ledger id.
    #[error("COUNTERSIGN_LEDGER_ID is no ledger id: expected 64 digits 0-9a-f")]
    Variable,
}

/// What a verifier brings along from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The ledger id.
    pub ledger_id: Option<RecordId>,
    /// A lower bound of the ledger.
    pub at_least: Option<AtLeast>,
    /// Witnesses of the verifier's own, with their keys.
    pub witnesses: Vec<(MemberName, PublicKey)>,
    /// Verify from the first entry on, whatever is remembered.
    pub full: bool,
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

/// Whether a ledger id came from outside the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchored {
    /// It did.
    By {
        /// The id.
        id: RecordId,
        /// From where.
        source: AnchorSource,
    },
    /// Those that came do not agree.
    Disagreeing,
    /// None did.
    No,
}

impl Anchored {
    /// The ledger id that was given, where those that were given agree.
    pub fn id(&self) -> Option<RecordId> {
        match self {
            Self::By { id, .. } => Some(*id),
            Self::Disagreeing | Self::No => None,
        }
    }
}
