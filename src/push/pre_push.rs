//! The `pre-push` hook: asks the gate, records receipts, and shares the ledger before the branch is pushed.

use super::decide::{Pushing, TargetDecision, decide_push};
use super::refs::{HookOwner, PushError, RefsPushed, concerns_targets};
use super::share::{Lacks, Sharing, push_ledger};
use crate::ask::{keep_receipts, record_receipts};
use crate::finding::Code;
use crate::ledger::{AskError, Asked, Loaded, Standing, ask, is_known, move_pin};
use crate::record::kind::policy::RecordedBy;
use crate::record::kind::receipt::{Answer, Purpose};
use crate::record::kind::trust::Role;
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Author};

/// What the hook needs from its caller: how the ledger is loaded, who signs, and what time it is.
pub trait Pusher {
    /// The error of loading the ledger, of reading the clock, or of the push.
    type Error: From<PushError>;
    /// What is shown while the remote is talked to, until it is dropped.
    type Waiting;

    /// Shows that a remote is being talked to; `what` names what for.
    fn waiting(&self, what: &str) -> Self::Waiting;
    /// Loads and verifies the ledger. `asked` is what its remote has just answered.
    fn load(&self, workspace: &Workspace, asked: Option<&Asked>) -> Result<Loaded, Self::Error>;
    /// Returns the member who pushes, with the key; `None` if there is none.
    fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Option<Author>;
    /// Returns the time of the decision.
    fn now(&self) -> Result<Time, Self::Error>;
}

/// The answer of the hook.
#[derive(Debug)]
pub enum PushAnswer {
    /// Allowed: the push concerns no target that is known.
    Unconcerned {
        /// Why the ledger's remote could not be asked, if it could not.
        warning: Option<String>,
    },
    /// Allowed: the push only deletes these refs of targets, which makes nothing deployable.
    Deletes(Vec<String>),
    /// The gate refuses the push for at least one target.
    Refused(PushDecision),
    /// The gate allows the push for every target.
    Allowed {
        /// The decisions.
        decision: PushDecision,
        /// The receipts, in the order of the decisions; empty if they were not recorded.
        receipts: Vec<RecordId>,
        /// How the ledger of the remote relates to the local one.
        sharing: Sharing,
        /// What failed, but does not stop a restoration.
        warnings: Vec<String>,
    },
}

/// The decisions on a push, and the state on which they were made.
#[derive(Debug)]
pub struct PushDecision {
    /// The decision for each target.
    pub pushing: Pushing,
    /// The state.
    pub state: std::sync::Arc<State>,
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
    for attempt in 1..=DECISION_ATTEMPTS {
        let again = if attempt < DECISION_ATTEMPTS { Again::Possible } else { Again::Exhausted };
        match push.attempt(again) {
            Err(Stopped::Push(PushError::Append(AppendError::DecideAgain))) => {}
            Err(Stopped::Push(error)) => return Err(error.into()),
            Err(Stopped::Pusher(error)) => return Err(error),
            Ok(answer) => return Ok(answer),
        }
    }
    Err(PushError::Append(AppendError::DecideAgain).into())
}

