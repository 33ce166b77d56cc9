//! Exceptions: observations, which only count, and overrides, which also permit something for a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cause::Cause;
use super::named::KeyName;
use super::review::ReviewOf;
use super::triage::Triaged;
use super::when::When;
use super::{Item, Life, Says};
use crate::policy;
use crate::record::Body;
use crate::record::kind::closure::Closure;
use crate::record::kind::exception::{Exception, Failure, Origin};
use crate::value::{Duration, MemberName, RecordId, RootCause, Time, WorkflowName};

/// An exception that is recorded in the ledger.
pub type ExceptionItem = Item<ExceptionSays>;

/// The content of an exception, with its closures, its reviews and its triage.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ExceptionSays {
    /// The content of the record, without `detail`.
    pub exception: Arc<Exception>,
    /// Its closures, by position. A later closure may settle a credential that an earlier one left pending.
    pub closures: Vec<ClosureOf>,
    /// Its reviews, by position.
    pub reviews: Vec<ReviewOf>,
    /// The classification by the last triage that took effect on the exception itself. The names
    /// that it has from namings of its key are in `names`.
    pub triaged: Option<Triaged>,
    /// The names that namings of its key give it. Each name holds only on some targets.
    pub names: Vec<KeyName>,
    /// The targets on which the namings of its key give it no name, as an index into the scopes of the patterns; `None`
    /// if it is named everywhere, or its key has no naming.
    pub(in crate::state) unnamed: Option<usize>,
    /// How it counts in patterns.
    pub(in crate::state) counting: Counting,
    /// For each grant, in order, the person behind the grantee, by the roster at the position of the exception. If the
    /// grantee is not on that roster, this is the grantee's own name.
    pub(in crate::state) grantees: Vec<MemberName>,
    /// The persons concerned in it, according to the roster at its position.
    pub(in crate::state) persons: BTreeSet<MemberName>,
}

/// How an exception counts in patterns. This is decided once, under the policy and the roster at its position.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Counting {
    /// The time that counts: the later of the time at which it happened, and its date less `max_backdating`.
    pub(in crate::state) at: Time,
    /// The targets on which it counts, as an index into the scopes of the patterns.
    pub(in crate::state) scope: usize,
    /// Whether it is an expected exception that counts in no pattern.
    pub(in crate::state) is_apart: bool,
}

/// A closure of an exception.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClosureOf {
    /// The id of the closure.
    pub id: RecordId,
    /// The position of the closure.
    pub position: u64,
    /// The content of the closure.
    pub says: Closure,
    /// The date of the closure, as its author states it.
    pub created_at: Time,
    /// Whether the person who recorded the closure is not concerned in the exception.
    pub(in crate::state) is_by_another: bool,
}

/// The standing of an override at the time that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideStanding {
    /// It waits for approvals.
    Undecided,
    /// It is in force.
    InForce,
    /// It is approved, but takes effect only after the time that is asked about.
    NotYet,
    /// It was rejected.
    Rejected,
    /// It is over, and no closure is owed: it never took effect, it has a closure, or the grace period has not passed
    /// yet.
    Over,
    /// It is over, the grace period has passed, and it has no closure.
    Unclosed,
}

impl ExceptionItem {
    /// Whether this is an override.
    pub fn is_override(&self) -> bool {
        self.says.exception.is_override()
    }

    /// Returns when it happened: the time that a triage in effect gives, else the author's `occurred_at`, else the date
    /// of the record.
    pub fn happened_at(&self) -> Time {
        let triaged = self.triaged().and_then(|triaged| triaged.occurred_at);
        triaged.unwrap_or_else(|| self.stated_at())
    }

    /// Returns when it happened, as its author states it: `occurred_at`, else `created_at`.
    fn stated_at(&self) -> Time {
        self.says.exception.occurred_at.unwrap_or(self.created_at)
    }

    /// Returns the time that counts for recurrence. If a triage in effect gives a time, it is that one, as written.
    /// Else it is the later of the time at which the exception happened, and its date less `max_backdating`.
    pub fn counts_at(&self) -> Time {
        self.triaged().and_then(|triaged| triaged.occurred_at).unwrap_or(self.says.counting.at)
    }

    /// Returns its times and its position.
    pub(in crate::state) fn when(&self) -> When {
        When { at: self.counts_at(), occurred: self.happened_at(), position: self.position }
    }

