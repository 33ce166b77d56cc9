//! The `pre-push` hook: asks the gate, records receipts, and shares the ledger before the branch is pushed.

use std::cell::RefCell;

use super::decide::decide_push;
use super::decision::{PushAnswer, PushDecision};
use super::refs::{HookOwner, PushError, RefsMoved, RefsOf, RefsPushed, concerns_targets};
use super::share::Sharing;
use super::trail::{Again, Trail};
use crate::finding::Code;
use crate::ledger::{AskError, Asked, Loaded, is_known};
use crate::share::{Moved, Patience, ShareStep, Sharer};
use crate::state::{Inquiry, NoState};
use crate::value::Time;
use crate::workspace::Workspace;
use crate::write::{AppendError, Author};

/// What the hook needs from its caller: how the ledger is loaded, who signs, and what time it is.
pub trait Pusher {
    /// The error of loading the ledger, of reading the clock, or of the push.
    type Error: From<PushError>;
    /// A progress display. It is shown until it is dropped.
    type Waiting;

    /// Shows that the hook waits for a remote; `what` names the step, e.g. `asking origin`.
    fn waiting(&self, what: &str) -> Self::Waiting;
    /// Loads and verifies the ledger. `asked` is what its remote has just answered.
    fn load(&self, workspace: &Workspace, asked: Option<&Asked>) -> Result<Loaded, Self::Error>;
    /// Returns the member who pushes, with their key; `None` if no key is found, or if the key belongs to no member.
    fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Option<Author>;
    /// Returns the time of the decision.
    fn now(&self) -> Result<Time, Self::Error>;
}

/// The number of attempts to decide a push, if others append in the meantime.
const DECISION_ATTEMPTS: u32 = 20;

/// Decides a push, records receipts if the pusher may write them, and shares the ledger with the remote.
pub fn pre_push<P: Pusher>(
    pusher: &P,
    workspace: &Workspace,
    refs: RefsPushed<'_>,
) -> Result<PushAnswer, P::Error> {
    let push = Push { pusher, workspace, refs };
    let showing = RefCell::new(None);
    let remote = workspace.config.ledger_remote();
    let progress = |step: ShareStep| drop(showing.replace(Some(pusher.waiting(&step.words(remote)))));
    let sharer =
        Sharer::new(workspace, Patience::WhileOvertaken(workspace.config.share_timeout()), &progress);
    for attempt in 1..=DECISION_ATTEMPTS {
        let again = if attempt < DECISION_ATTEMPTS { Again::Possible(attempt) } else { Again::Exhausted };
        let result = push.attempt(&sharer, again);
        showing.take();
        match result {
            Err(Stopped::Push(PushError::Append(AppendError::DecideAgain))) => {}
            Err(Stopped::Push(error)) => return Err(error.into()),
            Err(Stopped::Pusher(error)) => return Err(error),
            Ok(answer) => return Ok(answer),
        }
    }
    Err(PushError::Append(AppendError::DecideAgain).into())
}

struct Push<'a, P> {
    pusher: &'a P,
    workspace: &'a Workspace,
    refs: RefsPushed<'a>,
}

/// Why an attempt gave no answer.
enum Stopped<E> {
    Push(PushError),
    Pusher(E),
}

impl<E, F: Into<PushError>> From<F> for Stopped<E> {
    fn from(error: F) -> Self {
        Self::Push(error.into())
    }
}

