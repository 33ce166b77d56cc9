//! Unchanged targets: a commit that runs there already is not decided on again (ledger-schema/deployment.md,
//! Unchanged).

use super::decision::{Decision, undecided};
use super::facts::{Facts, LedgerStanding, Question, Wanted};
use super::needs::Needs;
use crate::record::kind::receipt::{Answer, Outcome, Purpose};

/// Returns the answer for a target on which the commit runs already: allowed, with no check and no receipt. `None`
/// if the question has to be decided.
pub fn unchanged(needs: &Needs<'_>, question: &Question, facts: &Facts) -> Option<Decision> {
    let state = needs.state;
    let is_decided = question.wanted == Wanted::Restoration || !question.artifacts.is_empty();
    if is_decided || !is_held(question, facts) || state.policy.target(&question.target).is_none() {
        return None;
    }
    let ledger = super::check::ledger_valid(&facts.ledger, Purpose::Expansion, Some(needs));
    let is_sound = facts.ledger == LedgerStanding::Sound && ledger.result == Outcome::Pass;
    let rules = state.policy.rules(&question.target);
    let fresh = super::check::freshness(state, &rules.freshness, &facts.freshness, facts.clock);
    if !is_sound || fresh.result == Outcome::Fail {
        return None;
    }
    let runs = state.runs(&question.target, &question.commit, facts.told.as_ref())?;
    let mut decision = undecided(Some(state), question, facts, Purpose::Expansion, ledger);
    decision.checks.clear();
    (decision.answer, decision.unchanged) = (Answer::Allowed, Some(runs.id));
    Some(decision)
}

/// Whether Git and the option of the command name this commit as the one on the target, as far as they name any.
fn is_held(question: &Question, facts: &Facts) -> bool {
    let told = facts.told.as_ref().is_none_or(|told| told.holds.as_ref() == Some(&question.commit));
    told && facts.given.as_ref().is_none_or(|given| *given == question.commit)
}
