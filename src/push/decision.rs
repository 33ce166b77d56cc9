//! [`PushDecision`]: the decisions on a push.

use std::sync::Arc;

use super::decide::{Pushing, TargetDecision};
use super::share::Sharing;
use crate::record::kind::policy::RecordedBy;
use crate::record::kind::receipt::{Answer, Purpose};
use crate::share::Moved;
use crate::state::State;
use crate::value::{MemberName, RecordId};

/// The answer of the hook.
#[derive(Debug)]
pub enum PushAnswer {
    /// Allowed: the push concerns no known target.
    Unconcerned {
        /// The reason, if the ledger's remote was asked but gave no usable answer.
        warning: Option<String>,
    },
    /// Allowed: of the refs that targets name, the push only deletes these. A deletion makes nothing deployable.
    Deletes(Vec<String>),
    /// The gate refuses the push for at least one target.
    Refused(PushDecision),
    /// The gate allows the push for every target.
    Allowed {
        /// The decisions.
        decision: PushDecision,
        /// The receipts of [`PushDecision::decided`], in that order; empty if they were not recorded.
        receipts: Vec<RecordId>,
        /// How the remote's ledger relates to the local one.
        sharing: Sharing,
        /// Things that are missing or failed but do not stop the push, each as a phrase for the user.
        warnings: Vec<String>,
    },
}

/// The decisions on a push, and the state on which they were made.
#[derive(Debug)]
pub struct PushDecision {
    /// The decisions, and the deleted refs.
    pub pushing: Pushing,
    /// The state.
    pub state: Arc<State>,
    /// The member who pushes, if that is known.
    pub pusher: Option<MemberName>,
    /// What was done to the records that only this clone had. It was done before the decisions.
    pub moved: Moved,
}

impl PushDecision {
    /// Whether the gate refuses the push for any target.
    pub fn is_refused(&self) -> bool {
        self.pushing.decisions.iter().any(|one| one.decided.decision.answer == Answer::Refused)
    }

    /// Returns the decisions, without those about unchanged targets.
    pub fn decided(&self) -> impl Iterator<Item = &TargetDecision> {
        self.pushing.decisions.iter().filter(|one| one.decided.decision.unchanged.is_none())
    }

    /// Whether every decision is about a restoration. Decisions about unchanged targets do not count.
    pub fn is_way_back(&self) -> bool {
        self.decided().all(|one| one.decided.decision.purpose == Purpose::Restoration)
    }

    /// Returns the targets of the deployments forward for which the pusher has to record a receipt.
    pub(super) fn recorded_by_pusher(&self) -> Vec<String> {
        let forward = self.decided().map(|one| &one.decided.decision).filter(|decision| {
            let recorded_by = self.state.policy.rules(&decision.target).receipts.recorded_by;
            decision.purpose == Purpose::Expansion && recorded_by == RecordedBy::Pusher
        });
        forward.map(|decision| decision.target.to_string()).collect()
    }

    /// Whether the gate refuses the push for any target because the ledger itself cannot be trusted.
    pub fn is_untrusted(&self) -> bool {
        self.pushing.decisions.iter().any(|one| one.decided.decision.is_untrusted())
    }
}
