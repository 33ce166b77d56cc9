//! The consequences of a proposal: changes of the rules, blocked targets, and records that lose their effect.

use super::decide::{GateRequest, decide};
use crate::audit::{Change, compare_policies, compare_trusts};
use crate::gate::{Question, Wanted};
use crate::git::GitError;
use crate::ledger::Loaded;
use crate::policy::InForce;
use crate::record::Body;
use crate::record::kind::receipt::{Answer, Outcome};
use crate::record::kind::trust::Trust;
use crate::value::{CommitId, RecordId, Time};
use crate::verify::{Accepted, MissingBody};
use crate::workspace::Workspace;

/// The consequences of a proposal.
#[derive(Debug, Default)]
pub struct Consequences {
    /// The changes, weakening ones first.
    pub changes: Vec<Change>,
    /// The targets that are not blocked now and would be, with the checks that would fail.
    pub would_block: Vec<String>,
    /// The records that would no longer stand, because their key would be distrusted at their position.
    pub would_fall: Vec<RecordId>,
}

/// Why the consequences of a proposal could not be determined.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A cached record cannot be read.
    #[error(transparent)]
    Missing(#[from] MissingBody),
}

/// Compares a proposed trust or policy with the one in force.
pub fn consequences(
    workspace: &Workspace,
    loaded: &Loaded,
    proposed: &Body,
    commit: Option<&CommitId>,
    now: Time,
) -> Result<Consequences, ChangeError> {
    let past = loaded.replay.past();
    match proposed {
        Body::Trust(trust) => {
            let Some(roster) = past.roster() else { return Ok(Consequences::default()) };
            Ok(Consequences {
                changes: compare_trusts(roster.trust(), trust),
                would_fall: would_fall(loaded, trust),
                ..Consequences::default()
            })
        }
        Body::Policy(policy) => {
            let id = past.policy().id().or(past.ledger_id());
            let next = id.map_or_else(InForce::default, |id| InForce::new(id, policy.clone()));
            let would_block = match commit {
                Some(commit) => would_block(workspace, loaded, &next, commit, now)?,
                None => Vec::new(),
            };
            Ok(Consequences {
                changes: compare_policies(past.policy(), &next),
                would_block,
                ..Consequences::default()
            })
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

/// Returns the records that the `distrust` of a trust would deprive of their effect.
fn would_fall(loaded: &Loaded, trust: &Trust) -> Vec<RecordId> {
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
    past.records().filter(falls).map(|(id, _)| id).collect()
}

/// Returns the targets that the gate allows under the policy in force and would refuse under the next.
fn would_block(
    workspace: &Workspace,
    loaded: &Loaded,
    next: &InForce,
    commit: &CommitId,
    now: Time,
) -> Result<Vec<String>, ChangeError> {
    let Some(state) = loaded.state_if_founded()? else { return Ok(Vec::new()) };
    let mut changed = crate::state::State::clone(&state);
    changed.policy = next.clone();
    let mut found = Vec::new();
    for rules in next.targets() {
        let question = Question {
            target: rules.target(),
            commit: commit.clone(),
            wanted: Wanted::Expansion,
            artifacts: Vec::new(),
            options: Vec::new(),
        };
        let asked = GateRequest { question, told: None, given: None, as_of: None };
        let today = decide(workspace, loaded, Ok(&state), asked.clone(), now)?.decision;
        let then = decide(workspace, loaded, Ok(&changed), asked, now)?.decision;
        if then.answer == Answer::Refused && today.answer == Answer::Allowed {
            let failing = then.checks.iter().filter(|check| check.result == Outcome::Fail);
            let codes: Vec<String> = failing.map(|check| check.code.to_string()).collect();
            found.push(format!("{}: {}", rules.target(), codes.join(", ")));
        }
    }
    Ok(found)
}
