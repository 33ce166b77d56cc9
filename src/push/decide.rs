//! Deciding a push: which targets it concerns, and the decision of the gate for each.

use std::collections::BTreeSet;

use super::refs::{MOST_REFS, PushError, RefsMoved, RefsOf};
use crate::ask::{GateAnswered, GateRequest, Unchanged, decide};
use crate::gate::{Question, Wanted};
use crate::git::GitError;
use crate::ledger::Loaded;
use crate::record::kind::policy::TargetRules;
use crate::state::{RefAtRemote, State};
use crate::value::{Ascii, CommitId, Target, Time};
use crate::workspace::Workspace;

/// The decisions on a push.
#[derive(Debug)]
pub struct Pushing {
    /// The decisions, in the order of the refs. Those on one ref are in the order of the policy's targets.
    pub decisions: Vec<TargetDecision>,
    /// The deleted refs that a target names. Deleting makes nothing deployable, so the gate is not asked.
    pub deleted: Vec<String>,
}

/// The decision about one target that a pushed ref concerns.
#[derive(Debug)]
pub struct TargetDecision {
    /// The full name of the ref.
    pub name: String,
    /// The question to the gate, and its decision.
    pub decided: GateAnswered,
}

/// Asks the gate about every target that a push concerns. All targets are decided before anything is
/// recorded.
pub fn decide_push(
    workspace: &Workspace,
    loaded: &Loaded,
    state: &State,
    push: RefsMoved<'_>,
    now: Time,
) -> Result<Pushing, PushError> {
    let mut pushing = Pushing { decisions: Vec::new(), deleted: Vec::new() };
    let mut named = 0;
    for one in push.refs {
        let targets = state.policy.targets().iter();
        let of_ref: Vec<&TargetRules> = targets.filter(|rules| rules.names_ref(&one.name)).collect();
        if of_ref.is_empty() {
            continue;
        }
        named += 1;
        if named > MOST_REFS {
            return Err(PushError::TooManyNamed);
        }
        let Some(new) = &one.new else {
            pushing.deleted.push(one.name.clone());
            continue;
        };
        let commit = workspace.repository.resolve(new.as_str())?;
        let old = match &one.old {
            Some(old) if workspace.repository.has_commit(old)? => Some(old.clone()),
            Some(old) => workspace.repository.resolve(old.as_str()).ok(),
            None => None,
        };
        let concerned = concerned(workspace, &of_ref, old.as_ref(), &commit)?;
        for rules in of_ref.iter().filter(|rules| concerned.contains(&rules.target())) {
            let question = Question {
                target: rules.target(),
                commit: commit.clone(),
                wanted: Wanted::Either,
                artifacts: Vec::new(),
                options: Vec::new(),
            };
            let held = old.clone().or_else(|| one.old.clone());
            let (told, given) = match told(workspace, rules, push.of, &one.name) {
                Some(name) => (Some(RefAtRemote { name, holds: held }), None),
                None => (None, held),
            };
            // A new ref deploys the commit, even if the ledger says that the target runs that commit already.
            let unchanged = if one.old.is_none() { Unchanged::Decided } else { Unchanged::Told };
            let asked = GateRequest { question, told, given, unchanged, as_of: None };
            let decided = decide(workspace, loaded, Ok(state), asked, now)?;
            // A branch and a tag of the same commit are one deployment, so one receipt is enough for a push of both.
            // The receiving repository decides about each ref, because Git may move one and refuse the other.
            let same = |known: &TargetDecision| is_one_deployment(&known.decided, &decided);
            if matches!(push.of, RefsOf::Here) || !pushing.decisions.iter().any(same) {
                pushing.decisions.push(TargetDecision { name: one.name.clone(), decided });
            }
        }
    }
    Ok(pushing)
}

/// Whether two decisions are about the same deployment, and agree. Decisions about the same commit and target may
/// differ if their refs held different commits before. For one of the refs, the commit may then be the way back,
/// allowed or unchanged, while for the other ref it is not.
fn is_one_deployment(known: &GateAnswered, decided: &GateAnswered) -> bool {
    let said = |one: &GateAnswered| {
        let (question, decision) = (&one.asked.question, &one.decision);
        let is_unchanged = decision.unchanged.is_some();
        (question.target.clone(), question.commit.clone(), decision.answer, decision.purpose, is_unchanged)
    };
    said(known) == said(decided)
}

/// Returns the name of a ref if the commit that the ref holds counts as evidence of what runs on a target. It counts in
/// a repository that receives the push, at the ledger's remote, and at a remote that the policy names for the target.
/// URLs are compared byte for byte.
fn told(workspace: &Workspace, rules: &TargetRules, of: RefsOf<'_>, name: &str) -> Option<Ascii> {
    let counts = match of {
        RefsOf::Here => true,
        RefsOf::Remote(url) => url.is_some_and(|url| {
            workspace.config.ledger_remote_url() == Some(url)
                || rules.remotes.iter().any(|remote| remote.as_str() == url)
        }),
    };
    name.parse().ok().filter(|_| counts)
}

/// Returns the targets that a change of a ref concerns: those whose paths the change touches. A target without paths
/// claims every path.
///
/// In four cases the change concerns all targets of the ref: it touches a path that none of them claims; it changes no
/// file; the new commit does not contain the old one; or the old commit is not known here, as for a new ref.
fn concerned(
    workspace: &Workspace,
    of_ref: &[&TargetRules],
    old: Option<&CommitId>,
    new: &CommitId,
) -> Result<BTreeSet<Target>, GitError> {
    let all = || of_ref.iter().map(|rules| rules.target()).collect();
    let repository = &workspace.repository;
    let Some(old) = old else { return Ok(all()) };
    if !repository.contains(new, old)? {
        return Ok(all());
    }
    let paths = repository.changed_paths(old, new)?;
    let claims = |rules: &TargetRules, path: &[u8]| {
        rules.paths.is_empty() || rules.paths.iter().any(|pattern| pattern.matches(path))
    };
    let unclaimed = |path: &Vec<u8>| !of_ref.iter().any(|rules| claims(rules, path));
    if paths.is_empty() || paths.iter().any(unclaimed) {
        return Ok(all());
    }
    let touched = of_ref.iter().filter(|rules| paths.iter().any(|path| claims(rules, path)));
    Ok(touched.map(|rules| rules.target()).collect())
}
