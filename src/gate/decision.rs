//! The decision: every check, and what follows from them.

use super::check::CHECKS;
use super::examination::{Examination, KnownWayBack};
use super::facts::{Facts, LedgerStanding, Question, Wanted};
use super::needs::Needs;
use super::outcome::CheckOutcome;
use super::restoration::is_restoration;
use super::waivers;
use crate::finding::Code;
use crate::record::Checkpoint;
use crate::record::kind::receipt::{Answer, Outcome, Purpose};
use crate::state::State;
use crate::value::{CommitId, RecordId, Target, Time};

/// What the gate says. Only [`decide`] makes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Decision {
    /// Where to.
    pub target: Target,
    /// What.
    pub commit: CommitId,
    /// Forward, or back.
    pub purpose: Purpose,
    /// Yes or no.
    pub answer: Answer,
    /// The time of the evaluation.
    pub at: Time,
    /// Until when a yes may be used.
    pub expires_at: Option<Time>,
    /// The ledger that was judged, if there was one.
    pub ledger: Option<RecordId>,
    /// The head that was judged.
    pub checkpoint: Option<Checkpoint>,
    /// The trust in force.
    pub trust: Option<RecordId>,
    /// The policy in force.
    pub policy: Option<RecordId>,
    /// The plan in force.
    pub rollback_plan: Option<RecordId>,
    /// The release it was asked for, where the policy asks for one.
    pub release: Option<RecordId>,
    /// Expected exceptions that waive a check.
    pub waivers: Vec<RecordId>,
    /// What runs there now.
    pub previous: Option<CommitId>,
    /// Approved redesigns of which the commit contains what belongs to its repository.
    pub redesigns: Vec<RecordId>,
    /// Every check, in a fixed order.
    pub checks: Vec<CheckOutcome>,
}

impl Decision {
    /// Whether the ledger itself is why it was refused.
    pub fn is_untrusted(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.code.code() == Code::LedgerValid && check.result == Outcome::Fail)
    }
}

/// Decides. Without a state, only the ledger itself is examined, and the answer is no.
pub fn decide(needs: Option<&Needs<'_>>, question: &Question, facts: &Facts) -> Decision {
    let way_back = match needs {
        Some(needs) if facts.is_reverted || is_restoration(needs.state, question) => KnownWayBack::Yes,
        Some(_) | None => KnownWayBack::No,
    };
    let purpose = match (question.wanted, way_back) {
        (Wanted::Expansion, _) | (Wanted::Either, KnownWayBack::No) => Purpose::Expansion,
        (Wanted::Restoration, _) | (Wanted::Either, KnownWayBack::Yes) => Purpose::Restoration,
    };
    let trusted = needs.filter(|_| !matches!(facts.ledger, LedgerStanding::Untrusted { .. }));
    let ledger = super::check::ledger_valid(&facts.ledger, purpose, trusted);
    let mut decision = undecided(needs.map(|needs| needs.state), question, facts, purpose, ledger);
    let Some(needs) = trusted else { return decision };
    let state = needs.state;
    let examination = Examination::new(needs, question, facts, purpose, way_back);
    decision.checks.extend(CHECKS.iter().filter_map(|check| check(&examination).found()));
    match purpose {
        Purpose::Restoration => decision.checks.iter_mut().for_each(waive),
        Purpose::Expansion => {
            decision.waivers = waivers::apply(state, &question.target, facts.now, &mut decision.checks);
        }
    }
    decision.rollback_plan = examination.plan.map(|plan| plan.id);
    let asks = state.policy.asks_for_releases(&question.target);
    decision.release = examination.release.filter(|_| asks).map(|release| release.id);
    decision.previous.clone_from(&examination.previous);
    decision.redesigns = examination.contained_redesigns();
    if decision.checks.iter().all(|check| check.result != Outcome::Fail) {
        decision.answer = Answer::Allowed;
        decision.expires_at = Some(facts.now.plus(examination.rules.receipts.lifetime));
    }
    decision
}

/// A refusal with only the ledger examined.
fn undecided(
    state: Option<&State>,
    question: &Question,
    facts: &Facts,
    purpose: Purpose,
    ledger: CheckOutcome,
) -> Decision {
    Decision {
        target: question.target.clone(),
        commit: question.commit.clone(),
        purpose,
        answer: Answer::Refused,
        at: facts.now,
        expires_at: None,
        ledger: state.map(|state| state.ledger),
        checkpoint: state.map(|state| state.checkpoint),
        trust: state.map(|state| state.roster.id()),
        policy: state.and_then(|state| state.policy.id()),
        rollback_plan: None,
        release: None,
        waivers: Vec::new(),
        previous: None,
        redesigns: Vec::new(),
        checks: vec![ledger],
    }
}

/// What the way forward lacks does not stop the way back.
fn waive(check: &mut CheckOutcome) {
    let decides = matches!(check.code.code(), Code::LedgerValid | Code::TargetKnown | Code::RollbackTarget);
    if check.result == Outcome::Fail && !decides {
        check.result = Outcome::Waived;
        check.next = None;
    }
}
