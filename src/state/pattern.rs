//! Patterns: is the same root cause coming back? (ledger-schema/deployment.md)
//!
//! Exceptions, deployments, approved redesigns and changes of policy come in, in order; out comes what
//! repeats, where, since when, and which redesign took effect or failed. Once a pattern repeats it does so
//! until it is resolved: waiting, renaming and a laxer policy are no way out. Marks are kept under the causes
//! as they were written, and redesigns under the causes that they name, so that a later `same_cause` merges
//! them and never loses one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::occasion::{Occasion, occasions, repeats};
use super::{Deployment, ExceptionItem, RedesignItem};
use crate::policy::{self, RecurrenceRules};
use crate::record::kind::redesign::Change;
use crate::value::{Ascii, RecordId, RootCause, Target, Time, WorkflowName};

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

type Key = (Target, WorkflowName, Cause);

/// What repeats, and what redesigns did about it.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Patterns {
    /// Where a pattern was last found to repeat.
    marks: BTreeMap<Key, u64>,
    resets: BTreeMap<(Target, WorkflowName), Vec<Reset>>,
    /// Approved redesigns of each workflow by their effect: a pattern can be understood only once.
    approved: BTreeMap<WorkflowName, Vec<(RecordId, Vec<RootCause>)>>,
    /// Exceptions that count, by workflow and by cause as written: their places in the state's list.
    members: BTreeMap<WorkflowName, BTreeMap<Cause, Vec<usize>>>,
}

/// A redesign that took effect on a target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Reset {
    redesign: RecordId,
    causes: Vec<RootCause>,
    position: u64,
    at: Time,
    failed_at: Option<u64>,
}

impl Reset {
    fn is_of(&self, cause: &Cause, policy: &policy::InForce) -> bool {
        let Cause::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == policy.cause(cause))
    }

    /// Whether an exception came after it: later in the ledger, and not before it took effect.
    fn is_before(&self, item: &ExceptionItem) -> bool {
        self.position < item.position && self.at <= item.happened_at()
    }
}

