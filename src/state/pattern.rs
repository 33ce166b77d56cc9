//! Patterns: is the same root cause coming back? (ledger-schema/deployment.md)
//!
//! Exceptions, deployments and approved redesigns come in, in order; out comes what repeats, where,
//! since when, and which redesign took effect or failed. Once a pattern repeats it does so until it is
//! resolved: waiting, renaming and a laxer policy are no way out. Marks and resets are kept under the
//! causes as they were written, so that a later `same_cause` merges them and never loses one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Deployment, ExceptionItem, RedesignItem};
use crate::policy::{self, RecurrenceRules};
use crate::value::{Ascii, RecordId, RootCause, Target, Time, WorkflowName};

/// What exceptions of a pattern share beside the workflow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A root cause.
    Named(RootCause),
    /// A machine's symptom; nobody named the cause yet.
    Untriaged(Option<Ascii>),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(cause) => cause.fmt(f),
            Self::Untriaged(Some(symptom)) => write!(f, "untriaged: {symptom}"),
            Self::Untriaged(None) => f.write_str("untriaged"),
        }
    }
}

/// Exceptions that share a workflow and a cause, as the gate asks about them.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The workflow.
    pub workflow: WorkflowName,
    /// The cause that counts.
    pub cause: Cause,
    /// Its occasions since the last redesign that took effect and did not fail, oldest first.
    pub occasions: Vec<Occasion>,
    /// Whether it repeats on the target that was asked about.
    pub repeats: bool,
    /// Where the last redesign of it failed on the target.
    pub last_failure: Option<u64>,
    /// The redesign that failed there.
    pub failed: Option<RecordId>,
}

/// One happening of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// When its first exception happened.
    pub at: Time,
    /// The exceptions, by the order of their times.
    pub exceptions: Vec<RecordId>,
    /// What they touch.
    pub targets: BTreeSet<Target>,
}

/// What patterns are made of, in order.
pub(super) enum Seen<'a> {
    Exception(&'a ExceptionItem),
    Approved(&'a RedesignItem),
    Deployment(&'a Deployment, &'a [RedesignItem]),
}

type Key = (Target, WorkflowName, Cause);

/// What repeats, and what redesigns did about it.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// Where a pattern was last found to repeat.
    marks: BTreeMap<Key, u64>,
    resets: BTreeMap<Key, Vec<Reset>>,
    /// The first approved redesign of each cause: a pattern can be understood only once.
    understood_by: BTreeMap<(WorkflowName, Cause), RecordId>,
}

/// A redesign that took effect on a target.
#[derive(Debug, Clone)]
struct Reset {
    redesign: RecordId,
    position: u64,
    at: Time,
    failed_at: Option<u64>,
}

impl Patterns {
    /// Takes in what comes next. `exceptions` are those before it.
    pub(super) fn see(&mut self, seen: Seen<'_>, policy: &policy::InForce, exceptions: &[ExceptionItem]) {
        match seen {
            Seen::Exception(item) => self.exception(item, policy, exceptions),
            Seen::Approved(redesign) => {
                for cause in causes_of(redesign, policy, exceptions) {
                    let key = (redesign.says.workflow.clone(), cause.clone());
                    self.understood_by.entry(key).or_insert(redesign.id);
                    if let (Some(at), Some(effect)) = (redesign.in_force_from(), redesign.decided.effect()) {
                        redesign.targets.iter().for_each(|target| {
                            self.reset(redesign, target, &cause, effect.position, at);
                        });
                    }
                }
            }
            Seen::Deployment(deployment, redesigns) if deployment.is_allowed_expansion() => {
                for redesign in redesigns.iter().filter(|it| deployment.says.redesigns.contains(&it.id)) {
                    for cause in causes_of(redesign, policy, exceptions) {
                        self.reset(
                            redesign,
                            &deployment.target,
                            &cause,
                            deployment.position,
                            deployment.says.at,
                        );
                    }
                }
            }
            Seen::Deployment(..) => {}
        }
    }

    fn reset(&mut self, redesign: &RedesignItem, target: &Target, cause: &Cause, position: u64, at: Time) {
        let key = (target.clone(), redesign.says.workflow.clone(), cause.clone());
        let resets = self.resets.entry(key).or_default();
        // A redesign takes effect on a target once.
        if resets.iter().all(|reset| reset.redesign != redesign.id) {
            resets.push(Reset { redesign: redesign.id, position, at, failed_at: None });
        }
    }

    fn exception(&mut self, item: &ExceptionItem, policy: &policy::InForce, before: &[ExceptionItem]) {
        if is_apart(item, policy, before) {
            return;
        }
        let (workflow, cause) = (&item.says.exception.workflow, cause_of(item, policy));
        let members: Vec<&ExceptionItem> = before
            .iter()
            .chain([item])
            .filter(|other| belongs(other, workflow, &cause, policy, before))
            .collect();
        let touched: BTreeSet<&Target> = members.iter().flat_map(|member| member.targets.iter()).collect();
        for target in touched {
            let rules = policy.rules(target).recurrence;
            self.fail(target, &members, &rules, item);
            let after = self.since_reset(target, &members);
            if repeats(&occasions(&after, &rules), target, &rules) {
                for member in &members {
                    self.marks.insert(key_of(target, member), item.position);
                }
            }
        }
    }

