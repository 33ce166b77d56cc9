//! What a decision has to know about the code repository.

use std::collections::BTreeMap;

use super::facts::Question;
use super::restoration::plan_of;
use super::waivers::waiving;
use crate::record::kind::rollback_plan::Method;
use crate::state::{Cause, PlanItem, RedesignItem, RefAtRemote, State};
use crate::value::{CommitId, Destination, PathPattern, RecordId, Target, Time};

/// What a decision on a state has to know about the code repository. Only [`needs`] makes this value. It also chooses
/// the plan that the checks examine.
#[derive(Debug)]
pub struct Needs<'a> {
    pub(in crate::gate) state: &'a State,
    pub(in crate::gate) plan: Option<&'a PlanItem>,
    /// The newest commit that receipts of the target name, as allowed or as what the ref held before. The commit of the
    /// question is skipped, and so is every commit with a barred deployment to the target.
    pub(in crate::gate) ran_before: Option<&'a CommitId>,
    /// The commits whose existence in the code repository matters. The value is `true` if it also matters whether the
    /// commit to be deployed contains the commit.
    pub commits: BTreeMap<CommitId, bool>,
    /// The redesigns of patterns that repeat on the target. The value has the commits of the redesign, and the time
    /// when the last occasion of these patterns began. A commit of the redesign is not new if it is contained in a
    /// commit that was allowed on the target before that time ([`State::allowed_before`]).
    pub ran: BTreeMap<RecordId, RanBefore>,
    /// The paths of the code repository that belong to the target. If there are none, every path does.
    pub paths: &'a [PathPattern],
    /// The commit that the plan in force undoes, if its method is `revert`: the gate needs to know whether it
    /// can be undone on top of the commit to be deployed.
    pub undone: Option<&'a CommitId>,
    /// The way back by a revert. There is one if the plan of the newest confirmed receipt has the method `revert`, and
    /// that receipt is not of the commit to be deployed. The gate needs to know whether that commit is the result of
    /// the revert.
    pub way_back: Option<WayBack<'a>>,
}

impl<'a> Needs<'a> {
    /// Returns the state that is decided on.
    pub fn state(&self) -> &'a State {
        self.state
    }
}

/// The commits of a redesign, and when the last occasion of its repeating patterns began.
#[derive(Debug, Clone)]
pub struct RanBefore {
    /// The commits of the redesign.
    pub commits: Vec<CommitId>,
    /// When the last occasion began.
    pub before: Time,
}

/// A way back by undoing a commit on top of another.
#[derive(Debug, Clone, Copy)]
pub struct WayBack<'a> {
    /// The commit of the newest confirmed receipt of the target.
    pub on: &'a CommitId,
    /// The commit that the plan of that receipt undoes.
    pub undone: &'a CommitId,
}

/// Returns what a decision has to know about the code repository. The arguments `told` and `given` are those of
/// [`Facts`](super::Facts).
pub fn needs<'a>(
    state: &'a State,
    question: &Question,
    told: Option<&'a RefAtRemote>,
    given: Option<&CommitId>,
    now: Time,
) -> Needs<'a> {
    let target = &question.target;
    let plan = state.plan_in_force(target, &question.commit, now);
    let of_redesigns = redesigns_of_interest(state, target, now)
        .flat_map(|redesign| redesign.says.commit.iter().map(|commit| commit.id.clone()));
    let of_plan = plan.and_then(|plan| match &plan.says.to {
        Destination::Commit(id) => Some(id.clone()),
        Destination::Previous | Destination::Removal => None,
    });
    let ran_before = state.ran_before(target, &question.commit);
    let known = of_plan
        .into_iter()
        .chain(ran_before.cloned())
        .chain(given.cloned())
        .chain(told.and_then(|told| told.holds.clone()));
    let others = known.map(|commit| (commit, false));
    // The commits of redesigns and waivers come last. So `true` wins for a commit that is also among the others.
    let of_waivers =
        waiving(state, target, now).filter_map(|exception| exception.says.exception.for_commit.clone());
    let commits = others.chain(of_redesigns.chain(of_waivers).map(|commit| (commit, true))).collect();
    let undone = plan.and_then(undone);
    let ran = ran(state, target, now);
    let paths = state.policy.target(target).map_or(&[][..], |rules| rules.paths.as_slice());
    Needs { state, plan, ran_before, commits, ran, paths, undone, way_back: way_back(state, question, told) }
}

/// Returns the commit that a plan undoes, if its method is `revert`.
fn undone(plan: &PlanItem) -> Option<&CommitId> {
    plan.says.commit.as_ref().filter(|_| plan.says.method == Method::Revert)
}

fn way_back<'a>(state: &'a State, question: &Question, told: Option<&'a RefAtRemote>) -> Option<WayBack<'a>> {
    let newest = state.newest_confirmed(&question.target, told)?;
    let plan = plan_of(state, newest)?;
    let undone = undone(plan)?;
    (newest.says.commit != question.commit).then_some(WayBack { on: &newest.says.commit, undone })
}

/// Returns the commits of each redesign of a repeating pattern, and when the last occasion of its repeating patterns
/// began.
fn ran(state: &State, target: &Target, now: Time) -> BTreeMap<RecordId, RanBefore> {
    if !state.patterns_on(target, now).iter().any(|pattern| pattern.repeats) {
        return BTreeMap::new();
    }
    let with_before = |redesign: &RedesignItem| {
        let before = last_occasion(state, target, redesign, now)?;
        let commits = redesign.says.commit.iter().map(|commit| commit.id.clone()).collect();
        Some((redesign.id, RanBefore { commits, before }))
    };
    redesigns_of_interest(state, target, now).filter_map(with_before).collect()
}

/// Considers those patterns of a redesign that repeat on a target, and returns when the last of their occasions began;
/// `None` if none of the patterns repeats there. A commit of the redesign is not new if it is contained in a commit
/// that was allowed on the target before that time ([`State::allowed_before`]).
pub fn last_occasion(state: &State, target: &Target, redesign: &RedesignItem, now: Time) -> Option<Time> {
    let patterns = state.patterns_on(target, now);
    let of = patterns.iter().filter(|pattern| pattern.repeats && state.is_of(redesign, pattern, target));
    of.filter_map(|pattern| pattern.occasions.last()).map(|one| one.at).max()
}

/// Returns the approved redesigns of a target that may affect a decision. These are the redesigns that are not settled
/// there ([`State::is_settled`]), and those of patterns that repeat there or have a failed redesign.
pub(super) fn redesigns_of_interest<'a>(
    state: &'a State,
    target: &'a Target,
    now: Time,
) -> impl Iterator<Item = &'a RedesignItem> {
    let patterns = state.patterns_on(target, now);
    let unsettled = state.redesigns_unsettled_on(target, now);
    let mut found: BTreeMap<u64, &RedesignItem> =
        unsettled.map(|redesign| (redesign.position, redesign)).collect();
    for pattern in patterns.iter().filter(|pattern| pattern.repeats || pattern.failed.is_some()) {
        let Cause::Named(cause) = &pattern.cause else { continue };
        let of_cause = state.redesigns_of(&pattern.workflow, cause).into_iter();
        found.extend(of_cause.map(|redesign| (redesign.position, redesign)));
    }
    found
        .into_values()
        .filter(|redesign| state.is_for(redesign, target) && redesign.approvals.effect().is_some())
}
