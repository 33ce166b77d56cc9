//! Evaluation: whether a pattern repeats on a target, and whether a redesign of it has failed there.

use std::collections::{BTreeMap, BTreeSet};

use super::as_of::{AsOf, EvaluatedOn};
use super::course::{CourseKey, PatternCourse};
use super::courses::{CoursesOfPattern, Until};
use super::group::{GroupMember, WrittenGroup};
use super::mark::Mark;
use super::name::PatternName;
use super::patterns::Patterns;
use super::reset::ResetEffect;
use crate::policy::{self, RecurrenceRules};
use crate::state::item::{Cause, ExceptionItem, When};
use crate::value::{RecordId, Target, WorkflowName};

/// A finding about a pattern on a target.
enum PatternFinding {
    Repeats,
    /// Redesigns of the pattern failed: those with this effect.
    Failed(ResetEffect),
}

/// What to evaluate of a pattern on a target.
struct ToJudge<'a> {
    rules: &'a RecurrenceRules,
    /// The last effect that a redesign of the pattern had there. Redesigns that failed are passed over.
    reset: Option<ResetEffect>,
    /// Whether the pattern is known to repeat.
    is_known: bool,
}

/// What to evaluate of a pattern on each target, by the key of the pattern's course there.
type AllToJudge<'a> = BTreeMap<CourseKey, BTreeMap<&'a Target, ToJudge<'a>>>;

impl Patterns {
    /// Evaluates every pattern again, as of its last exception, after a change of policy.
    pub(in crate::state) fn evaluate_all(&mut self, policy: &policy::InForce) {
        self.courses.clear();
        let mut patterns: BTreeSet<PatternName> = BTreeSet::new();
        for (workflow, of) in &self.workflows {
            patterns.extend(of.groups.keys().map(|cause| PatternName::new(workflow, cause, policy)));
        }
        patterns.iter().for_each(|pattern| self.evaluate_last(pattern, policy));
    }

    /// Evaluates a pattern on each target of the policy, as of the last exception that it has there.
    pub(in crate::state) fn evaluate_last(&mut self, pattern: &PatternName, policy: &policy::InForce) {
        let rules = self.courses.rules(policy);
        let groups = self.named(pattern, policy).groups();
        let last = groups.iter().flat_map(|group| self.last_of_group(group)).collect();
        for (as_of, on) in self.last_on_targets(last, &rules) {
            self.evaluate(&as_of, &on, Until::Position(u64::MAX), policy);
        }
    }

    /// Evaluates the patterns of a new exception. On each target of the policy, it is in the pattern of the cause that it
    /// has there.
    pub(super) fn evaluate_new(&mut self, item: &ExceptionItem, policy: &policy::InForce) {
        let rules = self.courses.rules(policy);
        for (written, scope) in item.parts() {
            let as_of = AsOf { workflow: item.workflow().clone(), written, when: item.when(), scope };
            let on = self.named_targets(&as_of, &rules);
            self.evaluate(&as_of, &on, Until::Itself, policy);
        }
    }

    /// Evaluates a pattern on some targets of the policy, as of one of its exceptions. Only exceptions up to `until` are
    /// considered.
    pub(super) fn evaluate(
        &mut self,
        as_of: &AsOf,
        on: &EvaluatedOn,
        until: Until,
        policy: &policy::InForce,
    ) {
        let AsOf { workflow, written, when: as_of, .. } = as_of;
        let as_of = *as_of;
        let pattern = PatternName::new(workflow, written, policy);
        let rules = self.courses.rules(policy);
        let mut courses = self.courses.take(&pattern);
        let mut found: Vec<(Target, PatternFinding)> = Vec::new();
        let mut marks = courses.marks.take().unwrap_or_else(|| self.named(&pattern, policy).marks());
        let rules_on: Vec<&(Target, RecurrenceRules)> =
            rules.iter().filter(|(target, _)| on.has(target)).collect();
        let to_judge = self.to_judge(&pattern, &marks, as_of, &rules_on, policy);
        let (position, own) = match until {
            Until::Itself => (as_of.position, Some(workflow).filter(|_| courses.last.is_some())),
            Until::Position(position) => (position, None),
        };
        self.catch_up(&pattern, &mut courses, own, position, policy);
        self.follow(&pattern, &mut courses, &to_judge, position, policy);
        for course in &mut courses.list {
            let Some(judged) = to_judge.get(&course.key) else { continue };
            for target in course.judged_anew(&self.scopes) {
                let found_there = judged.get(&target).and_then(|judged| self.judge(course, &target, judged));
                found.extend(found_there.map(|found| (target, found)));
            }
        }
        self.set_marks(&pattern, &found, as_of.position, position, policy);
        for (target, _) in &found {
            let found = Mark::at(as_of.position);
            let mark = marks.entry(target.clone()).or_insert(found);
            *mark = mark.later(found);
        }
        courses.marks = Some(marks);
        self.courses.keep(pattern, courses);
    }

