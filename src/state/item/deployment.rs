//! Gate decisions, with the outcomes that later decisions depend on.

use super::bars::Bars;
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
    /// The outcomes that bar it, and the answers to them.
    pub(in crate::state) bars: Bars,
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

    /// Whether it is barred: an outcome says that it failed or never started, and the last word on that is no answer.
    pub fn is_barred(&self) -> bool {
        self.bars.is_barred()
    }

    /// Whether it is barred, and an outcome that no answer follows says that it never started.
    pub fn is_never_started(&self) -> bool {
        self.bars.is_never_started()
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
