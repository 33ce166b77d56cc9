//! Who answers for which patterns, and by when (ledger-schema/deployment.md, Who answers). A pattern has to be answered
//! for if it is untriaged, or if it repeats while no redesign of it is on its way.

use std::sync::Arc;

use crate::state::fold::State;
use crate::state::item::{Cause, Life, RedesignItem};
use crate::state::pattern::Pattern;
use crate::value::{MemberName, RecordId, Target, Time, WorkflowName};

use super::overview::{OnTargets, Overview, PatternsAt};

/// What is asked of the persons who answer for a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// To name the cause of the pattern.
    Triage,
    /// To redesign what the pattern comes from.
    Redesign,
}

/// A pattern that has to be answered for.
#[derive(Debug, Clone)]
pub struct Unanswered {
    /// What is asked.
    pub asked: Answering,
    /// The workflow whose owner answers.
    pub workflow: WorkflowName,
    /// The workflows and the cause of the pattern, as people read them.
    pub pattern: String,
    /// The number of its recent occasions.
    pub occasions: usize,
    /// One of its exceptions.
    pub exception: RecordId,
    /// Who answers: the person behind the owner of the workflow, or else the admins.
    pub who: Vec<MemberName>,
    /// The time by which to answer.
    pub by: Time,
}

impl State {
    /// Returns the patterns that have to be answered for at `now`.
    pub fn unanswered(&self, patterns: &PatternsAt, now: Time) -> Vec<Unanswered> {
        let of = |pattern| self.unanswered_of(pattern, &patterns.on_targets, now);
        patterns.overview.iter().filter_map(of).collect()
    }

    fn unanswered_of(&self, pattern: &Overview, on_targets: &OnTargets, now: Time) -> Option<Unanswered> {
        let first = pattern.recent.first().map(|occasion| occasion.at);
        let (asked, since) = match (&pattern.cause, pattern.repeats_since) {
            (Cause::Untriaged(_), repeats) => (Answering::Triage, repeats.or(first)?),
            (Cause::Named(_), Some(repeats)) if !self.has_redesign(pattern, on_targets, now) => {
                (Answering::Redesign, repeats)
            }
            (Cause::Named(_), _) => return None,
        };
        let (owner, within) = self.policy.answers_for(&pattern.workflow);
        let owner = owner.and_then(|owner| self.roster.person(owner)).cloned();
        let admins = || self.roster.admins().map(|admin| admin.name.clone()).collect();
        Some(Unanswered {
            asked,
            workflow: pattern.workflow.clone(),
            pattern: pattern.name(),
            occasions: pattern.recent.len(),
            exception: *pattern.ids.first()?,
            who: owner.map_or_else(admins, |owner| vec![owner]),
            by: since.plus(within),
        })
    }

    /// Whether, for each target on which a pattern repeats, a redesign of the pattern is on its way. Such a redesign is
    /// newer than the last failure on that target. It is approved and not over, or it waits for approvals and is not
    /// due yet. If there is one for each of these targets, the owners of the redesigns answer.
    fn has_redesign(&self, pattern: &Overview, on_targets: &OnTargets, now: Time) -> bool {
        let Cause::Named(cause) = &pattern.cause else { return false };
        let of_cause = self.redesigns_of(&pattern.workflow, cause);
        let repeats = |(target, patterns): (&Target, &Arc<Vec<Pattern>>)| {
            let is_same = |one: &&Pattern| one.workflow == pattern.workflow && one.cause == pattern.cause;
            Some((target.clone(), patterns.iter().find(is_same).filter(|one| one.repeats)?.clone()))
        };
        on_targets.iter().filter_map(repeats).all(|(target, pattern)| {
            let newer = |redesign: &&&RedesignItem| {
                self.is_of(redesign, &pattern, &target) && self.is_newer(redesign, &pattern, &target)
            };
            of_cause.iter().filter(newer).any(|redesign| match redesign.life(&self.policy, now) {
                Life::Undecided => now < redesign.says.due,
                Life::Live | Life::NotYet => true,
                Life::Rejected | Life::Over => false,
            })
        })
    }
}