    /// Returns what to evaluate on each target. If the pattern is known to repeat on a target, the only question left
    /// there is whether a redesign has failed.
    fn to_judge<'a>(
        &self,
        pattern: &PatternName,
        marks: &BTreeMap<Target, Mark>,
        as_of: When,
        rules: &[&'a (Target, RecurrenceRules)],
        policy: &policy::InForce,
    ) -> AllToJudge<'a> {
        let mut all = AllToJudge::new();
        let joined = self.named(pattern, policy);
        for (target, rules) in rules {
            let reset = joined.last_reset(target, as_of);
            // If the latest mark is resolved, so are the earlier ones.
            let is_known = marks.get(target).is_some_and(|mark| !joined.is_resolved(target, *mark, as_of.at));
            if reset.is_some() || !is_known {
                let key = CourseKey::new(reset, rules);
                let judged = ToJudge { rules, reset, is_known };
                all.entry(key).or_default().insert(target, judged);
            }
        }
        all
    }

    /// Adds the new exceptions of a pattern, up to a position, to its courses. If all of them are of the workflow
    /// `own`, other workflows are not read, so that the cost of an exception does not grow with the number of workflows
    /// that share its cause.
    fn catch_up(
        &self,
        pattern: &PatternName,
        courses: &mut CoursesOfPattern,
        own: Option<&WorkflowName>,
        until: u64,
        policy: &policy::InForce,
    ) {
        let of_own = own.map(|workflow| PatternName { workflow: Some(workflow.clone()), ..pattern.clone() });
        let groups = self.named(of_own.as_ref().unwrap_or(pattern), policy).groups();
        courses.add(&members_within(&groups, courses.last, until), &self.scopes);
    }

    /// Keeps the courses that are to be evaluated, and builds those that are missing.
    fn follow(
        &self,
        pattern: &PatternName,
        courses: &mut CoursesOfPattern,
        to_judge: &AllToJudge<'_>,
        until: u64,
        policy: &policy::InForce,
    ) {
        let wanted = to_judge.iter().map(|(key, judged)| (*key, judged.keys().copied().collect()));
        let missing = courses.retain(&wanted.collect());
        if missing.is_empty() {
            return;
        }
        let all = members_within(&self.named(pattern, policy).groups(), None, until);
        for (key, targets) in missing {
            let judged = to_judge.get(&key).and_then(|judged| judged.values().next());
            let Some(rules) = judged.map(|judged| judged.rules) else { continue };
            courses.list.extend(PatternCourse::all(key, rules, targets, &all, &self.scopes));
        }
    }

    /// Evaluates a pattern on a target. A redesign has failed there once `after_redesign` occasions (at least one) that
    /// touch the target came after the redesign took effect.
    fn judge(&self, course: &PatternCourse, target: &Target, judged: &ToJudge<'_>) -> Option<PatternFinding> {
        let number = judged.rules.after_redesign.max(1);
        let failed = judged.reset.filter(|_| course.has_touching(number, target, &self.scopes));
        if let Some(effect) = failed {
            return Some(PatternFinding::Failed(effect));
        }
        let repeats = !judged.is_known && course.repeats(target, &self.scopes);
        repeats.then_some(PatternFinding::Repeats)
    }

    /// Records findings as of a position. Notes which redesigns failed, and sets the mark of every group that has an
    /// exception on the target up to `until`.
    fn set_marks(
        &mut self,
        pattern: &PatternName,
        found: &[(Target, PatternFinding)],
        position: u64,
        until: u64,
        policy: &policy::InForce,
    ) {
        if found.is_empty() {
            return;
        }
        let groups = self.named(pattern, policy).groups().into_iter();
        let groups: Vec<(WorkflowName, Cause)> =
            groups.map(|(workflow, cause, _)| (workflow.clone(), cause.clone())).collect();
        for (target, found) in found {
            if let PatternFinding::Failed(effect) = found {
                let of_pattern = self.named(pattern, policy);
                let failed: Vec<RecordId> = of_pattern
                    .resets_on(target)
                    .filter(|reset| reset.sound() == Some(*effect))
                    .map(|reset| reset.redesign)
                    .collect();
                let resets = self.workflows.values_mut().filter_map(|of| of.resets.get_mut(target));
                for reset in resets.flat_map(BTreeMap::values_mut) {
                    if failed.contains(&reset.redesign) {
                        reset.failed_at = Some(position);
                    }
                }
            }
            for (workflow, cause) in &groups {
                let group = self.workflows.get_mut(workflow).and_then(|of| of.groups.get_mut(cause));
                if let Some(group) = group.filter(|group| group.has_any(target, until, &self.scopes)) {
                    group.set_mark(target.clone(), Mark::at(position));
                }
            }
        }
    }
}

/// Returns the exceptions of some groups after one position, up to and including another, in order of position.
fn members_within(groups: &[WrittenGroup<'_>], after: Option<u64>, until: u64) -> Vec<GroupMember> {
    let members = groups.iter().flat_map(|(_, _, group)| group.members_within(after, until));
    let mut members: Vec<GroupMember> = members.copied().collect();
    members.sort_unstable_by_key(|member| member.place);
    members
}
