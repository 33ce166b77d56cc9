//! The input of the checks.

use std::sync::Arc;

use super::facts::{Facts, Question};
use super::needs::{Needs, redesigns_of_interest};
use crate::policy::Rules;
use crate::record::kind::receipt::Purpose;
use crate::record::kind::redesign::{ChangeKind, RedesignCommit};
use crate::state::{ExceptionItem, Pattern, PlanItem, RedesignItem, ReleaseItem, State};
use crate::value::{CommitId, RecordId};

/// Whether the commit to be deployed is a known way back: it ran on the target before, or a plan goes back to
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gate) enum KnownWayBack {
    Yes,
    No,
}

/// The input of a check.
pub(in crate::gate) struct Examination<'a> {
    pub(in crate::gate) state: &'a State,
    pub(in crate::gate) question: &'a Question,
    pub(in crate::gate) facts: &'a Facts,
    pub(in crate::gate) purpose: Purpose,
    pub(in crate::gate) way_back: KnownWayBack,
    /// The rules of the target.
    pub(in crate::gate) rules: Rules,
    /// The rollback plan in force.
    pub(in crate::gate) plan: Option<&'a PlanItem>,
    /// The release of the commit to the target.
    pub(in crate::gate) release: Option<&'a ReleaseItem>,
    /// The patterns of the target.
    pub(in crate::gate) patterns: Arc<Vec<Pattern>>,
    /// The commit that runs on the target now, if known.
    pub(in crate::gate) previous: Option<CommitId>,
}

impl<'a> Examination<'a> {
    pub(in crate::gate) fn new(
        needs: &Needs<'a>,
        question: &'a Question,
        facts: &'a Facts,
        purpose: Purpose,
        way_back: KnownWayBack,
    ) -> Self {
        let (state, target) = (needs.state, &question.target);
        Self {
            state,
            question,
            facts,
            purpose,
            way_back,
            rules: state.policy.rules(target),
            plan: needs.plan,
            release: state.release_of(target, &question.commit),
            patterns: state.patterns_on(target, facts.now),
            previous: facts.previous.clone().or_else(|| needs.ran_before.cloned()),
        }
    }

    /// Returns the overrides of the target that are not closed, have a pending credential, or may need a
    /// review.
    pub(in crate::gate) fn open_overrides(&self) -> impl Iterator<Item = &'a ExceptionItem> {
        let target = &self.question.target;
        self.state.open_overrides().filter(move |item| item.touches(target))
    }

    /// Whether a redesign of code is contained in the commit to be deployed: all of its commits are.
    pub(in crate::gate) fn is_contained(&self, redesign: &RedesignItem) -> bool {
        let target = &self.question.target;
        redesign.says.change == ChangeKind::Code
            && redesign
                .says
                .commit
                .iter()
                .all(|commit| self.facts.contains(self.state, target, redesign, commit))
    }

    /// Returns the approved redesigns of the target of which the commit contains all commits of its
    /// repository; the receipt lists them. Commits of other repositories are not required: otherwise the
    /// receipts of two repositories would wait for each other.
    pub(in crate::gate) fn contained_redesigns(&self) -> Vec<RecordId> {
        let now = self.facts.now;
        let approved =
            |redesign: &&RedesignItem| redesign.approvals.effect().is_some_and(|effect| effect.at <= now);
        let contained =
            |commit: &RedesignCommit| self.facts.commits.get(&commit.id).is_some_and(|fact| fact.contained);
        let own = |redesign: &&RedesignItem| {
            let mut own =
                redesign.says.commit.iter().filter(|commit| self.is_of_this_repository(commit)).peekable();
            own.peek().is_some() && own.all(contained)
        };
        let here = redesigns_of_interest(self.state, &self.question.target, now);
        here.filter(approved).filter(own).map(|redesign| redesign.id).collect()
    }

    fn is_of_this_repository(&self, commit: &RedesignCommit) -> bool {
        let target = self.state.policy.target(&self.question.target);
        let here = target.and_then(|rules| rules.repository.as_ref());
        commit.repository.as_ref().zip(here).is_none_or(|(named, here)| named == here)
    }

    /// Returns `--service S --environment E` for the target of the question.
    pub(in crate::gate) fn target_options(&self) -> [String; 4] {
        let target = &self.question.target;
        [
            "--service".to_owned(),
            target.service.to_string(),
            "--environment".to_owned(),
            target.environment.to_string(),
        ]
    }
}
