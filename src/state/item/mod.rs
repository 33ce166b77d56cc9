//! The records of the state, and the one function that decides whether a record is live ([`Item::life`]).

mod approvals;
mod bars;
mod cause;
mod credential;
mod delivered;
mod deployment;
mod exception;
mod items;
mod named;
mod outcome;
mod pause;
mod plan;
mod redesign;
mod release;
mod review;
mod standing;
mod triage;
mod when;

pub(in crate::state) use approvals::Rejection;
pub use approvals::{ApprovalStatus, Approvals, Effect, Vote};
pub(in crate::state) use bars::{AnswerTo, Bars};
pub use cause::Cause;
pub(in crate::state) use cause::Counts;
pub use credential::PendingCredential;
pub use delivered::Delivered;
pub(in crate::state) use delivered::DeliveredOutcome;
pub use deployment::{Confirmation, Deployment};
pub use exception::{ClosureOf, ExceptionItem, OverrideStanding};
pub(in crate::state) use exception::{Counting, ExceptionSays};
pub(in crate::state) use items::Items;
pub use named::KeyName;
pub use outcome::OutcomeItem;
pub use pause::{PauseItem, Resumed};
pub use plan::PlanItem;
pub use redesign::RedesignItem;
pub use release::ReleaseItem;
pub use review::ReviewOf;
pub use standing::StandingCredential;
pub(in crate::state) use standing::StandingUses;
pub(in crate::state) use triage::TriageNeeds;
pub use triage::{TriageItem, TriageSays, Triaged};
pub(in crate::state) use when::When;

use std::sync::Arc;

use crate::policy;
use crate::record::Body;
use crate::record::kind::redesign::Redesign;
use crate::record::kind::release::Release;
use crate::record::kind::rollback_plan::RollbackPlan;
use crate::value::{MemberName, RecordId, Target, Targets, Time};

/// A record that takes effect by approvals, with its votes and its closure.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Item<T> {
    /// The id of the record.
    pub id: RecordId,
    /// The position of the record.
    pub position: u64,
    /// The author.
    pub author: MemberName,
    /// The person behind the author.
    pub person: MemberName,
    /// The date of the record, as its author states it.
    pub created_at: Time,
    /// The content of the record.
    pub says: T,
    /// The targets that it touches.
    pub targets: Targets,
    /// The votes on it, and whether it is in effect.
    pub approvals: Approvals,
    /// The position of its first closure, if any.
    pub closed: Option<u64>,
}

/// The content of an item. It can be turned into the body of a record, for functions that depend on the kind of the
/// record.
pub trait Says {
    /// Returns the body; the content is shared, not copied.
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

/// Whether a record is live at the time that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is in effect and not over.
    Live,
    /// It waits for approvals and is not over.
    Undecided,
    /// A person entitled to approve it has rejected it.
    Rejected,
    /// It takes effect only after the time that is asked about, and grants nothing yet.
    NotYet,
    /// It has expired, was closed, or was ended by a rejection.
    Over,
}

impl<T: Says> Item<T> {
    /// Whether it touches a target.
    pub fn touches(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }

    /// Returns the time at which it ends under `policy` if nothing ends it earlier; `None` if there is no such time.
    pub fn end(&self, policy: &policy::InForce) -> Option<Time> {
        policy.end(&self.says.body(), self.created_at)
    }

    /// Returns whether it is live at `now`. The gate, the reports, the metrics and the checks of drafts all call this
    /// one function. Validity is half-open: at its end, the record is over.
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
