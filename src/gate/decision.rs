//! The decision: runs every check, and allows or refuses the deployment.

use super::check::CHECKS;
use super::examination::Examination;
use super::facts::{Facts, LedgerStanding, Question, Wanted};
use super::needs::Needs;
use super::outcome::CheckOutcome;
use super::restoration::{KnownWayBack, confirm, known_way_back};
use super::waivers;
use crate::finding::{CheckCode, Code};
use crate::record::Checkpoint;
use crate::record::kind::receipt::{Answer, Outcome, PreviousFrom, Purpose};
use crate::state::{Deployment, State};
use crate::value::{Ascii, CommitId, RecordId, RepositoryName, Target, TargetName, Time};

/// A decision of the gate. Only [`decide`] makes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Decision {
    /// The target.
    pub target: Target,
    /// The code repository of the target, if the policy names one.
    pub repository: Option<RepositoryName>,
    /// The commit to be deployed.
    pub commit: CommitId,
    /// Expansion or restoration.
    pub purpose: Purpose,
    /// Allowed or refused.
    pub answer: Answer,
    /// The time of the evaluation.
    pub at: Time,
    /// The time until which an allowed deployment may start; `None` if it is refused.
    pub expires_at: Option<Time>,
    /// The id of the ledger that was examined, if there was one.
    pub ledger: Option<RecordId>,
    /// The checkpoint of the head that was examined.
    pub checkpoint: Option<Checkpoint>,
    /// The trust in force.
    pub trust: Option<RecordId>,
    /// The policy in force.
    pub policy: Option<RecordId>,
    /// The plan in force.
    pub rollback_plan: Option<RecordId>,
    /// The release of the commit to the target, if the policy requires releases.
    pub release: Option<RecordId>,
    /// The expected exceptions that waived a check.
    pub waivers: Vec<RecordId>,
    /// The commit that runs on the target now, if known. It is never the commit to be deployed.
    pub previous: Option<CommitId>,
    /// The source of `previous`.
    pub previous_from: Option<PreviousFrom>,
    /// The ref that is pushed, if it is at a remote whose word counts.
    pub on_ref: Option<Ascii>,
    /// The approved redesigns that are new on the target, and whose commits in the code repository are all contained in
    /// the commit to be deployed.
    pub redesigns: Vec<RecordId>,
    /// The receipt that shows that the target is unchanged. If there is one, nothing was decided, and `checks` is
    /// empty.
    pub unchanged: Option<RecordId>,
    /// The outcome of every check, in a fixed order.
    pub checks: Vec<CheckOutcome>,
}

impl Decision {
    /// Whether the deployment was refused because of the ledger itself.
    pub fn is_untrusted(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.code.code() == Code::LedgerValid && check.result == Outcome::Fail)
    }
}

/// Decides whether to allow a deployment. Without `needs`, or if the ledger cannot be trusted, only the
/// ledger itself is examined, and the deployment is refused.
pub fn decide(needs: Option<&Needs<'_>>, question: &Question, facts: &Facts) -> Decision {
    let trusted = needs.filter(|_| !matches!(facts.ledger, LedgerStanding::Untrusted { .. }));
    // A ledger that cannot be trusted does not say what the way back is, either.
    let way_back = trusted.map_or(KnownWayBack::No, |needs| known_way_back(needs.state, question, facts));
    let purpose = match (question.wanted, &way_back) {
        (Wanted::Expansion, _) | (Wanted::Either, KnownWayBack::No | KnownWayBack::Unconfirmed(_)) => {
            Purpose::Expansion
        }
        (Wanted::Restoration, _) | (Wanted::Either, KnownWayBack::Yes | KnownWayBack::SaidBy(_)) => {
            Purpose::Restoration
        }
    };
    let ledger = super::check::ledger_valid(&facts.ledger, purpose, trusted);
    let mut decision = undecided(needs.map(|needs| needs.state), question, facts, purpose, ledger);
    let Some(needs) = trusted else { return decision };
    let state = needs.state;
    let examination = Examination::new(needs, question, facts, purpose, way_back);
    decision.checks.extend(CHECKS.iter().filter_map(|check| check(&examination).found()));
    if state.policy.target(&question.target).is_none() {
        // The name of the target may be mistyped. So no check but `target-known` suggests a command with that name.
        let asked = TargetName::from(question.target.clone()).to_string();
        for check in decision.checks.iter_mut().filter(|check| check.code != CheckCode::TARGET_KNOWN) {
            check.next = check.next.take().filter(|next| !next.0.contains(&asked));
        }
    }
    match purpose {
        Purpose::Restoration => decision.checks.iter_mut().for_each(waive),
        Purpose::Expansion => {
            decision.waivers = waivers::apply(state, question, facts, &mut decision.checks);
        }
    }
    decision.rollback_plan = examination.plan.map(|plan| plan.id);
    let asks = state.policy.asks_for_releases(&question.target);
    decision.release = examination.release.filter(|_| asks).map(|release| release.id);
    (decision.previous, decision.previous_from) = match &examination.previous {
        Some(previous) => (Some(previous.commit.clone()), Some(previous.from)),
        None => (None, None),
    };
    decision.redesigns = examination.contained_redesigns();
    if let (Wanted::Either, KnownWayBack::Unconfirmed(receipt)) = (question.wanted, &examination.way_back) {
        tell_unconfirmed(&examination, receipt, &mut decision.checks);
    }
    if decision.checks.iter().all(|check| check.result != Outcome::Fail) {
        decision.answer = Answer::Allowed;
        decision.expires_at = Some(facts.now.plus(examination.rules.receipts.lifetime));
    }
    decision
}

/// Returns a refusal in which only the ledger was examined. The caller may complete it into another decision.
pub(super) fn undecided(
    state: Option<&State>,
    question: &Question,
    facts: &Facts,
    purpose: Purpose,
    ledger: CheckOutcome,
) -> Decision {
    let rules = state.and_then(|state| state.policy.target(&question.target));
    Decision {
        target: question.target.clone(),
        repository: rules.and_then(|rules| rules.repository.clone()),
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
        previous_from: None,
        on_ref: facts.told.as_ref().map(|told| told.name.clone()),
        redesigns: Vec::new(),
        unchanged: None,
        checks: vec![ledger],
    }
}

/// Whether a check has failed, but cannot refuse a restoration. Only three checks can refuse one.
fn lacks_for_forward_only(check: &CheckOutcome) -> bool {
    let decides = matches!(check.code.code(), Code::LedgerValid | Code::TargetKnown | Code::RollbackTarget);
    check.result == Outcome::Fail && !decides
}

/// Waives a failed check of a restoration, unless it is one of the three that can refuse a restoration.
fn waive(check: &mut CheckOutcome) {
    if lacks_for_forward_only(check) {
        check.result = Outcome::Waived;
        check.next = None;
    }
}

/// Adds a line to the first failed check that cannot refuse a restoration. The line says that the deployment would be a
/// restoration if an outcome confirmed that the commit ran on the target. The check's next command becomes the one that
/// records this outcome.
fn tell_unconfirmed(given: &Examination<'_>, receipt: &Deployment, checks: &mut [CheckOutcome]) {
    let Some(failed) = checks.iter_mut().find(|check| lacks_for_forward_only(check)) else { return };
    failed.details.push(format!(
        "if an outcome confirms that {} ran there, this is a restoration, and this check does not refuse it",
        given.question.commit.short()
    ));
    failed.next = Some(confirm(receipt));
}
