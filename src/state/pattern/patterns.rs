//! The patterns of a ledger, and how each event changes them.

use std::collections::{BTreeMap, BTreeSet};

use super::courses::Courses;
use super::name::PatternName;
use super::naming::Namings;
use super::recurring::Pattern;
use super::reset::{Reset, ResetEffect};
use super::scope::{Scope, Scopes};
use super::seen::{PatternEvent, PolicyChange, StartedChange};
use super::workflow::{Approved, ApprovedOf, Workflow};
use crate::policy;
use crate::record::kind::exception::Exception;
use crate::record::kind::redesign::ChangeKind;
use crate::state::item::{Cause, Counting, Counts, Deployment, ExceptionItem, Items, RedesignItem};
use crate::value::{ExpectedName, RecordId, RootCause, Target, Time, WorkflowName};

/// The patterns of a ledger, and the redesigns of them.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Patterns {
    pub(in crate::state) workflows: BTreeMap<WorkflowName, Workflow>,
    /// The targets on which exceptions count.
    pub(in crate::state) scopes: Scopes,
    /// The times of the expected exceptions, in order, by their entry in the policy.
    expected: BTreeMap<ExpectedName, Vec<Time>>,
    /// The names that triages gave keys.
    pub(in crate::state) namings: Namings,
    /// For each root cause, as written, the workflows that have had exceptions of it.
    pub(in crate::state) with_cause: BTreeMap<Cause, BTreeSet<WorkflowName>>,
    /// The workflows that have an approved redesign.
    pub(in crate::state) redesigned: BTreeSet<WorkflowName>,
    /// The root causes, as written, that have an approved redesign.
    approved_causes: BTreeSet<RootCause>,
    /// The approved redesigns that name a cause which one policy shared and a later policy did not.
    pub(in crate::state) used: Vec<Approved>,
    /// The version of the policy under which all patterns were last evaluated; 0 if there was none.
    pub(in crate::state) judged_under: u64,
    /// Cached while records are folded, and not stored.
    #[serde(skip)]
    pub(in crate::state) courses: Courses,
}

impl Patterns {
    /// Applies the next event. `exceptions` are all exceptions so far. If the event is an exception, it is already
    /// among them, as the last. After a change of whether a deployment started, the namings have to be applied again,
    /// and then all patterns evaluated ([`Patterns::evaluate_all`]). The same holds for a change of policy
    /// ([`Patterns::follow_policy`]).
    pub(in crate::state) fn see(
        &mut self,
        seen: PatternEvent<'_>,
        policy: &policy::InForce,
        exceptions: &Items<ExceptionItem>,
    ) {
        match seen {
            PatternEvent::Exception(item) => {
                if !item.says.counting.is_apart {
                    self.add(exceptions.next_place().saturating_sub(1), item);
                    self.evaluate_new(item, policy);
                }
            }
            PatternEvent::Approved(place, redesign) => self.approved(place, redesign),
            PatternEvent::Deployment(deployment, listed) => self.deployed(deployment, &listed),
            PatternEvent::Started(changed) => {
                self.undeploy(&changed, policy);
                changed.later.iter().for_each(|(later, listed)| self.deployed(later, listed));
            }
            PatternEvent::Triaged(moved, triaging) => self.triaged(moved, triaging, policy, exceptions),
        }
    }

    /// Takes a change of policy into account. Returns the lowest position of the effects that renamed targets took
    /// over.
    pub(in crate::state) fn follow_policy(
        &mut self,
        before: &policy::InForce,
        change: &PolicyChange<'_>,
    ) -> Option<u64> {
        self.part(before, change.policy);
        self.join(before, change, None);
        let taken_over = self.rename(before, change);
        self.judged_under = change.policy.version();
        taken_over
    }

    /// Adds an exception to the group of each of its causes.
    pub(in crate::state) fn add(&mut self, place: usize, item: &ExceptionItem) {
        let of = self.workflows.entry(item.workflow().clone()).or_default();
        let mut has_marks_again = false;
        for (cause, scope) in item.parts() {
            if matches!(cause, Cause::Named(_)) {
                self.with_cause.entry(cause.clone()).or_default().insert(item.workflow().clone());
            }
            let group = of.groups.entry(cause).or_default();
            has_marks_again |= group.marks.keys().any(|target| !group.is_named_on(target, &self.scopes));
            group.add(place, item, scope);
        }
        // A mark counts only where an exception has the cause. Courses cache the marks that count.
        if has_marks_again {
            self.courses.clear_workflow(item.workflow());
        }
    }