    /// A redesign has failed on a target once occasions that touch it came after it took effect there.
    fn fail(
        &mut self,
        target: &Target,
        members: &[&ExceptionItem],
        rules: &RecurrenceRules,
        item: &ExceptionItem,
    ) {
        if !item.touches(target) {
            return;
        }
        let here: Vec<&ExceptionItem> = members.iter().copied().filter(|it| it.touches(target)).collect();
        let came_back: Vec<&ExceptionItem> = here
            .iter()
            .copied()
            .filter(|it| self.last_reset(&key_of(target, it)).is_some_and(|reset| is_after(it, reset)))
            .collect();
        let count = u64::try_from(occasions(&came_back, rules).len()).unwrap_or(u64::MAX);
        if came_back.is_empty() || count < rules.after_redesign.max(1) {
            return;
        }
        for member in members {
            let key = key_of(target, member);
            if let Some(reset) = self.resets.get_mut(&key).and_then(|resets| resets.last_mut())
                && reset.failed_at.is_none()
            {
                reset.failed_at = Some(item.position);
                self.marks.insert(key, item.position);
            }
        }
    }

    fn last_reset(&self, key: &Key) -> Option<&Reset> {
        self.resets.get(key)?.iter().rev().find(|reset| reset.failed_at.is_none())
    }

    /// The members that came after the last redesign that took effect on the target and did not fail.
    fn since_reset<'a>(&self, target: &Target, members: &[&'a ExceptionItem]) -> Vec<&'a ExceptionItem> {
        let counts = |it: &&&ExceptionItem| {
            self.last_reset(&key_of(target, it)).is_none_or(|reset| is_after(it, reset))
        };
        members.iter().filter(counts).copied().collect()
    }

    /// Every pattern of which an occasion touches the target, or that repeats there.
    pub fn on(
        &self,
        target: &Target,
        policy: &policy::InForce,
        exceptions: &[ExceptionItem],
        now: Time,
    ) -> Vec<Pattern> {
        let mut groups: BTreeMap<(WorkflowName, Cause), Vec<&ExceptionItem>> = BTreeMap::new();
        for item in exceptions.iter().filter(|item| !is_apart(item, policy, exceptions)) {
            let key = (item.says.exception.workflow.clone(), cause_of(item, policy));
            groups.entry(key).or_default().push(item);
        }
        let rules = policy.rules(target).recurrence;
        let mut patterns = Vec::new();
        for ((workflow, cause), members) in groups {
            let repeats = members.iter().any(|member| self.is_marked(&key_of(target, member), now));
            if !repeats && !members.iter().any(|member| member.touches(target)) {
                continue;
            }
            let occasions = occasions(&self.since_reset(target, &members), &rules);
            let failures = members
                .iter()
                .flat_map(|member| self.resets.get(&key_of(target, member)).into_iter().flatten());
            let last = failures
                .filter_map(|reset| Some((reset.failed_at?, reset.redesign)))
                .max_by_key(|(at, _)| *at);
            let (last_failure, failed) = last.unzip();
            patterns.push(Pattern { workflow, cause, occasions, repeats, last_failure, failed });
        }
        patterns
    }

    /// Whether a mark holds: no redesign that did not fail took effect after it.
    fn is_marked(&self, key: &Key, now: Time) -> bool {
        let resolved = |mark: u64| {
            let mut resets = self.resets.get(key).into_iter().flatten();
            resets.any(|reset| reset.failed_at.is_none() && reset.position > mark && reset.at <= now)
        };
        self.marks.get(key).is_some_and(|mark| !resolved(*mark))
    }

    /// Whether this redesign is the one that a pattern may be understood by.
    pub fn is_first_redesign(
        &self,
        redesign: &RedesignItem,
        pattern: &Pattern,
        policy: &policy::InForce,
    ) -> bool {
        let same = |cause: &Cause| canonical(cause, policy) == pattern.cause;
        let mut firsts = self
            .understood_by
            .iter()
            .filter(|((workflow, cause), _)| *workflow == pattern.workflow && same(cause));
        firsts.all(|(_, first)| *first == redesign.id)
    }
}

impl Pattern {
    /// Whether a redesign is of this pattern, and for this target.
    pub fn is_covered_by(&self, redesign: &RedesignItem, target: &Target, policy: &policy::InForce) -> bool {
        let Cause::Named(cause) = &self.cause else { return false };
        let named = redesign.says.root_causes.iter().any(|named| policy.cause(named) == cause);
        redesign.says.workflow == self.workflow && named && redesign.touches(target)
    }

    /// Occasions that began less than the window ago.
    pub fn recent(&self, rules: &RecurrenceRules, now: Time) -> usize {
        self.occasions.iter().filter(|occasion| now.since(occasion.at) < rules.window.seconds()).count()
    }
}

