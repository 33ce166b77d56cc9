//! What a change of policy does to patterns that it joins or splits (ledger-schema/deployment.md, Repeating and
//! Redesigns).

use super::mark::Mark;
use super::name::{PatternName, WrittenNames};
use super::patterns::Patterns;
use super::seen::PolicyChange;
use super::workflow::Approved;
use crate::policy;
use crate::state::item::Cause;
use crate::value::{RootCause, Target, WorkflowName};

impl Patterns {
    /// Keeps a repeating pattern open if a new policy joins it with a pattern that a redesign has resolved. From then
    /// on, only a redesign that takes effect after the change of policy resolves the joined pattern. If `of` is given,
    /// only the marks of these workflows and causes are considered.
    pub(in crate::state) fn join(
        &mut self,
        before: &policy::InForce,
        change: &PolicyChange<'_>,
        of: Option<&WrittenNames>,
    ) {
        if !change.policy.joins_causes() {
            return;
        }
        let mut kept: Vec<(WorkflowName, Cause, Target, Mark)> = Vec::new();
        for (workflow, cause, group) in self.written() {
            if group.marks.is_empty() || of.is_some_and(|of| !of.has(workflow, cause)) {
                continue;
            }
            let was = PatternName::new(workflow, cause, before);
            let is = PatternName::new(workflow, cause, change.policy);
            let (was, is) = (self.named(&was, before), self.named(&is, change.policy));
            let until = change.until();
            for (target, mark) in &group.marks {
                let was_open = !was.is_resolved_by(target, *mark, &until);
                if was_open && is.is_resolved_by(target, *mark, &until) {
                    let mark = Mark { resolved_behind: until.position, ..*mark };
                    kept.push((workflow.clone(), cause.clone(), target.clone(), mark));
                }
            }
        }
        for (workflow, cause, target, mark) in kept {
            let group = self.workflows.get_mut(&workflow).and_then(|of| of.groups.get_mut(&cause));
            if let Some(group) = group {
                group.set_mark(target, mark);
            }
        }
    }

    /// Keeps the approved redesigns of each cause that a new policy no longer shares. They still count for every
    /// workflow when the first approved redesign is determined.
    pub(in crate::state) fn part(&mut self, before: &policy::InForce, policy: &policy::InForce) {
        let is_parted = |cause: &RootCause| before.is_shared(cause) && !policy.is_shared(cause);
        let approved = self.workflows.values().flat_map(|of| &of.approved);
        let parted = approved.filter(|one| one.causes.iter().any(is_parted));
        let new = parted.filter(|one| self.used.iter().all(|known| known.id != one.id));
        let new: Vec<Approved> = new.cloned().collect();
        self.used.extend(new);
    }
}
