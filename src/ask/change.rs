//! The consequences of a proposal: the rules that change, the targets that open or close, what ends if the proposal
//! leaves out a member, and the records that lose their effect.

use std::sync::Arc;

use super::decide::DecideError;
use super::ends::ends_with_members;
use super::opens::Asker;
use crate::audit::{Change, compare_policies, compare_trusts};
use crate::ledger::Loaded;
use crate::policy::InForce;
use crate::record::Body;
use crate::record::kind::receipt::{Answer, Outcome};
use crate::record::kind::trust::Trust;
use crate::state::State;
use crate::trust::Roster;
use crate::value::{CommitId, RecordId, Time};
use crate::verify::{Accepted, Unreadable};
use crate::workspace::Workspace;

/// The consequences of a proposal.
#[derive(Debug, Default)]
pub struct Consequences {
    /// Phrases about targets that are closed today. Each phrase names a way in which the proposal would open such a
    /// target or leave it out. All of them are weakenings.
    pub opens: Vec<String>,
    /// Phrases about what ends because the proposal leaves out a member.
    pub ends: Vec<String>,
    /// The changes, weakening ones first.
    pub changes: Vec<Change>,
    /// The targets for which the gate allows the commit now, but would refuse it under the proposal. Each is given with
    /// the codes of the checks that would fail.
    pub would_block: Vec<String>,
    /// The records that would no longer stand, because the proposal distrusts their keys at their positions.
    pub would_fall: Vec<RecordId>,
}

/// Compares a proposed trust or policy with the one in force. The gate is asked about `commit`. Without a commit, no
/// target is found that would open or close.
pub fn consequences(
    workspace: &Workspace,
    loaded: &Loaded,
    proposed: &Body,
    commit: Option<&CommitId>,
    now: Time,
) -> Result<Consequences, DecideError> {
    let past = loaded.replay.past();
    match proposed {
        Body::Trust(trust) => {
            let Some(roster) = past.roster() else { return Ok(Consequences::default()) };
            let mut found = Consequences {
                changes: compare_trusts(roster.trust(), trust),
                would_fall: would_fall(loaded, trust)?,
                ..Consequences::default()
            };
            let Some(state) = loaded.state_if_founded()? else { return Ok(found) };
            let next = Arc::new(Roster::new(roster.id(), Arc::clone(trust)));
            let then = state.under(past, next, state.state().policy.clone())?;
            let (state, then) = (state.state(), then.state());
            found.ends = ends_with_members(state, then, now);
            if let Some(commit) = commit {
                found.would_block = would_block(&Asker { workspace, loaded, commit, now }, state, then)?;
            }
            Ok(found)
        }
        Body::Policy(policy) => {
            let id = past.policy().id().or(past.ledger_id());
            let next = id.map_or_else(InForce::default, |id| past.policy().next(id, policy.clone()));
            let mut found =
                Consequences { changes: compare_policies(past.policy(), &next), ..Consequences::default() };
            if let (Some(commit), Some(state)) = (commit, loaded.state_if_founded()?) {
                let then = state.under(past, Arc::clone(&state.state().roster), next)?;
                let (state, then) = (state.state(), then.state());
                let asker = Asker { workspace, loaded, commit, now };
                found.would_block = would_block(&asker, state, then)?;
                found.opens = asker.opens(state, then)?;
            }
            Ok(found)
        }
        Body::Exception(_)
        | Body::Triage(_)
        | Body::RollbackPlan(_)
        | Body::Redesign(_)
        | Body::Release(_)
        | Body::Approval(_)
        | Body::Review(_)
        | Body::Closure(_)
        | Body::Pause(_)
        | Body::Resume(_)
        | Body::Receipt(_)
        | Body::Outcome(_)
        | Body::Audit(_)
        | Body::Quarantine(_) => Ok(Consequences::default()),
    }
}

/// Returns the records that stand now, but would no longer stand under `trust`, because it distrusts their keys.
fn would_fall(loaded: &Loaded, trust: &Trust) -> Result<Vec<RecordId>, Unreadable> {
    let past = loaded.replay.past();
    let refused: Vec<([u8; 32], u64)> = trust
        .distrust
        .iter()
        .filter_map(|distrust| Some((past.register().point(&distrust.key, trust)?, distrust.from.value())))
        .collect();
    let falls = |(id, accepted): &(RecordId, Accepted)| {
        let refused =
            refused.iter().any(|(point, from)| accepted.point == *point && accepted.position >= *from);
        refused && past.is_standing(&accepted.point, accepted.position) && !past.stands_for_ever(id)
    };
    let fallen = past.records().filter(|record| record.as_ref().map_or(true, falls));
    fallen.map(|record| record.map(|(id, _)| id)).collect()
}

/// Returns the targets for which the gate allows the commit on the state `today`, but refuses it on the state `then`.
/// Each is given with the codes of the checks that fail on `then`.
fn would_block(asker: &Asker<'_>, today: &State, then: &State) -> Result<Vec<String>, DecideError> {
    let mut found = Vec::new();
    for rules in then.policy.targets() {
        let before = asker.decide(today, rules.target())?;
        let after = asker.decide(then, rules.target())?;
        if after.answer == Answer::Refused && before.answer == Answer::Allowed {
            let failing = after.checks.iter().filter(|check| check.result == Outcome::Fail);
            let codes: Vec<String> = failing.map(|check| check.code.to_string()).collect();
            found.push(format!("{}: {}", rules.target(), codes.join(", ")));
        }
    }
    Ok(found)
}
