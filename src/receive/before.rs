//! `pre-receive`: decides a push before any ref moves.

use super::claims;
use super::ledger_ref;
use super::names::refused_name;
use super::queue::ReceiptQueue;
use super::receipts::{demanded, receipt_for};
use super::refs::ReceiveError;
use crate::ask::sign_receipts;
use crate::finding::Code;
use crate::ledger::Loaded;
use crate::push::{PushDecision, PushedRef, RefsMoved, RefsOf, TargetDecision, decide_push};
use crate::record::kind::trust::Role;
use crate::share::Moved;
use crate::state::{Inquiry, NoState, State};
use crate::trust::Coverage;
use crate::value::{CommitId, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::Author;

/// What the hooks of a server need from their caller: how the ledger is loaded, who signs, and what time it is.
pub trait Receiver {
    /// The error of loading the ledger, of reading the clock, or of the push.
    type Error: From<ReceiveError>;

    /// Loads and verifies the ledger with this head, and caches nothing, because the push may still be refused.
    fn load_received(&self, workspace: &Workspace, head: CommitId) -> Result<Loaded, Self::Error>;
    /// Loads and verifies the ledger as it is.
    fn load(&self, workspace: &Workspace) -> Result<Loaded, Self::Error>;
    /// Returns the member whose key this server has; `None` if the server has no key of a member.
    fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Option<Author>;
    /// Returns the time of the decision.
    fn now(&self) -> Result<Time, Self::Error>;
}

/// The answer of the hook.
#[derive(Debug)]
pub enum Received {
    /// The push goes ahead, because it concerns no target. The value is [`HasLedger::No`] if the repository has no
    /// ledger at all.
    Unconcerned(HasLedger),
    /// The gate refuses the push for at least one target.
    Refused(PushDecision),
    /// The gate allows the push for every target.
    Allowed(ReceivedPush),
}

/// Whether a repository has a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HasLedger {
    /// The repository has a ledger.
    Yes,
    /// The repository has no ledger and, as far as is known, never had one.
    No,
}

/// The receipt on which an allowed deployment goes ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoesAhead {
    /// This receipt in the ledger.
    Receipt(RecordId),
    /// A receipt that was signed here. It waits in the queue until the ref has moved.
    Signed(RecordId),
    /// No receipt. For a deployment forward, the policy leaves it to the pipeline to record one. A restoration goes
    /// ahead even if nobody records one.
    Unrecorded,
}

/// A push that goes ahead.
#[derive(Debug)]
pub struct ReceivedPush {
    /// The decisions.
    pub decision: PushDecision,
    /// The receipt on which each deployment goes ahead, in the order of [`PushDecision::decided`].
    pub by: Vec<GoesAhead>,
}

/// Decides a push into this repository. Nothing but the queue of receipts is written.
///
/// # Errors
///
/// If the push must not be received, or cannot be decided.
pub fn pre_receive<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    refs: &[PushedRef],
) -> Result<Received, R::Error> {
    let name = workspace.ledger_ref();
    claims::are_single(refs)?;
    claims::are_direct(workspace, refs)?;
    for one in refs {
        if let Some(why) = refused_name(&one.name, &name).filter(|_| one.new.is_some()) {
            return Err(ReceiveError::Name { name: one.name.clone(), why }.into());
        }
    }
    let of_ledger = refs.iter().find(|one| one.name == name);
    let current = workspace.repository.ref_head(&name).map_err(ReceiveError::from)?;
    let Some(loaded) = load(receiver, workspace, of_ledger, current.clone())? else {
        return Ok(Received::Unconcerned(HasLedger::No));
    };
    if let Some(pushed) = of_ledger {
        claims::holds_what_is_claimed(workspace, pushed)?;
        ledger_ref::check(workspace, &loaded, pushed)?;
        if refs.len() > 1 {
            // A ref that a target names under the current ledger is the ref of a target, even if no target names it
            // under the pushed ledger.
            let before = current.map(|head| receiver.load_received(workspace, head)).transpose()?;
            let before = before.and_then(|before| before.live(&Inquiry::default().without_exceptions()).ok());
            let after = loaded.live(&Inquiry::default().without_exceptions()).ok();
            let states: Vec<&State> = before.iter().chain(&after).map(|state| &**state).collect();
            claims::must_be_apart(of_ledger, &claims::of_targets(refs, &states))?;
        }
        return Ok(Received::Unconcerned(HasLedger::Yes));
    }
    decide(receiver, workspace, loaded, refs)
}

