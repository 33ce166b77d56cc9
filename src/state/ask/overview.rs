//! The overview of patterns over all targets: how often a pattern occurs, on which targets it repeats, and on which one
//! more occasion would make it repeat.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::policy::TargetRules;
use crate::state::fold::State;
use crate::state::item::Cause;
use crate::state::pattern::{
    Occasion, Pattern, PatternName, Patterns, Timeline, WrittenGroup, members, pattern_name, recent,
    workflows_of,
};
use crate::value::{RecordId, Target, Targets, Time, WorkflowName};

/// The patterns of each target of the policy, as the gate evaluates them.
pub type OnTargets = BTreeMap<Target, Arc<Vec<Pattern>>>;

/// The patterns at a time.
#[derive(Debug, Clone)]
pub struct PatternsAt {
    /// On each target.
    pub on_targets: OnTargets,
    /// Over all targets. Patterns that repeat come before the others; in both groups, those with the most recent
    /// occasions come first.
    pub overview: Vec<Overview>,
}

/// A pattern, over all targets.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The workflow. If the policy shares the cause, this is the first of the workflows that have it.
    pub workflow: WorkflowName,
    /// The other workflows, if the policy shares the cause.
    pub others: Vec<WorkflowName>,
    /// The cause, with `same_cause` of the policy applied.
    pub cause: Cause,
    /// The occasions that began within the recurrence window before the given time, oldest first.
    pub recent: Vec<Occasion>,
    /// The number of all exceptions of the pattern.
    pub exceptions: usize,
    /// The exceptions of the recent occasions. If the pattern is untriaged, these are all its exceptions, because one
    /// triage has to name them together.
    pub ids: Vec<RecordId>,
    /// The newest exception.
    pub newest: RecordId,
    /// The time of the first exception.
    pub first: Time,
    /// The time of the last exception.
    pub last: Time,
    /// The kind of failure of the newest exception that names one.
    pub failure: Option<Failure>,
    /// The origin of the newest exception that names one.
    pub origin: Option<Origin>,
    /// The targets on which it repeats.
    pub repeats_on: Vec<Target>,
    /// The time of the exception by which it was first found to repeat on one of these targets.
    pub repeats_since: Option<Time>,
    /// The targets that it touches and on which one more occasion would make it repeat.
    pub one_short_on: Vec<Target>,
}

/// A pattern on the targets where it counts.
#[derive(Clone, Copy)]
struct OnItsTargets<'a> {
    here: &'a [(&'a Target, &'a Pattern)],
    /// For each exception by which a pattern was found to repeat, the time that counts for recurrence, by position.
    found_at: &'a BTreeMap<u64, Time>,
}

impl Overview {
    /// Returns its workflows and its cause, as people read it.
    pub fn name(&self) -> String {
        pattern_name(&self.workflow, &self.others, &self.cause)
    }
}

impl Patterns {
    /// Returns the targets that the exceptions of some groups touch.
    fn touched_by(&self, groups: &[WrittenGroup<'_>]) -> Targets {
        let scopes: BTreeSet<usize> =
            groups.iter().flat_map(|(_, _, group)| &group.scopes).copied().collect();
        let touched: Vec<Targets> =
            scopes.into_iter().filter_map(|scope| self.scopes.touched(scope)).collect();
        Targets::union(&touched)
    }
}

impl State {
    /// Returns the patterns of each target of the policy at `now`.
    pub fn on_targets(&self, now: Time) -> OnTargets {
        let targets = self.policy.targets().iter().map(TargetRules::target);
        targets.map(|target| (target.clone(), self.patterns_on(&target, now))).collect()
    }

    /// Returns the patterns at `now`, on each target and over all targets.
    pub fn patterns_at(&self, now: Time) -> PatternsAt {
        let on_targets = self.on_targets(now);
        let overview = self.overview(&on_targets, now);
        PatternsAt { on_targets, overview }
    }

