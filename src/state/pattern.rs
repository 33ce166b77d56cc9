//! Patterns: is the same root cause coming back? (ledger-schema/deployment.md)
//!
//! Exceptions, deployments, approved redesigns and changes of policy come in, in order; out comes what
//! repeats, where, since when, and which redesign took effect or failed. Once a pattern repeats it does so
//! until it is resolved: waiting, renaming and a laxer policy are no way out. Marks are kept under the causes
//! as they were written, and redesigns under the causes that they name, so that a later `same_cause` merges
//! them and never loses one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::occasion::{occasions, repeats};
use super::{Deployment, ExceptionItem, Exceptions, Pattern, RedesignItem};
use crate::policy::{self, RecurrenceRules};
use crate::record::kind::redesign::Change;
use crate::value::{Ascii, ExpectedName, RecordId, RootCause, Target, Time, WorkflowName};

/// What exceptions of a pattern share beside the workflow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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

/// What patterns are made of, in order.
pub(super) enum Seen<'a> {
    Exception(&'a ExceptionItem),
    Approved(&'a RedesignItem),
    Deployment(&'a Deployment, &'a [RedesignItem]),
    /// A deployment never began: of those behind it, one may have brought its redesigns.
    NeverStarted(&'a Deployment, &'a [Deployment], &'a [RedesignItem]),
    /// A triage took effect on these exceptions.
    Triaged(&'a [Moved], Triaging<'a>),
    Policy,
}

/// An exception that a triage took effect on, by its place, and how it counted before.
pub(super) struct Moved {
    pub(super) place: usize,
    pub(super) workflow: WorkflowName,
    pub(super) cause: Cause,
    pub(super) was_struck: bool,
}

/// What a triage does to the patterns that its exceptions were in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Triaging<'a> {
    /// They move as a whole, and what was found of them moves with them.
    Names,
    /// Exceptions are taken out, and the rest is judged anew, under each policy where it was in force.
    TakesOut(&'a [(u64, policy::InForce)]),
}

pub(super) type Key = (Target, WorkflowName, Cause);

/// What repeats, and what redesigns did about it.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Patterns {
    /// Where a pattern was last found to repeat.
    pub(super) marks: BTreeMap<Key, u64>,
    pub(super) resets: BTreeMap<(Target, WorkflowName), Vec<Reset>>,
    /// Approved redesigns of each workflow by their effect: a pattern can be understood only once.
    approved: BTreeMap<WorkflowName, Vec<(RecordId, Vec<RootCause>)>>,
    /// The position of exceptions of each entry of the policy, and when they happened.
    expected: BTreeMap<ExpectedName, Vec<(u64, Time)>>,
    /// Exceptions that count, by workflow and by cause as written.
    pub(super) members: BTreeMap<WorkflowName, BTreeMap<Cause, Group>>,
}

/// Exceptions of a workflow with the same cause as written.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Group {
    /// Their places in the state's list, in order.
    pub(super) places: Vec<usize>,
    /// When the first and the last of them happened.
    pub(super) span: Option<(Time, Time)>,
    /// What they touch.
    pub(super) targets: BTreeSet<Target>,
}

impl Group {
    fn add(&mut self, place: usize, item: &ExceptionItem) {
        self.places.insert(self.places.partition_point(|known| *known < place), place);
        let at = item.happened_at();
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        for target in &item.targets {
            if !self.targets.contains(target) {
                self.targets.insert(target.clone());
            }
        }
    }

    /// Takes an exception out, if it is in.
    fn remove(&mut self, place: usize, exceptions: &Exceptions) -> bool {
        let Ok(at) = self.places.binary_search(&place) else { return false };
        self.places.remove(at);
        let left = std::mem::take(&mut self.places);
        *self = Self::default();
        left.into_iter().filter_map(|place| Some((place, exceptions.get(place)?))).for_each(
            |(place, item)| {
                self.add(place, item);
            },
        );
        true
    }
}

/// A redesign that took effect on a target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Reset {
    pub(super) redesign: RecordId,
    causes: Vec<RootCause>,
    pub(super) position: u64,
    pub(super) at: Time,
    pub(super) failed_at: Option<u64>,
}

impl Reset {
    pub(super) fn is_of(&self, cause: &Cause, policy: &policy::InForce) -> bool {
        let Cause::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == policy.cause(cause))
    }

    /// Whether an exception came after it: later in the ledger, and not before it took effect.
    pub(super) fn is_before(&self, item: &ExceptionItem) -> bool {
        self.position < item.position && self.at <= item.happened_at()
    }
}

