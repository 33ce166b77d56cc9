//! Asks the gate: gathers the facts that a decision needs from the ledger and the code repository, and lets the gate
//! decide on them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::outbox::with_outbox;
use crate::finding::Code;
use crate::gate::{self, CommitFact, Decision, Facts, LedgerStanding, Needs, Question, Revert};
use crate::git::{GitError, NotClean, Repository};
use crate::ledger::Loaded;
use crate::record::kind::redesign::{Redesign, RedesignCommit};
use crate::state::{Inquiry, NoState, RedesignItem, RefAtRemote, State};
use crate::value::{CommitId, PathPattern, Target, Targets, Time};
use crate::verify::Unreadable;
use crate::workspace::Workspace;
use crate::write::AppendError;

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Something that was verified in an earlier run cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl From<DecideError> for AppendError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Git(error) => error.into(),
            DecideError::Unreadable(error) => error.into(),
        }
    }
}

/// A question to the gate, with what is known of the target from outside the ledger.
#[derive(Debug, Clone)]
pub struct GateRequest {
    /// The question.
    pub question: Question,
    /// The ref that is pushed, as Git reports it to a hook. `None` if no ref is pushed, or if the commit that the ref
    /// holds is no evidence of what runs on the target.
    pub told: Option<RefAtRemote>,
    /// The commit that runs on the target now. It comes from an option, or from Git's report on a ref that is no
    /// evidence of what runs there.
    pub given: Option<CommitId>,
    /// The kind of answer for a target on which the commit runs already.
    pub unchanged: Unchanged,
    /// The time as of which to decide. If it is absent, the gate decides as of the clock's time. A decision as of a
    /// given time permits nothing.
    pub as_of: Option<Time>,
}

impl GateRequest {
    /// Returns the inquiry that a state has to be able to answer for this request.
    pub fn inquiry(&self, clock: Time) -> Inquiry {
        let told = self.told.as_ref().and_then(|told| told.holds.as_ref());
        let commits = [Some(&self.question.commit), told, self.given.as_ref()];
        let inquiry = Inquiry::at(self.as_of.unwrap_or(clock)).and_commits(commits.into_iter().flatten());
        inquiry.showing([self.question.target.clone()])
    }
}

/// The kind of answer for a target on which the commit runs already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// The answer is that the target is unchanged.
    Told,
    /// The gate decides, as it does about any other commit.
    Decided,
}

/// A request to the gate, with the decision on it.
#[derive(Debug, Clone)]
pub struct GateAnswered {
    /// The request.
    pub asked: GateRequest,
    /// The decision of the gate.
    pub decision: Decision,
    /// The first line of the commit's message.
    pub title: Option<String>,
}

/// Decides on a request. `state` is the state to decide on, or the reason why there is none. The caller folds the state
/// once for many requests.
pub fn decide(
    workspace: &Workspace,
    loaded: &Loaded,
    state: Result<&State, &NoState>,
    asked: GateRequest,
    clock: Time,
) -> Result<GateAnswered, DecideError> {
    let repository = &workspace.repository;
    let question = &asked.question;
    let now = asked.as_of.unwrap_or(clock);
    let mut standing = loaded.gate_standing();
    let later = match (state, &standing) {
        (Ok(state), LedgerStanding::Halted { .. }) => {
            with_outbox(workspace, loaded, state, &question.target, &asked.inquiry(clock))
        }
        (Ok(_) | Err(_), _) => Ok(None),
    };
    if let (Ok(Some(later)), LedgerStanding::Halted { outbox, .. }) = (&later, &mut standing) {
        outbox.clone_from(&later.outcomes);
    }
    let state = match &later {
        Ok(Some(later)) => Ok(&*later.state),
        Ok(None) => state,
        Err(unread) => Err(unread),
    };
    let needs =
        state.ok().map(|state| gate::needs(state, question, asked.told.as_ref(), asked.given.as_ref(), now));
    let ledger = match state {
        Err(NoState::Missing(missing)) => {
            LedgerStanding::Untrusted { code: Code::Incomplete, found: missing.to_string() }
        }
        Ok(_) | Err(NoState::NotFounded) => standing,
    };
    let facts = Facts {
        clock,
        ledger,
        freshness: loaded.freshness.clone(),
        told: asked.told.clone(),
        given: asked.given.clone(),
        ..gather(repository, question, needs.as_ref(), now)?
    };
    let known = needs.as_ref().filter(|_| asked.unchanged == Unchanged::Told);
    let unchanged = known.and_then(|needs| gate::unchanged(needs, question, &facts));
    let decision = unchanged.unwrap_or_else(|| gate::decide(needs.as_ref(), question, &facts));
    let title = repository.title(&question.commit);
    Ok(GateAnswered { asked, decision, title })
}

/// Decides on several requests, each as [`decide`] does. If the code repository is so large that `git` is asked which
/// commits exist, it is asked once about the commits of all requests.
pub fn decide_all(
    workspace: &Workspace,
    loaded: &Loaded,
    state: &State,
    requests: Vec<GateRequest>,
    clock: Time,
) -> Result<Vec<GateAnswered>, DecideError> {
    if workspace.repository.has_large_indices() {
        let needs: Vec<Needs<'_>> = requests
            .iter()
            .map(|asked| {
                let now = asked.as_of.unwrap_or(clock);
                gate::needs(state, &asked.question, asked.told.as_ref(), asked.given.as_ref(), now)
            })
            .collect();
        let asked = requests.iter().map(|asked| &asked.question.commit);
        workspace.repository.existing(needs.iter().flat_map(commits_of).chain(asked))?;
    }
    requests.into_iter().map(|asked| decide(workspace, loaded, Ok(state), asked, clock)).collect()
}

