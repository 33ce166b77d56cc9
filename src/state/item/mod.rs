//! A record that takes effect by approvals, and the one function that says whether it is live.

mod approvals;
mod cause;
mod deployment;
mod exception;
mod outcome;
mod pause;
mod plan;
mod redesign;
mod release;
mod review;
mod triage;

pub use approvals::{ApprovalStatus, Approvals, Effect, Vote};
pub use cause::Cause;
pub(in crate::state) use cause::Counts;
pub use deployment::Deployment;
pub(in crate::state) use deployment::begins;
pub(in crate::state) use exception::ExceptionSays;
pub use exception::{ClosureOf, ExceptionItem, Exceptions, OverrideStanding};
pub use outcome::OutcomeItem;
pub use pause::{PauseItem, Resumed};
pub use plan::PlanItem;
pub use redesign::RedesignItem;
pub use release::ReleaseItem;
pub use review::ReviewOf;
pub use triage::{TriageItem, TriageSays, Triaged};

use std::sync::Arc;

use crate::policy;
use crate::record::Body;
use crate::record::kind::redesign::Redesign;
use crate::record::kind::release::Release;
use crate::record::kind::rollback_plan::RollbackPlan;
use crate::value::{MemberName, RecordId, Target, Time};

/// A record of the state, and what was said about it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Item<T> {
    /// Its id.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// Who wrote it.
    pub author: MemberName,
    /// The person behind its author.
    pub person: MemberName,
    /// When, as the author says.
    pub created_at: Time,
    /// What it says.
    pub says: T,
    /// The targets that it touches.
    pub targets: Vec<Target>,
    /// Whether it is in effect.
    pub approvals: Approvals,
    /// Where a closure ended it.
    pub closed: Option<u64>,
}

impl<T> crate::packed::Identified for Item<T> {
    fn id(&self) -> RecordId {
        self.id
    }
}

/// What an item says, as the body of its record, for what asks by kind.
pub trait Says {
    /// The body; nothing is copied.
    fn body(&self) -> Body;
}

impl Says for Arc<RollbackPlan> {
    fn body(&self) -> Body {
        Body::RollbackPlan(Self::clone(self))
    }
}

impl Says for Arc<Redesign> {
    fn body(&self) -> Body {
        Body::Redesign(Self::clone(self))
    }
}

impl Says for Arc<Release> {
    fn body(&self) -> Body {
        Body::Release(Self::clone(self))
    }
}

/// Whether a record is live at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// In effect, and not over.
    Live,
    /// Not decided yet, and not over.
    Undecided,
    /// A person entitled to say so said no.
    Rejected,
    /// Dated after the time of the question: it grants nothing yet.
    NotYet,
    /// Over: ended, closed, or ended by a rejection.
    Over,
}

impl<T: Says> Item<T> {
    /// Whether it touches a target.
    pub fn touches(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }

    /// When it is over at the latest, under the policy in force.
    pub fn end(&self, policy: &policy::InForce) -> Option<Time> {
        policy.end(&self.says.body(), self.created_at)
    }

    /// Whether it is live at a time: the one function that the gate, the hooks, the reports and the
    /// verifier call. Validity is half-open: at its end it is over.
    pub fn life(&self, policy: &policy::InForce, now: Time) -> Life {
        if self.closed.is_some() || self.end(policy).is_some_and(|end| end <= now) {
            return Life::Over;
        }
        match self.approvals.status() {
            ApprovalStatus::Ended { .. } => Life::Over,
            ApprovalStatus::Rejected { .. } => Life::Rejected,
            ApprovalStatus::Undecided { .. } => Life::Undecided,
            ApprovalStatus::InEffect(effect) if effect.at > now => Life::NotYet,
            ApprovalStatus::InEffect(_) => Life::Live,
        }
    }
}