    /// Drops the groups, namings and redesigns that belong to none of these patterns. Also drops the times of expected
    /// exceptions if they are earlier than `expected`.
    pub(in crate::state) fn keep(
        &mut self,
        patterns: &BTreeSet<PatternName>,
        policy: &policy::InForce,
        expected: Time,
    ) {
        let is_kept = |workflow: &WorkflowName, cause: &Cause| {
            patterns.contains(&PatternName::new(workflow, cause, policy))
        };
        for (workflow, of) in &mut self.workflows {
            of.keep(|cause| is_kept(workflow, cause));
        }
        self.workflows.retain(|_, of| !of.is_empty());
        self.keep_namings_of_keys();
        self.note_approved_causes();
        for (cause, workflows) in &mut self.with_cause {
            workflows.retain(|workflow| is_kept(workflow, cause));
        }
        self.with_cause.retain(|_, workflows| !workflows.is_empty());
        self.expected.values_mut().for_each(|times| times.retain(|time| expected <= *time));
        self.expected.retain(|_, times| !times.is_empty());
        self.courses.clear();
    }

    /// Sets the causes that have an approved redesign.
    pub(super) fn note_approved_causes(&mut self) {
        let approved = self.workflows.values().flat_map(|of| &of.approved);
        self.approved_causes = approved.flat_map(|one| &one.causes).cloned().collect();
    }

    /// Returns the positions of all marks.
    pub(in crate::state) fn positions_of_marks(&self) -> impl Iterator<Item = u64> {
        let marks = self.written().flat_map(|(_, _, group)| group.marks.values());
        marks.map(|mark| mark.position)
    }

    /// Returns the places of the exceptions of a workflow that count under a cause, as written.
    pub(in crate::state) fn places_of(&self, workflow: &WorkflowName, cause: &Cause) -> Vec<usize> {
        let group = self.workflows.get(workflow).and_then(|of| of.groups.get(cause));
        group.map(|group| group.members.iter().map(|member| member.place).collect()).unwrap_or_default()
    }

    /// Decides how an exception counts, under the policy and the roster in force at its position. An expected exception
    /// counts apart, in no pattern, if the policy has an entry for it whose `max_per_window` is not exhausted.
    pub(in crate::state) fn counting(
        &mut self,
        exception: &Exception,
        created_at: Time,
        scope: Scope,
        policy: &policy::InForce,
    ) -> Counting {
        let earliest = created_at.minus(policy.max_backdating());
        let at = exception.occurred_at.unwrap_or(created_at).max(earliest);
        let scope = self.scopes.index_of(scope);
        let Some(name) = &exception.expected else { return Counting { at, scope, is_apart: false } };
        let times = self.expected.entry(name.clone()).or_default();
        let is_apart = policy.expected(name).is_some_and(|entry| {
            let window = entry.window.seconds();
            let within = times.len() - times.partition_point(|other| at.since(*other) >= window);
            u64::try_from(within).unwrap_or(u64::MAX) < entry.max_per_window.value()
        });
        times.insert(times.partition_point(|other| *other <= at), at);
        Counting { at, scope, is_apart }
    }

    fn approved(&mut self, place: usize, redesign: &RedesignItem) {
        let causes: Vec<RootCause> = redesign.says.root_causes.as_slice().to_vec();
        self.redesigned.insert(redesign.says.workflow.clone());
        self.approved_causes.extend(causes.iter().cloned());
        let of = self.workflows.entry(redesign.says.workflow.clone()).or_default();
        let position = redesign.approvals.effect().map_or(redesign.position, |effect| effect.position);
        let targets = redesign.targets.clone();
        of.approved.push(Approved { id: redesign.id, position, place, targets, causes });
        if let (Some(at), Some(effect)) = (redesign.in_force_from(), redesign.approvals.effect()) {
            for target in redesign.targets.iter() {
                self.reset(redesign, &target, effect.position, at);
            }
        }
    }

    /// Lets the redesigns of code that a deployment lists take effect on its target. After its approval, such a
    /// redesign takes effect with the first allowed expansion that lists it.
    fn deployed(&mut self, deployment: &Deployment, listed: &[&RedesignItem]) {
        for redesign in listed.iter().filter(|redesign| brings(deployment, redesign)) {
            self.reset(redesign, &deployment.target, deployment.position, deployment.says.at);
        }
    }

