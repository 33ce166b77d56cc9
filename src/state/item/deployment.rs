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
    /// The persons who confirmed that it ran: each said in an outcome what became of it, may decide or approve
    /// deployments of the target, and says that it started while the receipt was good.
    pub(in crate::state) confirmed_by: Vec<MemberName>,
    /// The index of its latest outcome in the outcomes of the state.
    pub(in crate::state) outcome: Option<usize>,
    /// Set once an outcome reported `failed`; only another one after an answer clears it.
    pub(in crate::state) failed: bool,
    /// Set once an outcome reported `never-started`; only another one after an answer clears it.
    pub(in crate::state) never_started: bool,
    /// Whether the last word on that is an answer, which takes back that it failed or never started.
    pub(in crate::state) answered: bool,
}

/// Whether an outcome confirms that its deployment ran (ledger-schema/deployment.md, Expansion and restoration).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// It does.
    Confirms,
    /// It does not say that the deployment ran, or the gate refused that.
    NotRan,
    /// It says that the deployment began while its receipt was not good.
    OutsideReceipt {
        /// From when on the receipt is good.
        from: Time,
        /// Until when.
        to: Time,
    },
    /// Its author has neither the role `gate` nor `approver` for the target.
    NotEntitled,
}

impl Deployment {
    /// Whether its receipt names a record as a waiver, or as one that a check rests on.
    pub(in crate::state) fn uses(&self, record: &RecordId) -> bool {
        let checks = self.says.check.iter();
        self.says.waivers.iter().chain(checks.flat_map(|check| check.records.iter())).any(|id| id == record)
    }

    /// Returns the persons who confirmed in an outcome that it ran.
    pub fn confirmed_by(&self) -> impl Iterator<Item = &MemberName> {
        self.confirmed_by.iter()
    }

    /// Whether an outcome that nobody answered says that it failed or never started.
    pub fn is_barred(&self) -> bool {
        (self.failed || self.never_started) && !self.answered
    }

    /// Whether an outcome that nobody answered says that it never started.
    pub fn is_never_started(&self) -> bool {
        self.never_started && !self.answered
    }

    /// Returns the commit that was there before, if Git said so of the ref.
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
