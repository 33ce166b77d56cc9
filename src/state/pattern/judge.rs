//! Evaluation: whether a pattern repeats on a target, and whether a redesign of it has failed there.

use std::collections::{BTreeMap, BTreeSet};

use super::course::{CourseKey, PatternCourse};
use super::courses::CoursesOfPattern;
use super::group::{Group, GroupMember};
use super::name::PatternName;
use super::patterns::Patterns;
use crate::policy::{self, RecurrenceRules};
use crate::state::item::{Cause, When};
use crate::value::{RecordId, Target, WorkflowName};

/// A finding about a pattern on a target.
enum PatternFinding {
    Repeats,
    /// This redesign of it has failed.
    Failed(RecordId),
}

/// What is to be judged of a pattern on a target.
struct ToJudge<'a> {
    rules: &'a RecurrenceRules,
    /// The last redesign that took effect and did not fail.
    reset: Option<RecordId>,
    /// Whether the pattern is known to repeat.
    is_known: bool,
}

/// What is to be judged of a pattern, by the course that it has on the targets.
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

    /// Evaluates a pattern as of its last exception.
    pub(in crate::state) fn evaluate_last(&mut self, pattern: &PatternName, policy: &policy::InForce) {
        let groups = self.named(pattern, policy).groups().into_iter();
        let last =
            groups.filter_map(|(workflow, written, group)| Some((workflow, written, group.members.last()?)));
        let last = last.max_by_key(|(_, _, member)| member.when.position);
        let owned = last.map(|(workflow, written, member)| (workflow.clone(), written.clone(), member.when));
        if let Some((workflow, written, as_of)) = owned {
            self.evaluate(&workflow, &written, as_of, u64::MAX, policy);
        }
    }

    /// Evaluates a pattern on each target of the policy, as of one of its exceptions, whose cause as written
    /// is `written`. Only exceptions up to the position `until` are considered.
    pub(in crate::state) fn evaluate(
        &mut self,
        workflow: &WorkflowName,
        written: &Cause,
        as_of: When,
        until: u64,
        policy: &policy::InForce,
    ) {
        let pattern = PatternName::new(workflow, written, policy);
        let rules = self.courses.rules(policy);
        let mut courses = self.courses.take(&pattern);
        let mut found: Vec<(Target, PatternFinding)> = Vec::new();
        let to_judge = self.to_judge(workflow, written, as_of, &rules, policy);
        self.follow(&pattern, &mut courses, &to_judge, until, policy);
        for course in &mut courses.list {
            let Some(judged) = to_judge.get(&course.key) else { continue };
            for target in course.judged_anew(&self.scopes) {
                let found_there = judged.get(&target).and_then(|judged| self.judge(course, &target, judged));
                found.extend(found_there.map(|found| (target, found)));
            }
        }
        self.set_marks(&pattern, &found, as_of.position, until, policy);
        self.courses.keep(pattern, courses);
    }

    /// Returns what is to be judged: where a pattern is known to repeat, only whether a redesign has failed.
    fn to_judge<'a>(
        &self,
        workflow: &WorkflowName,
        written: &Cause,
        as_of: When,
        rules: &'a [(Target, RecurrenceRules)],
        policy: &policy::InForce,
    ) -> AllToJudge<'a> {
        let mut all = AllToJudge::new();
        let joined = self.joined(workflow, written.under(policy), policy);
        let groups = joined.groups();
        for (target, rules) in rules {
            let reset = joined.last_reset(target, as_of);
            let mut marks = groups.iter().filter_map(|(_, _, group)| group.mark(target));
            let is_known = marks.any(|mark| !joined.is_resolved(target, mark, as_of.at));
            if reset.is_some() || !is_known {
                let key = CourseKey::new(reset, rules);
                let judged = ToJudge { rules, reset: reset.map(|reset| reset.redesign), is_known };
                all.entry(key).or_default().insert(target, judged);
            }
        }
        all
    }

    /// Brings the courses of a pattern to a position.
    fn follow(
        &self,
        pattern: &PatternName,
        courses: &mut CoursesOfPattern,
        to_judge: &AllToJudge<'_>,
        until: u64,
        policy: &policy::InForce,
    ) {
        let groups = self.named(pattern, policy).groups();
        let members = |after: Option<u64>| {
            let members = groups.iter().flat_map(|(_, _, group)| group.members_within(after, until));
            let mut members: Vec<GroupMember> = members.copied().collect();
            members.sort_unstable_by_key(|member| member.place);
            members
        };
        let wanted = to_judge.iter().map(|(key, judged)| (*key, judged.keys().copied().collect()));
        let missing = courses.retain(&wanted.collect());
        courses.add(&members(courses.last), &self.scopes);
        if missing.is_empty() {
            return;
        }
        let all = members(None);
        for (key, targets) in missing {
            let judged = to_judge.get(&key).and_then(|judged| judged.values().next());
            let Some(rules) = judged.map(|judged| judged.rules) else { continue };
            courses.list.extend(PatternCourse::all(key, rules, targets, &all, &self.scopes));
        }
    }

    /// Judges a pattern on a target. A redesign has failed there once `after_redesign` occasions that touch
    /// the target came after it took effect.
    fn judge(&self, course: &PatternCourse, target: &Target, judged: &ToJudge<'_>) -> Option<PatternFinding> {
        let number = judged.rules.after_redesign.max(1);
        let failed = judged.reset.filter(|_| course.has_touching(number, target, &self.scopes));
        if let Some(redesign) = failed {
            return Some(PatternFinding::Failed(redesign));
        }
        let repeats = !judged.is_known && course.repeats(target, &self.scopes);
        repeats.then_some(PatternFinding::Repeats)
    }

    /// Marks what was found at a position, from exceptions up to another one.
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
        let has_any = |(_, _, group): &(&WorkflowName, &Cause, &Group)| {
            group.members.first().is_some_and(|member| member.when.position <= until)
        };
        let groups = self.named(pattern, policy).groups().into_iter().filter(has_any);
        let groups: Vec<(WorkflowName, Cause)> =
            groups.map(|(workflow, cause, _)| (workflow.clone(), cause.clone())).collect();
        for (target, found) in found {
            if let PatternFinding::Failed(redesign) = found {
                let resets = self.workflows.values_mut().filter_map(|of| of.resets.get_mut(target));
                let failed = resets.flatten().filter(|reset| reset.redesign == *redesign);
                failed.for_each(|reset| reset.failed_at = Some(position));
            }
            for (workflow, cause) in &groups {
                let group = self.workflows.get_mut(workflow).and_then(|of| of.groups.get_mut(cause));
                if let Some(group) = group {
                    group.set_mark(target.clone(), position);
                }
            }
        }
    }
}
