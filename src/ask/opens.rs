//! Finds the targets that are closed today and that a proposed policy would open. The policy may do so by a laxer rule,
//! by leaving a target out, or by giving refs or paths of a target to a new target.

use super::decide::{DecideError, GateRequest, Unchanged, decide};
use crate::gate::{Decision, Question, Wanted};
use crate::ledger::Loaded;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::receipt::Outcome;
use crate::state::State;
use crate::value::{CommitId, PathPattern, Target, Time};
use crate::workspace::Workspace;

/// What is needed, besides a state, to ask the gate whether a commit may go forward to a target.
pub(super) struct Asker<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) loaded: &'a Loaded,
    pub(super) commit: &'a CommitId,
    pub(super) now: Time,
}

impl Asker<'_> {
    pub(super) fn decide(&self, state: &State, target: Target) -> Result<Decision, DecideError> {
        let question = Question {
            target,
            commit: self.commit.clone(),
            wanted: Wanted::Expansion,
            artifacts: Vec::new(),
            options: Vec::new(),
        };
        let asked =
            GateRequest { question, told: None, given: None, unchanged: Unchanged::Decided, as_of: None };
        Ok(decide(self.workspace, self.loaded, Ok(state), asked, self.now)?.decision)
    }

    /// Returns the codes of the checks that fail for a target on a state.
    fn failing(&self, state: &State, target: &Target) -> Result<Vec<String>, DecideError> {
        let decision = self.decide(state, target.clone())?;
        let failing = decision.checks.iter().filter(|check| check.result == Outcome::Fail);
        Ok(failing.map(|check| check.code.to_string()).collect())
    }

    /// Returns phrases about the targets that are closed on the state `today`. Each phrase names a way in which the
    /// policy of the state `then` opens such a target or leaves it out.
    pub(super) fn opens(&self, today: &State, then: &State) -> Result<Vec<String>, DecideError> {
        let (old, next) = (&today.policy, &then.policy);
        let mut found = Vec::new();
        for rules in old.targets() {
            let target = rules.target();
            let closed = self.failing(today, &target)?;
            if closed.is_empty() {
                continue;
            }
            let is_heir = |other: &Target| *other == target || then.former_names(other).contains(&target);
            let heirs: Vec<Target> =
                next.targets().iter().map(TargetRules::target).filter(|other| is_heir(other)).collect();
            if heirs.is_empty() {
                found.push(format!("{target} is left behind, closed by {}", closed.join(", ")));
            }
            for heir in &heirs {
                let still = self.failing(then, heir)?;
                let opened: Vec<String> =
                    closed.iter().filter(|code| !still.contains(code)).cloned().collect();
                if !opened.is_empty() {
                    found.push(format!("{heir} would no longer be closed by {}", opened.join(", ")));
                }
            }
            let new = next.targets().iter().filter(|other| old.target(&other.target()).is_none());
            let new = new.filter(|other| !heirs.contains(&other.target()));
            for other in new.filter(|other| is_overlapping(rules, other)) {
                found.push(format!(
                    "{} takes refs or paths of {target}, which is closed by {}",
                    other.target(),
                    closed.join(", ")
                ));
            }
        }
        Ok(found)
    }
}

/// Whether one push may concern two targets. That is so if they may be of the same repository, some of their ref
/// patterns meet, and some of their path patterns meet. A target without path patterns claims every path.
fn is_overlapping(one: &TargetRules, other: &TargetRules) -> bool {
    let repositories = one.repository.as_ref().zip(other.repository.as_ref());
    repositories.is_none_or(|(one, other)| one == other)
        && one.refs.iter().any(|pattern| other.refs.iter().any(|known| meet(pattern, known)))
        && (one.paths.is_empty()
            || other.paths.is_empty()
            || one.paths.iter().any(|pattern| other.paths.iter().any(|known| meet(pattern, known))))
}

/// Whether two patterns meet: at least one of them matches the text of the other. Equal patterns meet, too.
fn meet(one: &PathPattern, other: &PathPattern) -> bool {
    one.matches(other.as_str().as_bytes()) || other.matches(one.as_str().as_bytes())
}
