//! The effect of a triage on patterns.

use std::collections::{BTreeMap, BTreeSet};

use super::group::Group;
use super::mark::Mark;
use super::name::PatternName;
use super::patterns::Patterns;
use super::seen::{MovedException, Triaging};
use crate::policy;
use crate::state::item::{Cause, ExceptionItem, Items};
use crate::value::{Target, WorkflowName};

impl Patterns {
    /// Moves exceptions to the groups of their new causes. Exceptions that are struck are taken out of their groups.
    pub(in crate::state) fn triaged(
        &mut self,
        moved: &[MovedException],
        triaging: Triaging<'_>,
        policy: &policy::InForce,
        exceptions: &Items<ExceptionItem>,
    ) {
        let mut patterns: BTreeSet<PatternName> = BTreeSet::new();
        let mut left = self.leave(moved, exceptions);
        for MovedException { place, workflow, causes, was_struck } in moved {
            let Some(item) = exceptions.at(*place) else { continue };
            let of_causes = causes.iter().filter_map(|cause| left.marks.get(&(workflow, cause)));
            let marks: Vec<(Target, Mark)> =
                of_causes.flatten().map(|(target, mark)| (target.clone(), *mark)).collect();
            let was_in = left.places.remove(place);
            // An exception that is no longer struck counts again, unless it counts apart.
            let counts_again = *was_struck && !item.is_struck() && !item.says.counting.is_apart;
            if !was_in && !counts_again {
                continue;
            }
            if !item.is_struck() {
                self.add(*place, item);
                let parts = item.parts().into_iter();
                patterns.extend(parts.map(|(cause, _)| PatternName::new(item.workflow(), &cause, policy)));
            }
            if matches!(triaging, Triaging::Names) {
                let of = self.workflows.entry(item.workflow().clone()).or_default();
                let group = of.groups.entry(item.cause()).or_default();
                marks.into_iter().for_each(|(target, mark)| group.set_mark(target, mark));
                self.forget_marks(workflow, causes);
            } else if was_in {
                patterns.extend(causes.iter().map(|cause| PatternName::new(workflow, cause, policy)));
            }
        }
        for (workflow, cause) in left.marks.keys().copied() {
            self.courses.clear_workflow(workflow);
            if let Some(of) = self.workflows.get_mut(workflow)
                && of.groups.get(cause).is_some_and(Group::is_empty)
            {
                of.groups.remove(cause);
            }
        }
        patterns.iter().for_each(|pattern| self.courses.clear_pattern(pattern));
        match triaging {
            Triaging::TakesOut(changes) => self.evaluate_again(&patterns, policy, changes),
            Triaging::NamesAgain => {}
            Triaging::Names => {
                patterns.iter().for_each(|pattern| self.evaluate_last(pattern, policy));
            }
        }
    }

    /// Clears the marks of groups that all exceptions have left. The group that they joined has these marks now.
    fn forget_marks(&mut self, workflow: &WorkflowName, causes: &[Cause]) {
        let Some(of) = self.workflows.get_mut(workflow) else { return };
        for cause in causes {
            if let Some(group) = of.groups.get_mut(cause).filter(|group| group.members.is_empty()) {
                group.marks.clear();
            }
        }
    }

    /// Takes exceptions out of their groups. Returns which exceptions were members, and the marks of the groups.
    fn leave<'a>(
        &mut self,
        moved: &'a [MovedException],
        exceptions: &Items<ExceptionItem>,
    ) -> LeftGroups<'a> {
        let mut of_groups: BTreeMap<(&WorkflowName, &Cause), BTreeSet<usize>> = BTreeMap::new();
        for MovedException { place, workflow, causes, .. } in moved {
            for cause in causes {
                of_groups.entry((workflow, cause)).or_default().insert(*place);
            }
        }
        let mut left = LeftGroups::default();
        for ((workflow, cause), places) in of_groups {
            let group = self.workflows.get_mut(workflow).and_then(|of| of.groups.get_mut(cause));
            let Some(group) = group else { continue };
            left.places.extend(group.remove(&places, exceptions));
            left.marks.insert((workflow, cause), group.marks.clone());
        }
        left
    }
}

/// The groups that exceptions have left.
#[derive(Default)]
struct LeftGroups<'a> {
    /// The places of the exceptions that were members of such a group.
    places: BTreeSet<usize>,
    /// The marks of each group, by its workflow and cause.
    marks: BTreeMap<(&'a WorkflowName, &'a Cause), BTreeMap<Target, Mark>>,
}
