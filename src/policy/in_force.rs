//! The policy in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::former::FormerNames;
use super::rules::Rules;
use super::wide::{CLOCK_SKEW, MAX_BACKDATING};
use crate::record::Body;
use crate::record::kind::exception::Exception;
use crate::record::kind::policy::{Expected, Policy, TargetRules};
use crate::value::{
    Duration, ExpectedName, MemberName, RecordId, RootCause, Target, Targets, Time, WorkflowName,
};

/// The policy in force. If there is none, every rule has its default, and there is no target.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    policy: Option<(RecordId, Arc<Policy>)>,
    names: Arc<FormerNames>,
}

impl InForce {
    /// Returns what is in force after `policy`, the record `id`, has taken effect.
    #[must_use]
    pub fn next(&self, id: RecordId, policy: Arc<Policy>) -> Self {
        let names = Arc::new(self.names.next(&policy));
        Self { policy: Some((id, policy)), names }
    }

    /// The id of the policy record.
    pub fn id(&self) -> Option<RecordId> {
        self.policy.as_ref().map(|(id, _)| *id)
    }

    /// The content of the policy record.
    pub fn policy(&self) -> Option<&Arc<Policy>> {
        self.policy.as_ref().map(|(_, policy)| policy)
    }

    /// The version of the policy; 0 if there is no policy.
    pub fn version(&self) -> u64 {
        self.policy().map_or(0, |policy| policy.version.value())
    }

    /// The targets that the policy names, each with its rules.
    pub fn targets(&self) -> &[TargetRules] {
        self.policy().map_or(&[], |policy| policy.target.as_slice())
    }

    /// What the policy changes for this target alone, if it names the target.
    pub fn target(&self, target: &Target) -> Option<&TargetRules> {
        self.targets().iter().find(|rules| rules.are_of(target))
    }

    /// The former names of a target: the names in its `formerly`, and the former names that these had in earlier
    /// policies.
    pub fn former_names(&self, target: &Target) -> &BTreeSet<Target> {
        self.names.of(target)
    }

    /// The former names that a target had in this policy or an earlier one; `None` if none of these policies has the
    /// target.
    pub fn ever_named(&self, target: &Target) -> Option<&BTreeSet<Target>> {
        self.names.ever(target)
    }

    /// The largest difference between clocks: `clock_skew`, 5 minutes by default.
    pub fn clock_skew(&self) -> Duration {
        CLOCK_SKEW.time(self.policy().map(Arc::as_ref))
    }

    /// The longest time that `created_at` may lie before ledger time: `max_backdating`, 24 hours by default.
    pub fn max_backdating(&self) -> Duration {
        MAX_BACKDATING.time(self.policy().map(Arc::as_ref))
    }

    /// The rules for one target.
    pub fn rules(&self, target: &Target) -> Rules {
        let rules = self.general_rules();
        match self.target(target) {
            Some(target) => rules.of_target(target),
            None => rules,
        }
    }

    /// The rules of a target that the policy does not name.
    pub fn general_rules(&self) -> Rules {
        self.policy().map_or_else(Rules::default, |policy| Rules::of_policy(policy))
    }

    /// The strictest rules of several targets: for each rule, the strictest value that it has for one of them. If
    /// one of `targets` is only a former name, the rules of the targets that had this name count.
    pub fn strictest(&self, targets: &Targets) -> Rules {
        let is_former = |name: &Target| targets.contains(name) && self.target(name).is_none();
        let is_of = |rules: &&TargetRules| {
            let target = rules.target();
            targets.contains(&target) || self.former_names(&target).iter().any(is_former)
        };
        // All targets that the policy does not name have the same rules.
        let is_unnamed = |name: &Target| {
            let has = |rules: &TargetRules| self.former_names(&rules.target()).contains(name);
            self.target(name).is_none() && !self.targets().iter().any(has)
        };
        let named = self.targets().iter().filter(is_of).map(TargetRules::target);
        let mut all = named.chain(targets.iter().find(is_unnamed)).map(|target| self.rules(&target));
        let first = all.next().unwrap_or_default();
        all.fold(first, Rules::strictest)
    }

    /// The entry of the policy for expected exceptions with this name.
    pub fn expected(&self, name: &ExpectedName) -> Option<&Expected> {
        self.policy()?.expected.iter().find(|entry| entry.name == *name)
    }

