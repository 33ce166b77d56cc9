//! Which patterns a live state keeps, with their redesigns.

use std::collections::BTreeSet;

use super::components::Components;
use super::dormant::Dormancy;
use super::kept::Kept;
use super::left_out::{LeavingOut, LeftOutName};
use crate::record::kind::exception::Exception;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::triage::Triage;
use crate::state::State;
use crate::state::item::{Cause, ExceptionItem, RedesignItem};
use crate::state::pattern::PatternName;
use crate::value::{RecordId, WorkflowName};
use crate::verify::Past;

impl State {
    /// Whether a pattern still matters. It does if it had an exception recently. It also does if, on any target, it
    /// repeats or one of its redesigns has failed.
    fn matters(&self, name: &PatternName, kept: &Kept) -> bool {
        let joined = self.patterns.named(name, &self.policy);
        let groups = joined.groups();
        let newest = groups.iter().filter_map(|(_, _, group)| group.span).map(|(_, last)| last).max();
        let is_open = |target: &TargetRules| {
            let target = target.target();
            let mut marks = groups.iter().filter_map(|(_, _, group)| group.mark(&target));
            marks.any(|mark| !joined.is_resolved(&target, mark, kept.since))
                || joined.resets_on(&target).any(|reset| reset.failure().is_some())
        };
        newest.is_some_and(|newest| kept.counted <= newest) || self.policy.targets().iter().any(is_open)
    }

    /// Returns the patterns that a redesign names.
    pub(super) fn patterns_named_by(&self, redesign: &RedesignItem) -> impl Iterator<Item = PatternName> {
        let says = &redesign.says;
        let causes = says.root_causes.iter().map(|cause| Cause::Named(cause.clone()));
        causes.map(|cause| PatternName::new(&says.workflow, &cause, &self.policy))
    }

    /// Returns the patterns in which an exception counts.
    pub(super) fn patterns_with(&self, item: &ExceptionItem) -> impl Iterator<Item = PatternName> {
        let parts = item.parts().into_iter();
        parts.map(|(cause, _)| PatternName::new(item.workflow(), &cause, &self.policy))
    }

    /// Returns the patterns that must be kept, and all patterns that are connected with these.
    fn patterns_to_keep(&self, components: &Components, kept: &Kept) -> BTreeSet<PatternName> {
        let mut found: BTreeSet<PatternName> =
            components.patterns().filter(|name| self.matters(name, kept)).cloned().collect();
        let pending = self.redesigns.iter().filter(|redesign| self.is_pending(redesign, kept));
        found.extend(pending.flat_map(|redesign| self.patterns_named_by(redesign)));
        for triage in self.open_triages() {
            found.extend(self.patterns_triaged_by(&triage.says.triage));
        }
        components.connected_with(&found)
    }

    /// Whether a decision may depend on a redesign, even if none of its patterns repeats. It may if the redesign is not
    /// approved or is recent, if it is the follow-up of a review, or if it is not settled on all of its targets.
    pub(super) fn is_pending(&self, redesign: &RedesignItem, kept: &Kept) -> bool {
        redesign.approvals.effect().is_none()
            || kept.recent <= redesign.created_at
            || kept.looked_up.contains(&redesign.id)
            || !redesign.targets.iter().all(|target| self.is_settled(redesign, &target, kept.since))
    }

    /// Returns the patterns that a triage can change. For each exception that the triage names, these are the patterns
    /// in which the exception counts now, would count without any triage, or will count after this triage.
    pub(super) fn patterns_triaged_by(&self, triage: &Triage) -> Vec<PatternName> {
        let mut found = Vec::new();
        for item in triage.of.iter().filter_map(|id| self.exception(id)) {
            found.extend(self.patterns_before_and_after(&item.says.exception, item.workflow(), triage));
            found.extend(self.patterns_with(item));
        }
        found
    }

    /// Returns the patterns that a triage can change if it names an exception that is not folded yet.
    pub(super) fn patterns_of_new(&self, exception: &Exception, triage: &Triage) -> Vec<PatternName> {
        let mut found = self.patterns_before_and_after(exception, &exception.workflow, triage);
        let symptom = exception.symptom.iter();
        let namings = symptom.flat_map(|symptom| self.patterns.namings_of(&exception.workflow, symptom));
        found.extend(namings.map(|naming| {
            let cause = Cause::Named(naming.root_cause.clone());
            PatternName::new(&exception.workflow, &cause, &self.policy)
        }));
        found
    }

    /// Returns the patterns that an exception can be in before and after a triage. `now` is the workflow of the
    /// exception before the triage.
    fn patterns_before_and_after(
        &self,
        exception: &Exception,
        now: &WorkflowName,
        triage: &Triage,
    ) -> Vec<PatternName> {
        let own = exception.root_cause.clone().map(Cause::Named);
        let causes = [own, triage.root_cause.clone().map(Cause::Named)].into_iter().flatten();
        let causes: Vec<Cause> = causes.chain([Cause::Untriaged(exception.symptom.clone())]).collect();
        let workflows = [Some(&exception.workflow), Some(now), triage.workflow.as_ref()];
        let named =
            |workflow| causes.iter().map(move |cause| PatternName::new(workflow, cause, &self.policy));
        workflows.into_iter().flatten().flat_map(named).collect()
    }

    /// Returns the records that the reviews of open overrides name as follow-ups.
    fn follow_ups(&self) -> impl Iterator<Item = RecordId> {
        self.open_overrides().flat_map(|item| &item.says.reviews).flat_map(|review| review.follow_up.clone())
    }

    /// Decides which patterns are kept, and leaves out the others and their redesigns. Returns which of the kept ones are
    /// dormant.
    pub(super) fn leave_out_patterns(
        &mut self,
        past: &Past,
        kept: &mut Kept,
        left_out: &mut LeavingOut,
    ) -> Dormancy {
        let redesigns = self.redesigns.iter().map(|redesign| &*redesign.says);
        let components = Components::new(&self.patterns, redesigns, &self.policy, past);
        kept.looked_up.extend(self.follow_ups());
        kept.patterns = self.patterns_to_keep(&components, kept);
        let dormancy = self.dormancy(&components, kept);
        for name in components.patterns().filter(|name| !kept.patterns.contains(*name)) {
            left_out.name(&LeftOutName::Pattern(name));
        }
        let (patterns, policy) = (&kept.patterns, self.policy.clone());
        let is_kept = |redesign: &RedesignItem| {
            let mut causes = redesign.says.root_causes.iter().map(|cause| Cause::Named(cause.clone()));
            causes.any(|cause| patterns.contains(&PatternName::new(&redesign.says.workflow, &cause, &policy)))
        };
        self.redesigns.keep(|_, redesign| {
            let keeps = is_kept(redesign);
            if !keeps {
                left_out.record(redesign.position);
                for cause in &redesign.says.root_causes {
                    left_out.name(&LeftOutName::Redesigned(policy.cause(cause)));
                }
            }
            keeps
        });
        self.patterns.keep(patterns, &policy, kept.expected);
        dormancy
    }
}
