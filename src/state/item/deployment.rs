//! Gate decisions, as far as later ones rest on them.

use crate::record::kind::receipt::{Answer, Purpose, Receipt};
use crate::value::{CommitId, RecordId, Target, Time};

/// A gate decision of the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Deployment {
    /// The receipt.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// When, as the author says.
    pub created_at: Time,
    /// The target.
    pub target: Target,
    /// What it says.
    pub says: std::sync::Arc<Receipt>,
    /// What was last said of what became of it: its place among the outcomes.
    pub(in crate::state) outcome: Option<usize>,
    /// Whether it was ever said that it failed, or never began: what is said later takes that back for nothing.
    pub(in crate::state) failed: bool,
    /// Whether it was ever said that it never began.
    pub(in crate::state) never_started: bool,
}

impl crate::packed::Identified for Deployment {
    fn id(&self) -> RecordId {
        self.id
    }
}

/// The first sixteen digits of a commit id, as a number: what deployments are looked up by.
pub(in crate::state) fn begins(commit: &CommitId) -> u64 {
    commit.as_str().get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

impl Deployment {
    /// Whether the deployment was allowed.
    pub fn is_allowed(&self) -> bool {
        self.says.decision == Answer::Allowed
    }

    /// Whether it was an allowed deployment forward.
    pub fn is_allowed_expansion(&self) -> bool {
        self.is_allowed() && self.says.purpose == Purpose::Expansion
    }
}