    /// The member who answers for a workflow, if the policy names one, and the time within which to answer.
    pub fn answers_for(&self, workflow: &WorkflowName) -> (Option<&MemberName>, Duration) {
        let owners = self.policy().map_or(&[][..], |policy| policy.workflow.as_slice());
        let entry = owners.iter().find(|entry| entry.name == *workflow);
        let within = entry.and_then(|entry| entry.respond_within).unwrap_or(RESPOND_WITHIN);
        (entry.map(|entry| &entry.owner), within)
    }

    /// The root cause that this one counts as, by `same_cause`.
    pub fn cause<'a>(&'a self, cause: &'a RootCause) -> &'a RootCause {
        let same = self.policy().map_or(&[][..], |policy| policy.same_cause.as_slice());
        same.iter().find(|same| same.also.contains(cause)).map_or(cause, |same| &same.is)
    }

    /// The root causes that count as this one, as exceptions write them.
    pub fn written_as<'a>(&'a self, cause: &'a RootCause) -> Vec<&'a RootCause> {
        let same = self.policy().map_or(&[][..], |policy| policy.same_cause.as_slice());
        let also = same.iter().filter(|same| same.is == *cause).flat_map(|same| same.also.as_slice());
        let mut written: Vec<&RootCause> =
            also.chain([cause]).filter(|written| self.cause(written) == cause).collect();
        written.sort_unstable();
        written.dedup();
        written
    }

    /// Whether the policy joins exceptions with different causes, or of different workflows, into one pattern.
    pub fn joins_causes(&self) -> bool {
        self.policy().is_some_and(|policy| !policy.same_cause.is_empty() || !policy.shared_cause.is_empty())
    }

    /// Whether the exceptions of a root cause, as exceptions write it, are one pattern for all workflows, by
    /// `shared_cause`.
    pub fn is_shared(&self, cause: &RootCause) -> bool {
        self.shares(self.cause(cause))
    }

    /// Whether the exceptions of a root cause are one pattern for all workflows, by `shared_cause`. `same_cause` is
    /// already applied to the cause.
    pub fn shares(&self, counted: &RootCause) -> bool {
        let shared = self.policy().map_or(&[][..], |policy| policy.shared_cause.as_slice());
        shared.iter().any(|entry| self.cause(&entry.root_cause) == counted)
    }

    /// The end of a record: its `expires_at`, if it has one. An exception or a plan ends at `created_at` plus the
    /// maximum lifetime of this policy, if that is earlier. So a shorter maximum takes effect at once, and a longer one
    /// never extends `expires_at`.
    pub fn end(&self, body: &Body, created_at: Time) -> Option<Time> {
        let targets = body.targets();
        let earlier = |expires_at: Time, lifetime: Duration| expires_at.min(created_at.plus(lifetime));
        match body {
            Body::Exception(exception) => {
                Some(earlier(exception.expires_at?, self.max_lifetime(exception, &targets)))
            }
            Body::RollbackPlan(plan) => {
                Some(earlier(plan.expires_at, self.strictest(&targets).rollback.max_lifetime))
            }
            Body::Receipt(receipt) => receipt.expires_at,
            Body::Release(release) => Some(release.expires_at),
            Body::Pause(pause) => pause.expires_at,
            Body::Quarantine(_)
            | Body::Trust(_)
            | Body::Policy(_)
            | Body::Redesign(_)
            | Body::Approval(_)
            | Body::Triage(_)
            | Body::Review(_)
            | Body::Closure(_)
            | Body::Resume(_)
            | Body::Outcome(_)
            | Body::Audit(_) => None,
        }
    }

    /// The longest lifetime of an exception. If it is an expected exception, its entry in the policy decides,
    /// otherwise the strictest rules of its targets.
    pub fn max_lifetime(&self, exception: &Exception, targets: &Targets) -> Duration {
        let entry = exception.expected.as_ref().and_then(|name| self.expected(name));
        entry.map_or_else(|| self.strictest(targets).exceptions.max_lifetime, |entry| entry.max_lifetime)
    }
}

/// The time to answer for a workflow if the policy does not give one.
const RESPOND_WITHIN: Duration = Duration::of_days(7);