    /// Returns the standing of an override at `now`. Not meaningful for an observation.
    pub fn standing(&self, policy: &policy::InForce, now: Time) -> OverrideStanding {
        match self.life(policy, now) {
            Life::Live => OverrideStanding::InForce,
            Life::Undecided => OverrideStanding::Undecided,
            Life::NotYet => OverrideStanding::NotYet,
            Life::Rejected => OverrideStanding::Rejected,
            Life::Over => {
                let used = self.approvals.effect().is_some();
                let end = self.end(policy).unwrap_or(self.created_at);
                let grace = || self.grace(policy);
                let owed = used && self.says.closures.is_empty() && end.plus(grace()) <= now;
                if owed { OverrideStanding::Unclosed } else { OverrideStanding::Over }
            }
        }
    }
}

impl ExceptionItem {
    /// Returns how long after its end a closure may still be missing: the shortest grace period of its targets.
    pub(in crate::state) fn grace(&self, policy: &policy::InForce) -> Duration {
        policy.strictest(&self.targets).exceptions.credential_grace
    }

    /// Returns the workflow that failed, after triage.
    pub fn workflow(&self) -> &WorkflowName {
        self.triaged().and_then(|triaged| triaged.workflow.as_ref()).unwrap_or(&self.says.exception.workflow)
    }

    /// Returns the root cause, after triage. If the exception has root causes only from namings of its key, this is the
    /// first one that holds on a target which the exception touches.
    pub fn root_cause(&self) -> Option<&RootCause> {
        let triaged = self.triaged().and_then(|triaged| triaged.root_cause.as_ref());
        let named = || self.name().map(|name| &name.root_cause);
        triaged.or(self.says.exception.root_cause.as_ref()).or_else(named)
    }

    /// Whether namings of its key can name it: it counts in patterns, and neither the exception nor a triage of it names
    /// a root cause.
    pub(in crate::state) fn may_have_key_names(&self) -> bool {
        let has_cause = self.triaged().is_some_and(|triaged| triaged.root_cause.is_some())
            || self.says.exception.root_cause.is_some();
        !has_cause && !self.is_struck() && !self.says.counting.is_apart
    }

    /// Whether it counts without a root cause on some target: neither the exception nor a triage of it names one, and
    /// the namings of its key, if any, leave a target without a name.
    pub(in crate::state) fn has_unnamed_part(&self) -> bool {
        let triaged = self.triaged().is_some_and(|triaged| triaged.root_cause.is_some());
        let is_named = triaged || self.says.exception.root_cause.is_some();
        !is_named && (self.says.names.is_empty() || self.says.unnamed.is_some())
    }

    /// Returns the first name from a naming of its key that holds on a target which the exception touches.
    pub fn name(&self) -> Option<&KeyName> {
        self.says.names.iter().find(|name| name.touches)
    }

    /// Returns the causes under which the exception counts. With each cause, it returns the targets on which the
    /// exception counts under this cause, as an index into the scopes of the patterns.
    pub(in crate::state) fn parts(&self) -> Vec<(Cause, usize)> {
        if self.says.names.is_empty() {
            return vec![(self.cause(), self.says.counting.scope)];
        }
        let named = self.says.names.iter().map(|name| (Cause::Named(name.root_cause.clone()), name.scope));
        let untriaged = Cause::Untriaged(self.says.exception.symptom.clone());
        named.chain(self.says.unnamed.map(|scope| (untriaged, scope))).collect()
    }

    /// Returns all its scopes, as indices into the scopes of the patterns: the scope of each name, the scope of the
    /// targets without a name, and the scope that it would have if its key had no naming.
    pub(in crate::state) fn scopes(&self) -> impl Iterator<Item = usize> {
        let named = self.says.names.iter().map(|name| name.scope);
        named.chain(self.says.unnamed).chain([self.says.counting.scope])
    }

    /// Returns the kind of failure, after triage.
    pub fn failure(&self) -> Option<Failure> {
        let named = || self.name().and_then(|name| name.failure);
        self.triaged().and_then(|triaged| triaged.failure).or(self.says.exception.failure).or_else(named)
    }

    /// Returns the origin, after triage.
    pub fn origin(&self) -> Option<Origin> {
        let named = || self.name().and_then(|name| name.origin);
        self.triaged().and_then(|triaged| triaged.origin).or(self.says.exception.origin).or_else(named)
    }

    /// Returns the cause by which it counts: the root cause, else the symptom.
    pub fn cause(&self) -> Cause {
        match self.root_cause() {
            Some(cause) => Cause::Named(cause.clone()),
            None => Cause::Untriaged(self.says.exception.symptom.clone()),
        }
    }

    /// Whether a triage struck it. A struck exception stays visible, but counts in no pattern.
    pub fn is_struck(&self) -> bool {
        self.triaged().is_some_and(|triaged| triaged.is_struck)
    }

    fn triaged(&self) -> Option<&Triaged> {
        self.says.triaged.as_ref()
    }
}

impl Says for ExceptionSays {
    fn body(&self) -> Body {
        Body::Exception(Arc::clone(&self.exception))
    }
}
