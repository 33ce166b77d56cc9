//! The checks of the gate: one file each, and one line each in the list below.

mod credentials_revoked;
mod ledger_fresh;
mod no_standing_access;
mod not_paused;
mod overrides_closed;
mod overrides_decided;
mod redesign_effective;
mod release_approved;
mod repeating;
mod reviews_done;
mod rollback_criteria;
mod rollback_plan;
mod rollback_rehearsed;
mod rollback_target;
mod target_known;
mod valid;

use std::collections::HashSet;
use std::sync::Arc;

use super::decision::{CheckOutcome, Next};
use super::facts::{Facts, Question, redesigns_of_interest};
use crate::finding::{CheckCode, Code};
use crate::policy::Rules;
use crate::record::kind::receipt::{Outcome, Purpose};
use crate::record::kind::redesign::{Change, RedesignCommit};
use crate::state::{Pattern, PlanItem, RedesignItem, ReleaseItem, State};
use crate::value::{CommitId, RecordId};

pub use ledger_fresh::freshness;
pub(super) use valid::ledger_valid;

/// A check: what it found, or nothing where the policy does not ask for it.
pub(super) type Check = fn(&Examination<'_>) -> Option<CheckOutcome>;

/// Every check behind `ledger-valid`, in the order in which they are shown.
pub(super) const CHECKS: &[Check] = &[
    ledger_fresh::check,
    target_known::check,
    not_paused::check,
    rollback_plan::check,
    rollback_criteria::check,
    rollback_target::check,
    rollback_rehearsed::check,
    overrides_decided::check,
    overrides_closed::check,
    repeating::check,
    redesign_effective::check,
    reviews_done::check,
    credentials_revoked::check,
    no_standing_access::check,
    release_approved::check,
];

/// Everything that a check looks at.
pub(super) struct Examination<'a> {
    pub(super) state: &'a State,
    pub(super) question: &'a Question,
    pub(super) facts: &'a Facts,
    pub(super) purpose: Purpose,
    pub(super) restores: bool,
    pub(super) rules: Rules,
    pub(super) plan: Option<&'a PlanItem>,
    pub(super) release: Option<&'a ReleaseItem>,
    pub(super) patterns: Arc<Vec<Pattern>>,
    pub(super) previous: Option<CommitId>,
}

impl<'a> Examination<'a> {
    pub(super) fn new(
        state: &'a State,
        question: &'a Question,
        facts: &'a Facts,
        purpose: Purpose,
        restores: bool,
    ) -> Self {
        let target = &question.target;
        let newest = state.ran_before(target, &question.commit).map(|it| it.says.commit.clone());
        Self {
            state,
            question,
            facts,
            purpose,
            restores,
            rules: state.policy.rules(target),
            plan: state.plan_in_force(target, &question.commit, facts.now),
            release: state.release_of(target, &question.commit),
            patterns: state.patterns_on(target, facts.now),
            previous: facts.previous.clone().or(newest),
        }
    }

    /// Whether an approved redesign is contained in the commit: all of its commits are.
    pub(super) fn is_contained(&self, redesign: &RedesignItem) -> bool {
        let target = &self.question.target;
        redesign.says.change == Change::Code
            && redesign
                .says
                .commit
                .iter()
                .all(|commit| self.facts.contains(self.state, target, redesign, commit))
    }

    /// Approved redesigns of the target of which the commit contains what belongs to its repository: the
    /// receipt lists them. (If it had to contain what other repositories' receipts are still to say, two
    /// repositories would wait for each other.)
    pub(super) fn contained_redesigns(&self) -> Vec<RecordId> {
        let now = self.facts.now;
        let approved = |it: &&RedesignItem| it.decided.effect().is_some_and(|effect| effect.at <= now);
        let contained =
            |commit: &RedesignCommit| self.facts.commits.get(&commit.id).is_some_and(|it| it.contained);
        let own = |it: &&RedesignItem| {
            let mut own =
                it.says.commit.iter().filter(|commit| self.is_of_this_repository(commit)).peekable();
            own.peek().is_some() && own.all(contained)
        };
        let here = redesigns_of_interest(self.state, &self.question.target, now);
        here.filter(approved).filter(own).map(|it| it.id).collect()
    }

    fn is_of_this_repository(&self, commit: &RedesignCommit) -> bool {
        let target = self.state.policy.target(&self.question.target);
        let here = target.and_then(|rules| rules.repository.as_ref());
        commit.repository.as_ref().zip(here).is_none_or(|(named, here)| named == here)
    }

    /// `--service S --environment E` of the question.
    pub(super) fn target_options(&self) -> [String; 4] {
        let target = &self.question.target;
        [
            "--service".to_owned(),
            target.service.to_string(),
            "--environment".to_owned(),
            target.environment.to_string(),
        ]
    }
}

/// The outcome of a check, begun with its code and result.
pub(super) fn outcome(code: Code, result: Outcome, found: impl Into<String>) -> Option<CheckOutcome> {
    let code = CheckCode::new(code)?;
    let found = found.into();
    let (details, records, next) = Default::default();
    Some(CheckOutcome { code, result, found, details, records, next, rests_on_rejection: false })
}

/// `1 more approval`, `2 more approvals`.
pub(super) fn more(missing: u64, noun: &str) -> String {
    format!("{missing} more {noun}{}", if missing == 1 { "" } else { "s" })
}

impl CheckOutcome {
    pub(super) fn with_records(mut self, records: impl IntoIterator<Item = RecordId>) -> Self {
        let mut known: HashSet<RecordId> = self.records.iter().copied().collect();
        self.records.extend(records.into_iter().filter(|record| known.insert(*record)));
        self
    }

    pub(super) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    pub(super) fn with_next(mut self, next: Next) -> Self {
        self.next = Some(next);
        self
    }
}