/// An expected exception counts apart, unless there are more of its entry than the entry allows.
fn is_apart(item: &ExceptionItem, policy: &policy::InForce, all: &[ExceptionItem]) -> bool {
    let Some(name) = &item.says.exception.expected else { return false };
    let Some(entry) = policy.expected(name) else { return false };
    let (Some(most), Some(window)) = (entry.max_per_window, entry.window) else { return true };
    let at = item.happened_at();
    let within = |other: &&ExceptionItem| {
        let age = at.since(other.happened_at());
        other.position < item.position
            && other.says.exception.expected.as_ref() == Some(name)
            && age < window.seconds()
    };
    let earlier = u64::try_from(all.iter().filter(within).count()).unwrap_or(u64::MAX);
    earlier < most.value()
}

fn canonical(cause: &Cause, policy: &policy::InForce) -> Cause {
    match cause {
        Cause::Named(cause) => Cause::Named(policy.cause(cause).clone()),
        Cause::Untriaged(_) => cause.clone(),
    }
}

/// The cause as it was written.
fn written(item: &ExceptionItem) -> Cause {
    let exception = &item.says.exception;
    match &exception.root_cause {
        Some(cause) => Cause::Named(cause.clone()),
        None => Cause::Untriaged(exception.symptom.clone()),
    }
}

fn cause_of(item: &ExceptionItem, policy: &policy::InForce) -> Cause {
    canonical(&written(item), policy)
}

fn key_of(target: &Target, item: &ExceptionItem) -> Key {
    (target.clone(), item.says.exception.workflow.clone(), written(item))
}

fn belongs(
    other: &ExceptionItem,
    workflow: &WorkflowName,
    cause: &Cause,
    policy: &policy::InForce,
    all: &[ExceptionItem],
) -> bool {
    other.says.exception.workflow == *workflow
        && cause_of(other, policy) == *cause
        && !is_apart(other, policy, all)
}

/// Every cause, as written, that a redesign is about.
fn causes_of(
    redesign: &RedesignItem,
    policy: &policy::InForce,
    exceptions: &[ExceptionItem],
) -> BTreeSet<Cause> {
    let named: BTreeSet<&RootCause> =
        redesign.says.root_causes.iter().map(|cause| policy.cause(cause)).collect();
    let mut causes: BTreeSet<Cause> = redesign.says.root_causes.iter().cloned().map(Cause::Named).collect();
    for item in exceptions.iter().filter(|item| item.says.exception.workflow == redesign.says.workflow) {
        if let Cause::Named(cause) = cause_of(item, policy)
            && named.contains(&cause)
        {
            causes.insert(written(item));
        }
    }
    causes
}

fn is_after(item: &ExceptionItem, reset: &Reset) -> bool {
    item.position > reset.position && item.happened_at() >= reset.at
}

/// Groups exceptions into occasions: the same symptom or task, or tied by `answers` or `renews`,
/// within `same_occasion` of the first.
fn occasions(members: &[&ExceptionItem], rules: &RecurrenceRules) -> Vec<Occasion> {
    let mut sorted = members.to_vec();
    sorted.sort_by_key(|item| (item.happened_at(), item.position));
    let mut found: Vec<(Occasion, Vec<&ExceptionItem>)> = Vec::new();
    for item in sorted {
        let at = item.happened_at();
        let joins = found.iter_mut().rev().find(|(occasion, items)| {
            at.since(occasion.at) < rules.same_occasion.seconds()
                && items.iter().any(|other| are_tied(item, other))
        });
        if let Some((occasion, items)) = joins {
            occasion.exceptions.push(item.id);
            occasion.targets.extend(item.targets.iter().cloned());
            items.push(item);
        } else {
            let targets = item.targets.iter().cloned().collect();
            found.push((Occasion { at, exceptions: vec![item.id], targets }, vec![item]));
        }
    }
    found.into_iter().map(|(occasion, _)| occasion).collect()
}

fn are_tied(a: &ExceptionItem, b: &ExceptionItem) -> bool {
    let (x, y) = (&a.says.exception, &b.says.exception);
    let names = |one: &crate::record::kind::exception::Exception, id: RecordId| {
        one.answers.contains(&id) || one.renews == Some(id)
    };
    (x.symptom.is_some() && x.symptom == y.symptom)
        || x.trigger.task == y.trigger.task
        || names(x, b.id)
        || names(y, a.id)
}

/// Whether `threshold` occasions lie within `window`, and the target is one of theirs or of later ones.
fn repeats(occasions: &[Occasion], target: &Target, rules: &RecurrenceRules) -> bool {
    let threshold = usize::try_from(rules.threshold.max(1)).unwrap_or(usize::MAX);
    let run = occasions.windows(threshold.min(occasions.len() + 1)).position(|run| {
        run.first()
            .zip(run.last())
            .is_some_and(|(first, last)| last.at.since(first.at) < rules.window.seconds())
    });
    run.is_some_and(|start| occasions.iter().skip(start).any(|occasion| occasion.targets.contains(target)))
}
