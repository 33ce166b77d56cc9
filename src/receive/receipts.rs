//! Finds the receipts of a push in the ledger, and the targets whose receipts are missing.

use crate::push::{PushDecision, TargetDecision};
use crate::record::kind::policy::RecordedBy;
use crate::record::kind::receipt::Purpose;
use crate::state::{Deployment, State};
use crate::value::{RecordId, Time};

/// Returns the receipt in the ledger on which a push to a target goes ahead. It allows the commit of the push for that
/// target and purpose, and is valid now. `None` if there is none, or if a newer receipt allows another commit for the
/// target: by the ledger, that other commit then runs there.
pub(super) fn receipt_for(state: &State, one: &TargetDecision, now: Time) -> Option<RecordId> {
    let decision = &one.decided.decision;
    let question = &one.decided.asked.question;
    let latest = now.plus(state.policy.clock_skew());
    let is_good = |deployment: &&Deployment| {
        let says = &deployment.says;
        deployment.is_allowed()
            && !deployment.is_barred()
            && deployment.target == decision.target
            && says.purpose == decision.purpose
            && says.at <= latest
            && says.expires_at.is_some_and(|end| now < end)
    };
    let found = state.deployments_of(&question.commit).filter(is_good).last()?;
    let mut later = state.deployments_since(found.created_at);
    let newest = later.find(|one| one.is_allowed() && one.target == decision.target)?;
    (newest.says.commit == question.commit).then_some(found.id)
}

/// Returns the targets of expansions that lack a receipt where the policy requires the pusher to record one.
pub(super) fn demanded<'a>(decision: &'a PushDecision, missing: &[&'a TargetDecision]) -> Vec<String> {
    let is_demanded = |one: &&&TargetDecision| {
        let decided = &one.decided.decision;
        let recorded_by = decision.state.policy.rules(&decided.target).receipts.recorded_by;
        decided.purpose == Purpose::Expansion && recorded_by == RecordedBy::Pusher
    };
    missing.iter().filter(is_demanded).map(|one| one.decided.decision.target.to_string()).collect()
}
