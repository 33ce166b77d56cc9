//! Courses: the occasions of a pattern on some targets. On all of these targets, the same exceptions count under the
//! same rules.
//!
//! Courses are kept in memory while records are folded, so that the cost of an exception does not grow with the number
//! of earlier ones. If something other than an exception changes them, such as a policy, they are computed again.

use std::collections::{BTreeMap, BTreeSet};

use super::group::GroupMember;
use super::reset::ResetEffect;
use super::scope::Scopes;
use super::timeline::{Inserted, Timeline};
use crate::policy::RecurrenceRules;
use crate::value::{Target, Time};

/// What the targets of a course have in common: the rules, and the redesign after which exceptions count. The redesign
/// is given as the position and time of its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::state) struct CourseKey {
    pub(in crate::state) reset: Option<(u64, Time)>,
    /// In seconds.
    same_occasion: i64,
    /// In seconds.
    window: i64,
    threshold: u64,
}

impl CourseKey {
    pub(in crate::state) fn new(reset: Option<ResetEffect>, rules: &RecurrenceRules) -> Self {
        Self {
            reset: reset.map(|effect| (effect.position, effect.at)),
            same_occasion: rules.same_occasion.seconds(),
            window: rules.window.seconds(),
            threshold: rules.threshold,
        }
    }

    /// Whether an exception came after the redesign, if there is one.
    fn counts(&self, member: &GroupMember) -> bool {
        self.reset.is_none_or(|(position, at)| position < member.when.position && at <= member.when.at)
    }
}

/// The course of a pattern on some targets.
#[derive(Debug, Clone)]
pub(in crate::state) struct PatternCourse {
    pub(in crate::state) key: CourseKey,
    rules: RecurrenceRules,
    pub(in crate::state) targets: BTreeSet<Target>,
    timeline: Timeline,
    /// The index of the occasion from which on the pattern repeats, if it does.
    repeats_from: Option<usize>,
    /// What changed since the last evaluation.
    changed: Changed,
}

/// What changed on a course since its last evaluation.
#[derive(Debug, Clone)]
enum Changed {
    /// Exceptions with these scopes were added, and every occasion still begins where it did.
    Added(BTreeSet<usize>),
    /// Anything may have changed.
    Anything,
}

impl PatternCourse {
    /// Divides targets with the same key into courses. `members` are all exceptions of the pattern.
    pub(in crate::state) fn all(
        key: CourseKey,
        rules: &RecurrenceRules,
        targets: BTreeSet<Target>,
        members: &[GroupMember],
        scopes: &Scopes,
    ) -> Vec<Self> {
        let members: Vec<GroupMember> = members.iter().filter(|member| key.counts(member)).copied().collect();
        let different: BTreeSet<usize> = members.iter().map(|member| member.scope).collect();
        // Targets that are in the same scopes share a course.
        let mut alike: BTreeMap<Vec<usize>, BTreeSet<Target>> = BTreeMap::new();
        for target in targets {
            let of: Vec<usize> =
                different.iter().copied().filter(|scope| scopes.has(*scope, &target)).collect();
            alike.entry(of).or_default().insert(target);
        }
        let courses = alike.into_iter().map(|(of, targets)| {
            let of: BTreeSet<usize> = of.into_iter().collect();
            let taken = members.iter().filter(|member| of.contains(&member.scope)).copied();
            let timeline = Timeline::of(taken, rules.same_occasion);
            let repeats_from = timeline.repeats_from(rules);
            Self { key, rules: rules.clone(), targets, timeline, repeats_from, changed: Changed::Anything }
        });
        courses.collect()
    }

    /// Adds an exception. If it counts only on some of the targets, the others leave this course, and their course is
    /// returned.
    pub(in crate::state) fn add(&mut self, member: GroupMember, scopes: &Scopes) -> Option<Self> {
        if !self.key.counts(&member) {
            return None;
        }
        let (inside, outside): (BTreeSet<Target>, BTreeSet<Target>) = std::mem::take(&mut self.targets)
            .into_iter()
            .partition(|target| scopes.has(member.scope, target));
        if inside.is_empty() {
            self.targets = outside;
            return None;
        }
        let rest = (!outside.is_empty()).then(|| Self { targets: outside, ..self.clone() });
        self.targets = inside;
        match (self.timeline.insert(member), &mut self.changed) {
            (Inserted::Restructured, _) => {
                self.changed = Changed::Anything;
                self.repeats_from = self.timeline.repeats_from(&self.rules);
            }
            (Inserted::Joined, Changed::Added(with)) => {
                with.insert(member.scope);
            }
            (Inserted::Joined, Changed::Anything) => {}
            (Inserted::Appended, changed) => {
                if let (None, Some(start)) = (self.repeats_from, self.timeline.last_run(&self.rules)) {
                    (self.repeats_from, *changed) = (Some(start), Changed::Anything);
                } else if let Changed::Added(with) = changed {
                    with.insert(member.scope);
                }
            }
        }
        rest
    }

    /// Returns the targets on which an evaluation may differ from the last one. From then on, the course counts as
    /// unchanged.
    pub(in crate::state) fn judged_anew(&mut self, scopes: &Scopes) -> Vec<Target> {
        let changed = std::mem::replace(&mut self.changed, Changed::Added(BTreeSet::new()));
        let touched = |target: &&Target| match &changed {
            Changed::Anything => true,
            Changed::Added(with) => with.iter().any(|scope| scopes.touches(*scope, target)),
        };
        self.targets.iter().filter(touched).cloned().collect()
    }

    /// Whether the pattern repeats on a target: it has a run of occasions, and at least one occasion of the run, or
    /// after it, touches the target.
    pub(in crate::state) fn repeats(&self, target: &Target, scopes: &Scopes) -> bool {
        let Some(start) = self.repeats_from else { return false };
        // The newest come first: the exception that is evaluated is usually among them.
        let occasions = self.timeline.occasions().iter().skip(start).rev();
        { occasions }.any(|occasion| occasion.touches(target, scopes))
    }

    /// Whether at least `number` occasions touch a target.
    pub(in crate::state) fn has_touching(&self, number: u64, target: &Target, scopes: &Scopes) -> bool {
        let touching = self.timeline.occasions().iter().filter(|one| one.touches(target, scopes));
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        touching.take(number).count() >= number
    }
}
