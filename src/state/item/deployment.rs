//! Gate decisions, with the outcomes that later decisions depend on.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::kind::receipt::{Answer, PreviousFrom, Purpose, Receipt};
use crate::value::{CommitId, MemberName, RecordId, Target, Time};

/// A gate decision that is recorded in the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Deployment {
    /// The id of the receipt.
    pub id: RecordId,
    /// The position of the receipt.
    pub position: u64,
    /// The date of the receipt, as its author states it.
    pub created_at: Time,
    /// The target.
    pub target: Target,
    /// The content of the receipt.
    pub says: std::sync::Arc<Receipt>,
    /// The persons who confirmed that the deployment ran. Each had the role `gate` or `approver` for the target, and
    /// recorded an outcome which says that the deployment ran, and that it started while the receipt was good.
    pub(in crate::state) confirmed_by: Vec<MemberName>,
    /// The latest outcome of the deployment, as a place in the outcomes of the state.
    pub(in crate::state) outcome: Option<usize>,
    /// Set by an outcome that says `failed`. After an answer, the next outcome that bars the deployment clears it,
    /// unless that outcome says `failed`, too.
    pub(in crate::state) failed: bool,
    /// Set by an outcome that says `never-started`. After an answer, the next outcome that bars the deployment clears
    /// it, unless that outcome says `never-started`, too.
    pub(in crate::state) never_started: bool,
    /// Whether an answer came last: after all outcomes that bar the deployment, and all withdrawals of answers. If so,
    /// `failed` and `never_started` do not count.
    pub(in crate::state) answered: bool,
    /// For each outcome, the members whose last word on it answers it.
    pub(in crate::state) answers: BTreeMap<RecordId, BTreeSet<MemberName>>,
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
        /// The time from which the receipt is good.
        from: Time,
        /// The time at which the receipt expires.
        to: Time,
    },
    /// Its author has neither the role `gate` nor `approver` for the target.
    NotEntitled,
}

impl Deployment {
    /// Whether its receipt names a record, as a waiver or as one of the records that a check rests on.
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

    /// Returns the commit that the ref held before the deployment, if the receipt says so and Git reported it.
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
