//! Asking the gate: the facts are gathered, the state decides, and a receipt can be recorded.

use crate::finding::Code;
use crate::gate::{self, CommitFact, Decision, Facts, LedgerStanding, Needs, Question, Revert};
use crate::git::{GitError, NotClean, Repository};
use crate::ledger::Loaded;
use crate::record::kind::redesign::Redesign;
use crate::state::State;
use crate::value::{CommitId, Target, Time};
use crate::workspace::{Lost, Workspace};
use crate::write::AppendError;

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The receipt could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// What is asked, with what runs there now, as far as somebody said.
#[derive(Debug, Clone)]
pub struct GateRequest {
    /// The question.
    pub question: Question,
    /// What runs there now, as a hook or an option says.
    pub previous: Option<CommitId>,
}

/// A decision, with what was asked.
#[derive(Debug, Clone)]
pub struct GateAnswered {
    /// What was asked.
    pub asked: GateRequest,
    /// What the gate says.
    pub decision: Decision,
    /// The first line of the commit's message.
    pub title: Option<String>,
}

/// Decides on the ledger as it was loaded. The caller folds the state, once for many questions.
pub fn decide(
    workspace: &Workspace,
    loaded: &Loaded,
    state: Option<&State>,
    asked: GateRequest,
    now: Time,
) -> Result<GateAnswered, GitError> {
    let repository = &workspace.repository;
    let question = &asked.question;
    let needs = state.map(|state| gate::needs(state, question, asked.previous.as_ref(), now));
    let facts = Facts {
        now,
        ledger: loaded.gate_standing(),
        freshness: loaded.freshness.clone(),
        previous: asked.previous.clone(),
        ..learn(repository, question, needs.as_ref(), now)?
    };
    let mut decision = gate::decide(needs.as_ref(), question, &facts);
    if workspace.lost.is_so() {
        // Nothing that rests on it is an answer.
        let found = Lost::FOUND.to_owned();
        let untrusted = LedgerStanding::Untrusted { code: Code::Incomplete, found };
        decision = gate::decide(None, question, &Facts { ledger: untrusted, ..facts });
    }
    let title = repository.title(&question.commit);
    Ok(GateAnswered { asked, decision, title })
}

/// Asks the code repository what a decision needs to know.
fn learn(
    repository: &Repository,
    question: &Question,
    needs: Option<&Needs<'_>>,
    now: Time,
) -> Result<Facts, GitError> {
    let mut facts = Facts::unknown(now);
    facts.commit_exists = repository.has_commit(&question.commit)?;
    let Some(needs) = needs else { return Ok(facts) };
    for (commit, asks_containment) in &needs.commits {
        let exists = repository.has_commit(commit)?;
        let contained = exists && *asks_containment && repository.contains(&question.commit, commit)?;
        facts.commits.insert(commit.clone(), CommitFact { exists, contained });
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

/// What comes of undoing a commit on top of one that contains it.
fn reverted(repository: &Repository, on: &CommitId, undone: &CommitId) -> Result<Revert, GitError> {
    let there = repository.has_commit(on)? && repository.has_commit(undone)?;
    if there && !repository.contains(on, undone)? {
        return Ok(Revert::Impossible(format!("{} does not contain it", on.short())));
    }
    Ok(match repository.revert(on, undone)? {
        Ok(()) => Revert::Clean,
        Err(NotClean::Conflicts(paths)) => Revert::Conflicts(paths),
        Err(NotClean::Impossible(why)) => Revert::Impossible(why),
    })
}

/// Commits of a redesign that no ref of its targets contains: after a squash merge none ever will.
pub fn commits_nowhere(
    workspace: &Workspace,
    loaded: &Loaded,
    redesign: &Redesign,
) -> Result<Vec<CommitId>, GitError> {
    let policy = loaded.replay.past().policy();
    let targets = Target::product(&redesign.services, &redesign.environments);
    let rules: Vec<_> = targets.iter().filter_map(|target| policy.target(target)).collect();
    if rules.iter().all(|rules| rules.refs.is_empty()) {
        return Ok(Vec::new());
    }
    let claims =
        |name: &str| rules.iter().any(|rules| rules.refs.iter().any(|it| it.matches(name.as_bytes())));
    let mut nowhere = Vec::new();
    for commit in redesign.commit.iter().map(|commit| &commit.id) {
        let repository = &workspace.repository;
        if repository.has_commit(commit)? && !repository.is_in_some_ref(commit, &claims)? {
            nowhere.push(commit.clone());
        }
    }
    Ok(nowhere)
}