impl Patterns {
    /// Takes in what comes next. `exceptions` are all so far, with the one that comes next as the last.
    pub(super) fn see(&mut self, seen: Seen<'_>, policy: &policy::InForce, exceptions: &Exceptions) {
        match seen {
            Seen::Exception(item) => {
                if let Some(name) = &item.says.exception.expected {
                    let of_it = self.expected.entry(name.clone()).or_default();
                    of_it.push((item.position, item.happened_at()));
                }
                if self.is_apart(item, policy) {
                    return;
                }
                let workflow = item.workflow().clone();
                let by_cause = self.members.entry(workflow.clone()).or_default();
                let group = by_cause.entry(item.cause()).or_default();
                group.add(exceptions.len().saturating_sub(1), item);
                let members = self.members_of(&workflow, &cause_of(item, policy), policy, exceptions);
                self.judge_among(&members, item, policy);
            }
            Seen::Approved(redesign) => self.approved(redesign),
            Seen::Deployment(deployment, redesigns) => self.deployed(deployment, redesigns),
            Seen::NeverStarted(deployment, later, redesigns) => {
                self.never_started(deployment, later, redesigns);
                self.judge_all(policy, exceptions);
            }
            Seen::Triaged(moved, triaging) => self.triaged(moved, triaging, policy, exceptions),
            Seen::Policy => self.judge_all(policy, exceptions),
        }
    }

    /// What a deployment that never began brought is not there; the next one that lists it may have.
    fn never_started(&mut self, deployment: &Deployment, later: &[Deployment], redesigns: &[RedesignItem]) {
        for ((target, _), resets) in &mut self.resets {
            if *target == deployment.target {
                resets.retain(|reset| reset.position != deployment.position);
            }
        }
        for later in later {
            self.deployed(later, redesigns);
        }
    }

