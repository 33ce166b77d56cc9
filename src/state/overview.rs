//! Patterns over all targets: what comes back, how often, where it closes, and what may be the same.

use std::collections::{BTreeMap, BTreeSet};

use super::occasion::occasions;
use super::{Cause, ExceptionItem, Occasion, Pattern, State};
use crate::record::kind::exception::{Failure, Origin};
use crate::value::{RecordId, Target, Time, WorkflowName};

/// A pattern, over all targets.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The workflow.
    pub workflow: WorkflowName,
    /// The cause that counts.
    pub cause: Cause,
    /// Its occasions that began less than the window ago, oldest first.
    pub recent: Vec<Occasion>,
    /// Its occasions ever.
    pub occasions: usize,
    /// Its exceptions ever.
    pub exceptions: Vec<RecordId>,
    /// When the first and the last happened.
    pub first: Time,
    /// When the last happened.
    pub last: Time,
    /// The kind of failure, of the newest that names one.
    pub failure: Option<Failure>,
    /// Where it comes from, of the newest that names it.
    pub origin: Option<Origin>,
    /// Targets on which it repeats, with the pattern as the gate sees it there.
    pub repeats_on: Vec<(Target, Pattern)>,
    /// Targets that it touches, where one occasion more would make it repeat.
    pub one_short_on: Vec<Target>,
    /// Credentials and identities that set it off.
    pub identities: BTreeSet<String>,
}

impl State {
    /// Every pattern, those that repeat first, then by how many occasions are recent.
    pub fn overview(&self, now: Time) -> Vec<Overview> {
        let mut on_targets: BTreeMap<(WorkflowName, Cause), Vec<(Target, Pattern)>> = BTreeMap::new();
        for target in self.policy.targets().iter().map(crate::record::kind::policy::TargetRules::target) {
            for pattern in self.patterns.on(&target, &self.policy, &self.exceptions, now) {
                let key = (pattern.workflow.clone(), pattern.cause.clone());
                on_targets.entry(key).or_default().push((target.clone(), pattern));
            }
        }
        let groups = self.patterns.groups(&self.policy, &self.exceptions);
        let mut found: Vec<Overview> = groups
            .into_iter()
            .filter_map(|(workflow, cause, members)| {
                let here = on_targets.remove(&(workflow.clone(), cause.clone())).unwrap_or_default();
                self.one(workflow, cause, &members, here, now)
            })
            .collect();
        found.sort_by_key(|it| (it.repeats_on.is_empty(), std::cmp::Reverse(it.recent.len())));
        found
    }

    fn one(
        &self,
        workflow: WorkflowName,
        cause: Cause,
        members: &[&ExceptionItem],
        here: Vec<(Target, Pattern)>,
        now: Time,
    ) -> Option<Overview> {
        let mut targets: Vec<Target> = members.iter().flat_map(|item| item.targets.iter().cloned()).collect();
        targets.sort();
        targets.dedup();
        let rules = self.policy.strictest(&targets).recurrence;
        let occasions = occasions(members, &rules);
        let is_recent = |it: &&Occasion| now.since(it.at) < rules.window.seconds();
        let (repeats, others): (Vec<_>, Vec<_>) = here.into_iter().partition(|(_, it)| it.repeats);
        let one_short = others.into_iter().filter(|(target, pattern)| {
            let rules = self.policy.rules(target).recurrence;
            let recent = u64::try_from(pattern.recent(&rules, now)).unwrap_or(u64::MAX);
            recent > 0 && recent + 1 >= rules.threshold
        });
        Some(Overview {
            recent: occasions.iter().filter(is_recent).cloned().collect(),
            occasions: occasions.len(),
            exceptions: members.iter().map(|item| item.id).collect(),
            first: members.iter().map(|item| item.happened_at()).min()?,
            last: members.iter().map(|item| item.happened_at()).max()?,
            failure: members.iter().rev().find_map(|item| item.failure()),
            origin: members.iter().rev().find_map(|item| item.origin()),
            repeats_on: repeats,
            one_short_on: one_short.map(|(target, _)| target).collect(),
            identities: members.iter().map(|it| it.says.exception.trigger.identity.to_string()).collect(),
            workflow,
            cause,
        })
    }
}