    /// Returns every pattern that the state holds. Patterns that repeat come before the others; in both groups, those with the most recent
    /// occasions come first.
    fn overview(&self, on_targets: &OnTargets, now: Time) -> Vec<Overview> {
        let mut here: BTreeMap<PatternName, Vec<(&Target, &Pattern)>> = BTreeMap::new();
        for (target, patterns) in on_targets {
            for pattern in patterns.iter() {
                let name = PatternName::of_counted(&pattern.workflow, &pattern.cause, &self.policy);
                here.entry(name).or_default().push((target, pattern));
            }
        }
        let found_at = self.times_at(here.values().flatten().filter_map(|(_, pattern)| pattern.found_at));
        let groups = self.patterns.groups(&self.policy).into_iter();
        let mut found: Vec<Overview> = groups
            .filter_map(|(name, groups)| {
                let here = here.get(&name).map_or(&[][..], Vec::as_slice);
                self.overview_of(&name.cause, &groups, OnItsTargets { here, found_at: &found_at }, now)
            })
            .collect();
        found.sort_by_key(|pattern| (pattern.repeats_on.is_empty(), Reverse(pattern.recent.len())));
        found
    }

    /// Returns, for the exceptions at some positions, the times that count for recurrence.
    fn times_at(&self, positions: impl Iterator<Item = u64>) -> BTreeMap<u64, Time> {
        let positions: BTreeSet<u64> = positions.collect();
        // A struck exception counts in no pattern any more, but the state holds it.
        let held = self.exceptions.iter().map(|item| (item.position, item.counts_at()));
        let members = self.patterns.written().flat_map(|(_, _, group)| &group.members);
        let times = members.map(|member| (member.when.position, member.when.at)).chain(held);
        times.filter(|(position, _)| positions.contains(position)).collect()
    }

    fn overview_of(
        &self,
        cause: &Cause,
        groups: &[WrittenGroup<'_>],
        on: OnItsTargets<'_>,
        now: Time,
    ) -> Option<Overview> {
        let here = on.here;
        let (workflow, others) = workflows_of(groups)?;
        let targets = self.patterns.touched_by(groups);
        let rules = self.policy.strictest(&targets).recurrence;
        let all = || groups.iter().map(|(_, _, group)| group);
        // An exception that has another name on every target that it touches is shown under that name only.
        let scopes = all().flat_map(|group| &group.scopes);
        let shown: BTreeSet<usize> =
            scopes.copied().filter(|scope| self.patterns.scopes.touches_any(*scope)).collect();
        let mut members = members(groups);
        members.retain(|member| shown.contains(&member.scope));
        let newest = members.iter().max_by_key(|member| member.place)?.id;
        let times = || members.iter().map(|member| member.when.at);
        let (first, last) = (times().min()?, times().max()?);
        let untriaged: Vec<RecordId> = match cause {
            Cause::Untriaged(_) => members.iter().map(|member| member.id).collect(),
            Cause::Named(_) => Vec::new(),
        };
        members.dedup_by_key(|member| member.place);
        let exceptions = members.len();
        let mut lately = Vec::new();
        if now.since(last) < rules.window.seconds() {
            let timeline = Timeline::of(recent(members, &rules, now), rules.same_occasion);
            lately = timeline.occasions().iter().map(Occasion::from).collect();
            lately.retain(|occasion| now.since(occasion.at) < rules.window.seconds());
        }
        let is_one_short = |(target, pattern): &&(&Target, &Pattern)| {
            let rules = self.policy.rules(target).recurrence;
            let recent = u64::try_from(pattern.recent(&rules, now)).unwrap_or(u64::MAX);
            !pattern.repeats && recent > 0 && recent + 1 >= rules.threshold
        };
        let repeats = here.iter().filter(|(_, pattern)| pattern.repeats);
        let of_occasions = lately.iter().flat_map(|occasion: &Occasion| occasion.exceptions.iter().copied());
        let ids = if untriaged.is_empty() { of_occasions.collect() } else { untriaged };
        Some(Overview {
            ids,
            workflow,
            others,
            cause: cause.clone(),
            recent: lately,
            exceptions,
            newest,
            first,
            last,
            failure: all().filter_map(|group| group.failure).max().map(|(_, failure)| failure),
            origin: all().filter_map(|group| group.origin).max().map(|(_, origin)| origin),
            repeats_since: repeats
                .clone()
                .filter_map(|(_, pattern)| on.found_at.get(&pattern.found_at?).copied())
                .min(),
            repeats_on: repeats.map(|(target, _)| (*target).clone()).collect(),
            one_short_on: here.iter().filter(is_one_short).map(|(target, _)| (*target).clone()).collect(),
        })
    }
}
