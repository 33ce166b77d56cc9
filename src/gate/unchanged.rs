//! Unchanged targets. If a commit already runs on a target, the gate does not decide on it again
//! (ledger-schema/deployment.md, Unchanged).

use super::decision::{Decision, undecided};
use super::facts::{Facts, LedgerStanding, Question, Wanted};
use super::needs::Needs;
use crate::record::kind::receipt::{Answer, Outcome, Purpose};

/// Returns the answer for a target on which the commit runs already. It is allowed, has no checks, and names the
/// receipt of the deployment that runs. `None` if the question has to be decided.
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

/// Whether nothing from outside the ledger contradicts that this commit is on the target. The ref that is pushed, if
/// any, must hold it; a ref that is new at its remote holds nothing. [`Facts::given`], if any, must be this commit.
fn is_held(question: &Question, facts: &Facts) -> bool {
    let told = facts.told.as_ref().is_none_or(|told| told.holds.as_ref() == Some(&question.commit));
    told && facts.given.as_ref().is_none_or(|given| *given == question.commit)
}
