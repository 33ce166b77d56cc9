//! The `pre-push` hook: the gate is asked, receipts are recorded, and the ledger is shared before the branch.

use super::decide::{Pushing, decide_push};
use super::refs::{PushError, PushedRef, concerns_targets};
use super::share::{Sharing, push_ledger, share};
use crate::ask::record_receipts;
use crate::finding::Code;
use crate::ledger::{Loaded, Standing, move_pin};
use crate::record::kind::receipt::{Answer, Purpose};
use crate::record::kind::trust::Role;
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Author};

/// Whoever pushes: how the ledger is loaded, who signs, and what time it is.
pub trait Pusher {
    /// Why the ledger could not be loaded, or the time not be told.
    type Error: From<PushError>;

    /// The ledger, verified.
    fn load(&self, workspace: &Workspace) -> Result<Loaded, Self::Error>;
    /// The member who pushes, with the key; none if it cannot be found.
    fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Option<Author>;
    /// The time of the question.
    fn now(&self) -> Result<Time, Self::Error>;
}

/// What the hook answers.
#[derive(Debug)]
pub enum PushAnswer {
    /// The push concerns no target.
    Unconcerned,
    /// It makes nothing deployable; these refs that targets name are deleted.
    Deletes(Vec<String>),
    /// At least one target refuses it.
    Refused(PushDecision),
    /// Every target allows it.
    Allowed {
        /// What was decided.
        decision: PushDecision,
        /// The receipts, in the order of the decisions; none where they were not recorded.
        receipts: Vec<RecordId>,
        /// What the remote has of the ledger.
        sharing: Sharing,
        /// What could not be done, and does not stop a way back.
        warnings: Vec<String>,
    },
}

/// The decisions of a push, and the state that they were made on.
#[derive(Debug)]
pub struct PushDecision {
    /// What was said to each target.
    pub pushing: Pushing,
    /// The state.
    pub state: std::sync::Arc<State>,
}

/// How often a push is decided again because somebody appended meanwhile.
const TRIES: u32 = 20;

/// Decides a push, records receipts where the pusher may, and shares the ledger with the remote.
pub fn pre_push<P: Pusher>(
    pusher: &P,
    workspace: &Workspace,
    remote: &str,
    pushed: &[PushedRef],
) -> Result<PushAnswer, P::Error> {
    let push = Push { pusher, workspace, remote, pushed };
    for _ in 0..TRIES {
        match push.attempt() {
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
    remote: &'a str,
    pushed: &'a [PushedRef],
}

/// Why an attempt came to no answer.
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
    fn attempt(&self) -> Result<PushAnswer, Stopped<P::Error>> {
        let mut loaded = self.pusher.load(self.workspace).map_err(Stopped::Pusher)?;
        match loaded.standing.fault() {
            None | Some((Code::Halted | Code::Diverged, _)) => {}
            Some((code, found)) => return Err(PushError::Untrusted { code, found: found.to_owned() }.into()),
        }
        let Some(state) = loaded.state() else {
            let (code, found) = loaded.why_no_state();
            return Err(PushError::Untrusted { code, found }.into());
        };
        if !concerns_targets(&state, self.pushed) {
            return Ok(PushAnswer::Unconcerned);
        }
        let sharing = share(self.workspace, self.remote, &loaded)?;
        if sharing == Sharing::Ahead {
            return Err(PushError::RemoteAhead { fetch: self.workspace.fetch_command() }.into());
        }
        let now = self.pusher.now().map_err(Stopped::Pusher)?;
        let author = self.pusher.author(self.workspace, &loaded);
        loaded.freshness.fetched_at = Some(now);
        loaded.freshness.signer =
            author.as_ref().and_then(|author| state.roster.person(&author.name).cloned());
        let pushing = decide_push(self.workspace, &loaded, &state, self.pushed, now)?;
        if pushing.decisions.is_empty() {
            return Ok(PushAnswer::Deletes(pushing.deleted));
        }
        if self.pushed.iter().any(|one| one.name == self.workspace.ledger_ref()) {
            return Err(PushError::LedgerWithBranch { share: self.workspace.share_command() }.into());
        }
        let decision = PushDecision { pushing, state };
        if decision.is_refused() {
            return Ok(PushAnswer::Refused(decision));
        }
        self.allowed(loaded, decision, sharing, author)
    }

    /// Records and shares what was allowed. What recording lacks does not stop a way back.
    fn allowed(
        &self,
        loaded: Loaded,
        decision: PushDecision,
        sharing: Sharing,
        author: Option<Author>,
    ) -> Result<PushAnswer, Stopped<P::Error>> {
        let mut warnings = Vec::new();
        let receipts = match self.record(loaded, &decision, author) {
            Ok(receipts) => receipts,
            Err(PushError::Append(error))
                if !matches!(error, AppendError::DecideAgain) && decision.is_way_back() =>
            {
                warnings.push(format!("not recorded: {error}"));
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        if let Sharing::Known(there) = &sharing {
            // The receipt comes before the deployment: what cannot be shared is not pushed, but for the way back.
            match push_ledger(self.workspace, self.remote, there) {
                Err(error) if decision.is_way_back() => warnings.push(error.to_string()),
                shared => shared?,
            }
        }
        Ok(PushAnswer::Allowed { decision, receipts, sharing, warnings })
    }

    /// Records one entry of receipts where the pusher holds the role for every target; else none.
    fn record(
        &self,
        loaded: Loaded,
        decision: &PushDecision,
        author: Option<Author>,
    ) -> Result<Vec<RecordId>, PushError> {
        let Some(mut author) = author else { return Ok(Vec::new()) };
        let decisions: Vec<_> = decision.pushing.decisions.iter().map(|one| one.decided.clone()).collect();
        let targets: Vec<_> = decisions.iter().map(|decided| decided.decision.target.clone()).collect();
        let coverage = decision.state.roster.coverage(&author.name, Role::Gate, &targets);
        let Some(first) = decisions.first() else { return Ok(Vec::new()) };
        if coverage != Coverage::Covered || loaded.standing != Standing::Sound {
            return Ok(Vec::new());
        }
        let now = first.decision.at;
        let appended = record_receipts(self.workspace, loaded, &mut author, &decisions, now)?;
        move_pin(self.workspace, &appended.loaded).map_err(AppendError::from)?;
        Ok(appended.ids)
    }
}

impl PushDecision {
    /// Whether any target refuses.
    pub fn is_refused(&self) -> bool {
        self.pushing.decisions.iter().any(|one| one.decided.decision.answer == Answer::Refused)
    }

    /// Whether everything that is pushed goes back.
    pub fn is_way_back(&self) -> bool {
        self.pushing.decisions.iter().all(|one| one.decided.decision.purpose == Purpose::Restoration)
    }

    /// Whether the ledger itself is why a target refuses.
    pub fn is_untrusted(&self) -> bool {
        self.pushing.decisions.iter().any(|one| one.decided.decision.is_untrusted())
    }
}
