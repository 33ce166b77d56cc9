//! Gate decisions, with the outcomes that later decisions depend on.

use crate::record::kind::receipt::{Answer, PreviousFrom, Purpose, Receipt};
use crate::value::{CommitId, MemberName, RecordId, Target, Time};

/// A gate decision of the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Deployment {
    /// The id of the receipt.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// The date of the receipt, as its author states it.
    pub created_at: Time,
    /// The target.
    pub target: Target,
    /// The content of the receipt.
    pub says: std::sync::Arc<Receipt>,
    /// The persons who confirmed that it ran. Each recorded an outcome which says that it ran and that it started while
    /// the receipt was good, and had the role `gate` or `approver` for the target.
    pub(in crate::state) confirmed_by: Vec<MemberName>,
    /// The index of its latest outcome in the outcomes of the state.
    pub(in crate::state) outcome: Option<usize>,
    /// Set by an outcome `failed`. Once that is answered, the next outcome that bars the deployment resets it.
    pub(in crate::state) failed: bool,
    /// Set by an outcome `never-started`. Once that is answered, the next outcome that bars the deployment resets it.
    pub(in crate::state) never_started: bool,
    /// Whether an answer is the latest of these outcomes, their answers and withdrawals. Then `failed` and
    /// `never_started` do not count.
    pub(in crate::state) answered: bool,
}

/// Whether an outcome confirms that its deployment ran (ledger-schema/deployment.md, Expansion and restoration).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// It does.
    Confirms,
    /// It does not say that the deployment ran, or the gate had refused the deployment.
    NotRan,
    /// It says that the deployment began while its receipt was not good.
    OutsideReceipt {
        /// The time from which on the receipt is good.
        from: Time,
        /// The time at which it expires.
        to: Time,
    },
    /// Its author has neither the role `gate` nor `approver` for the target.
    NotEntitled,
}

impl Deployment {
    /// Whether its receipt names a record, as a waiver or as what a check rests on.
    pub(in crate::state) fn uses(&self, record: &RecordId) -> bool {
        let checks = self.says.check.iter();
        self.says.waivers.iter().chain(checks.flat_map(|check| check.records.iter())).any(|id| id == record)
    }

    /// Returns the persons who confirmed in an outcome that it ran.
    pub fn confirmed_by(&self) -> impl Iterator<Item = &MemberName> {
        self.confirmed_by.iter()
    }

    /// Whether an unanswered outcome says that it failed or never started.
    pub fn is_barred(&self) -> bool {
        (self.failed || self.never_started) && !self.answered
    }

    /// Whether an unanswered outcome says that it never started.
    pub fn is_never_started(&self) -> bool {
        self.never_started && !self.answered
    }

    /// Returns the commit that the ref held before, if the receipt has it from Git.
    pub fn held_by_ref(&self) -> Option<&CommitId> {
        self.says.previous.as_ref().filter(|_| self.says.previous_from == Some(PreviousFrom::Ref))
    }

    /// Whether the gate allowed the deployment.
    pub fn is_allowed(&self) -> bool {
        self.says.decision == Answer::Allowed
    }

    /// Whether it was an allowed expansion.
    pub fn is_allowed_expansion(&self) -> bool {
        self.is_allowed() && self.says.purpose == Purpose::Expansion
    }
}
