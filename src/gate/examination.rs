//! The input of the checks.

use std::sync::Arc;

use super::facts::{Facts, Question};
use super::needs::{Needs, redesigns_of_interest};
use super::restoration::KnownWayBack;
use crate::policy::Rules;
use crate::record::kind::receipt::{PreviousFrom, Purpose};
use crate::record::kind::redesign::{ChangeKind, RedesignCommit};
use crate::state::{ExceptionItem, Occasion, Pattern, PlanItem, RedesignItem, ReleaseItem, State};
use crate::value::{CommitId, RecordId, TargetName};

/// The commit that runs on the target before the deployment, and the source that says so.
#[derive(Debug, Clone)]
pub(in crate::gate) struct Previous {
    pub(in crate::gate) commit: CommitId,
    pub(in crate::gate) from: PreviousFrom,
}

/// The input of a check.
pub(in crate::gate) struct Examination<'a> {
    pub(in crate::gate) state: &'a State,
    pub(in crate::gate) question: &'a Question,
    pub(in crate::gate) facts: &'a Facts,
    pub(in crate::gate) purpose: Purpose,
    pub(in crate::gate) way_back: KnownWayBack<'a>,
    /// The rules of the target.
    pub(in crate::gate) rules: Rules,
    /// The rollback plan in force.
    pub(in crate::gate) plan: Option<&'a PlanItem>,
    /// The release of the commit to the target.
    pub(in crate::gate) release: Option<&'a ReleaseItem>,
    /// The patterns of the target ([`State::patterns_on`]).
    pub(in crate::gate) patterns: Arc<Vec<Pattern>>,
    /// The other patterns that count on the target, although none of their recent occasions touches it.
    pub(in crate::gate) other_patterns: Arc<Vec<Pattern>>,
    /// The commit that runs on the target now, if known. It is never the commit to be deployed.
    pub(in crate::gate) previous: Option<Previous>,
    /// A commit that is known to run, or may have run, on the target. Git names it, or else [`Facts::given`]. If
    /// neither does, it is the newest other commit that receipts of the target know of ([`State::started_before`]).
    pub(in crate::gate) known_to_run: Option<&'a CommitId>,
}

impl<'a> Examination<'a> {
    pub(in crate::gate) fn new(
        needs: &Needs<'a>,
        question: &'a Question,
        facts: &'a Facts,
        purpose: Purpose,
        way_back: KnownWayBack<'a>,
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
            other_patterns: state.other_patterns_on(target, facts.now),
            previous: previous(needs, question, facts),
            known_to_run: known_to_run(needs, question, facts),
        }
    }

    /// Returns the open overrides that touch the target. They are not closed, have a pending credential, or may need a
    /// review.
    pub(in crate::gate) fn open_overrides(&self) -> impl Iterator<Item = &'a ExceptionItem> {
        let (state, target) = (self.state, &self.question.target);
        state.open_overrides().filter(move |item| state.touches(item, target))
    }

    /// Returns those occasions of a pattern that began less than `recurrence.window` ago.
    pub(in crate::gate) fn recent<'p>(&self, pattern: &'p Pattern) -> impl Iterator<Item = &'p Occasion> {
        let (now, window) = (self.facts.now, self.rules.recurrence.window.seconds());
        pattern.occasions.iter().filter(move |one| now.since(one.at) < window)
    }

    /// Whether one of the exceptions of an occasion touches the target.
    pub(in crate::gate) fn is_touching(&self, occasion: &Occasion) -> bool {
        self.state.is_touching(occasion, &self.question.target)
    }

    /// Whether a redesign is of code, is new ([`Self::is_new`]), and is contained in the commit to be deployed. It is
    /// contained if each of its commits is contained ([`Facts::contains`]).
    pub(in crate::gate) fn is_contained(&self, redesign: &RedesignItem) -> bool {
        let target = &self.question.target;
        redesign.says.change == ChangeKind::Code
            && self.is_new(redesign)
            && redesign
                .says
                .commit
                .iter()
                .all(|commit| self.facts.contains(self.state, target, redesign, commit))
    }

    /// Returns the redesigns that the receipt lists. Each is for the target, approved and new. It has commits in this
    /// repository, and the commit to be deployed contains all of these. Commits of other repositories are not required,
    /// because the receipts of two repositories would then wait for each other.
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
        here.filter(approved)
            .filter(own)
            .filter(|redesign| self.is_new(redesign))
            .map(|redesign| redesign.id)
            .collect()
    }

    /// Whether a redesign of code is new on the target. It is if one of its commits in this repository is not among
    /// [`Facts::old`], or if it has no commit in this repository.
    pub(in crate::gate) fn is_new(&self, redesign: &RedesignItem) -> bool {
        let mut own =
            redesign.says.commit.iter().filter(|commit| self.is_of_this_repository(commit)).peekable();
        own.peek().is_none() || own.any(|commit| !self.facts.old.contains(&(redesign.id, commit.id.clone())))
    }

    fn is_of_this_repository(&self, commit: &RedesignCommit) -> bool {
        let target = self.state.policy.target(&self.question.target);
        commit.is_in(target.and_then(|rules| rules.repository.as_ref()))
    }

    /// Returns the target of the question as commands take it: `payments/production`.
    pub(in crate::gate) fn target_name(&self) -> String {
        TargetName::from(self.question.target.clone()).to_string()
    }
}

/// Returns the commit that is on the target according to Git.
fn told(facts: &Facts) -> Option<&CommitId> {
    facts.told.as_ref().and_then(|told| told.holds.as_ref())
}

fn known_to_run<'a>(needs: &Needs<'a>, question: &Question, facts: &'a Facts) -> Option<&'a CommitId> {
    let started = || needs.state.started_before(&question.target, &question.commit);
    told(facts).or(facts.given.as_ref()).or_else(started)
}

/// Returns the commit that runs on the target now. The sources are Git, then [`Facts::given`], then the ledger. The
/// first one that names a commit other than that of the question is believed.
fn previous(needs: &Needs<'_>, question: &Question, facts: &Facts) -> Option<Previous> {
    let sources = [
        (told(facts), PreviousFrom::Ref),
        (facts.given.as_ref(), PreviousFrom::Given),
        (needs.ran_before, PreviousFrom::Ledger),
    ];
    let known = sources.into_iter().filter_map(|(commit, from)| Some((commit?, from)));
    let mut others = known.filter(|(commit, _)| **commit != question.commit);
    others.next().map(|(commit, from)| Previous { commit: commit.clone(), from })
}
