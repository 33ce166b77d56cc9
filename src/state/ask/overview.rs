//! Patterns over all targets: what comes back, how often, where it closes, and what may be the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::policy::TargetRules;
use crate::state::fold::State;
use crate::state::item::{Cause, Counts};
use crate::state::pattern::{Group, Occasion, Pattern, members, occasions, recent};
use crate::value::{RecordId, Target, Time, WorkflowName};

/// The patterns of each target of the policy, as the gate sees them there.
pub type OnTargets = BTreeMap<Target, Arc<Vec<Pattern>>>;

/// A pattern, over all targets.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The workflow.
    pub workflow: WorkflowName,
    /// The cause that counts.
    pub cause: Cause,
    /// Its occasions that began less than the window ago, oldest first.
    pub recent: Vec<Occasion>,
    /// Its exceptions ever.
    pub exceptions: usize,
    /// Those of the recent occasions; of what nobody has named, all, as they are named together.
    pub ids: Vec<RecordId>,
    /// The newest of them.
    pub newest: RecordId,
    /// When the first of them happened.
    pub first: Time,
    /// When the last of them happened.
    pub last: Time,
    /// The kind of failure, of the newest that names one.
    pub failure: Option<Failure>,
    /// Where it comes from, of the newest that names it.
    pub origin: Option<Origin>,
    /// Targets on which it repeats.
    pub repeats_on: Vec<Target>,
    /// Targets that it touches, where one occasion more would make it repeat.
    pub one_short_on: Vec<Target>,
}

impl State {
    /// The patterns of each target of the policy at a time.
    pub fn on_targets(&self, now: Time) -> OnTargets {
        let targets = self.policy.targets().iter().map(TargetRules::target);
        targets.map(|target| (target.clone(), self.patterns_on(&target, now))).collect()
    }

    /// Every pattern, those that repeat first, then by how many occasions are recent.
    pub fn overview(&self, on_targets: &OnTargets, now: Time) -> Vec<Overview> {
        let mut here: BTreeMap<(&WorkflowName, Counts<'_>), Vec<(&Target, &Pattern)>> = BTreeMap::new();
        for (target, patterns) in on_targets {
            for pattern in patterns.iter() {
                let cause = pattern.cause.under(&self.policy);
                here.entry((&pattern.workflow, cause)).or_default().push((target, pattern));
            }
        }
        let groups = self.patterns.groups(&self.policy).into_iter();
        let mut found: Vec<Overview> = groups
            .filter_map(|((workflow, cause), groups)| {
                let here = here.get(&(workflow, cause)).map_or(&[][..], Vec::as_slice);
                self.one(workflow, cause, &groups, here, now)
            })
            .collect();
        found.sort_by_key(|it| (it.repeats_on.is_empty(), std::cmp::Reverse(it.recent.len())));
        found
    }

    fn one(
        &self,
        workflow: &WorkflowName,
        cause: Counts<'_>,
        groups: &[(&Cause, &Group)],
        here: &[(&Target, &Pattern)],
        now: Time,
    ) -> Option<Overview> {
        let mut targets = self.patterns.targets(groups.iter().flat_map(|(_, group)| group.targets()));
        targets.sort();
        targets.dedup();
        let rules = self.policy.strictest(&targets).recurrence;
        let heads = || groups.iter().map(|(_, group)| &group.head);
        let newest = self.exceptions.id(heads().map(|head| head.newest).max()?)?;
        let spans = heads().filter_map(|head| head.span);
        let (first, last) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let untriaged: Vec<RecordId> = match cause {
            Counts::Untriaged(_) => members(groups).iter().map(|it| it.member.id).collect(),
            Counts::Named(_) => Vec::new(),
        };
        let mut lately = Vec::new();
        if now.since(last) < rules.window.seconds() {
            lately = occasions(&recent(members(groups), &rules, now), &rules);
            lately.retain(|it| now.since(it.at) < rules.window.seconds());
        }
        let is_one_short = |(target, pattern): &&(&Target, &Pattern)| {
            let rules = self.policy.rules(target).recurrence;
            let recent = u64::try_from(pattern.recent(&rules, now)).unwrap_or(u64::MAX);
            !pattern.repeats && recent > 0 && recent + 1 >= rules.threshold
        };
        let repeats = here.iter().filter(|(_, pattern)| pattern.repeats);
        let of_occasions = lately.iter().flat_map(|it: &Occasion| it.exceptions.iter().copied());
        let ids = if untriaged.is_empty() { of_occasions.collect() } else { untriaged };
        Some(Overview {
            ids,
            workflow: workflow.clone(),
            cause: cause.into(),
            recent: lately,
            exceptions: heads().map(|head| head.count).sum(),
            newest,
            first,
            last,
            failure: heads().filter_map(|head| head.failure).max().map(|(_, failure)| failure),
            origin: heads().filter_map(|head| head.origin).max().map(|(_, origin)| origin),
            repeats_on: repeats.map(|(target, _)| (*target).clone()).collect(),
            one_short_on: here.iter().filter(is_one_short).map(|(target, _)| (*target).clone()).collect(),
        })
    }
}