/// Whether a push may be decided again after somebody else appended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Possible,
    Exhausted,
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
    fn attempt(&self, again: Again) -> Result<PushAnswer, Stopped<P::Error>> {
        let now = self.pusher.now().map_err(Stopped::Pusher)?;
        let remote = self.workspace.config.ledger_remote();
        let waiting = self.pusher.waiting(&format!("asking {remote}"));
        let answer = ask(self.workspace, now);
        drop(waiting);
        if let Err(error @ (AskError::Gone { .. } | AskError::WentBack { .. } | AskError::Git(_))) = answer {
            return Err(PushError::Ask(error).into());
        }
        let asked = answer.as_ref().ok().and_then(Option::as_ref);
        let mut loaded = self.pusher.load(self.workspace, asked).map_err(Stopped::Pusher)?;
        if self.refs.owner == HookOwner::Everybody && self.has_no_ledger(&answer, &loaded)? {
            // The hook runs for every repository of its user, and this one has nothing to ask about.
            return Ok(PushAnswer::Unconcerned { warning: None });
        }
        match loaded.standing.fault() {
            None | Some((Code::Halted | Code::Diverged, _)) => {}
            Some((code, found)) => return Err(PushError::Untrusted { code, found: found.to_owned() }.into()),
        }
        let state = loaded.state().map_err(|error| {
            let found = error.to_string();
            PushError::Untrusted { code: error.code(), found }
        })?;
        let sharing = Sharing::new(&answer, &loaded);
        if !concerns_targets(&state, self.refs.refs) {
            let warning = if let Sharing::Silent(reason) = sharing { Some(reason) } else { None };
            return Ok(PushAnswer::Unconcerned { warning });
        }
        if sharing == Sharing::Ahead {
            return Err(PushError::RemoteAhead { sync: "countersign verify --sync".to_owned() }.into());
        }
        let author = self.pusher.author(self.workspace, &loaded);
        loaded.freshness.signer =
            author.as_ref().and_then(|author| state.roster.person(&author.name).cloned());
        let pushing = decide_push(self.workspace, &loaded, &state, &self.refs, now)?;
        if pushing.decisions.is_empty() {
            return Ok(PushAnswer::Deletes(pushing.deleted));
        }
        if self.refs.refs.iter().any(|one| one.name == self.workspace.ledger_ref()) {
            return Err(PushError::LedgerWithBranch { share: self.workspace.share_command() }.into());
        }
        let decision = PushDecision { pushing, state };
        if decision.is_refused() {
            return Ok(PushAnswer::Refused(decision));
        }
        if let Sharing::Silent(reason) = &sharing
            && !decision.is_way_back()
        {
            return Err(PushError::RemoteSilent { reason: reason.clone() }.into());
        }
        self.allowed(loaded, decision, again, sharing, author)
    }

    /// Whether there is no ledger of this repository: none here, none at the ledger's remote, and none where this push
    /// goes.
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

    /// Records and shares the decisions on an allowed push. If recording or sharing fails, a restoration goes
    /// ahead; but while the push may be decided again, it is.
    fn allowed(
        &self,
        loaded: Loaded,
        decision: PushDecision,
        again: Again,
        sharing: Sharing,
        author: Option<Author>,
    ) -> Result<PushAnswer, Stopped<P::Error>> {
        let mut warnings = Vec::new();
        let reason = match &author {
            None => "your key is no member's",
            Some(_) => "you do not have the role `gate` for every target of it",
        };
        let receipts = match self.record(loaded, &decision, author, &mut warnings) {
            Ok(receipts) => receipts,
            Err(PushError::Append(AppendError::DecideAgain)) if again == Again::Possible => {
                return Err(AppendError::DecideAgain.into());
            }
            Err(PushError::Append(error)) if decision.is_way_back() => {
                warnings.push(format!("not recorded: {error}"));
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        let targets = decision.recorded_by_pusher();
        if receipts.is_empty() && !targets.is_empty() {
            return Err(PushError::NoTrail { targets, reason }.into());
        }
        // The receipt is shared before the deployment: if that fails, only a restoration is pushed.
        let lacks = match &sharing {
            Sharing::Known(there) => Some(Lacks::From(there.clone())),
            // A remote without a ledger is given all of it, once there is a receipt to be shared.
            Sharing::NoRemoteLedger if !receipts.is_empty() => Some(Lacks::All),
            Sharing::Silent(reason) => {
                warnings.push(reason.clone());
                None
            }
            Sharing::NoRemote => {
                warnings.push("the ledger has no remote, so nobody else sees the receipt".to_owned());
                None
            }
            Sharing::NoRemoteLedger | Sharing::Ahead => None,
        };
        if let Some(lacks) = lacks {
            let remote = self.workspace.config.ledger_remote();
            let waiting = self.pusher.waiting(&format!("sharing the ledger with {remote}"));
            let shared = push_ledger(self.workspace, &lacks);
            drop(waiting);
            match shared {
                Err(error) if decision.is_way_back() => warnings.push(error.to_string()),
                Err(source) if !receipts.is_empty() => {
                    return Err(PushError::NotShared { receipts, source }.into());
                }
                Err(error) => return Err(error.into()),
                Ok(()) => {}
            }
        }
        Ok(PushAnswer::Allowed { decision, receipts, sharing, warnings })
    }

    /// Records the receipts in one entry, if the pusher has the role for every target and the ledger is
    /// sound.
    fn record(
        &self,
        loaded: Loaded,
        decision: &PushDecision,
        author: Option<Author>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<RecordId>, PushError> {
        let Some(mut author) = author else { return Ok(Vec::new()) };
        let decisions: Vec<_> = decision.decided().map(|one| one.decided.clone()).collect();
        let targets = decisions.iter().map(|decided| decided.decision.target.clone()).collect();
        let coverage = decision.state.roster.coverage(&author.name, Role::Gate, &targets);
        let Some(first) = decisions.first() else { return Ok(Vec::new()) };
        if coverage != Coverage::Covered {
            return Ok(Vec::new());
        }
        let now = first.decision.at;
        if loaded.standing != Standing::Sound {
            let kept = keep_receipts(self.workspace, &loaded, &mut author, &decisions, now)?;
            let kept: Vec<String> = kept.iter().map(RecordId::short).collect();
            warnings.push(format!("not recorded: the receipt is kept in the outbox: {}", kept.join(", ")));
            return Ok(Vec::new());
        }
        let appended = record_receipts(self.workspace, loaded, &mut author, &decisions, now)?;
        if let Err(error) = move_pin(self.workspace, &appended.loaded) {
            warnings.push(format!("recorded, but the pin was not moved: {error}"));
        }
        Ok(appended.ids)
    }
}

impl PushDecision {
    /// Whether the gate refuses the push for any target.
    pub fn is_refused(&self) -> bool {
        self.pushing.decisions.iter().any(|one| one.decided.decision.answer == Answer::Refused)
    }

    /// Returns what was decided: not about targets that are unchanged.
    pub fn decided(&self) -> impl Iterator<Item = &TargetDecision> {
        self.pushing.decisions.iter().filter(|one| one.decided.decision.unchanged.is_none())
    }

    /// Whether everything that was decided is about a restoration.
    pub fn is_way_back(&self) -> bool {
        self.decided().all(|one| one.decided.decision.purpose == Purpose::Restoration)
    }

    /// Returns the targets that the push deploys forward to, and of which the pusher has to record the receipt.
    fn recorded_by_pusher(&self) -> Vec<String> {
        let forward = self.decided().map(|one| &one.decided.decision).filter(|decision| {
            let recorded_by = self.state.policy.rules(&decision.target).receipts.recorded_by;
            decision.purpose == Purpose::Expansion && recorded_by == RecordedBy::Pusher
        });
        forward.map(|decision| decision.target.to_string()).collect()
    }

    /// Whether the gate refuses for any target because the ledger itself cannot be trusted.
    pub fn is_untrusted(&self) -> bool {
        self.pushing.decisions.iter().any(|one| one.decided.decision.is_untrusted())
    }
}
