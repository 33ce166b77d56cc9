//! A push: which targets it concerns, what the gate says to each, and sharing the ledger with it.

use std::collections::BTreeSet;

use super::decide::{Asked, Decided, decide};
use crate::gate::{Question, Wanted};
use crate::git::GitError;
use crate::ledger::Loaded;
use crate::record::kind::policy::TargetRules;
use crate::state::State;
use crate::value::{CommitId, Target, Time};
use crate::workspace::Workspace;

/// Why a push could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// What Git wrote to the hook is not of its form.
    #[error("line {line} of the hook's input is not `<local ref> <local id> <remote ref> <remote id>`")]
    Input {
        /// The line, from 1.
        line: usize,
    },
    /// More refs than anybody pushes.
    #[error("the push has more than {MOST_REFS} refs")]
    TooMany,
    /// Git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// A ref that is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRef {
    /// What it will point to; none if it is deleted.
    pub new: Option<CommitId>,
    /// Its full name there.
    pub name: String,
    /// What it points to there, as Git knows; none if it is new.
    pub old: Option<CommitId>,
}

/// A push, judged.
#[derive(Debug)]
pub struct Pushing {
    /// What was said to each target, in the order of the policy.
    pub decisions: Vec<TargetDecision>,
    /// Refs that a target names and that are deleted: nothing becomes deployable.
    pub deleted: Vec<String>,
}

/// What was said to a target about a ref.
#[derive(Debug)]
pub struct TargetDecision {
    /// The ref.
    pub name: String,
    /// What the gate says.
    pub decided: Decided,
}

/// Bound of what a hook reads.
const MOST_REFS: usize = 10_000;

/// Reads what Git writes to a `pre-push` hook.
pub fn parse_pushed(input: &str) -> Result<Vec<PushedRef>, PushError> {
    let mut refs = Vec::new();
    for (index, line) in input.lines().enumerate() {
        if index >= MOST_REFS {
            return Err(PushError::TooMany);
        }
        let bad = || PushError::Input { line: index + 1 };
        // From the right: what a person typed as the local ref may hold spaces.
        let mut words = line.rsplitn(4, ' ');
        let (Some(old), Some(name), Some(new), Some(_)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad());
        };
        let object = |text: &str| -> Result<Option<CommitId>, PushError> {
            let id: CommitId = text.parse().map_err(|_| bad())?;
            Ok((!text.bytes().all(|byte| byte == b'0')).then_some(id))
        };
        refs.push(PushedRef { new: object(new)?, name: name.to_owned(), old: object(old)? });
    }
    Ok(refs)
}

/// Whether any target of the policy names a ref that is pushed.
pub fn concerns_targets(state: &State, pushed: &[PushedRef]) -> bool {
    let named = |one: &PushedRef| {
        let mut refs = state.policy.targets().iter().flat_map(|rules| rules.refs.iter());
        refs.any(|pattern| pattern.matches(one.name.as_bytes()))
    };
    pushed.iter().any(named)
}

/// Asks the gate about every target that a push concerns. All are decided before anything is recorded.
pub fn decide_push(
    workspace: &Workspace,
    loaded: &Loaded,
    state: &State,
    pushed: &[PushedRef],
    now: Time,
) -> Result<Pushing, PushError> {
    let mut pushing = Pushing { decisions: Vec::new(), deleted: Vec::new() };
    for one in pushed {
        let claims =
            |rules: &&TargetRules| rules.refs.iter().any(|pattern| pattern.matches(one.name.as_bytes()));
        let of_ref: Vec<&TargetRules> = state.policy.targets().iter().filter(claims).collect();
        if of_ref.is_empty() {
            continue;
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
            // A branch and a tag of the same commit are one deployment.
            let same = |it: &TargetDecision| {
                let question = &it.decided.asked.question;
                question.target == rules.target() && question.commit == commit
            };
            if pushing.decisions.iter().any(same) {
                continue;
            }
            let question = Question {
                target: rules.target(),
                commit: commit.clone(),
                wanted: Wanted::Either,
                artifacts: Vec::new(),
                options: Vec::new(),
            };
            let previous = old.clone().or_else(|| one.old.clone()).filter(|previous| *previous != commit);
            let asked = Asked { question, previous };
            let decided = decide(workspace, loaded, Some(state), asked, now)?;
            pushing.decisions.push(TargetDecision { name: one.name.clone(), decided });
        }
    }
    Ok(pushing)
}

/// The targets that a change concerns: those whose paths it touches; all of the ref, if it touches a
/// path that none of them claims, is the first, is forced, or changes no file.
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

/// How the ledger of the remote relates to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// The remote has no ledger.
    NoRemoteLedger,
    /// It ends at this commit, which is known here.
    Known(CommitId),
    /// It has entries that are not here: what was decided here may be wrong.
    Ahead,
}

/// Asks the remote for the head of its ledger.
pub fn share(workspace: &Workspace, remote: &str, loaded: &Loaded) -> Result<Sharing, GitError> {
    let name = workspace.ledger_ref();
    let git = workspace.repository.git();
    let output = git.run_with_remote(&["ls-remote", "--", remote, &name])?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(GitError::Failed { command: "ls-remote".to_owned(), stderr });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let row = text.lines().find(|line| line.split('\t').nth(1) == Some(name.as_str()));
    let Some(head) = row.and_then(|line| line.split('\t').next()?.parse::<CommitId>().ok()) else {
        return Ok(Sharing::NoRemoteLedger);
    };
    Ok(if loaded.has_read(&head) { Sharing::Known(head) } else { Sharing::Ahead })
}

/// Pushes the ledger to the remote, if there is something in it that the remote does not have.
pub fn push_ledger(workspace: &Workspace, remote: &str, there: &CommitId) -> Result<(), GitError> {
    let name = workspace.ledger_ref();
    let local = workspace.repository.ref_head(&name)?;
    let Some(local) = local.filter(|local| local != there) else { return Ok(()) };
    if !workspace.repository.is_on_chain(there, &local, &|_| None)? {
        // The remote has more than this branch: there is nothing to add to it.
        return Ok(());
    }
    let refspec = format!("{name}:{name}");
    let output = workspace.repository.git().run_with_remote(&[
        "push",
        "--quiet",
        "--no-verify",
        "--",
        remote,
        &refspec,
    ])?;
    if output.status.success() {
        return Ok(());
    }
    let stderr =
        String::from_utf8_lossy(&output.stderr).lines().map(str::trim).collect::<Vec<_>>().join("; ");
    Err(GitError::Failed { command: format!("push {remote} {refspec}"), stderr })
}
