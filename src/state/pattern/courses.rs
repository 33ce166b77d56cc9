//! The courses of all patterns, as they are kept while records are folded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::course::{CourseKey, PatternCourse};
use super::group::GroupMember;
use super::mark::Mark;
use super::name::PatternName;
use super::scope::Scopes;
use crate::policy::{self, RecurrenceRules};
use crate::record::kind::policy::TargetRules;
use crate::value::{RecordId, Target, WorkflowName};

/// The rules of each target of a policy.
pub(in crate::state) type RulesOfTargets = Vec<(Target, RecurrenceRules)>;

/// The last exception that an evaluation of a pattern considers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) enum Until {
    /// The exception as of which the pattern is evaluated. It is the only exception that was added since the last
    /// evaluation.
    Itself,
    /// The last exception up to this position.
    Position(u64),
}

/// The courses of all patterns.
#[derive(Debug, Clone, Default)]
pub(in crate::state) struct Courses {
    of_patterns: BTreeMap<PatternName, CoursesOfPattern>,
    /// The id of the policy that was last asked for, and its rules.
    rules: Option<(Option<RecordId>, Arc<RulesOfTargets>)>,
}

/// The courses of one pattern.
#[derive(Debug, Clone, Default)]
pub(in crate::state) struct CoursesOfPattern {
    pub(in crate::state) list: Vec<PatternCourse>,
    /// The position of the last exception that was added.
    pub(in crate::state) last: Option<u64>,
    /// The latest mark of the pattern's groups on each target; `None` until the groups have been read.
    pub(in crate::state) marks: Option<BTreeMap<Target, Mark>>,
}

impl Courses {
    /// Returns the rules of each target that a policy names.
    pub(in crate::state) fn rules(&mut self, policy: &policy::InForce) -> Arc<RulesOfTargets> {
        if let Some((_, rules)) = self.rules.as_ref().filter(|(id, _)| *id == policy.id()) {
            return Arc::clone(rules);
        }
        let targets = policy.targets().iter().map(TargetRules::target);
        let rules = targets.map(|target| {
            let rules = policy.rules(&target).recurrence;
            (target, rules)
        });
        let rules = Arc::new(rules.collect::<RulesOfTargets>());
        self.rules = Some((policy.id(), Arc::clone(&rules)));
        rules
    }

    /// Removes the courses of a pattern, and returns them.
    pub(in crate::state) fn take(&mut self, pattern: &PatternName) -> CoursesOfPattern {
        self.of_patterns.remove(pattern).unwrap_or_default()
    }

    /// Stores the courses of a pattern.
    pub(in crate::state) fn keep(&mut self, pattern: PatternName, courses: CoursesOfPattern) {
        self.of_patterns.insert(pattern, courses);
    }

    /// Drops every course and the cached rules. The rules have to go because a proposed policy is evaluated under the
    /// id of the policy in force, so the id does not tell the two apart.
    pub(in crate::state) fn clear(&mut self) {
        *self = Self::default();
    }

    /// If a pattern has a workflow, drops the courses of every pattern that exceptions of this workflow can be in. If
    /// all workflows share the pattern, drops only its own courses.
    pub(in crate::state) fn clear_pattern(&mut self, pattern: &PatternName) {
        match &pattern.workflow {
            Some(workflow) => self.clear_workflow(workflow),
            None => _ = self.of_patterns.remove(pattern),
        }
    }

    /// Drops the courses of the patterns that the exceptions of a workflow can be in.
    pub(in crate::state) fn clear_workflow(&mut self, workflow: &WorkflowName) {
        self.of_patterns.retain(|pattern, _| !pattern.is_in(workflow));
    }
}

impl CoursesOfPattern {
    /// Adds exceptions, in the order of their positions.
    pub(in crate::state) fn add(&mut self, members: &[GroupMember], scopes: &Scopes) {
        for member in members {
            let parted: Vec<PatternCourse> =
                self.list.iter_mut().filter_map(|course| course.add(*member, scopes)).collect();
            self.list.extend(parted);
            self.last = self.last.max(Some(member.when.position));
        }
    }

    /// Keeps each course only for the targets that are wanted with its key. Returns the wanted targets without a
    /// course.
    pub(in crate::state) fn retain(
        &mut self,
        wanted: &BTreeMap<CourseKey, BTreeSet<&Target>>,
    ) -> BTreeMap<CourseKey, BTreeSet<Target>> {
        let mut missing: BTreeMap<CourseKey, BTreeSet<&Target>> = wanted.clone();
        for course in &mut self.list {
            let key = course.key;
            course.targets.retain(|target| wanted.get(&key).is_some_and(|of| of.contains(target)));
            if let Some(missing) = missing.get_mut(&key) {
                course.targets.iter().for_each(|target| {
                    missing.remove(target);
                });
            }
        }
        self.list.retain(|course| !course.targets.is_empty());
        missing.retain(|_, targets| !targets.is_empty());
        let owned = |targets: BTreeSet<&Target>| targets.into_iter().cloned().collect();
        missing.into_iter().map(|(key, targets)| (key, owned(targets))).collect()
    }
}