impl<P: Pusher> Push<'_, P> {
    fn attempt(&self, sharer: &Sharer<'_>, again: Again) -> Result<PushAnswer, Stopped<P::Error>> {
        let now = self.pusher.now().map_err(Stopped::Pusher)?;
        let answer = sharer.ask(now);
        if let Err(error @ (AskError::Gone { .. } | AskError::WentBack { .. } | AskError::Git(_))) = answer {
            return Err(PushError::Ask(error).into());
        }
        let asked = answer.as_ref().ok().and_then(Option::as_ref);
        let loaded = self.pusher.load(self.workspace, asked).map_err(Stopped::Pusher)?;
        if self.refs.owner == HookOwner::Everybody && self.has_no_ledger(&answer, &loaded)? {
            // The hook runs for every repository of a user or a machine, and this repository has no ledger.
            return Ok(PushAnswer::Unconcerned { warning: None });
        }
        let (mut loaded, moved, author) = self.joined(sharer, &answer, loaded, now);
        match loaded.standing.fault() {
            None | Some((Code::Halted | Code::Diverged, _)) => {}
            Some((code, found)) => return Err(PushError::Untrusted { code, found: found.to_owned() }.into()),
        }
        let commits = self.refs.refs.iter().flat_map(|one| [&one.old, &one.new]).flatten();
        let inquiry = Inquiry::at(now).and_commits(commits);
        let no_state = |error: NoState| {
            if let NoState::Missing(unreadable) = error {
                return PushError::from(unreadable);
            }
            PushError::Untrusted { code: error.code(), found: error.to_string() }
        };
        let state = loaded.live(&inquiry.clone().without_exceptions()).map_err(no_state)?;
        let sharing = Sharing::new(&answer, &loaded).map_err(PushError::from)?;
        if !concerns_targets(&state, self.refs.refs) {
            let warning = if let Sharing::Silent(reason) = sharing { Some(reason) } else { None };
            return Ok(PushAnswer::Unconcerned { warning });
        }
        if sharing == Sharing::Ahead {
            return Err(PushError::RemoteAhead.into());
        }
        drop(state);
        let state = loaded.live(&inquiry.showing_all_targets()).map_err(no_state)?;
        let author = author.or_else(|| self.pusher.author(self.workspace, &loaded));
        loaded.freshness.signer =
            author.as_ref().and_then(|author| state.roster.person(&author.name).cloned());
        let moved_refs = RefsMoved { refs: self.refs.refs, of: RefsOf::Remote(self.refs.url) };
        let pushing = decide_push(self.workspace, &loaded, &state, moved_refs, now)?;
        if pushing.decisions.is_empty() {
            return Ok(PushAnswer::Deletes(pushing.deleted));
        }
        if self.refs.refs.iter().any(|one| one.name == self.workspace.ledger_ref()) {
            return Err(PushError::LedgerWithBranch.into());
        }
        let pusher = author.as_ref().map(|author| author.name.clone());
        let decision = PushDecision { pushing, state, pusher, moved };
        if decision.is_refused() {
            return Ok(PushAnswer::Refused(decision));
        }
        if let Sharing::Silent(reason) = &sharing
            && !decision.is_way_back()
        {
            return Err(PushError::RemoteSilent { reason: reason.clone() }.into());
        }
        let trail = Trail { workspace: self.workspace, sharer, decision, sharing, author, again };
        Ok(trail.leave(loaded, now)?)
    }

    /// Moves the records that only this clone has onto the remote's ledger as last fetched, if the push concerns a
    /// target. If that fails, the ledger stays as it is, and a restoration can still be pushed.
    fn joined(
        &self,
        sharer: &Sharer<'_>,
        answer: &Result<Option<Asked>, AskError>,
        loaded: Loaded,
        now: Time,
    ) -> (Loaded, Moved, Option<Author>) {
        let is_concerned = || {
            loaded
                .live(&Inquiry::default().without_exceptions())
                .is_ok_and(|state| concerns_targets(&state, self.refs.refs))
        };
        // The key is requested only if it is needed.
        let author = || is_concerned().then(|| self.pusher.author(self.workspace, &loaded)).flatten();
        match answer.as_ref().map(|_| sharer.join(&loaded, author, now)) {
            Ok(Ok(Some(joined))) => (joined.loaded, joined.moved, Some(joined.author)),
            Ok(Ok(None) | Err(_)) | Err(_) => (loaded, Moved::default(), None),
        }
    }

    /// Whether this repository has no ledger: there is none here, none at the ledger's remote, and none at the remote
    /// that receives the push.
    fn has_no_ledger(
        &self,
        answer: &Result<Option<Asked>, AskError>,
        loaded: &Loaded,
    ) -> Result<bool, Stopped<P::Error>> {
        let is_expected = loaded.anchored.id().is_some() || is_known(self.workspace);
        let is_there = !matches!(answer, Ok(None | Some(Asked { head: None, .. })));
        if is_expected || is_there {
            return Ok(false);
        }
        let to = self.refs.url.unwrap_or(self.refs.remote);
        let waiting = self.pusher.waiting(&format!("asking {to}"));
        let timeout = self.workspace.config.remote_timeout();
        let there = self.workspace.repository.remote_refs(to, &[&self.workspace.ledger_ref()], timeout);
        drop(waiting);
        let silent = |source| PushError::Ask(AskError::Silent { remote: to.to_owned(), source });
        Ok(there.map_err(silent)?.is_empty())
    }
}