    /// Exceptions count under other causes now, or no more.
    fn triaged(
        &mut self,
        moved: &[Moved],
        triaging: Triaging<'_>,
        policy: &policy::InForce,
        exceptions: &Exceptions,
    ) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for Moved { place, workflow, cause, was_struck } in moved {
            let Some(item) = exceptions.get(*place) else { continue };
            let by_cause = self.members.entry(workflow.clone()).or_default();
            let was_in = by_cause.entry(cause.clone()).or_default().remove(*place, exceptions);
            // What was struck counts again, unless it would have counted apart all the while.
            if !was_in && (!was_struck || self.is_apart(item, policy)) {
                continue;
            }
            if !item.is_struck() {
                let by_cause = self.members.entry(item.workflow().clone()).or_default();
                by_cause.entry(item.cause()).or_default().add(*place, item);
                groups.insert((item.workflow().clone(), cause_of(item, policy)));
            }
            if matches!(triaging, Triaging::Names) {
                let marks: Vec<_> = self.marks_of(workflow, cause).collect();
                for (key, position) in marks {
                    let moved = key_of(&key.0, item);
                    let mark = self.marks.entry(moved).or_insert(position);
                    *mark = position.max(*mark);
                }
            } else {
                groups.insert((workflow.clone(), canonical(cause, policy)));
            }
        }
        self.members.values_mut().for_each(|by_cause| by_cause.retain(|_, group| !group.places.is_empty()));
        let members = &self.members;
        let has_any = |workflow: &WorkflowName, cause: &Cause| {
            members.get(workflow).is_some_and(|by_cause| by_cause.contains_key(cause))
        };
        if matches!(triaging, Triaging::Names) {
            self.marks.retain(|(_, workflow, cause), _| has_any(workflow, cause));
        }
        match triaging {
            Triaging::TakesOut(policies) => self.judge_anew(&groups, policy, policies, exceptions),
            Triaging::Names => groups
                .iter()
                .for_each(|(workflow, cause)| self.judge_last(workflow, cause, policy, exceptions)),
        }
    }

    /// The places of exceptions that count under a cause as it is written.
    pub(super) fn places_of(&self, workflow: &WorkflowName, cause: &Cause) -> &[usize] {
        self.members.get(workflow).and_then(|it| it.get(cause)).map_or(&[], |group| &group.places)
    }

    fn marks_of(&self, workflow: &WorkflowName, cause: &Cause) -> impl Iterator<Item = (Key, u64)> {
        let of_it = move |(key, _): &(&Key, &u64)| key.1 == *workflow && key.2 == *cause;
        self.marks.iter().filter(of_it).map(|(key, position)| (key.clone(), *position))
    }

    /// Forgets what was found of some patterns, and judges them exception by exception, as if what was taken out had
    /// never been there; and with them the other patterns that a redesign of theirs may have failed by. Each is
    /// judged under the policy that was in force where it stands, and again under every policy that came later, or
    /// a laxer one would be a way out.
    fn judge_anew(
        &mut self,
        groups: &BTreeSet<(WorkflowName, Cause)>,
        policy: &policy::InForce,
        policies: &[(u64, policy::InForce)],
        exceptions: &Exceptions,
    ) {
        self.marks.retain(|(_, of, written), _| !groups.contains(&(of.clone(), canonical(written, policy))));
        let mut again = groups.clone();
        for ((_, of), resets) in &mut self.resets {
            let is_of_one = |reset: &Reset| {
                groups.iter().any(|(workflow, cause)| workflow == of && reset.is_of(cause, policy))
            };
            for reset in resets.iter_mut().filter(|reset| is_of_one(reset)) {
                if reset.failed_at.take().is_some() {
                    let causes = reset.causes.iter().map(|named| Cause::Named(policy.cause(named).clone()));
                    again.extend(causes.map(|cause| (of.clone(), cause)));
                }
            }
        }
        let of_group =
            |(workflow, cause): &(WorkflowName, Cause)| self.members_of(workflow, cause, policy, exceptions);
        let mut members: Vec<&ExceptionItem> = again.iter().flat_map(of_group).collect();
        members.sort_by_key(|item| item.position);
        for (at, (since, then)) in policies.iter().enumerate() {
            if then.version() > policy.version() {
                break;
            }
            let until = policies.get(at + 1).map_or(u64::MAX, |(next, _)| *next);
            // Where a policy took effect, each pattern was judged by its last exception.
            let earlier = members.iter().filter(|item| item.position < *since);
            let last: BTreeMap<(&WorkflowName, Cause), &ExceptionItem> =
                earlier.map(|item| ((item.workflow(), cause_of(item, then)), *item)).collect();
            let own = members.iter().filter(|item| (*since..until).contains(&item.position));
            for item in last.into_values().chain(own.copied()) {
                let place = item.position.max(*since);
                let mut so_far = self.members_of(item.workflow(), &cause_of(item, then), then, exceptions);
                so_far.retain(|other| other.position <= place);
                self.judge_among(&so_far, item, then);
            }
        }
    }

    fn judge_last(
        &mut self,
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
        exceptions: &Exceptions,
    ) {
        let members = self.members_of(workflow, cause, policy, exceptions);
        if let Some(last) = members.iter().max_by_key(|item| item.position).copied() {
            self.judge_among(&members, last, policy);
        }
    }

    /// An expected exception counts apart, unless there are more of its entry than the entry allows. Judged once,
    /// where it is recorded.
    fn is_apart(&self, item: &ExceptionItem, policy: &policy::InForce) -> bool {
        let Some(name) = &item.says.exception.expected else { return false };
        let Some(entry) = policy.expected(name) else { return false };
        let (Some(most), Some(window)) = (entry.max_per_window, entry.window) else { return true };
        let earlier = self.expected.get(name).into_iter().flatten();
        let within = earlier.filter(|(position, at)| {
            *position < item.position && item.happened_at().since(*at) < window.seconds()
        });
        u64::try_from(within.count()).unwrap_or(u64::MAX) < most.value()
    }

    fn approved(&mut self, redesign: &RedesignItem) {
        let causes: Vec<RootCause> = redesign.says.root_causes.to_vec();
        self.approved.entry(redesign.says.workflow.clone()).or_default().push((redesign.id, causes));
        if let (Some(at), Some(effect)) = (redesign.in_force_from(), redesign.decided.effect()) {
            for target in &redesign.targets {
                self.reset(redesign, target, effect.position, at);
            }
        }
    }

    /// A redesign of code takes effect on a target with the first allowed expansion that lists it.
    fn deployed(&mut self, deployment: &Deployment, redesigns: &[RedesignItem]) {
        if !deployment.is_allowed_expansion() {
            return;
        }
        for redesign in redesigns.iter().filter(|it| deployment.says.redesigns.contains(&it.id)) {
            let effect = redesign.decided.effect();
            let approved = effect.is_some_and(|effect| effect.position < deployment.position);
            if approved && redesign.says.change == Change::Code && redesign.touches(&deployment.target) {
                self.reset(redesign, &deployment.target, deployment.position, deployment.says.at);
            }
        }
    }

    fn reset(&mut self, redesign: &RedesignItem, target: &Target, position: u64, at: Time) {
        let resets = self.resets.entry((target.clone(), redesign.says.workflow.clone())).or_default();
        if resets.iter().all(|reset| reset.redesign != redesign.id) {
            let causes = redesign.says.root_causes.to_vec();
            resets.push(Reset { redesign: redesign.id, causes, position, at, failed_at: None });
        }
    }

    /// When a redesign took effect on a target.
    pub fn took_effect(&self, redesign: &RedesignItem, target: &Target) -> Option<Time> {
        let resets = self.resets.get(&(target.clone(), redesign.says.workflow.clone()));
        resets.into_iter().flatten().find(|reset| reset.redesign == redesign.id).map(|reset| reset.at)
    }

    /// Judges every pattern again: a policy has changed, and is in force from here on.
    fn judge_all(&mut self, policy: &policy::InForce, exceptions: &Exceptions) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for (workflow, by_cause) in &self.members {
            groups.extend(by_cause.keys().map(|cause| (workflow.clone(), canonical(cause, policy))));
        }
        for (workflow, cause) in groups {
            self.judge_last(&workflow, &cause, policy, exceptions);
        }
    }

    /// The exceptions of a pattern under a policy.
    fn members_of<'a>(
        &self,
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
        exceptions: &'a Exceptions,
    ) -> Vec<&'a ExceptionItem> {
        let by_cause = self.members.get(workflow).into_iter().flatten();
        let same = by_cause.filter(|(written, _)| canonical(written, policy) == *cause);
        same.flat_map(|(_, group)| group.places.iter().filter_map(|place| exceptions.get(*place))).collect()
    }

    /// Judges a pattern with these exceptions on each target of the policy, as of its exception `item`.
    fn judge_among(&mut self, members: &[&ExceptionItem], item: &ExceptionItem, policy: &policy::InForce) {
        for rules_of_target in policy.targets() {
            let target = rules_of_target.target();
            let rules = policy.rules(&target).recurrence;
            self.fail(&target, members, &rules, item, policy);
            let key = key_of(&target, item);
            if self.marks.contains_key(&key) && !self.is_resolved(&key, policy, item.happened_at()) {
                continue;
            }
            let reset = self.last_reset(&target, item, policy);
            let counting: Vec<&ExceptionItem> =
                members.iter().copied().filter(|it| reset.is_none_or(|reset| reset.is_before(it))).collect();
            if counting.iter().any(|it| it.touches(&target))
                && repeats(&occasions(&counting, &rules), &target, &rules)
            {
                self.mark(&target, members, item.position);
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
        policy: &policy::InForce,
    ) {
        let Some(reset) = self.last_reset(target, item, policy).cloned() else { return };
        let came_back: Vec<&ExceptionItem> =
            members.iter().copied().filter(|it| it.touches(target) && reset.is_before(it)).collect();
        let count = u64::try_from(occasions(&came_back, rules).len()).unwrap_or(u64::MAX);
        if came_back.is_empty() || count < rules.after_redesign.max(1) {
            return;
        }
        let resets = self.resets.entry((target.clone(), item.workflow().clone())).or_default();
        if let Some(found) = resets.iter_mut().find(|other| other.redesign == reset.redesign) {
            found.failed_at = Some(item.position);
        }
        self.mark(target, members, item.position);
    }

    /// A pattern was found to repeat at a position; what was found later stays.
    fn mark(&mut self, target: &Target, members: &[&ExceptionItem], position: u64) {
        for member in members {
            let mark = self.marks.entry(key_of(target, member)).or_insert(position);
            *mark = position.max(*mark);
        }
    }

    /// The last redesign of an exception's cause that took effect before it and did not fail.
    fn last_reset(&self, target: &Target, item: &ExceptionItem, policy: &policy::InForce) -> Option<&Reset> {
        let cause = item.cause();
        let resets = self.resets.get(&(target.clone(), item.workflow().clone()))?;
        let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.is_before(item);
        resets
            .iter()
            .filter(|reset| reset.is_of(&cause, policy))
            .filter(effective)
            .max_by_key(|it| it.position)
    }

    /// Whether a redesign that did not fail took effect after a mark.
    pub(super) fn is_resolved(&self, key: &Key, policy: &policy::InForce, now: Time) -> bool {
        let (target, workflow, cause) = key;
        let mark = self.marks.get(key).copied().unwrap_or(0);
        let mut resets = self.resets.get(&(target.clone(), workflow.clone())).into_iter().flatten();
        resets
            .any(|it| it.failed_at.is_none() && it.position > mark && it.at <= now && it.is_of(cause, policy))
    }

    /// Whether this redesign is the one that a pattern may be understood by: the first that was approved.
    pub fn is_first_redesign(
        &self,
        redesign: &RedesignItem,
        pattern: &Pattern,
        policy: &policy::InForce,
    ) -> bool {
        let Cause::Named(cause) = &pattern.cause else { return false };
        let approved = self.approved.get(&pattern.workflow).into_iter().flatten();
        let mut of_it =
            approved.filter(|(_, causes)| causes.iter().any(|named| policy.cause(named) == cause));
        of_it.next().is_some_and(|(first, _)| *first == redesign.id)
    }
}

pub(super) fn canonical(cause: &Cause, policy: &policy::InForce) -> Cause {
    match cause {
        Cause::Named(cause) => Cause::Named(policy.cause(cause).clone()),
        Cause::Untriaged(_) => cause.clone(),
    }
}

fn cause_of(item: &ExceptionItem, policy: &policy::InForce) -> Cause {
    canonical(&item.cause(), policy)
}

fn key_of(target: &Target, item: &ExceptionItem) -> Key {
    (target.clone(), item.workflow().clone(), item.cause())
}