impl Patterns {
    /// Takes in what comes next. `exceptions` are all so far, with the one that comes next as the last.
    pub(super) fn see(&mut self, seen: Seen<'_>, policy: &policy::InForce, exceptions: &[ExceptionItem]) {
        match seen {
            Seen::Exception(item) => {
                if is_apart(item, policy, exceptions) {
                    return;
                }
                let workflow = item.workflow().clone();
                let by_cause = self.members.entry(workflow.clone()).or_default();
                by_cause.entry(item.cause()).or_default().push(exceptions.len().saturating_sub(1));
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
        exceptions: &[ExceptionItem],
    ) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for Moved { place, workflow, cause, was_struck } in moved {
            let Some(item) = exceptions.get(*place) else { continue };
            let by_cause = self.members.entry(workflow.clone()).or_default();
            let places = by_cause.entry(cause.clone()).or_default();
            match places.iter().position(|known| known == place) {
                Some(at) => _ = places.remove(at),
                // What was struck counts again, unless it would have counted apart all the while.
                None if *was_struck && !is_apart(item, policy, exceptions) => {}
                None => continue,
            }
            if !item.is_struck() {
                let by_cause = self.members.entry(item.workflow().clone()).or_default();
                let places = by_cause.entry(item.cause()).or_default();
                places.insert(places.partition_point(|known| known < place), *place);
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
        self.members.values_mut().for_each(|by_cause| by_cause.retain(|_, places| !places.is_empty()));
        let members = &self.members;
        let has_any = |workflow: &WorkflowName, cause: &Cause| {
            members.get(workflow).is_some_and(|by_cause| by_cause.contains_key(cause))
        };
        if matches!(triaging, Triaging::Names) {
            self.marks.retain(|(_, workflow, cause), _| has_any(workflow, cause));
        }
        for (workflow, cause) in groups {
            match triaging {
                Triaging::TakesOut(policies) => {
                    self.judge_anew(&workflow, &cause, policy, policies, exceptions);
                }
                Triaging::Names => self.judge_last(&workflow, &cause, policy, exceptions),
            }
        }
    }

    /// The places of exceptions that count under a cause as it is written.
    pub(super) fn places_of(&self, workflow: &WorkflowName, cause: &Cause) -> &[usize] {
        self.members.get(workflow).and_then(|it| it.get(cause)).map_or(&[], Vec::as_slice)
    }

    fn marks_of(&self, workflow: &WorkflowName, cause: &Cause) -> impl Iterator<Item = (Key, u64)> {
        let of_it = move |(key, _): &(&Key, &u64)| key.1 == *workflow && key.2 == *cause;
        self.marks.iter().filter(of_it).map(|(key, position)| (key.clone(), *position))
    }

    /// Forgets what was found of a pattern, and judges it exception by exception, as if what was taken out had
    /// never been there: each under the policy that was in force where it stands, and again under every policy
    /// that came later, or a laxer one would be a way out.
    fn judge_anew(
        &mut self,
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
        policies: &[(u64, policy::InForce)],
        exceptions: &[ExceptionItem],
    ) {
        self.marks.retain(|(_, of, written), _| of != workflow || canonical(written, policy) != *cause);
        for ((_, of), resets) in &mut self.resets {
            for reset in resets.iter_mut().filter(|reset| of == workflow && reset.is_of(cause, policy)) {
                reset.failed_at = None;
            }
        }
        let mut members = self.members_of(workflow, cause, policy, exceptions);
        members.sort_by_key(|item| item.position);
        for (at, (since, then)) in policies.iter().enumerate() {
            if then.version() > policy.version() {
                break;
            }
            let until = policies.get(at + 1).map_or(u64::MAX, |(next, _)| *next);
            // Where a policy took effect, each pattern was judged by its last exception.
            let earlier = members.iter().filter(|item| item.position < *since);
            let last: BTreeMap<Cause, &ExceptionItem> =
                earlier.map(|item| (cause_of(item, then), *item)).collect();
            let own = members.iter().filter(|item| (*since..until).contains(&item.position));
            for item in last.into_values().chain(own.copied()) {
                let place = item.position.max(*since);
                let so_far: Vec<&ExceptionItem> = self
                    .members_of(workflow, &cause_of(item, then), then, exceptions)
                    .into_iter()
                    .filter(|other| other.position <= place)
                    .collect();
                self.judge_among(&so_far, item, then);
            }
        }
    }

    fn judge_last(
        &mut self,
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
        exceptions: &[ExceptionItem],
    ) {
        let members = self.members_of(workflow, cause, policy, exceptions);
        if let Some(last) = members.iter().max_by_key(|item| item.position).copied() {
            self.judge_among(&members, last, policy);
        }
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

    /// Judges every pattern again: a policy has changed, and is in force from here on.
    fn judge_all(&mut self, policy: &policy::InForce, exceptions: &[ExceptionItem]) {
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
        exceptions: &'a [ExceptionItem],
    ) -> Vec<&'a ExceptionItem> {
        let by_cause = self.members.get(workflow).into_iter().flatten();
        let same = by_cause.filter(|(written, _)| canonical(written, policy) == *cause);
        same.flat_map(|(_, places)| places.iter().filter_map(|place| exceptions.get(*place))).collect()
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

    /// Every workflow and cause of which there are exceptions, with these, by position.
    pub fn groups<'a>(
        &self,
        policy: &policy::InForce,
        exceptions: &'a [ExceptionItem],
    ) -> Vec<(WorkflowName, Cause, Vec<&'a ExceptionItem>)> {
        let mut groups: BTreeMap<(&WorkflowName, Cause), Vec<&ExceptionItem>> = BTreeMap::new();
        for (workflow, by_cause) in &self.members {
            for (cause, places) in by_cause {
                let group = groups.entry((workflow, canonical(cause, policy))).or_default();
                group.extend(places.iter().filter_map(|place| exceptions.get(*place)));
            }
        }
        let sorted = groups.into_iter().map(|((workflow, cause), mut members)| {
            members.sort_by_key(|item| item.position);
            (workflow.clone(), cause, members)
        });
        sorted.collect()
    }

    /// Every pattern of which an occasion touches the target, or that repeats there.
    pub fn on(
        &self,
        target: &Target,
        policy: &policy::InForce,
        exceptions: &[ExceptionItem],
        now: Time,
    ) -> Vec<Pattern> {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for (workflow, by_cause) in &self.members {
            groups.extend(by_cause.keys().map(|cause| (workflow.clone(), canonical(cause, policy))));
        }
        let rules = policy.rules(target).recurrence;
        let found = groups.into_iter().filter_map(|(workflow, cause)| {
            let marked = |(at, of, written): &Key| {
                *at == *target && *of == workflow && canonical(written, policy) == cause
            };
            let mut marks = self.marks.keys().filter(|key| marked(key));
            let repeats = marks.any(|key| !self.is_resolved(key, policy, now));
            let members = self.members_of(&workflow, &cause, policy, exceptions);
            if !repeats && !members.iter().any(|member| member.touches(target)) {
                return None;
            }
            let resets = self.resets.get(&(target.clone(), workflow.clone())).into_iter().flatten();
            let of_it: Vec<&Reset> = resets.filter(|reset| reset.is_of(&cause, policy)).collect();
            let effective = |reset: &&&Reset| reset.failed_at.is_none() && reset.at <= now;
            let reset = of_it.iter().filter(effective).max_by_key(|reset| reset.position);
            let counting: Vec<&ExceptionItem> =
                members.into_iter().filter(|it| reset.is_none_or(|reset| reset.is_before(it))).collect();
            let failures = of_it.iter().filter_map(|reset| Some((reset.failed_at?, reset.redesign)));
            let (last_failure, failed) = failures.max_by_key(|(at, _)| *at).unzip();
            let occasions = occasions(&counting, &rules);
            Some(Pattern { workflow, cause, occasions, repeats, last_failure, failed })
        });
        found.collect()
    }

    /// Whether a redesign that did not fail took effect after a mark.
    fn is_resolved(&self, key: &Key, policy: &policy::InForce, now: Time) -> bool {
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

/// An expected exception counts apart, unless there are more of its entry than the entry allows. Judged
/// once, where it is recorded.
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

fn cause_of(item: &ExceptionItem, policy: &policy::InForce) -> Cause {
    canonical(&item.cause(), policy)
}

fn key_of(target: &Target, item: &ExceptionItem) -> Key {
    (target.clone(), item.workflow().clone(), item.cause())
}