/// Returns the commits of which a decision needs to know whether they exist.
fn commits_of<'a>(needs: &'a Needs<'_>) -> impl Iterator<Item = &'a CommitId> {
    needs.commits.keys().chain(needs.ran.values().flat_map(|ran| &ran.commits))
}

/// Gathers from the code repository the facts that a decision needs.
fn gather(
    repository: &Repository,
    question: &Question,
    needs: Option<&Needs<'_>>,
    now: Time,
) -> Result<Facts, DecideError> {
    let mut facts = Facts::unknown(now);
    let existing = repository.existing(needs.into_iter().flat_map(commits_of).chain([&question.commit]))?;
    facts.commit_exists = existing.contains(&question.commit);
    let Some(needs) = needs else { return Ok(facts) };
    for (commit, asks_containment) in &needs.commits {
        let exists = existing.contains(commit);
        let contained = exists && *asks_containment && repository.contains(&question.commit, commit)?;
        facts.commits.insert(commit.clone(), CommitFact { exists, contained });
    }
    // Many commits may have been allowed before, so they are looked up only for a redesign with a commit that this
    // repository has.
    let mut allowed: BTreeMap<Time, BTreeSet<CommitId>> = BTreeMap::new();
    for (redesign, ran) in &needs.ran {
        for commit in &ran.commits {
            if !existing.contains(commit) {
                continue;
            }
            let before = match allowed.entry(ran.before) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    unknown.insert(needs.state().allowed_before(&question.target, ran.before)?)
                }
            };
            if is_old(repository, commit, before, needs.paths)? {
                facts.old.insert((*redesign, commit.clone()));
            }
        }
    }
    if let Some(undone) = needs.undone {
        facts.revert = Some(reverted(repository, &question.commit, undone)?);
    }
    if let Some(way_back) = &needs.way_back {
        facts.is_reverted =
            facts.commit_exists && repository.is_reverted(&question.commit, way_back.on, way_back.undone)?;
    }
    Ok(facts)
}

/// Whether a commit of a redesign is not new. That is so if one of `others` contains it, or if it changes no path that
/// belongs to the target. Without a pattern in `paths`, every path belongs to the target.
fn is_old(
    repository: &Repository,
    commit: &CommitId,
    others: &BTreeSet<CommitId>,
    paths: &[PathPattern],
) -> Result<bool, GitError> {
    let claims = |path: &Vec<u8>| paths.is_empty() || paths.iter().any(|pattern| pattern.matches(path));
    Ok(repository.is_in_any(commit, others.iter())? || !repository.changed_by(commit)?.iter().any(claims))
}

/// Returns the targets on which a redesign of code would resolve nothing, because none of its commits is new there. A
/// commit does not count if it names a repository other than that of the target.
pub fn targets_where_old(
    workspace: &Workspace,
    state: &State,
    redesign: &RedesignItem,
    now: Time,
) -> Result<Vec<Target>, DecideError> {
    let repository = &workspace.repository;
    let mut found = Vec::new();
    for rules in state.policy.targets().iter().filter(|rules| redesign.touches(&rules.target())) {
        let target = rules.target();
        let Some(began) = gate::last_occasion(state, &target, redesign, now) else { continue };
        let before = state.allowed_before(&target, began)?;
        let is_own = |commit: &&RedesignCommit| commit.is_in(rules.repository.as_ref());
        let own: Vec<&RedesignCommit> = redesign.says.commit.iter().filter(is_own).collect();
        let mut old = 0;
        for RedesignCommit { id, .. } in own.iter().copied() {
            let is_known = repository.has_commit(id)?;
            old += usize::from(is_known && is_old(repository, id, &before, rules.paths.as_slice())?);
        }
        if old > 0 && old == own.len() {
            found.push(target);
        }
    }
    Ok(found)
}

/// Tries to revert the commit `undone` on top of the commit `on`. That is impossible if `on` does not contain `undone`.
fn reverted(repository: &Repository, on: &CommitId, undone: &CommitId) -> Result<Revert, GitError> {
    let exist = repository.has_commit(on)? && repository.has_commit(undone)?;
    if exist && !repository.contains(on, undone)? {
        return Ok(Revert::Impossible(format!("{} does not contain it", on.short())));
    }
    Ok(match repository.revert(on, undone)? {
        Ok(()) => Revert::Clean,
        Err(NotClean::Conflicts(paths)) => Revert::Conflicts(paths),
        Err(NotClean::Impossible(why)) => Revert::Impossible(why),
    })
}

/// Returns the commits of a redesign that are in this repository, but in no ref of the redesign's targets. After a
/// squash merge, no ref will ever contain them. If no target of the redesign names refs, none are returned.
pub fn commits_nowhere(
    workspace: &Workspace,
    loaded: &Loaded,
    redesign: &Redesign,
) -> Result<Vec<CommitId>, GitError> {
    let policy = loaded.replay.past().policy();
    let targets = Targets::product(redesign.services.as_slice(), redesign.environments.as_slice());
    let rules: Vec<_> = targets.iter().filter_map(|target| policy.target(&target)).collect();
    if rules.iter().all(|rules| rules.refs.is_empty()) {
        return Ok(Vec::new());
    }
    let claims = |name: &str| rules.iter().any(|rules| rules.names_ref(name));
    let mut nowhere = Vec::new();
    for commit in redesign.commit.iter().map(|commit| &commit.id) {
        let repository = &workspace.repository;
        if repository.has_commit(commit)? && !repository.is_in_some_ref(commit, &claims)? {
            nowhere.push(commit.clone());
        }
    }
    Ok(nowhere)
}