/// Loads the ledger as it would be after the push; `None` if the repository has no ledger.
fn load<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    of_ledger: Option<&PushedRef>,
    current: Option<CommitId>,
) -> Result<Option<Loaded>, R::Error> {
    let head = match of_ledger {
        Some(pushed) => Some(ledger_ref::new_head(workspace, pushed)?),
        None => current,
    };
    if let Some(head) = head {
        return receiver.load_received(workspace, head).map(Some);
    }
    let loaded = receiver.load(workspace)?;
    if loaded.anchored.id().is_none() && !crate::ledger::is_known(workspace) {
        return Ok(None);
    }
    let (code, found) = loaded.standing.fault().unwrap_or((Code::Absent, "there is no ledger here"));
    Err(ReceiveError::Untrusted { code, found: found.to_owned() }.into())
}

fn decide<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    mut loaded: Loaded,
    refs: &[PushedRef],
) -> Result<Received, R::Error> {
    let untrusted = |code, found: String| ReceiveError::Untrusted { code, found };
    let now = receiver.now()?;
    let commits = refs.iter().flat_map(|one| [&one.old, &one.new]).flatten();
    let inquiry = Inquiry::at(now).and_commits(commits);
    let no_state = |error: NoState| match error {
        NoState::Missing(unreadable) => ReceiveError::from(unreadable),
        NoState::NotFounded => untrusted(error.code(), error.to_string()),
    };
    let state = loaded.live(&inquiry.clone().without_exceptions()).map_err(no_state)?;
    let of_targets = claims::of_targets(refs, &[&state]);
    if of_targets.is_empty() {
        return Ok(Received::Unconcerned(HasLedger::Yes));
    }
    drop(state);
    let state = loaded.live(&inquiry.showing_all_targets()).map_err(no_state)?;
    for one in of_targets {
        claims::holds_what_is_claimed(workspace, one)?;
        claims::can_be_named(one)?;
    }
    match loaded.standing.fault() {
        None | Some((Code::Halted, _)) => {}
        Some((Code::Unanchored, _)) => return Err(ReceiveError::Unanchored.into()),
        Some((code, found)) => return Err(untrusted(code, found.to_owned()).into()),
    }
    let author = receiver.author(workspace, &loaded);
    loaded.freshness.signer = author.as_ref().and_then(|author| state.roster.person(&author.name).cloned());
    let moved = RefsMoved { refs, of: RefsOf::Here };
    let pushing = decide_push(workspace, &loaded, &state, moved, now).map_err(ReceiveError::from)?;
    let pusher = author.as_ref().map(|author| author.name.clone());
    let decision = PushDecision { pushing, state, pusher, moved: Moved::default() };
    if decision.is_refused() {
        return Ok(Received::Refused(decision));
    }
    Ok(Received::Allowed(with_receipts(workspace, &loaded, decision, author, now)?))
}

/// Finds the receipts of an allowed push. Signs the missing ones if the member whose key this server has may sign them.
/// Otherwise a missing receipt is an error if the pusher has to record it.
fn with_receipts(
    workspace: &Workspace,
    loaded: &Loaded,
    decision: PushDecision,
    author: Option<Author>,
    now: Time,
) -> Result<ReceivedPush, ReceiveError> {
    let found: Vec<(&TargetDecision, Option<RecordId>)> =
        decision.decided().map(|one| (one, receipt_for(&decision.state, one, now))).collect();
    let missing: Vec<&TargetDecision> =
        found.iter().filter(|(_, receipt)| receipt.is_none()).map(|(one, _)| *one).collect();
    let targets = missing.iter().map(|one| one.decided.decision.target.clone()).collect();
    let may_sign = |author: &Author| {
        decision.state.roster.coverage(&author.name, Role::Gate, &targets) == Coverage::Covered
    };
    let mut signed = Vec::new();
    if let Some(mut author) = author.filter(|author| !missing.is_empty() && may_sign(author)) {
        let decided: Vec<_> = missing.iter().map(|one| one.decided.clone()).collect();
        let records = sign_receipts(loaded, &mut author, &decided, now)?;
        ReceiptQueue::of(workspace).keep(&records)?;
        signed = records.iter().map(crate::record::SignedRecord::id).collect();
    } else {
        let targets = demanded(&decision, &missing);
        if !targets.is_empty() {
            return Err(ReceiveError::NoReceipt { targets });
        }
    }
    let mut signed = signed.into_iter();
    let by = found.iter().map(|(_, receipt)| match receipt {
        Some(receipt) => GoesAhead::Receipt(*receipt),
        None => signed.next().map_or(GoesAhead::Unrecorded, GoesAhead::Signed),
    });
    let by = by.collect();
    Ok(ReceivedPush { decision, by })
}