    /// If a deployment now counts as never started, undoes the effects of the redesigns that it brought. The next
    /// deployment that lists these redesigns may then bring them. If the deployment no longer counts as never started,
    /// undoes the effects that a later deployment brought in its place, so that this deployment can bring them again.
    fn undeploy(&mut self, changed: &StartedChange<'_>, policy: &policy::InForce) {
        let StartedChange { deployment, listed, .. } = changed;
        let brought: Vec<RecordId> =
            listed.iter().filter(|one| brings(deployment, one)).map(|one| one.id).collect();
        let is_listed = |reset: &Reset| brought.contains(&reset.redesign);
        let is_brought = |effect: &ResetEffect| {
            let is_later = effect.position > deployment.position;
            effect.position == deployment.position || is_later && !deployment.is_never_started()
        };
        for of in self.workflows.values_mut() {
            let mut undone: BTreeMap<RecordId, ResetEffect> = BTreeMap::new();
            let here = of.resets.get_mut(&deployment.target);
            for reset in here.into_iter().flat_map(BTreeMap::values_mut).filter(|reset| is_listed(reset)) {
                if let Some(effect) = reset.effect.filter(is_brought) {
                    undone.insert(reset.redesign, effect);
                    (reset.effect, reset.failed_at) = (None, None);
                }
            }
            // A renamed target may have taken over the effect from its former name.
            for (target, resets) in &mut of.resets {
                let had = policy.ever_named(target);
                if had.is_some_and(|names| names.contains(&deployment.target)) {
                    let taken_over = resets.values_mut().filter(|reset| {
                        reset.effect.is_some() && reset.effect == undone.get(&reset.redesign).copied()
                    });
                    taken_over.for_each(|reset| (reset.effect, reset.failed_at) = (None, None));
                }
            }
            for redesign in &brought {
                of.fail_again(*redesign, &deployment.target, policy);
            }
        }
    }

    /// Lets a redesign take effect on a target, unless it has already.
    fn reset(&mut self, redesign: &RedesignItem, target: &Target, position: u64, at: Time) {
        let of = self.workflows.entry(redesign.says.workflow.clone()).or_default();
        let reset = of.reset_mut(target, redesign.id, redesign.says.root_causes.as_slice());
        reset.effect = reset.effect.or(Some(ResetEffect { position, at }));
    }

    /// Returns when a redesign took effect on a target.
    pub fn took_effect(&self, redesign: &RedesignItem, target: &Target) -> Option<Time> {
        self.effect(redesign, target).map(|effect| effect.at)
    }

    /// Returns where and when a redesign took effect on a target.
    pub(in crate::state) fn effect(&self, redesign: &RedesignItem, target: &Target) -> Option<ResetEffect> {
        self.workflows.get(&redesign.says.workflow)?.resets.get(target)?.get(&redesign.id)?.effect
    }

    /// Whether this redesign was approved first among certain redesigns of the pattern: those that name the target or
    /// one of its former names. Only the first makes the pattern understood there.
    pub fn is_first_redesign(
        &self,
        redesign: &RedesignItem,
        pattern: &Pattern,
        target: &Target,
        policy: &policy::InForce,
    ) -> bool {
        let joined = self.joined(&pattern.workflow, Counts::from(&pattern.cause), policy);
        let is_named = |approved: &&Approved| {
            approved.targets.contains(target)
                || policy.former_names(target).iter().any(|name| approved.targets.contains(name))
        };
        let approved = joined.approved(ApprovedOf::EverJoined);
        approved.into_iter().find(is_named).is_some_and(|first| first.id == redesign.id)
    }

    /// Whether a redesign of a cause was approved, in any workflow.
    pub(in crate::state) fn is_redesigned(&self, cause: &RootCause, policy: &policy::InForce) -> bool {
        let mut written = policy.written_as(policy.cause(cause)).into_iter();
        written.any(|named| self.approved_causes.contains(named))
    }
}

/// Whether a deployment brings a redesign of code that it lists: it is an allowed expansion, the redesign names its
/// target, and was approved before it.
fn brings(deployment: &Deployment, redesign: &RedesignItem) -> bool {
    let effect = redesign.approvals.effect();
    deployment.is_allowed_expansion()
        && redesign.says.change == ChangeKind::Code
        && redesign.touches(&deployment.target)
        && effect.is_some_and(|effect| effect.position < deployment.position)
}
