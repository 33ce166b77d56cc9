//! Asking the gate: gathers the facts from the ledger and the code repository, and decides on them.

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
    /// What was verified or folded before cannot be read any more.
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
    /// The remote's ref, as Git reports it to a hook, if its value counts as evidence of what runs on the target.
    pub told: Option<RefAtRemote>,
    /// The commit that runs on the target now, as given with an option, or as Git reports it for another remote.
    pub given: Option<CommitId>,
    /// What is answered about a target on which the commit runs already.
    pub unchanged: Unchanged,
    /// The time as of which to decide; the clock's time if absent. A decision as of a given time permits nothing.
    pub as_of: Option<Time>,
}

impl GateRequest {
    /// Returns what this request asks a state about.
    pub fn inquiry(&self, clock: Time) -> Inquiry {
        let told = self.told.as_ref().and_then(|told| told.holds.as_ref());
        let commits = [Some(&self.question.commit), told, self.given.as_ref()];
        let inquiry = Inquiry::at(self.as_of.unwrap_or(clock)).and_commits(commits.into_iter().flatten());
        inquiry.showing([self.question.target.clone()])
    }
}

/// What is answered about a target on which the commit runs already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// That it is unchanged.
    Told,
    /// The decision, as about any other commit.
    Decided,
}

/// A decision, with the request.
#[derive(Debug, Clone)]
pub struct GateAnswered {
    /// The request.
    pub asked: GateRequest,
    /// The decision of the gate.
    pub decision: Decision,
    /// The first line of the commit's message.
    pub title: Option<String>,
}

/// Decides a request on the loaded ledger. The caller folds the state, once for many requests.
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

/// Gathers the facts that a decision needs from the code repository.
fn gather(
    repository: &Repository,
    question: &Question,
    needs: Option<&Needs<'_>>,
    now: Time,
) -> Result<Facts, DecideError> {
    let mut facts = Facts::unknown(now);
    let asked = needs
        .into_iter()
        .flat_map(|needs| needs.commits.keys().chain(needs.ran.values().flat_map(|ran| &ran.commits)));
    let existing = repository.existing(asked.chain([&question.commit]))?;
    facts.commit_exists = existing.contains(&question.commit);
    let Some(needs) = needs else { return Ok(facts) };
    for (commit, asks_containment) in &needs.commits {
        let exists = existing.contains(commit);
        let contained = exists && *asks_containment && repository.contains(&question.commit, commit)?;
        facts.commits.insert(commit.clone(), CommitFact { exists, contained });
    }
    // Many commits may have run, so they are looked up only if this repository has a commit of a redesign.
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

/// Whether a commit of a redesign is not new: one of `others` contains it, or it changes none of the target's paths.
fn is_old(
    repository: &Repository,
    commit: &CommitId,
    others: &BTreeSet<CommitId>,
    paths: &[PathPattern],
) -> Result<bool, GitError> {
    let claims = |path: &Vec<u8>| paths.is_empty() || paths.iter().any(|pattern| pattern.matches(path));
    Ok(repository.is_in_any(commit, others.iter())? || !repository.changed_by(commit)?.iter().any(claims))
}

/// Returns the targets for which no commit of a redesign of code is new, so that the redesign would resolve nothing
/// there. Only its commits of the target's repository count.
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

/// Tries to revert the commit `undone` on top of `on`, which has to contain it.
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

/// Returns the commits of a redesign that no ref of its targets contains. After a squash merge, no ref will ever
/// contain them.
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
